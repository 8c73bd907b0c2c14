"""What a person has been told about an appointment: which mail answers which, and which came too late."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, or_, select

from scheduler.store.outbox import OutboxEntry, State
from scheduler.store.tables import OutboxRow


def first_message_id(tx: Connection, entry: OutboxEntry) -> str | None:
    """The Message-ID (random part) of an earlier mail to the same person about the appointment: the first."""
    return tx.execute(
        select(OutboxRow.message_id)
        .where(
            OutboxRow.appointment_id == entry.appointment_id,
            OutboxRow.recipient == entry.recipient,
            OutboxRow.id != entry.id,
            or_(OutboxRow.sequence < entry.sequence, OutboxRow.created_at < entry.created_at),
            OutboxRow.state != State.DROPPED.value,
        )
        .order_by(OutboxRow.sequence, OutboxRow.created_at, OutboxRow.due_at, OutboxRow.id)
        .limit(1)
    ).scalar()


def message_id_of(tx: Connection, appointment_id: str, recipient: str, kinds: Iterable[str]) -> str | None:
    """The Message-ID (random part) of the first mail of these kinds about an appointment to somebody."""
    theirs = and_(OutboxRow.appointment_id == appointment_id, OutboxRow.recipient == recipient)
    return tx.execute(
        select(OutboxRow.message_id)
        .where(theirs, OutboxRow.kind.in_(list(kinds)), OutboxRow.state != State.DROPPED.value)
        .order_by(OutboxRow.sequence, OutboxRow.created_at, OutboxRow.id)
        .limit(1)
    ).scalar()


def is_superseded(tx: Connection, entry: OutboxEntry, kinds: Iterable[str]) -> bool:
    """Whether the same person gets a mail of one of these kinds with a higher number about the same."""
    later = select(OutboxRow.id).where(
        OutboxRow.appointment_id == entry.appointment_id,
        OutboxRow.recipient == entry.recipient,
        OutboxRow.kind.in_(list(kinds)),
        OutboxRow.sequence > entry.sequence,
    )
    return tx.execute(later.limit(1)).first() is not None


def has_occasion(tx: Connection, appointment_id: str, recipient: str, occasion: str) -> bool:
    """Whether a person got a mail of an appointment on this very occasion."""
    theirs = and_(OutboxRow.appointment_id == appointment_id, OutboxRow.recipient == recipient)
    query = select(func.count()).select_from(OutboxRow).where(theirs, OutboxRow.occasion == occasion)
    return int(tx.execute(query).scalar_one()) > 0


def occasions(tx: Connection, appointment_id: str, recipient: str) -> int:
    """How many mails of an appointment a person got beyond the one that each change brings."""
    theirs = and_(OutboxRow.appointment_id == appointment_id, OutboxRow.recipient == recipient)
    query = select(func.count()).select_from(OutboxRow).where(theirs, OutboxRow.occasion != "")
    return int(tx.execute(query).scalar_one())
