"""Busy spans that were read from outside calendars: times, and nothing about them."""

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert, select, union_all

from scheduler.domain.appointment import Status
from scheduler.domain.calendars import OwnCalendar
from scheduler.domain.intervals import Interval
from scheduler.store.calendar_tables import CalendarBusyRow
from scheduler.store.database import Transaction
from scheduler.store.series_tables import SeriesRow
from scheduler.store.tables import AppointmentRow, table

_busy = table(CalendarBusyRow)
_appointments = table(AppointmentRow)

_SPANS = (
    select(_busy.c.start_at, _busy.c.end_at)
    .where(_busy.c.therapist_id == bindparam("therapist_id"))
    .order_by(_busy.c.start_at)
)


def spans(tx: Transaction, calendar_id: str) -> list[Interval]:
    """The busy spans of one calendar, in order."""
    rows = tx.execute(
        select(_busy.c.start_at, _busy.c.end_at)
        .where(_busy.c.calendar_id == calendar_id)
        .order_by(_busy.c.start_at)
    )
    return [(start, end) for start, end in rows]


def replace_spans(tx: Transaction, calendar: OwnCalendar, fresh: Iterable[Interval]) -> None:
    """These are the calendar's busy spans from now on; merged, in any order."""
    tx.execute(delete(_busy).where(_busy.c.calendar_id == calendar.id))
    rows = [
        {
            "calendar_id": calendar.id,
            "therapist_id": calendar.therapist_id,
            "start_at": start,
            "end_at": end,
        }
        for start, end in fresh
    ]
    if rows:
        tx.execute(insert(_busy), rows)


def busy_of_therapist(tx: Transaction, therapist_id: str) -> list[Interval]:
    """The busy spans of all calendars of a therapist, by start; they may overlap."""
    return [(start, end) for start, end in tx.execute(_SPANS, {"therapist_id": therapist_id})]


def issued_uids(tx: Transaction, practice_id: str, window: Interval) -> list[str]:
    """The UIDs of the practice's appointments that touch the window, and of all its series.

    Entries with these are ours, in whatever calendar they turn up: they block nothing.
    """
    single = select(_appointments.c.uid).where(
        _appointments.c.practice_id == practice_id,
        _appointments.c.end_at > window[0],
        _appointments.c.start_at < window[1],
        _appointments.c.status != Status.HELD,
    )
    series = select(SeriesRow.uid).where(SeriesRow.practice_id == practice_id)
    return list(tx.execute(union_all(single, series)).scalars())
