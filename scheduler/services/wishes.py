"""What somebody may say who wants to wait for a time, and the sentences for what they may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduler.domain.errors import Refused
from scheduler.domain.practice import AppointmentType, Mode, Practice
from scheduler.domain.text import is_name, one_line
from scheduler.domain.waitlist import PARTS, WEEKDAYS, Wishes
from scheduler.services.contacts import BadContact, mail_address, phone_number
from scheduler.services.forms import zone_or

_LONGEST = 320


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked form. Without days or parts of the day every one will do."""

    name: str
    email: str
    phone: str
    mode: Mode
    language: str
    zone: str
    wishes: Wishes


def check(
    typed: Mapping[str, str],
    days: Sequence[str],
    parts: Sequence[str],
    practice: Practice,
    kind: AppointmentType,
) -> Wanted:
    """The form, normalised. **Raises** `Refused` with every problem at once, keyed by field."""
    problems: dict[str, str] = {}
    given = {name: value[:_LONGEST] for name, value in typed.items()}
    mode = _mode(given.get("mode", ""), kind, problems)
    name = one_line(given.get("name", ""))
    if not name:
        problems["name"] = "Tell us what to call you"
    elif not is_name(name):
        problems["name"] = "Use letters only for the name, at most 80"
    address = number = ""
    try:
        address = mail_address(given.get("email", ""))
    except BadContact as problem:
        problems["email"] = str(problem)
    if mode is Mode.PHONE:
        try:
            number = phone_number(given.get("phone", ""), practice.country)
        except BadContact as problem:
            problems["phone"] = str(problem)
        if not number and "phone" not in problems:
            problems["phone"] = "Tell us which number to call"
    if problems or mode is None:
        raise Refused(problems)
    language = given.get("language", "")
    return Wanted(
        name=name,
        email=address,
        phone=number,
        mode=mode,
        language=language if language in practice.languages else practice.language,
        zone=zone_or(given.get("zone", ""), practice.zone),
        wishes=Wishes(
            tuple(day for day in WEEKDAYS if str(day) in days), tuple(part for part in PARTS if part in parts)
        ),
    )


def _mode(given: str, kind: AppointmentType, problems: dict[str, str]) -> Mode | None:
    if not given and len(kind.modes) == 1:
        return kind.modes[0]
    if given in kind.modes:
        return Mode(given)
    problems["mode"] = "Choose how you would like to meet"
    return None
