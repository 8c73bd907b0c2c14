"""Appointments that repeat: the same time on the wall every so many weeks, whatever the clocks do.

A date is named by its original start for its whole life, also when it was
moved, left out or cancelled; that name never changes.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.local_time import instants, local, start_instant

MOST_DATES = 60
MOST_WEEKS = 8
DAY = 24 * 3600
WEEK = 7 * DAY

_STANDS = (Status.REQUESTED, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The first start (an instant), the weeks between two dates, how many there are, and whose clocks rule.

    **Raises** `ValueError` for more than 60 dates, more than 8 weeks, or none of either.
    """

    start: int
    weeks: int
    dates: int
    zone: str

    def __post_init__(self) -> None:
        if not (1 <= self.weeks <= MOST_WEEKS and 1 <= self.dates <= MOST_DATES):
            raise ValueError("no such rhythm")


class Occurrence(NamedTuple):
    """One date of a rhythm. Where clocks skip its time it does not exist; `start` then lies after the gap."""

    start: int
    exists: bool = True


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One date: the original start that names it, and its appointment unless it was left out."""

    recurrence: int
    appointment: Appointment | None = None

    @property
    def stands(self) -> bool:
        """Whether it takes place, or took place."""
        return self.appointment is not None and self.appointment.status in _STANDS

    def is_coming(self, now: int) -> bool:
        """Whether it still lies ahead."""
        return self.stands and self.appointment is not None and not self.appointment.is_over(now)


@dataclass(frozen=True, slots=True)
class Series:
    """A rhythm with its dates in order of their original starts.

    `uid` and `sequence` are those of the calendar entry as a whole; `ended_at`
    is the instant at which it was ended before its time.
    """

    id: str
    practice_id: str
    therapist_id: str
    type_id: str
    uid: str
    sequence: int
    rhythm: Rhythm
    duration: int
    created_at: int
    changed_at: int
    ended_at: int | None = None
    dates: tuple[SeriesDate, ...] = ()

    @property
    def standing(self) -> tuple[Appointment, ...]:
        """The appointments that take place or took place, in the order of their original starts."""
        return tuple(one.appointment for one in self.dates if one.appointment is not None and one.stands)

    @property
    def appointments(self) -> tuple[Appointment, ...]:
        """All appointments, the cancelled ones too."""
        return tuple(one.appointment for one in self.dates if one.appointment is not None)

    def coming(self, now: int) -> tuple[Appointment, ...]:
        """Those that still lie ahead."""
        return tuple(one for one in self.standing if not one.is_over(now))

    def recurrence_of(self, appointment_id: str) -> int:
        """The original start of an appointment. **Raises** `KeyError` for one of another series."""
        for one in self.dates:
            if one.appointment is not None and one.appointment.id == appointment_id:
                return one.recurrence
        raise KeyError(appointment_id)

    def coming_from(self, recurrence: int, now: int) -> tuple[Appointment, ...]:
        """What lies ahead of the dates named by this start and later ones."""
        late = [one for one in self.dates if one.recurrence >= recurrence and one.is_coming(now)]
        return tuple(one.appointment for one in late if one.appointment is not None)


def occurrences(rhythm: Rhythm) -> tuple[Occurrence, ...]:
    """Every date of the rhythm, in order: the wall-clock time of the first one, weeks later.

    Of a time that clocks show twice it is the first; the first date is the instant given.
    **Source** RFC 5545 section 3.3.5.
    """
    wall = local(rhythm.start, rhythm.zone).replace(tzinfo=None)
    found = [Occurrence(rhythm.start)]
    for number in range(1, rhythm.dates):
        shown = wall + timedelta(weeks=number * rhythm.weeks)
        exists = bool(instants(shown, rhythm.zone))
        found.append(Occurrence(start_instant(shown, rhythm.zone), exists))
    return tuple(found)


def without(rhythm: Rhythm, left_out: Collection[int]) -> tuple[Rhythm, tuple[int, ...]]:
    """The rhythm from its first to its last kept date, and the starts that are kept.

    Dates whose time clocks skip are left out by themselves. **Raises** `ValueError` when none is kept.
    """
    dates = occurrences(rhythm)
    kept = [index for index, one in enumerate(dates) if one.exists and one.start not in left_out]
    if not kept:
        raise ValueError("a series has at least one date")
    shorter = replace(rhythm, start=dates[kept[0]].start, dates=kept[-1] - kept[0] + 1)
    return shorter, tuple(dates[index].start for index in kept)


def number_of(rhythm: Rhythm, recurrence: int) -> int:
    """Which date an original start names, counted from 0; also when the zone has changed its rules since.

    A rhythm that was shortened still numbers the dates that it had. **Raises** `ValueError` for another time.
    """
    step = rhythm.weeks * WEEK
    number, rest = divmod(recurrence - rhythm.start + step // 2, step)
    if not 0 <= number < MOST_DATES or abs(rest - step // 2) > DAY:
        raise ValueError(f"the rhythm has no date at {recurrence}")
    return number


def until(rhythm: Rhythm, last: int) -> Rhythm:
    """The rhythm that ends with the date named `last`. **Raises** `ValueError` where it has no such date."""
    return replace(rhythm, dates=number_of(rhythm, last) + 1)
