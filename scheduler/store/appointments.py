"""Appointments from hold to end: reading, inserting and compare-and-swap.

Busy spans are `[start - buffer, end + buffer)` as stored; a lapsed hold or
request occupies nothing for readers, and is expired by the next booking
transaction that needs its time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, insert, or_, select, text, update

from scheduler.domain import cancellation
from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound, WrongState
from scheduler.domain.intervals import Interval
from scheduler.domain.practice import Mode
from scheduler.store import participants
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place, token_hash
from scheduler.store.tables import AppointmentRow, table

_appointments = table(AppointmentRow)
# Written out, not bound: SQLite uses the partial index only for the same words.
_IS_LIVE = text("appointments.status IN ('held', 'requested', 'confirmed')")


# Built once: every visitor's question runs it, and making it costs more than running it.
_TAKEN = select(
    _appointments.c.therapist_id,
    _appointments.c.type_id,
    _appointments.c.start_at,
    _appointments.c.busy_start,
    _appointments.c.busy_end,
    _appointments.c.expires_at,
).where(
    _IS_LIVE,
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


def between(
    tx: Transaction, practice_id: str, therapist_ids: Sequence[str], window: Interval
) -> list[Appointment]:
    """All appointments that touch the window, in order of start, whatever their status; two statements."""
    return _many(
        tx,
        select(_appointments)
        .where(
            _appointments.c.practice_id == practice_id,
            _appointments.c.therapist_id.in_(therapist_ids),
            _appointments.c.end_at > window[0],
            _appointments.c.start_at < window[1],
        )
        .order_by(_appointments.c.start_at, _appointments.c.created_at),
    )


def with_status(
    tx: Transaction,
    practice_id: str,
    statuses: Iterable[Status],
    *,
    therapist_ids: Sequence[str] | None = None,
) -> list[Appointment]:
    """The practice's appointments of these statuses, in order of start."""
    query = select(_appointments).where(
        _appointments.c.practice_id == practice_id, _appointments.c.status.in_(list(statuses))
    )
    if therapist_ids is not None:
        query = query.where(_appointments.c.therapist_id.in_(therapist_ids))
    return _many(tx, query.order_by(_appointments.c.start_at))


def lapsed(
    tx: Transaction,
    *,
    now: int,
    therapist_id: str | None = None,
    interval: Interval | None = None,
    at_most: int = 200,
) -> list[Appointment]:
    """Holds and requests whose time ran out, optionally only those overlapping an interval."""
    query = select(_appointments).where(_IS_LIVE, _appointments.c.expires_at <= now)
    if therapist_id is not None and interval is not None:
        query = query.where(
            _appointments.c.therapist_id == therapist_id,
            _appointments.c.busy_end > interval[0],
            _appointments.c.busy_start < interval[1],
        )
    return _many(tx, query.order_by(_appointments.c.expires_at).limit(at_most))


def of_therapists(
    tx: Transaction, practice_id: str, therapist_ids: Sequence[str], appointment_ids: Sequence[str]
) -> set[str]:
    """Those of the given appointments that belong to these therapists of the practice; opens nothing."""
    rows = tx.execute(
        select(_appointments.c.id).where(
            _appointments.c.id.in_(appointment_ids),
            _appointments.c.practice_id == practice_id,
            _appointments.c.therapist_id.in_(therapist_ids),
        )
    )
    return {row.id for row in rows}


def find(tx: Transaction, practice_id: str, appointment_id: str) -> Appointment:
    """The practice's appointment with its participants. **Raises** `NotFound`."""
    return _one(
        tx,
        select(_appointments).where(
            _appointments.c.id == appointment_id, _appointments.c.practice_id == practice_id
        ),
    )


def of_ids(tx: Transaction, practice_id: str, appointment_ids: Sequence[str]) -> list[Appointment]:
    """The practice's appointments of these ids, in order of start."""
    return _many(
        tx,
        select(_appointments)
        .where(_appointments.c.id.in_(appointment_ids), _appointments.c.practice_id == practice_id)
        .order_by(_appointments.c.start_at),
    )


def by_hold(tx: Transaction, practice_id: str, token: str) -> tuple[Appointment, dict[str, str]]:
    """The held appointment and the answers kept on it, by the hold's token. **Raises** `NotFound`."""
    query = select(_appointments).where(
        _appointments.c.hold_hash == token_hash(token), _appointments.c.practice_id == practice_id
    )
    appointment = _one(tx, query)
    sealed = tx.execute(query.with_only_columns(_appointments.c.answers_sealed)).scalar()
    answers = vault_of(tx).open_json(sealed, _place("answers", appointment.id)) if sealed else {}
    return appointment, answers


