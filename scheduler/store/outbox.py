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

from sqlalchemy import Connection, RowMapping, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from scheduler.domain.errors import NotFound
from scheduler.domain.leases import Lease
from scheduler.store.database import vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import OutboxRow

THERAPIST = "therapist"
"""The recipient that is no participant."""

ERROR_LIMIT = 120
LONGEST_PAUSE = 2 * 3600
"""No attempt is put off for so many seconds: what is due later still was put off by another clock."""


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


_COLUMNS = (
    *(getattr(OutboxRow, name) for name in OutboxEntry.__slots__ if name != "error"),
    OutboxRow.last_error.label("error"),
)


# ---- writing ---------------------------------------------------------------


def add(tx: Connection, mail: OutboxMail) -> None:
    """Put the mail into the outbox; the same mail again changes nothing."""
    row_id = str(uuid4())
    facts = vault_of(tx).seal_json(dict(mail.facts), _facts_place(row_id)) if mail.facts else None
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(OutboxRow)
        .values(
            id=row_id,
            practice_id=mail.practice_id,
            appointment_id=mail.appointment_id,
            recipient=mail.recipient,
            kind=mail.kind,
            sequence=mail.sequence,
            occasion=mail.occasion,
            message_id=str(uuid4()),
            created_at=mail.now,
            due_at=mail.due_at,
            state=State.WAITING.value,
            attempts=0,
            facts_sealed=facts,
        )
        .on_conflict_do_nothing(
            index_elements=["appointment_id", "recipient", "kind", "sequence", "occasion"]
        )
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


# ---- the worker's side -----------------------------------------------------


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
            select(*_COLUMNS)
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
    return _entry(row, **values)


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
        values["preview_sealed"] = vault_of(tx).seal_json(dict(preview), _preview_place(entry.id))
    return _change_leased(tx, entry, values)


def put_back(tx: Connection, entry: OutboxEntry, due_at: int, error: str) -> bool:
    """Try again at `due_at`. False when the lease was lost meanwhile."""
    values = {"leased_until": None, "due_at": due_at, "last_error": error[:ERROR_LIMIT]}
    return _change_leased(tx, entry, values)


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


def _change_leased(tx: Connection, entry: OutboxEntry, values: dict[str, Any]) -> bool:
    still_ours = and_(
        OutboxRow.id == entry.id,
        OutboxRow.state == State.WAITING.value,
        OutboxRow.leased_until == entry.leased_until,
        OutboxRow.attempts == entry.attempts,
    )
    return tx.execute(update(OutboxRow).where(still_ours).values(values)).rowcount == 1


# ---- reading ---------------------------------------------------------------


def find(tx: Connection, practice_id: str, row_id: str) -> OutboxEntry:
    """One mail of the practice. **Raises** `NotFound`."""
    row = (
        tx.execute(select(*_COLUMNS).where(OutboxRow.practice_id == practice_id, OutboxRow.id == row_id))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound
    return _entry(row)


def entries(
    tx: Connection, practice_id: str, states: Iterable[State] = tuple(State), limit: int = 200
) -> list[OutboxEntry]:
    """The practice's mails in these states, newest first."""
    rows = tx.execute(
        select(*_COLUMNS)
        .where(OutboxRow.practice_id == practice_id, OutboxRow.state.in_([state.value for state in states]))
        .order_by(OutboxRow.created_at.desc(), OutboxRow.due_at.desc(), OutboxRow.id)
        .limit(limit)
    ).mappings()
    return [_entry(row) for row in rows]


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


def occasions(tx: Connection, appointment_id: str, recipient: str) -> int:
    """How many mails of an appointment a person got beyond the one that each change brings."""
    theirs = and_(OutboxRow.appointment_id == appointment_id, OutboxRow.recipient == recipient)
    query = select(func.count()).select_from(OutboxRow).where(theirs, OutboxRow.occasion != "")
    return int(tx.execute(query).scalar_one())


def oldest_due(tx: Connection, now: int) -> int | None:
    """Since when the longest waiting mail has been due, of all practices: a health figure."""
    return tx.execute(
        select(func.min(OutboxRow.due_at)).where(
            OutboxRow.state == State.WAITING.value, OutboxRow.due_at <= now
        )
    ).scalar()


def _entry(row: RowMapping, **changes: Any) -> OutboxEntry:
    values = {**row, **changes}
    return OutboxEntry(**{**values, "state": State(values["state"]), "error": values["error"] or ""})


def _facts_place(row_id: str) -> Place:
    return Place("outbox", "facts", row_id)


def _preview_place(row_id: str) -> Place:
    return Place("outbox", "preview", row_id)
