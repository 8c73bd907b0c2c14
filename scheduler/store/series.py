"""Series: the calendar entry as a whole, and each of its dates with the appointment that it is.

A change of a date raises the number of the series in the same transaction,
so whoever changes one holds the therapist's calendar.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, ScalarSelect, and_, bindparam, false, insert, or_, select, update

from scheduler.domain.errors import NotFound
from scheduler.domain.intervals import Interval
from scheduler.domain.series import MOST_DATES, MOST_WEEKS, WEEK, Rhythm, Series, SeriesDate, occurrences
from scheduler.store import appointments
from scheduler.store.database import Transaction
from scheduler.store.feeds import SHOWN
from scheduler.store.series_tables import SeriesDateRow, SeriesRow
from scheduler.store.tables import AppointmentRow, table

_series = table(SeriesRow)
_dates = table(SeriesDateRow)
_appointments = table(AppointmentRow)
_IS_SHOWN = _appointments.c.status.in_([status.value for status in SHOWN])
_JOINED = _dates.join(_appointments, _appointments.c.id == _dates.c.appointment_id)

# Built once: every feed asks, and most have no series.
_IN_WINDOW = (
    select(_dates.c.series_id)
    .select_from(_JOINED)
    .where(
        _appointments.c.therapist_id == bindparam("therapist_id"),
        _appointments.c.start_at >= bindparam("low"),
        _appointments.c.start_at < bindparam("high"),
        _IS_SHOWN,
    )
)
_SHOWN_DATES = (
    select(
        _dates.c.series_id,
        _dates.c.recurrence_at,
        _appointments.c.id,
        _appointments.c.status,
        _appointments.c.start_at,
        _appointments.c.end_at,
    )
    .select_from(_JOINED)
    .where(_dates.c.series_id.in_(_IN_WINDOW), _IS_SHOWN)
    .order_by(_dates.c.series_id, _dates.c.recurrence_at)
)


class ShownDate(NamedTuple):
    """A date of a series that a calendar shows: its name (the original start), its appointment, its time.

    A tuple, because feeds have thousands.
    """

    recurrence: int
    appointment_id: str
    status: str
    span: Interval


@dataclass(frozen=True, slots=True)
class ShownSeries:
    """A series without any person, as feeds and copies show it; `dates` are in order and at least one."""

    uid: str
    sequence: int
    rhythm: Rhythm
    duration: int
    created_at: int
    changed_at: int
    has_ended: bool
    dates: tuple[ShownDate, ...]


# ---- writing ---------------------------------------------------------------


def add(tx: Transaction, series: Series) -> None:
    """Insert a series with its dates; the appointments are there already."""
    rhythm = series.rhythm
    tx.execute(
        insert(_series).values(
            id=series.id,
            practice_id=series.practice_id,
            therapist_id=series.therapist_id,
            type_id=series.type_id,
            uid=series.uid,
            sequence=series.sequence,
            zone=rhythm.zone,
            start_at=rhythm.start,
            duration=series.duration,
            weeks_between=rhythm.weeks,
            dates=rhythm.dates,
            created_at=series.created_at,
            changed_at=series.changed_at,
            ended_at=series.ended_at,
        )
    )
    rows = [
        {
            "series_id": series.id,
            "recurrence_at": one.recurrence,
            "appointment_id": one.appointment.id if one.appointment else None,
        }
        for one in series.dates
    ]
    tx.execute(insert(_dates), rows)


def raise_sequence(tx: Transaction, appointment_id: str, *, now: int) -> int | None:
    """The next number of the series to which the appointment belongs; None where it belongs to none."""
    raised = (
        update(_series)
        .where(_series.c.id == _series_id(appointment_id))
        .values(sequence=_series.c.sequence + 1, changed_at=now)
        .returning(_series.c.sequence)
    )
    return tx.execute(raised).scalar()


def end(tx: Transaction, series_id: str, *, dates: int, now: int) -> None:
    """The series has so many dates and no more."""
    here = _series.c.id == series_id
    tx.execute(update(_series).where(here).values(dates=dates, ended_at=now))


# ---- reading ---------------------------------------------------------------


def of_appointment(tx: Transaction, practice_id: str, appointment_id: str) -> Series | None:
    """The series of an appointment with all its dates; None where it belongs to none."""
    mine = _series.c.id == _series_id(appointment_id)
    row = tx.execute(select(_series).where(mine, _series.c.practice_id == practice_id)).first()
    return _filled(tx, row) if row else None


def changed_with(tx: Transaction, series: Series) -> list[Series]:
    """What gave way to this series, or it to them: a changed rhythm is an end and a begin of one instant."""
    same = and_(
        _series.c.practice_id == series.practice_id,
        _series.c.therapist_id == series.therapist_id,
        _series.c.type_id == series.type_id,
        _series.c.id != series.id,
    )
    gave_way = _series.c.ended_at == series.created_at
    follows = _series.c.created_at == series.ended_at if series.ended_at is not None else false()
    return [_filled(tx, row) for row in tx.execute(select(_series).where(same, or_(gave_way, follows))).all()]


def first_appointments(tx: Transaction, series_ids: Collection[str]) -> dict[str, str]:
    """The id of the appointment on the first date of each series that has one."""
    backwards = (
        select(_dates.c.series_id, _dates.c.appointment_id)
        .where(_dates.c.series_id.in_(series_ids), _dates.c.appointment_id.is_not(None))
        .order_by(_dates.c.recurrence_at.desc())
    )
    return {row.series_id: row.appointment_id for row in tx.execute(backwards)}  # the first comes last


def weeks_of(tx: Transaction, appointment_ids: Sequence[str]) -> dict[str, int]:
    """Appointment id -> the weeks between two dates of its series, for those that belong to one."""
    joined = _dates.join(_series, _series.c.id == _dates.c.series_id)
    rows = tx.execute(
        select(_dates.c.appointment_id, _series.c.weeks_between)
        .select_from(joined)
        .where(_dates.c.appointment_id.in_(appointment_ids))
    )
    return {row.appointment_id: row.weeks_between for row in rows}


def find(tx: Transaction, practice_id: str, series_id: str) -> Series:
    """One series of the practice. **Raises** `NotFound`."""
    row = tx.execute(
        select(_series).where(_series.c.id == series_id, _series.c.practice_id == practice_id)
    ).first()
    if row is None:
        raise NotFound("no such series")
    return _filled(tx, row)


def shown(tx: Transaction, therapist_id: str, window: Interval) -> list[ShownSeries]:
    """The therapist's series of which some date that takes place starts within the window, each whole."""
    bound = {"therapist_id": therapist_id, "low": window[0], "high": window[1]}
    found: dict[str, list[ShownDate]] = {}
    for series_id, recurrence, appointment_id, status, start, end in tx.execute(_SHOWN_DATES, bound).all():
        date = ShownDate(recurrence, appointment_id, status, (start, end))
        found.setdefault(series_id, []).append(date)
    rows = tx.execute(select(_series).where(_series.c.id.in_(found))) if found else ()
    return [
        ShownSeries(
            uid=row.uid,
            sequence=row.sequence,
            rhythm=_rhythm(row),
            duration=row.duration,
            created_at=row.created_at,
            changed_at=row.changed_at,
            has_ended=row.ended_at is not None,
            dates=tuple(found[row.id]),
        )
        for row in rows
    ]