def add(
    tx: Transaction,
    appointment: Appointment,
    *,
    hold_token: str | None = None,
    source_hash: bytes | None = None,
) -> None:
    """Insert an appointment without its participants. **Raises** `SlotTaken` through the overlap guard."""
    tx.execute(
        insert(_appointments).values(
            id=appointment.id,
            practice_id=appointment.practice_id,
            uid=appointment.uid,
            organizer=appointment.organizer,
            created_at=appointment.created_at,
            by_hand=appointment.by_hand,
            source_hash=source_hash,
            hold_hash=token_hash(hold_token) if hold_token else None,
            **_values(tx, appointment),
        )
    )


def change(tx: Transaction, before: Appointment, after: Appointment) -> None:
    """One UPDATE, if the row still is as `before` says.

    **Raises** `WrongState` when somebody else changed it meanwhile, `SlotTaken`
    through the overlap guard.
    """
    result = tx.execute(
        update(_appointments)
        .where(
            _appointments.c.id == before.id,
            _appointments.c.status == before.status,
            _appointments.c.sequence == before.sequence,
            _appointments.c.start_at == before.start,
        )
        .values(**_values(tx, after))
    )
    if result.rowcount != 1:
        raise WrongState("the appointment was changed meanwhile")


def keep_answers(tx: Transaction, appointment_id: str, answers: Mapping[str, str] | None) -> None:
    """Keep what was typed so far on the hold, sealed; `None` empties it."""
    sealed = vault_of(tx).seal_json(dict(answers), _place("answers", appointment_id)) if answers else None
    here = _appointments.c.id == appointment_id
    tx.execute(update(_appointments).where(here).values(answers_sealed=sealed))


def forget_answers(tx: Transaction, *, ended_before: int) -> int:
    """Empty the answers on holds that ended earlier without a booking; returns how many."""
    done = tx.execute(
        update(_appointments)
        .where(
            _appointments.c.status == Status.EXPIRED,
            _appointments.c.answers_sealed.is_not(None),
            _appointments.c.changed_at < ended_before,
        )
        .values(answers_sealed=None)
    )
    return done.rowcount


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
            _IS_LIVE,
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
        _IS_LIVE,
        _appointments.c.practice_id == practice_id,
        _appointments.c.status == Status.HELD,
        _appointments.c.expires_at > now,
    )


def _count(tx: Transaction, query: Select[Any]) -> int:
    return len(tx.execute(query.limit(1000)).all())


def _place(column: str, appointment_id: str) -> Place:
    return Place("appointments", column, appointment_id)


def _values(tx: Transaction, appointment: Appointment) -> dict[str, Any]:
    note = appointment.note
    return {
        "therapist_id": appointment.therapist_id,
        "type_id": appointment.type_id,
        "sequence": appointment.sequence,
        "status": appointment.status,
        "start_at": appointment.start,
        "end_at": appointment.end,
        "busy_start": appointment.busy[0],
        "busy_end": appointment.busy[1],
        "mode": appointment.mode,
        "language": appointment.language,
        "visitor_zone": appointment.visitor_zone,
        "changed_at": appointment.changed_at,
        "expires_at": appointment.expires_at,
        "known_since": appointment.known_since,
        "consents": dict(appointment.consents),
        "terms": cancellation.to_stored(appointment.terms) if appointment.terms else None,
        "note_sealed": vault_of(tx).seal(note, _place("note", appointment.id)) if note else None,
    }


def _one(tx: Transaction, query: Select[Any]) -> Appointment:
    found = _many(tx, query)
    if not found:
        raise NotFound("no such appointment")
    return found[0]


def _many(tx: Transaction, query: Select[Any]) -> list[Appointment]:
    rows = tx.execute(query).all()
    people = participants.of_appointments(tx, [row.id for row in rows]) if rows else {}
    return [_appointment(tx, row, people) for row in rows]


def _appointment(tx: Transaction, row: Row[Any], people: Mapping[str, list[Any]]) -> Appointment:
    sealed = row.note_sealed
    return Appointment(
        id=row.id,
        practice_id=row.practice_id,
        therapist_id=row.therapist_id,
        type_id=row.type_id,
        uid=row.uid,
        sequence=row.sequence,
        status=Status(row.status),
        start=row.start_at,
        end=row.end_at,
        busy=(row.busy_start, row.busy_end),
        mode=Mode(row.mode),
        language=row.language,
        visitor_zone=row.visitor_zone,
        organizer=row.organizer,
        created_at=row.created_at,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
        note=vault_of(tx).open(sealed, _place("note", row.id)) if sealed else "",
        by_hand=row.by_hand,
        known_since=row.known_since,
        consents=row.consents,
        terms=cancellation.from_stored(row.terms) if row.terms else None,
        participants=tuple(people.get(row.id, ())),
    )
