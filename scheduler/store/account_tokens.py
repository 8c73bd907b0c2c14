"""Links mailed to accounts, known by their hash, for one purpose, used once; and who asked for one."""

from contextlib import suppress
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from scheduler.store.accounts import AccountTokenRow, ResetQuestionRow
from scheduler.store.database import vault_of
from scheduler.store.secrets import Place, Unreadable, token_hash


def add_question(tx: Connection, email: str, *, now: int) -> None:
    """Keep, sealed, an address whose password is said to be forgotten."""
    row_id = str(uuid4())
    sealed = vault_of(tx).seal(email, _place(row_id))
    tx.execute(insert(ResetQuestionRow).values(id=row_id, email_sealed=sealed, asked_at=now))


def has_questions(tx: Connection) -> bool:
    """Whether any wait for the worker."""
    return tx.execute(select(ResetQuestionRow.id).limit(1)).first() is not None


def take_questions(tx: Connection) -> list[tuple[str, int]]:
    """The addresses with the instants at which they were typed; nothing is kept of them.

    One that does not open (its key is gone) is let go: it must not hold the worker up.
    """
    columns = (ResetQuestionRow.id, ResetQuestionRow.email_sealed, ResetQuestionRow.asked_at)
    rows = tx.execute(delete(ResetQuestionRow).returning(*columns)).all()
    found = []
    for row in rows:
        with suppress(Unreadable):
            found.append((vault_of(tx).open(row.email_sealed, _place(row.id)), row.asked_at))
    return found


def add(tx: Connection, token: str, *, user_id: str, purpose: str, expires_at: int) -> None:
    """Keep what is needed to know the token again."""
    tx.execute(
        insert(AccountTokenRow).values(
            token_hash=token_hash(token), user_id=user_id, purpose=purpose, expires_at=expires_at
        )
    )


def find(tx: Connection, token: str, *, purpose: str, now: int) -> str | None:
    """Whose account a living token of this purpose is for."""
    return tx.execute(
        select(AccountTokenRow.user_id).where(
            AccountTokenRow.token_hash == token_hash(token),
            AccountTokenRow.purpose == purpose,
            AccountTokenRow.expires_at > now,
        )
    ).scalar()


def use(tx: Connection, token: str, *, purpose: str, now: int) -> str | None:
    """The same, and the token is worth nothing from now on: of two at once, one gets the account."""
    return tx.execute(
        delete(AccountTokenRow)
        .where(
            AccountTokenRow.token_hash == token_hash(token),
            AccountTokenRow.purpose == purpose,
            AccountTokenRow.expires_at > now,
        )
        .returning(AccountTokenRow.user_id)
    ).scalar()


def forget(tx: Connection, *, now: int) -> int:
    """Delete tokens that are over; returns how many."""
    return tx.execute(delete(AccountTokenRow).where(AccountTokenRow.expires_at <= now)).rowcount


def _place(row_id: str) -> Place:
    return Place("reset_questions", "email", row_id)
