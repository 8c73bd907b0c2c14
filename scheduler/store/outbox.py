"""Mails to send: rows written in the use case's transaction, taken by workers under a lease.

A row says whom to tell what about which SEQUENCE of an appointment, or about
their own account (then it has no appointment); the text is made when it is
sent. Its facts (the old time, for instance) are sealed, and emptied when the
mail has gone. See docs/decisions/0006-outbox.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.domain.errors import NotFound
from scheduler.store.database import vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import OutboxRow, table

THERAPIST = "therapist"
"""The recipient that is no participant."""


class State(StrEnum):
    """Where a mail stands; all but `waiting` are final."""

    WAITING = "waiting"
    SENT = "sent"
    PREVIEW = "preview"
    DROPPED = "dropped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A mail to be sent at `due_at` or soon after; `recipient` is a participant's id or `therapist`.

    One (appointment, recipient, kind, sequence, occasion) is one mail, however often it is added.
    Without an appointment the recipient is an account's id, and each mail is one of its own.
    """

    practice_id: str
    appointment_id: str | None
    recipient: str
    kind: str
    sequence: int
    due_at: int
    now: int
    occasion: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row as it stands. `attempts` counts claims; `error` is why it failed, waits or was dropped."""

    id: str
    practice_id: str
    appointment_id: str | None
    recipient: str
    kind: str
    sequence: int
    occasion: str
    message_id: str
    created_at: int
    due_at: int
    state: State
    attempts: int
    leased_until: int | None
    error: str
    finished_at: int | None


_ONCE = ["appointment_id", "recipient", "kind", "sequence", "occasion"]
_ADD = {
    "sqlite": sqlite.insert(table(OutboxRow)).on_conflict_do_nothing(index_elements=_ONCE),
    "postgresql": postgresql.insert(table(OutboxRow)).on_conflict_do_nothing(index_elements=_ONCE),
}
COLUMNS = (
    *(getattr(OutboxRow, name) for name in OutboxEntry.__slots__ if name != "error"),
    OutboxRow.last_error.label("error"),
)


def add(tx: Connection, mail: OutboxMail) -> None:
    """Put the mail into the outbox; the same mail again changes nothing."""
    row_id = str(uuid4())
    facts = vault_of(tx).seal_json(dict(mail.facts), _facts_place(row_id)) if mail.facts else None
    tx.execute(
        _ADD[tx.dialect.name],
        {
            "id": row_id,
            "practice_id": mail.practice_id,
            "appointment_id": mail.appointment_id,
            "recipient": mail.recipient,
            "kind": mail.kind,
            "sequence": mail.sequence,
            "occasion": mail.occasion,
            "message_id": str(uuid4()),
            "created_at": mail.now,
            "due_at": mail.due_at,
            "state": State.WAITING.value,
            "attempts": 0,
            "facts_sealed": facts,
        },
    )


def add_again(tx: Connection, practice_id: str, row_id: str, now: int) -> None:
    """A new row that says the same once more, with a Message-ID of its own. **Raises** `NotFound`."""
    entry = find(tx, practice_id, row_id)
    add(
        tx,
        OutboxMail(
            practice_id=practice_id,
            appointment_id=entry.appointment_id,
            recipient=entry.recipient,
            kind=entry.kind,
            sequence=entry.sequence,
            occasion=f"again {now}",
            due_at=now,
            now=now,
            facts=facts(tx, row_id),
        ),
    )


def drop(tx: Connection, appointment_id: str, recipient: str, *, now: int) -> None:
    """Send nothing more of an appointment to a person, and keep nothing that was written for them."""
    theirs = and_(OutboxRow.appointment_id == appointment_id, OutboxRow.recipient == recipient)
    emptied: dict[str, Any] = {"facts_sealed": None, "preview_sealed": None}
    tx.execute(update(OutboxRow).where(theirs).values(emptied))
    tx.execute(
        update(OutboxRow)
        .where(theirs, OutboxRow.state == State.WAITING.value)
        .values(state=State.DROPPED.value, finished_at=now, leased_until=None, last_error="erased")
    )


def forget_account_mails(tx: Connection, *, before: int) -> int:
    """Delete mails about accounts that were made before; returns how many."""
    old = and_(OutboxRow.appointment_id.is_(None), OutboxRow.created_at < before)
    return tx.execute(delete(OutboxRow).where(old)).rowcount


def find(tx: Connection, practice_id: str, row_id: str) -> OutboxEntry:
    """One mail of the practice. **Raises** `NotFound`."""
    row = (
        tx.execute(select(*COLUMNS).where(OutboxRow.practice_id == practice_id, OutboxRow.id == row_id))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound
    return entry_of(row)


def entries(
    tx: Connection, practice_id: str, states: Iterable[State] = tuple(State), limit: int = 200
) -> list[OutboxEntry]:
    """The practice's mails in these states, newest first."""
    rows = tx.execute(
        select(*COLUMNS)
        .where(OutboxRow.practice_id == practice_id, OutboxRow.state.in_([state.value for state in states]))
        .order_by(OutboxRow.created_at.desc(), OutboxRow.due_at.desc(), OutboxRow.id)
        .limit(limit)
    ).mappings()
    return [entry_of(row) for row in rows]


def facts(tx: Connection, row_id: str) -> dict[str, Any]:
    """What the mail is to tell besides the appointment; empty once it has gone. **Raises** `Unreadable`."""
    sealed = tx.execute(select(OutboxRow.facts_sealed).where(OutboxRow.id == row_id)).scalar_one()
    return vault_of(tx).open_json(sealed, _facts_place(row_id)) if sealed else {}


def previews(tx: Connection, row_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The kept texts of mails that had no server to go to, by row id."""
    rows = tx.execute(
        select(OutboxRow.id, OutboxRow.preview_sealed).where(
            OutboxRow.id.in_(list(row_ids)), OutboxRow.preview_sealed.is_not(None)
        )
    )
    vault = vault_of(tx)
    return {row.id: vault.open_json(row.preview_sealed, _preview_place(row.id)) for row in rows}


def oldest_due(tx: Connection, now: int) -> int | None:
    """Since when the longest waiting mail has been due, of all practices: a health figure."""
    return tx.execute(
        select(func.min(OutboxRow.due_at)).where(
            OutboxRow.state == State.WAITING.value, OutboxRow.due_at <= now
        )
    ).scalar()


def mails_by_state(tx: Connection) -> dict[str, int]:
    """How many mails of all practices stand in each state."""
    counts = select(OutboxRow.state, func.count()).group_by(OutboxRow.state).order_by(OutboxRow.state)
    return {state: count for state, count in tx.execute(counts)}


def entry_of(row: RowMapping, **changes: Any) -> OutboxEntry:
    """What a row of `COLUMNS` says, or will say after the changes."""
    values = {**row, **changes}
    return OutboxEntry(**{**values, "state": State(values["state"]), "error": values["error"] or ""})


def sealed_preview(tx: Connection, row_id: str, preview: Mapping[str, str]) -> bytes:
    """A text to be kept in the row, as `previews` opens it."""
    return vault_of(tx).seal_json(dict(preview), _preview_place(row_id))


def _facts_place(row_id: str) -> Place:
    return Place("outbox", "facts", row_id)


def _preview_place(row_id: str) -> Place:
    return Place("outbox", "preview", row_id)
