"""How a calendar of the therapist's own stands, in words: what happened, and what there is to do."""

from typing import NamedTuple

from scheduler.domain.calendars import (
    BELIEVE_EMPTY_AFTER,
    CalendarKind,
    OwnCalendar,
    ReadStatus,
    WhenStale,
    WriteStatus,
)
from scheduler.domain.practice import Therapist
from scheduler.services import calendars, wording
from scheduler.web.language import current_language, gettext, ngettext
from scheduler.web.practice.shell import desk, now

LATE_AFTER = 5 * 60
"""Seconds after which the worker, who comes every few seconds, should have been here."""

_QUIET = (ReadStatus.NEW, ReadStatus.OK)


class Told(NamedTuple):
    """What happened, and what it means or asks for."""

    heading: str
    text: str


class Standing(NamedTuple):
    """A calendar as its line of the list shows it. `choices` are (address, name)."""

    calendar: OwnCalendar
    kind: str
    waits: str
    is_late: bool
    last_read: str
    trouble: Told | None
    stale: str
    written: str
    write_trouble: Told | None
    choices: list[tuple[str, str]]

    @property
    def may_be_empty(self) -> bool:
        """Whether the therapist can say that it is really empty."""
        return self.calendar.reads and self.calendar.status is ReadStatus.EMPTY


def standings(therapist: Therapist) -> list[Standing]:
    """The therapist's own calendars, oldest first."""
    return [
        _standing(
            one, calendars.find(therapist, one.id)[1] if one.reads and one.status is ReadStatus.CHOOSE else []
        )
        for one in calendars.listed(therapist)
    ]


def _standing(calendar: OwnCalendar, choices: list[tuple[str, str]]) -> Standing:
    reads_soon, writes_soon = _is_read_soon(calendar, choices), _is_written_soon(calendar)
    since = max([calendar.due_at] * reads_soon + [calendar.write_due_at] * writes_soon, default=now())
    return Standing(
        calendar=calendar,
        kind=gettext("CalDAV") if calendar.kind is CalendarKind.CALDAV else gettext("Calendar address"),
        waits=_waits(calendar, reads_soon, writes_soon),
        is_late=now() - since > LATE_AFTER,
        last_read=_last_read(calendar),
        trouble=_trouble(calendar, choices),
        stale=stale(calendar) if calendar.is_stale(now()) else "",
        written=_written(calendar),
        write_trouble=_write_trouble(calendar, choices),
        choices=choices,
    )


def stale_ones(therapist: Therapist) -> list[Told]:
    """Of each calendar that is out of date: what was known of it when, and what that means."""
    found = [one for one in calendars.listed(therapist) if one.is_stale(now())]
    return [Told(_never_or_last(one), stale(one)) for one in found]


def stale(calendar: OwnCalendar) -> str:
    """What it means that a calendar is out of date."""
    kept = gettext("What it blocked stays blocked. What is newer is not known here.")
    if calendar.when_stale is WhenStale.STOP:
        return kept + " " + gettext("As you wished, visitors find no free times until it is read again.")
    return kept


def when(at: int) -> str:
    """Day and time in the practice's zone."""
    zone, language = desk().practice.zone, current_language()
    return f"{wording.day_full(at, zone, language)}, {wording.clock(at, zone, language)}"


def _never_or_last(calendar: OwnCalendar) -> str:
    if calendar.read_at is None:
        return gettext("“%(name)s” could not be read yet", name=calendar.name)
    return gettext("“%(name)s” was last read on %(when)s", name=calendar.name, when=when(calendar.read_at))


# ---- what is under way -------------------------------------------------------


def _is_read_soon(calendar: OwnCalendar, choices: list[tuple[str, str]]) -> bool:
    """Whether the worker is about to read it; where a choice is open, there is nothing to wait for."""
    return calendar.reads and not choices and calendar.due_at <= now()


def _is_written_soon(calendar: OwnCalendar) -> bool:
    if calendar.writes:
        return calendar.write_status in (WriteStatus.OFF, WriteStatus.NEW)
    return calendar.write_status is not WriteStatus.OFF


def _waits(calendar: OwnCalendar, reads_soon: bool, writes_soon: bool) -> str:
    if reads_soon:
        return gettext("It will be read within a minute")
    if not writes_soon:
        return ""
    if calendar.writes:
        return gettext("Appointments will be written into it within a minute")
    return gettext("What was written into it is being taken out")


def _last_read(calendar: OwnCalendar) -> str:
    if not calendar.reads:
        return ""
    if calendar.read_at is None:
        return "" if calendar.status in (ReadStatus.NEW, ReadStatus.CHOOSE) else gettext("Not read yet")
    return gettext("Last read on %(when)s", when=when(calendar.read_at))