def broken(tx: Transaction, *, now: int) -> dict[str, str]:
    """Uid -> what is wrong, for series that contradict their appointments: the doctor's question."""
    joined = select(_series.c.uid).select_from(_JOINED.join(_series, _series.c.id == _dates.c.series_id))
    is_ahead = _appointments.c.sequence > _series.c.sequence
    is_foreign = _appointments.c.therapist_id != _series.c.therapist_id
    return {
        **dict.fromkeys(_incomplete(tx, now), "lacks a coming date of its rhythm"),
        **dict.fromkeys(tx.execute(joined.where(is_ahead)).scalars(), "has a lower number than a date of it"),
        **dict.fromkeys(tx.execute(joined.where(is_foreign)).scalars(), "has a date with another therapist"),
    }


def _incomplete(tx: Transaction, now: int) -> list[str]:
    """Uids of series of which some coming date has no row, not even as left out."""
    is_recent = _series.c.start_at > now - MOST_DATES * MOST_WEEKS * WEEK
    rows = tx.execute(select(_series).where(is_recent).order_by(_series.c.uid)).all()
    known: dict[str, set[int]] = {row.id: set() for row in rows}
    for series_id, recurrence in tx.execute(select(_dates.c.series_id, _dates.c.recurrence_at)):
        if series_id in known:
            known[series_id].add(recurrence)
    return [
        row.uid
        for row in rows
        if any(one.start > now and one.start not in known[row.id] for one in occurrences(_rhythm(row)))
    ]


def _series_id(appointment_id: str) -> ScalarSelect[str]:
    return select(_dates.c.series_id).where(_dates.c.appointment_id == appointment_id).scalar_subquery()


def _filled(tx: Transaction, row: Row[Any]) -> Series:
    dates: Sequence[Row[Any]] = tx.execute(
        select(_dates).where(_dates.c.series_id == row.id).order_by(_dates.c.recurrence_at)
    ).all()
    ids = [one.appointment_id for one in dates if one.appointment_id]
    known = {one.id: one for one in appointments.of_ids(tx, row.practice_id, ids)}
    return Series(
        id=row.id,
        practice_id=row.practice_id,
        therapist_id=row.therapist_id,
        type_id=row.type_id,
        uid=row.uid,
        sequence=row.sequence,
        rhythm=_rhythm(row),
        duration=row.duration,
        created_at=row.created_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        dates=tuple(SeriesDate(one.recurrence_at, known.get(one.appointment_id)) for one in dates),
    )


def _rhythm(row: Row[Any]) -> Rhythm:
    return Rhythm(row.start_at, row.weeks_between, row.dates, row.zone)
