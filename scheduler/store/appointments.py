"""Appointments from hold to end: reading, inserting and compare-and-swap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, insert, select, update

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound, WrongState
from scheduler.domain.intervals import Interval
from scheduler.store import appointment_rows as rows
from scheduler.store import participants
from scheduler.store.database import Transaction, vault_of
from scheduler.store.occupancy import IS_LIVE
from scheduler.store.secrets import token_hash
from scheduler.store.tables import AppointmentRow, table

_appointments = table(AppointmentRow)


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
    query = select(_appointments).where(IS_LIVE, _appointments.c.expires_at <= now)
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
    found = tx.execute(
        select(_appointments.c.id).where(
            _appointments.c.id.in_(appointment_ids),
            _appointments.c.practice_id == practice_id,
            _appointments.c.therapist_id.in_(therapist_ids),
        )
    )
    return {row.id for row in found}


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
    answers = vault_of(tx).open_json(sealed, rows.place("answers", appointment.id)) if sealed else {}
    return appointment, answers


def add(
    tx: Transaction,
    appointment: Appointment,
    *,
    hold_token: str | None = None,
    source_hash: bytes | None = None,
) -> None:
    """Insert an appointment without its participants. **Raises** `SlotTaken` through the overlap guard."""
    values = {
        "id": appointment.id,
        "practice_id": appointment.practice_id,
        "uid": appointment.uid,
        "organizer": appointment.organizer,
        "created_at": appointment.created_at,
        "by_hand": appointment.by_hand,
        "source_hash": source_hash,
        "hold_hash": token_hash(hold_token) if hold_token else None,
        **rows.values(tx, appointment),
    }
    tx.execute(insert(_appointments), values)


def change(tx: Transaction, before: Appointment, after: Appointment) -> None:
    """Write `after`, if the row still is as `before` says in everything; its people are rows of their own.

    The row is locked first: on PostgreSQL another transaction may have changed it since it was read.
    **Raises** `WrongState` when somebody else changed it meanwhile, `SlotTaken`
    through the overlap guard.
    """
    here = _appointments.c.id == before.id
    row = tx.execute(select(_appointments).where(here).with_for_update()).first()
    if row is None or rows.appointment(tx, row, {}) != replace(before, participants=()):
        raise WrongState("the appointment was changed meanwhile")
    tx.execute(update(_appointments).where(here), rows.values(tx, after))


def keep_answers(tx: Transaction, appointment_id: str, answers: Mapping[str, str] | None) -> None:
    """Keep what was typed so far on the hold, sealed; `None` empties it."""
    sealed = vault_of(tx).seal_json(dict(answers), rows.place("answers", appointment_id)) if answers else None
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


def _one(tx: Transaction, query: Select[Any]) -> Appointment:
    found = _many(tx, query)
    if not found:
        raise NotFound("no such appointment")
    return found[0]


def _many(tx: Transaction, query: Select[Any]) -> list[Appointment]:
    found = tx.execute(query).all()
    people = participants.of_appointments(tx, [row.id for row in found]) if found else {}
    return [rows.appointment(tx, row, people) for row in found]
