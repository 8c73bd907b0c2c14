"""How the practice pages speak of people: by initials, or by name while the switch is on."""

from collections.abc import Sequence

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.disclosure import initials
from scheduler.domain.practice import text
from scheduler.services import wording
from scheduler.services.requests import Waiting
from scheduler.web.language import current_language, gettext
from scheduler.web.practice.grid import Words
from scheduler.web.practice.shell import desk, names_are_shown


def person(one: Appointment) -> str:
    """Who comes, as the page may show it; several people are joined."""
    names = [who.name if names_are_shown() else initials(who.name) for who in one.participants]
    return ", ".join(name for name in names if name) or gettext("Somebody")


def type_name(one: Appointment) -> str:
    """The appointment type in the reader's language."""
    kind = desk().type_of_id(one.type_id)
    return text(kind.names, current_language(), kind.slug)


def is_call(one: Appointment) -> bool:
    """Whether it is of a free type: the first call."""
    return desk().type_of_id(one.type_id).price_cents == 0


def in_grid(one: Appointment, weeks: int | None = None) -> Words:
    """The words of a block in the week; `weeks` lie between two dates of its series."""
    if one.status is Status.HELD:
        return Words(gettext("Being booked"), "")
    name = person(one)
    asks = one.status is Status.REQUESTED
    return Words(
        gettext("%(name)s asks", name=name) if asks else name,
        clock(one.start),
        _repeated(type_name(one), weeks),
    )


def in_agenda(one: Appointment, weeks: int | None = None) -> Words:
    """The words of a line of the day; `weeks` lie between two dates of its series."""
    if one.status is Status.HELD:
        return Words(gettext("Being booked"), gettext("Kept for a few minutes"))
    mode = wording.mode_word(one.mode, current_language())
    minutes = wording.duration(one.end - one.start, current_language())
    line = f"{type_name(one)}, {wording.within(mode)}, {minutes}"
    if one.status is Status.REQUESTED:
        return Words(gettext("%(name)s asks", name=person(one)), line)
    return Words(person(one), _repeated(line, weeks))


def closed(entry: TimeOff) -> Words:
    """The words of a time off."""
    words = {
        TimeOffKind.BLOCK: gettext("Closed"),
        TimeOffKind.HOLIDAY: gettext("Holiday"),
        TimeOffKind.ILL: gettext("Ill"),
    }
    return Words(words[entry.kind], entry.label)


def busy(calendars: Sequence[str]) -> Words:
    """The words of a time that own calendars of these names block."""
    return Words(gettext("Busy"), ", ".join(calendars))


def card(one: Waiting) -> dict[str, object]:
    """A request as its card shows it."""
    request = one.request
    minutes = wording.duration(request.end - request.start, current_language())
    around = [
        *([_row(one.before.start, person(one.before))] if one.before else []),
        {"at": request.start, "words": f"{person(request)}, {minutes}", "is_this": True},
        _row(one.after.start, person(one.after)) if one.after else _row(request.end, gettext("free time")),
    ]
    return {
        "id": request.id,
        "name": person(request),
        "known_since": request.known_since,
        "start": request.start,
        "type": type_name(request),
        "mode": request.mode,
        "therapist": desk().therapist_of_id(request.therapist_id).name,
        "until": request.expires_at,
        "around": around,
    }


def clock(at: int) -> str:
    """The time of day in the practice's zone."""
    return wording.clock(at, desk().practice.zone, current_language())


def day_full(at: int) -> str:
    """The day in the practice's zone, without the year."""
    return wording.day_full(at, desk().practice.zone, current_language())


def _repeated(words: str, weeks: int | None) -> str:
    return words if weeks is None else f"{words}, {wording.rhythm(weeks, current_language())}"


def _row(at: int, words: str) -> dict[str, object]:
    return {"at": at, "words": words, "is_this": False}
