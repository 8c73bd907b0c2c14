"""What a visitor types into the details form: read from the form, kept on the hold, made into a booking."""

from collections.abc import Mapping
from secrets import token_urlsafe

from werkzeug.datastructures import MultiDict

from scheduler.domain.practice import AppointmentType, Mode

KEY = "idempotency_key"
FIELDS = ("mode", "name", "email", "phone", "note", "name_2", "email_2", "policy", "place")
_LONGEST = 600


def typed(form: MultiDict[str, str]) -> dict[str, str]:
    """The answers of a posted form; nothing else of it, and nothing endless."""
    return {name: form[name][:_LONGEST] for name in FIELDS if name in form}


def booking_form(
    answers: Mapping[str, str], kind: AppointmentType, *, language: str, zone: str
) -> dict[str, object]:
    """The answers as `BookingForm` takes them."""
    mode = answers.get("mode") or (kind.modes[0] if len(kind.modes) == 1 else "")
    form: dict[str, object] = {
        "mode": str(mode),
        "name": answers.get("name", ""),
        "email": answers.get("email", ""),
        "phone": answers.get("phone", "") if mode == Mode.PHONE else "",
        "note": answers.get("note", ""),
        "place": answers.get("place", "")[:20],
        "language": language,
        "zone": zone,
        "consents": ["privacy", *(["policy"] if _agrees(answers, kind) else [])],
    }
    if kind.participants > 1:
        form["participants"] = [{"name": answers.get("name_2", ""), "email": answers.get("email_2", "")}]
    return form


def _agrees(answers: Mapping[str, str], kind: AppointmentType) -> bool:
    """Whether the box was ticked beside the terms as they are now: older ones are no consent to these."""
    return answers.get("policy") == str(kind.policy_version)


def fields_of(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by the name of the field on our form."""
    names = {"participants": "email_2", "participants.0.name": "name_2", "participants.0.email": "email_2"}
    names |= {"consents": "policy"}
    return {names.get(field, field): message for field, message in problems.items()}


def new_key() -> str:
    """A fresh idempotency key: pressing twice books once."""
    return token_urlsafe(24)
