"""A therapist's hours: reading them, changing them, and what a change would touch.

No change of hours moves or cancels an appointment; what it touches is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.availability import (
    ExtraHours,
    Hours,
    TimeOff,
    TimeOffKind,
    WeeklySpan,
    check_minutes,
    open_spans,
)
from scheduler.domain.errors import Refused
from scheduler.domain.intervals import Interval, overlaps
from scheduler.domain.local_time import day_interval, local_day, minutes_interval
from scheduler.domain.practice import Therapist
from scheduler.domain.text import one_line
from scheduler.services import audit, calendars
from scheduler.services.calendars import OutsideBusy
from scheduler.services.desk import Desk
from scheduler.services.one_rule import starts_of
from scheduler.store import appointments, catalogue, occupancy, schedule, series, therapists
from scheduler.store.database import Transaction, reading, transaction

LABEL_LIMIT = 80
AHEAD_DAYS = 400
"""How far ahead booked appointments are looked for when hours change."""

_BOOKED = (Status.REQUESTED, Status.CONFIRMED)

Minutes = tuple[int, int]
WeekDraft = Mapping[int, Sequence[Minutes]]
"""Spans as typed, by ISO weekday: minutes of the day."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days of one therapist. Instants; spans are sorted and disjoint.

    `outside` is what the therapist's own calendars block, by start; these may overlap. `repeating`
    are the weeks between two dates, by id of an appointment that belongs to a series.
    """

    days: tuple[date, ...]
    open: tuple[Interval, ...]
    time_off: tuple[TimeOff, ...]
    appointments: tuple[Appointment, ...]
    outside: tuple[OutsideBusy, ...] = ()
    repeating: Mapping[str, int] = field(default_factory=dict)


def week(desk: Desk, therapist: Therapist, monday: date, *, now: int) -> Week:
    """What the calendar shows of the week that begins on `monday`; lapsed holds and requests are left out."""
    days = tuple(monday + timedelta(days=offset) for offset in range(7))
    zone = desk.practice.zone
    window = day_interval(days[0], zone)[0], day_interval(days[-1], zone)[1]
    with reading() as tx:
        hours = schedule.hours(tx, therapist.id, zone, days[0], days[-1])
        off = schedule.time_off_between(tx, therapist.id, days[0], days[-1])
        found = appointments.between(tx, desk.practice.id, [therapist.id], window)
        repeating = series.weeks_of(tx, [one.id for one in found])
    return Week(
        days=days,
        open=tuple(open_spans(hours, days[0], days[-1])),
        time_off=tuple(off),
        appointments=tuple(one for one in found if _is_shown(one, now)),
        outside=tuple(calendars.busy_between(desk.practice.id, [therapist], window)),
        repeating=repeating,
    )


def weekly(therapist: Therapist) -> tuple[WeeklySpan, ...]:
    """The spans of every week."""
    with reading() as tx:
        return schedule.weekly(tx, therapist.id)


def coming_changes(desk: Desk, therapist: Therapist, *, now: int) -> list[ExtraHours | TimeOff]:
    """Extra hours and time off from today on, by first day."""
    with reading() as tx:
        return schedule.coming_changes(tx, therapist.id, local_day(now, desk.practice.zone))


# ---- what a change would do ------------------------------------------------


def check_week(draft: WeekDraft) -> tuple[WeeklySpan, ...]:
    """The draft as weekly spans. **Raises** `Refused` with a problem per weekday, named by its number."""
    problems: dict[str, str] = {}
    for weekday, spans in draft.items():
        ordered = sorted(spans)
        if any(start >= end for start, end in ordered):
            problems[str(weekday)] = "Let the hours end after they begin"
        elif any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
            problems[str(weekday)] = "Two of these hours overlap"
    if problems:
        raise Refused(problems)
    return tuple(
        WeeklySpan(weekday, start, end) for weekday in sorted(draft) for start, end in sorted(draft[weekday])
    )


def free_times(
    desk: Desk, therapist: Therapist, *, now: int, weeks: int = 2, weekly: Sequence[WeeklySpan] | None = None
) -> int:
    """How many different starts visitors see in the next weeks; with `weekly`, under those weekly hours."""
    first = local_day(now, desk.practice.zone)
    last = first + timedelta(days=7 * weeks - 1)
    with reading() as tx:
        stock = catalogue.by_id(tx, desk.practice.id)
        window = day_interval(first, desk.practice.zone)[0], day_interval(last, desk.practice.zone)[1]
        taken = occupancy.taken(tx, [therapist.id], window, now=now)
    if weekly is not None:
        hours = replace(stock.hours[therapist.id], weekly=tuple(weekly))
        stock = replace(stock, hours={therapist.id: hours})
    starts: set[int] = set()
    for kind in stock.types:
        if kind.enabled and therapist.id in kind.therapist_ids:
            starts.update(starts_of(stock, kind, therapist.id, first, last, taken=taken, now=now))
    return len(starts)


def outside(
    desk: Desk, therapist: Therapist, *, now: int, weekly: Sequence[WeeklySpan] | None = None
) -> list[Appointment]:
    """Booked and requested appointments from now on that lie outside the open hours, in order.

    With `weekly`, under those weekly hours. Appointments made by hand may lie
    outside on purpose and are left out.
    """
    zone = desk.practice.zone
    first = local_day(now, zone)
    last = first + timedelta(days=AHEAD_DAYS)
    with reading() as tx:
        hours = schedule.hours(tx, therapist.id, zone, first, last)
        coming = now, day_interval(last, zone)[1]
        booked = _booked(appointments.between(tx, desk.practice.id, [therapist.id], coming))
    spans = open_spans(hours if weekly is None else replace(hours, weekly=tuple(weekly)), first, last)
    return [one for one in booked if not one.by_hand and not _lies_within(one, spans)]


def touched(desk: Desk, therapist: Therapist, entry: TimeOff, *, now: int) -> list[Appointment]:
    """Booked and requested appointments from now on that a time off would lie over, in order."""
    start, end = entry.interval(desk.practice.zone)
    with reading() as tx:
        ahead = max(start, now), max(end, now + 1)
        found = appointments.between(tx, desk.practice.id, [therapist.id], ahead)
    return [one for one in _booked(found) if overlaps((one.start, one.end), (start, end))]


# ---- changes ---------------------------------------------------------------


def save_weekly(desk: Desk, therapist: Therapist, draft: WeekDraft, *, now: int) -> None:
    """These hours are open every week from now on. **Raises** `Refused`."""
    spans = check_week(draft)
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        schedule.replace_weekly(tx, therapist.id, spans)
        _note(tx, desk, "hours.save", therapist.id, now)


def time_off(
    kind: TimeOffKind, first: date | None, last: date | None, minutes: Minutes | None = None, label: str = ""
) -> TimeOff:
    """A time off as typed. **Raises** `Refused` with problems by field: first, last, until, label."""
    problems: dict[str, str] = {}
    label = one_line(label)
    if first is None:
        problems["first"] = "Choose the day"
    if last is None:
        problems["last"] = "Choose the last day"
    if first and last and last < first:
        problems["last"] = "Let the last day be the first day or a later one"
    if first and last and (last - first).days > 366:
        problems["last"] = "One entry may last a year at most"
    if minutes is not None and minutes[0] >= minutes[1]:
        problems["until"] = "Let the time end after it begins"
    if len(label) > LABEL_LIMIT:
        problems["label"] = "Use a shorter text"
    if problems or first is None or last is None:
        raise Refused(problems)
    start, end = minutes or (None, None)
    return TimeOff(str(uuid4()), kind, first, last, start, end, label)


def close(desk: Desk, therapist: Therapist, entry: TimeOff, *, now: int) -> list[Appointment]:
    """Close the time; answers the appointments that lie inside and stay booked."""
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        schedule.add_time_off(tx, therapist.id, entry)
        _note(tx, desk, "time_off.add", entry.id, now)
    return touched(desk, therapist, entry, now=now)


def open_extra(
    desk: Desk, therapist: Therapist, day: date | None, minutes: Minutes, *, now: int
) -> ExtraHours:
    """Open a part of one day beside the weekly hours. **Raises** `Refused`: day, until."""
    problems: dict[str, str] = {}
    if day is None:
        problems["day"] = "Choose the day"
    elif day < local_day(now, desk.practice.zone):
        problems["day"] = "This day is over; choose a later one"
    if minutes[0] >= minutes[1]:
        problems["until"] = "Let the hours end after they begin"
    if problems or day is None:
        raise Refused(problems)
    check_minutes(*minutes)
    extra = ExtraHours(str(uuid4()), day, *minutes)
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        schedule.add_extra(tx, therapist.id, extra)
        _note(tx, desk, "extra_hours.add", extra.id, now)
    return extra


def remove_change(desk: Desk, therapist: Therapist, change_id: str, *, now: int) -> None:
    """Take extra hours or time off away. **Raises** `NotFound`."""
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        schedule.remove_change(tx, therapist.id, change_id)
        _note(tx, desk, "change.remove", change_id, now)


def rest_of_day(desk: Desk, therapist: Therapist, *, now: int, from_minute: int) -> Minutes | None:
    """From `from_minute` to the end of today's hours; None when nothing is open then."""
    zone = desk.practice.zone
    today = local_day(now, zone)
    with reading() as tx:
        hours = schedule.hours(tx, therapist.id, zone, today, today)
    ends = [_end_minute(hours, span, today) for span in open_spans(hours, today, today)]
    latest = max(ends, default=0)
    return (from_minute, latest) if latest > from_minute else None


def _end_minute(hours: Hours, span: Interval, day: date) -> int:
    for minute in range(15, 24 * 60 + 1, 15):
        if minutes_interval(day, 0, minute, hours.zone)[1] >= span[1]:
            return minute
    return 24 * 60


def _booked(found: Iterable[Appointment]) -> list[Appointment]:
    return [one for one in found if one.status in _BOOKED]


def _is_shown(one: Appointment, now: int) -> bool:
    if one.status in (Status.HELD, Status.REQUESTED):
        return one.expires_at is None or one.expires_at > now
    return one.status in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW)


def _lies_within(one: Appointment, spans: Sequence[Interval]) -> bool:
    return any(start <= one.start and one.end <= end for start, end in spans)


def _note(tx: Transaction, desk: Desk, action: str, object_id: str, now: int) -> None:
    audit.note(tx, action, actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=object_id)
