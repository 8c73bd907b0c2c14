"""The audit trail: who did what to which object, when. Ids and words, never values."""

from scheduler.store import audit as store
from scheduler.store.audit import AuditEntry
from scheduler.store.database import Transaction, reading, transaction

KEPT_FOR = 730 * 86400
"""Seconds after which a line is deleted: 24 months."""


def note(
    tx: Transaction,
    action: str,
    *,
    actor: str,
    now: int,
    practice_id: str | None = None,
    object_id: str | None = None,
    result: str = "done",
) -> None:
    """Append a line inside the use case's own transaction."""
    store.add(tx, AuditEntry(now, practice_id, actor, action, object_id, result))


def note_alone(
    action: str,
    *,
    actor: str,
    now: int,
    practice_id: str | None = None,
    object_id: str | None = None,
    result: str = "done",
) -> None:
    """Append a line for something that has no transaction of its own, such as a sign-in."""
    with transaction() as tx:
        store.add(tx, AuditEntry(now, practice_id, actor, action, object_id, result))


def entries(practice_id: str, *, first_at: int) -> list[AuditEntry]:
    """A practice's lines from `first_at` on, newest first, at most 200."""
    with reading() as tx:
        return store.entries(tx, practice_id, first_at=first_at)


def forget(*, now: int) -> int:
    """Delete lines past their term (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, before=now - KEPT_FOR)
