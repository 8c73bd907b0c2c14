"""Mails under way: taken by a worker until it gives them back, and whose turn is next.

Leases are compared with no clock; see docs/decisions/0006-outbox.md.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from scheduler.domain.leases import Lease
from scheduler.store import outbox
from scheduler.store.outbox import OutboxEntry, State
from scheduler.store.tables import OutboxRow

ERROR_LIMIT = 120
LONGEST_PAUSE = 2 * 3600
"""No attempt is put off for so many seconds: what is due later still was put off by another clock."""


def leases(tx: Connection) -> list[Lease]:
    """The mails that are on their way, each with the number of its claim. Reads every waiting row."""
    query = select(OutboxRow.id, OutboxRow.attempts).where(
        OutboxRow.state == State.WAITING.value, OutboxRow.leased_until.is_not(None)
    )
    return [(row.id, row.attempts) for row in tx.execute(query)]


def end_lease(tx: Connection, lease: Lease) -> bool:
    """Give back what a worker took that is gone. False when it was given back or taken anew meanwhile."""
    row_id, attempts = lease
    theirs = and_(
        OutboxRow.id == row_id,
        OutboxRow.attempts == attempts,
        OutboxRow.state == State.WAITING.value,
        OutboxRow.leased_until.is_not(None),
    )
    return tx.execute(update(OutboxRow).where(theirs).values(leased_until=None)).rowcount == 1


def bring_forward(tx: Connection, now: int) -> int:
    """Make due what waits only because another clock was ahead when it was dated; returns how many.

    That is a mail made to go at once, and one that was put off further than any pause
    is long: the clock must have been set back since. Reads every waiting row.
    """
    at_once = OutboxRow.due_at <= OutboxRow.created_at
    put_off = and_(OutboxRow.attempts > 0, OutboxRow.due_at > now + LONGEST_PAUSE)
    wrongly = and_(
        OutboxRow.state == State.WAITING.value,
        OutboxRow.due_at > now,
        OutboxRow.leased_until.is_(None),
        or_(at_once, put_off),
    )
    return tx.execute(update(OutboxRow).where(wrongly).values(due_at=now)).rowcount


def claim(tx: Connection, now: int, lease: int) -> OutboxEntry | None:
    """Take the mail that has been due longest; None when nothing is due.

    It is taken until it is given back (`finish`, `put_back`, `end_lease`): `lease`
    seconds from now is only noted, and compared with no other clock. While one mail
    of an appointment is on its way to somebody, the next to the same person waits.
    """
    on_its_way = aliased(OutboxRow)
    overtakes = exists().where(
        on_its_way.appointment_id == OutboxRow.appointment_id,
        on_its_way.recipient == OutboxRow.recipient,
        on_its_way.id != OutboxRow.id,
        on_its_way.state == State.WAITING.value,
        on_its_way.leased_until.is_not(None),
    )
    row = (
        tx.execute(
            select(*outbox.COLUMNS)
            .where(
                OutboxRow.state == State.WAITING.value,
                OutboxRow.due_at <= now,
                OutboxRow.leased_until.is_(None),
                ~overtakes,
            )
            .order_by(OutboxRow.due_at, OutboxRow.sequence, OutboxRow.created_at, OutboxRow.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=OutboxRow)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    values = {"leased_until": now + lease, "attempts": row["attempts"] + 1}
    tx.execute(update(OutboxRow).where(OutboxRow.id == row["id"]).values(values))
    return outbox.entry_of(row, **values)


def finish(
    tx: Connection,
    entry: OutboxEntry,
    state: State,
    now: int,
    *,
    error: str = "",
    preview: Mapping[str, str] | None = None,
) -> bool:
    """Write down how it ended. False, and nothing is changed, when the lease was lost meanwhile.

    The facts of what was sent or dropped are emptied; the others can be sent again.
    """
    values: dict[str, Any] = {
        "state": state.value,
        "leased_until": None,
        "finished_at": now,
        "last_error": error[:ERROR_LIMIT] or None,
    }
    if state in (State.SENT, State.DROPPED):
        values["facts_sealed"] = None
    if preview is not None:
        values["preview_sealed"] = outbox.sealed_preview(tx, entry.id, preview)
    return _change_leased(tx, entry, values)


def put_back(tx: Connection, entry: OutboxEntry, due_at: int, error: str) -> bool:
    """Try again at `due_at`. False when the lease was lost meanwhile."""
    values = {"leased_until": None, "due_at": due_at, "last_error": error[:ERROR_LIMIT]}
    return _change_leased(tx, entry, values)


def _change_leased(tx: Connection, entry: OutboxEntry, values: dict[str, Any]) -> bool:
    still_ours = and_(
        OutboxRow.id == entry.id,
        OutboxRow.state == State.WAITING.value,
        OutboxRow.leased_until == entry.leased_until,
        OutboxRow.attempts == entry.attempts,
    )
    return tx.execute(update(OutboxRow).where(still_ours).values(values)).rowcount == 1
