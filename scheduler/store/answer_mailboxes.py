"""How far the mailbox of answers was read, whose turn it is to read it, and since when it cannot be."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.store.calendar_tables import AnswerMailboxRow
from scheduler.store.database import Transaction
from scheduler.store.tables import table

_mailboxes = table(AnswerMailboxRow)


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which UID a mailbox was read; UIDs of another validity are other messages. 0: not read yet."""

    uid_validity: int
    last_uid: int


def is_due(tx: Transaction, mailbox: str, *, now: int) -> bool:
    """Whether its time has come; a time far ahead was set by a wrong clock."""
    due_at = tx.execute(select(_mailboxes.c.due_at).where(_mailboxes.c.id == mailbox)).scalar()
    return due_at is None or due_at <= now or due_at > now + 86400


def claim(tx: Transaction, mailbox: str, *, until: int, now: int) -> Mark | None:
    """Take the turn until an instant; None when somebody else has it."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = insert(AnswerMailboxRow).values(
        id=mailbox,
        due_at=now,
        uid_validity=0,
        last_uid=0,
        begun_at=now,
        tried_at=now,
        read_at=None,
        trouble="",
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["id"]))
    columns = _mailboxes.c
    taken = tx.execute(
        update(_mailboxes)
        .where(columns.id == mailbox, or_(columns.due_at <= now, columns.due_at > now + 86400))
        .values(due_at=until, tried_at=now)
        .returning(columns.uid_validity, columns.last_uid)
    ).first()
    return Mark(taken.uid_validity, taken.last_uid) if taken else None


def note_read(tx: Transaction, mailbox: str, mark: Mark, *, due_at: int, now: int) -> None:
    """It was read up to a mark; the next turn is at `due_at`."""
    values = {"uid_validity": mark.uid_validity, "last_uid": mark.last_uid, "read_at": now, "due_at": due_at}
    tx.execute(update(_mailboxes).where(_mailboxes.c.id == mailbox).values(trouble="", **values))


def note_trouble(tx: Transaction, mailbox: str, trouble: str, *, due_at: int) -> None:
    """It could not be read, in one word; the next turn is at `due_at`."""
    tx.execute(update(_mailboxes).where(_mailboxes.c.id == mailbox).values(trouble=trouble, due_at=due_at))


def unread_since(tx: Transaction, *, tried_after: int) -> list[tuple[int, str]]:
    """(since when, trouble) of the mailboxes in trouble that were tried after an instant."""
    columns = _mailboxes.c
    since = func.coalesce(columns.read_at, columns.begun_at)
    query = select(since, columns.trouble).where(columns.trouble != "", columns.tried_at > tried_after)
    return [(int(at), trouble) for at, trouble in tx.execute(query.order_by(since))]
