"""Weekly hours, extra hours and time off of one therapist: the sources of open spans.

Every function takes the id of a therapist that the caller has found within a
practice, and touches that therapist's rows only.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, delete, insert, select

from scheduler.domain.availability import ExtraHours, Hours, TimeOff, TimeOffKind, WeeklySpan
from scheduler.domain.errors import NotFound
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import ExtraHoursRow, TimeOffRow, WeeklyHoursRow


def hours(tx: Transaction, therapist_id: str, zone: str, first: date, last: date) -> Hours:
    """What says when the therapist is open on the local days `first` to `last`, both included.

    Three statements. Labels stay sealed: what can be booked does not need them.
    """
    extra = tx.execute(
        select(ExtraHoursRow).where(
            ExtraHoursRow.therapist_id == therapist_id, ExtraHoursRow.day >= first, ExtraHoursRow.day <= last
        )
    )
    off = tx.execute(
        select(TimeOffRow).where(
            TimeOffRow.therapist_id == therapist_id,
            TimeOffRow.first_day <= last,
            TimeOffRow.last_day >= first,
        )
    )
    return Hours(
        zone=zone,
        weekly=weekly(tx, therapist_id),
        extra=tuple(_extra_hours(row) for row in extra),
        time_off=tuple(_time_off(row, "") for row in off),
    )


def weekly(tx: Transaction, therapist_id: str) -> tuple[WeeklySpan, ...]:
    """The spans of every week, by weekday and start."""
    rows = tx.execute(
        select(WeeklyHoursRow.weekday, WeeklyHoursRow.start_minute, WeeklyHoursRow.end_minute)
        .where(WeeklyHoursRow.therapist_id == therapist_id)
        .order_by(WeeklyHoursRow.weekday, WeeklyHoursRow.start_minute)
    )
    return tuple(WeeklySpan(*row) for row in rows)


def replace_weekly(tx: Transaction, therapist_id: str, spans: Iterable[WeeklySpan]) -> None:
    """These spans, and no others, are open every week from now on."""
    tx.execute(delete(WeeklyHoursRow).where(WeeklyHoursRow.therapist_id == therapist_id))
    rows = [
        {
            "id": str(uuid4()),
            "therapist_id": therapist_id,
            "weekday": span.weekday,
            "start_minute": span.start_minute,
            "end_minute": span.end_minute,
        }
        for span in spans
    ]
    if rows:
        tx.execute(insert(WeeklyHoursRow), rows)


def add_extra(tx: Transaction, therapist_id: str, change: ExtraHours) -> None:
    """Opens a part of one day. The change brings its own id."""
    tx.execute(
        insert(ExtraHoursRow).values(
            id=change.id,
            therapist_id=therapist_id,
            day=change.day,
            start_minute=change.start_minute,
            end_minute=change.end_minute,
        )
    )


def add_time_off(tx: Transaction, therapist_id: str, entry: TimeOff) -> None:
    """Closes days, or a part of one day; the label is stored sealed."""
    label = vault_of(tx).seal(entry.label, _label_place(entry.id)) if entry.label else None
    tx.execute(
        insert(TimeOffRow).values(
            id=entry.id,
            therapist_id=therapist_id,
            kind=entry.kind.value,
            first_day=entry.first_day,
            last_day=entry.last_day,
            start_minute=entry.start_minute,
            end_minute=entry.end_minute,
            label_sealed=label,
        )
    )


def remove_change(tx: Transaction, therapist_id: str, change_id: str) -> None:
    """Takes extra hours or time off away. **Raises** `NotFound`, also for another therapist's change."""
    removed = 0
    for table in (TimeOffRow, ExtraHoursRow):
        mine = (table.id == change_id, table.therapist_id == therapist_id)
        removed += tx.execute(delete(table).where(*mine)).rowcount
    if not removed:
        raise NotFound


def time_off_between(tx: Transaction, therapist_id: str, first: date, last: date) -> list[TimeOff]:
    """Time off that touches the local days `first` to `last`, with its labels, by first day and start."""
    rows = tx.execute(
        select(TimeOffRow).where(
            TimeOffRow.therapist_id == therapist_id,
            TimeOffRow.first_day <= last,
            TimeOffRow.last_day >= first,
        )
    )
    vault = vault_of(tx)
    entries = [
        _time_off(row, vault.open(row.label_sealed, _label_place(row.id)) if row.label_sealed else "")
        for row in rows
    ]
    return sorted(entries, key=lambda entry: (entry.first_day, entry.start_minute or 0, entry.last_day))


def coming_changes(tx: Transaction, therapist_id: str, from_day: date) -> list[ExtraHours | TimeOff]:
    """Extra hours and time off that end on `from_day` or later, labels opened, by first day."""
    extra = tx.execute(
        select(ExtraHoursRow).where(ExtraHoursRow.therapist_id == therapist_id, ExtraHoursRow.day >= from_day)
    )
    changes: list[ExtraHours | TimeOff] = [_extra_hours(row) for row in extra]
    changes += time_off_between(tx, therapist_id, from_day, date.max)
    return sorted(changes, key=_order)


def _order(change: ExtraHours | TimeOff) -> tuple[date, int]:
    day = change.day if isinstance(change, ExtraHours) else change.first_day
    return day, change.start_minute or 0


def _extra_hours(row: Row[Any]) -> ExtraHours:
    return ExtraHours(row.id, row.day, row.start_minute, row.end_minute)


def _time_off(row: Row[Any], label: str) -> TimeOff:
    return TimeOff(
        id=row.id,
        kind=TimeOffKind(row.kind),
        first_day=row.first_day,
        last_day=row.last_day,
        start_minute=row.start_minute,
        end_minute=row.end_minute,
        label=label,
    )


def _label_place(entry_id: str) -> Place:
    return Place("time_off", "label", entry_id)