def _written(calendar: OwnCalendar) -> str:
    if not calendar.writes or calendar.write_status is not WriteStatus.OK:
        return ""
    return gettext("Appointments are written into it")


# ---- trouble -----------------------------------------------------------------


def _trouble(calendar: OwnCalendar, choices: list[tuple[str, str]]) -> Told | None:
    if not calendar.reads or calendar.status in _QUIET:
        return None
    if calendar.status is ReadStatus.CHOOSE and not choices:
        return None
    if calendar.status is ReadStatus.EMPTY:
        until = (calendar.empty_since or now()) + BELIEVE_EMPTY_AFTER
        return Told(
            gettext("It came back empty"),
            gettext(
                "To be safe, its times stay blocked until %(when)s. Did you empty it? Then say so.",
                when=when(until),
            ),
        )
    if calendar.status is ReadStatus.TROUBLED:
        return Told(
            ngettext(
                "%(num)d entry could not be read",
                "%(num)d entries could not be read",
                calendar.troubled_events,
            ),
            gettext(
                "The others block their times, and what was blocked before stays blocked. "
                "If this stays, look there for an entry with an odd time or rhythm."
            ),
        )
    return (_troubles_of_the_way() | _troubles_of_the_content())[calendar.status]


def _troubles_of_the_way() -> dict[ReadStatus, Told]:
    again = gettext("We try again by ourselves.")
    copy_again = gettext("Copy the address once more and change it here.")
    return {
        ReadStatus.NOT_ALLOWED: Told(
            gettext("This address is not open to us"),
            gettext("It leads to no public website.") + " " + copy_again,
        ),
        ReadStatus.NO_ANSWER: Told(
            gettext("The server does not answer"),
            again + " " + gettext("If this stays, check the address."),
        ),
        ReadStatus.SIGN_IN: Told(
            gettext("The server does not let us in"),
            gettext(
                "Check the user name and the app password. Of a calendar address, copy the secret one again."
            ),
        ),
        ReadStatus.GONE: Told(
            gettext("There is nothing at this address any more"),
            gettext("Perhaps the secret address was renewed.") + " " + copy_again,
        ),
        ReadStatus.SERVER_TROUBLE: Told(
            gettext("The server has trouble of its own"),
            again + " " + gettext("There is nothing you need to do."),
        ),
    }


def _troubles_of_the_content() -> dict[ReadStatus, Told]:
    return {
        ReadStatus.CHOOSE: Told(
            gettext("Choose the calendar"), gettext("There are several at this address.")
        ),
        ReadStatus.NOT_A_CALENDAR: Told(
            gettext("What lies at this address is no calendar"),
            gettext("Perhaps it is the page that shows the calendar.")
            + " "
            + gettext("Copy the address once more and change it here."),
        ),
        ReadStatus.TOO_LARGE: Told(
            gettext("This calendar is too large"),
            gettext("We read 5 megabytes at most. Remove old entries, or give a smaller calendar."),
        ),
        ReadStatus.TOO_SLOW: Told(
            gettext("Reading it takes too long"),
            gettext("We try again by ourselves.") + " " + gettext("If this stays, give a smaller calendar."),
        ),
        ReadStatus.REFUSED: Told(
            gettext("There is more in this calendar than we read"),
            gettext(
                "Perhaps an entry comes back every hour, or there are thousands. Remove what is not needed."
            ),
        ),
    }


def _write_trouble(calendar: OwnCalendar, choices: list[tuple[str, str]]) -> Told | None:
    """Trouble with writing, unless the same was said of reading, or the calendar is still to be chosen."""
    if not calendar.writes or calendar.status is ReadStatus.CHOOSE or choices:
        return None
    if calendar.reads and calendar.status.value == calendar.write_status.value:
        return None
    again = gettext("We try again by ourselves.")
    troubles = {
        WriteStatus.NOT_ALLOWED: gettext("The address is not open to us. Change it here."),
        WriteStatus.NO_ANSWER: gettext("The server does not answer.") + " " + again,
        WriteStatus.SIGN_IN: gettext(
            "The server does not let us write. Check the app password, and that you may change this calendar."
        ),
        WriteStatus.GONE: gettext(
            "There is no calendar at this address. Give the address of the calendar itself."
        ),
        WriteStatus.SERVER_TROUBLE: gettext("The server has trouble of its own.") + " " + again,
    }
    text = troubles.get(calendar.write_status)
    return Told(gettext("Appointments could not be written into it"), text) if text else None
