"""What time is taken, and how much of it by whom: spans and counts only, nobody is opened.

Busy spans are `[start - buffer, end + buffer)` as stored; a lapsed hold or request occupies
nothing, and is expired by the next booking transaction that needs its time.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, or_, select, text

from scheduler.domain.appointment import Status
from scheduler.domain.intervals import Interval
from scheduler.store.database import Transaction
from scheduler.store.tables import AppointmentRow, table

_appointments = table(AppointmentRow)


# Written out, not bound: SQLite uses the partial index only for the same words.
IS_LIVE = text("appointments.status IN ('held', 'requested', 'confirmed')")


# Built once: every visitor's question runs it, and making it costs more than running it.
_TAKEN = select(
    _appointments.c.therapist_id,
    _appointments.c.type_id,
    _appointments.c.start_at,
    _appointments.c.busy_start,
    _appointments.c.busy_end,
    _appointments.c.expires_at,
).where(
    IS_LIVE,
    _appointments.c.therapist_id.in_(bindparam("people", expanding=True)),
    _appointments.c.busy_end > bindparam("low"),
    _appointments.c.busy_start < bindparam("high"),
    or_(_appointments.c.expires_at.is_(None), _appointments.c.expires_at > bindparam("now")),
    _appointments.c.id != bindparam("without"),
)


class Taken(NamedTuple):
    """What stands in the way of a booking: time only, no person. A tuple, because months have hundreds."""

    therapist_id: str
    type_id: str
    start: int
    busy: Interval
    expires_at: int | None


def taken(
    tx: Transaction, therapist_ids: Sequence[str], window: Interval, *, now: int, without: str | None = None
) -> list[Taken]:
    """What occupies the therapists' time within the window; `without` leaves one appointment out."""
    bound = {
        "people": list(therapist_ids),
        "low": window[0],
        "high": window[1],
        "now": now,
        "without": without or "",
    }
    return [
        Taken(therapist_id, type_id, start, (busy_start, busy_end), expires_at)
        for therapist_id, type_id, start, busy_start, busy_end, expires_at in tx.execute(_TAKEN, bound)
    ]


def holds_of_source(tx: Transaction, practice_id: str, source_hash: bytes, *, now: int) -> int:
    """How many live holds one source has in the practice."""
    return _count(tx, _held(practice_id, now).where(_appointments.c.source_hash == source_hash))


def holds_of_practice(tx: Transaction, practice_id: str, *, now: int) -> int:
    """How many live holds the practice has."""
    return _count(tx, _held(practice_id, now))


def bookings_of_source(tx: Transaction, source_hash: bytes, *, since: int) -> int:
    """How many bookings one source completed since an instant."""
    return _count(
        tx,
        select(_appointments.c.id).where(
            _appointments.c.source_hash == source_hash,
            _appointments.c.created_at >= since,
            _appointments.c.status.not_in([Status.HELD, Status.EXPIRED]),
        ),
    )


def therapist_loads(tx: Transaction, therapist_ids: Sequence[str], window: Interval) -> dict[str, int]:
    """How many live appointments each therapist has that start within the window."""
    rows = tx.execute(
        select(_appointments.c.therapist_id).where(
            IS_LIVE,
            _appointments.c.therapist_id.in_(therapist_ids),
            _appointments.c.start_at >= window[0],
            _appointments.c.start_at < window[1],
        )
    )
    loads = dict.fromkeys(therapist_ids, 0)
    for (therapist_id,) in rows:
        loads[therapist_id] += 1
    return loads


def _held(practice_id: str, now: int) -> Select[Any]:
    return select(_appointments.c.id).where(
        IS_LIVE,
        _appointments.c.practice_id == practice_id,
        _appointments.c.status == Status.HELD,
        _appointments.c.expires_at > now,
    )


def _count(tx: Transaction, query: Select[Any]) -> int:
    return len(tx.execute(query.limit(1000)).all())
