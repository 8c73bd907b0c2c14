"""Who did what to which object, when, with what result. Append-only, no values."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from scheduler.store.tables import AuditRow


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line: `actor` is a user id or a word such as `worker`; `object_id` names, never describes."""

    at: int
    practice_id: str | None
    actor: str
    action: str
    object_id: str | None
    result: str


def add(tx: Connection, entry: AuditEntry) -> None:
    """Append a line."""
    values = {name: getattr(entry, name) for name in AuditEntry.__slots__}
    tx.execute(insert(AuditRow).values(id=str(uuid4()), **values))


def entries(tx: Connection, practice_id: str, *, first_at: int, limit: int = 200) -> list[AuditEntry]:
    """A practice's lines from `first_at` on, newest first."""
    columns = (getattr(AuditRow, name) for name in AuditEntry.__slots__)
    statement = select(*columns).where(AuditRow.practice_id == practice_id, AuditRow.at >= first_at)
    rows = tx.execute(statement.order_by(AuditRow.at.desc(), AuditRow.id).limit(limit))
    return [AuditEntry(*row) for row in rows]


def forget(tx: Connection, *, before: int) -> int:
    """Delete lines older than `before`; returns how many."""
    return tx.execute(delete(AuditRow).where(AuditRow.at < before)).rowcount
