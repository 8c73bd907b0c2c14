"""What a calendar feed is made of: its version in one statement, its entries in one more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, bindparam, select, update

from scheduler.domain.appointment import Status
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound
from scheduler.domain.intervals import Interval
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import (
    AppointmentRow,
    ParticipantRow,
    PracticeRow,
    SubscriptionRow,
    TherapistRow,
    table,
)

_subscriptions = table(SubscriptionRow)
_therapists = table(TherapistRow)
_practices = table(PracticeRow)
_appointments = table(AppointmentRow)
_participants = table(ParticipantRow)

SHOWN = (Status.REQUESTED, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW)
"""Statuses that a feed shows: neither holds nor what was called off."""

# Built once: programs poll, and a statement is cheaper to look up than to make.
_SOURCE = (
    select(
        _subscriptions.c.id,
        _subscriptions.c.level,
        _subscriptions.c.last_used_day,
        _therapists.c.id.label("therapist_id"),
        _therapists.c.name,
        _therapists.c.calendar_revision,
        _therapists.c.calendar_changed_at,
        _practices.c.revision.label("practice_revision"),
        _practices.c.zone,
        _practices.c.languages,
    )
    .join(_therapists, _therapists.c.id == _subscriptions.c.therapist_id)
    .join(_practices, _practices.c.id == _therapists.c.practice_id)
    .where(
        _subscriptions.c.token_hash == bindparam("token_hash"),
        _subscriptions.c.revoked_at.is_(None),
        _therapists.c.active,
    )
)
_IN_WINDOW = (
    _appointments.c.therapist_id == bindparam("therapist_id"),
    _appointments.c.start_at >= bindparam("low"),
    _appointments.c.start_at < bindparam("high"),
    _appointments.c.status.in_([status.value for status in SHOWN]),
)
_ENTRIES = select(
    _appointments.c.id,
    _appointments.c.uid,
    _appointments.c.sequence,
    _appointments.c.status,
    _appointments.c.start_at,
    _appointments.c.end_at,
    _appointments.c.created_at,
    _appointments.c.changed_at,
).where(*_IN_WINDOW)
_NAMES = (
    select(_participants.c.appointment_id, _participants.c.id, _participants.c.name_sealed)
    .join(_appointments, _appointments.c.id == _participants.c.appointment_id)
    .where(*_IN_WINDOW)
    .order_by(_participants.c.appointment_id, _participants.c.position)
)


Entry = Row[str, str, int, str, int, int, int, int]
"""Id, uid, sequence, status, start, end, created and changed: bare rows, because feeds have thousands."""


@dataclass(frozen=True, slots=True)
class FeedSource:
    """Everything about a feed but its entries. `changed_at` never goes back; `last_used` is a UTC day."""

    subscription_id: str
    therapist_id: str
    level: FeedLevel
    name: str
    zone: str
    language: str
    calendar_revision: int
    practice_revision: int
    changed_at: int
    last_used: date | None


def source(tx: Transaction, token_hash: bytes) -> FeedSource:
    """The living subscription of an active therapist. **Raises** `NotFound`."""
    row = tx.execute(_SOURCE, {"token_hash": token_hash}).first()
    if row is None:
        raise NotFound("no such feed")
    return FeedSource(
        subscription_id=row.id,
        therapist_id=row.therapist_id,
        level=FeedLevel(row.level),
        name=row.name,
        zone=row.zone,
        language=row.languages[0],
        calendar_revision=row.calendar_revision,
        practice_revision=row.practice_revision,
        changed_at=row.calendar_changed_at,
        last_used=row.last_used_day,
    )


def entries(tx: Transaction, therapist_id: str, window: Interval) -> Sequence[Entry]:
    """What is shown and starts within the window, in no order."""
    return tx.execute(_ENTRIES, _bound(therapist_id, window)).all()


def names(tx: Transaction, therapist_id: str, window: Interval) -> dict[str, list[str]]:
    """Appointment id -> names of its people in their order, for the same window."""
    vault = vault_of(tx)
    found: dict[str, list[str]] = {}
    for appointment_id, person_id, sealed in tx.execute(_NAMES, _bound(therapist_id, window)):
        name = vault.open(sealed, Place("participants", "name", person_id))
        found.setdefault(appointment_id, []).append(name)
    return found


def mark_used(tx: Transaction, subscription_id: str, day: date) -> None:
    """Note the day of use."""
    statement = update(_subscriptions).where(_subscriptions.c.id == subscription_id)
    tx.execute(statement.values(last_used_day=day))


def _bound(therapist_id: str, window: Interval) -> dict[str, object]:
    return {"therapist_id": therapist_id, "low": window[0], "high": window[1]}
