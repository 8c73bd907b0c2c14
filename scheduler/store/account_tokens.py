"""Links that are mailed to accounts: known by their hash, bound to one purpose, used once."""

from sqlalchemy import Connection, delete, insert, select

from scheduler.store.accounts import AccountTokenRow
from scheduler.store.secrets import token_hash


def add(tx: Connection, token: str, *, user_id: str | None, purpose: str, expires_at: int) -> None:
    """Keep what is needed to know the token again; one that is nobody's opens nothing."""
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
