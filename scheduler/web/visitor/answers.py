"""What a visitor types into the details form: read from the form, kept on the hold, made into a booking."""

from collections.abc import Iterable, Mapping
from secrets import token_urlsafe

from werkzeug.datastructures import MultiDict

from scheduler.domain.consents import NEWSLETTER, POLICY, PRIVACY
from scheduler.domain.intake import Question
from scheduler.domain.practice import AppointmentType, Mode
from scheduler.services.forms import CONTACT_WAYS

KEY = "idempotency_key"
FIELDS = ("mode", "name", "email", "phone", "note", "name_2", "email_2", "language_2", "policy", "place")
BOXES = ("safe_text", "safe_voicemail", NEWSLETTER)
QUESTION = "q-"
"""How the fields of the practice's own questions begin; the question's id follows."""
INSTEAD = "instead-"
"""How the choice beside a lost date begins; the date's start follows."""
_LONGEST = 600
_ANSWERS = "answers."
_LONGEST_ANSWER, _MOST_QUESTIONS = 4000, 30


def typed(form: MultiDict[str, str]) -> dict[str, str]:
    """The answers of a posted form; nothing else of it, and nothing endless."""
    own = {f"{QUESTION}{name}": words for name, words in typed_answers(form).items()}
    return {name: form[name][:_LONGEST] for name in (*FIELDS, *BOXES) if name in form} | own


def typed_answers(form: Mapping[str, str]) -> dict[str, str]:
    """Question id -> what was typed, of a posted form or of what was kept of one."""
    names = [name for name in form if name.startswith(QUESTION) and len(name) < 50][:_MOST_QUESTIONS]
    return {name.removeprefix(QUESTION): form[name][:_LONGEST_ANSWER] for name in names}


def version_in(form: Mapping[str, str], name: str) -> int | None:
    """The version of the words beside a box or button; None where no number was sent."""
    given = form.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def booking_form(
    answers: Mapping[str, str],
    kind: AppointmentType,
    *,
    language: str,
    zone: str,
    questions: Iterable[Question] = (),
) -> dict[str, object]:
    """The answers as `BookingForm` takes them; `questions` are those asked now."""
    asked = {question.id for question in questions}
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
        "answers": {name: words for name, words in typed_answers(answers).items() if name in asked},
        "ways": [way for way in CONTACT_WAYS if answers.get(f"safe_{way}")],
        "consents": [
            PRIVACY,
            *([POLICY] if _agrees(answers, kind) else []),
            *([NEWSLETTER] if answers.get(NEWSLETTER) else []),
        ],
    }
    if kind.participants > 1:
        second = {name: answers.get(f"{name}_2", "") for name in ("name", "email", "language")}
        form["participants"] = [second]
    return form


def _agrees(answers: Mapping[str, str], kind: AppointmentType) -> bool:
    """Whether the box was ticked beside the terms as they are now: older ones are no consent to these."""
    return answers.get("policy") == str(kind.policy_version)


def fields_of(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by the name of the field on our form."""
    names = {"participants": "email_2", "participants.0.name": "name_2", "participants.0.email": "email_2"}
    names |= {"consents": "policy"}
    own = {
        field: f"{QUESTION}{field.removeprefix(_ANSWERS)}" for field in problems if field.startswith(_ANSWERS)
    }
    return {(names | own).get(field, field): message for field, message in problems.items()}


def new_key() -> str:
    """A fresh idempotency key: pressing twice books once."""
    return token_urlsafe(24)
