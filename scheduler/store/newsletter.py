"""Who asked for a practice's news: one row an address, which names no appointment."""

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from scheduler.domain.errors import NotFound
from scheduler.domain.news import Reader
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place, token_hash
from scheduler.store.tables import table
from scheduler.store.visitor_tables import NewsletterRow

_newsletter = table(NewsletterRow)
_PURPOSE = "newsletter"
"""The hash of an address differs from that of the same person's appointments: rows cannot be joined."""


def add(tx: Transaction, reader: Reader, *, token: str, key: str) -> None:
    """Store somebody with a new link; `key` is the normal form of the address."""
    vault = vault_of(tx)
    tx.execute(
        insert(_newsletter).values(
            id=reader.id,
            practice_id=reader.practice_id,
            email_sealed=vault.seal(reader.email, _place("email", reader.id)),
            email_lookup=vault.lookup(_PURPOSE, key),
            language=reader.language,
            token_hash=token_hash(token),
            token_sealed=vault.seal(token, _place("token", reader.id)),
            text_version=reader.text_version,
            asked_at=reader.asked_at,
            confirmed_at=reader.confirmed_at,
        )
    )


def change(tx: Transaction, reader: Reader) -> None:
    """Store what can change: when and in which words somebody was asked, and the yes."""
    tx.execute(
        update(_newsletter)
        .where(_newsletter.c.id == reader.id)
        .values(
            language=reader.language,
            text_version=reader.text_version,
            asked_at=reader.asked_at,
            confirmed_at=reader.confirmed_at,
        )
    )


def find(tx: Transaction, reader_id: str) -> Reader:
    """The reader. **Raises** `NotFound`."""
    return _one(tx, _newsletter.c.id == reader_id)


def by_token(tx: Transaction, token: str) -> Reader:
    """The reader of this link. **Raises** `NotFound`."""
    return _one(tx, _newsletter.c.token_hash == token_hash(token))


def of_address(tx: Transaction, practice_id: str, key: str) -> Reader | None:
    """The row of this address."""
    here = and_(
        _newsletter.c.practice_id == practice_id,
        _newsletter.c.email_lookup == vault_of(tx).lookup(_PURPOSE, key),
    )
    row = tx.execute(select(_newsletter).where(here)).first()
    return _reader(tx, row) if row else None


def confirmed(tx: Transaction, practice_id: str) -> list[tuple[Reader, str]]:
    """The practice's readers with the secrets of their links, in the order in which they said yes."""
    here = and_(_newsletter.c.practice_id == practice_id, _newsletter.c.confirmed_at.is_not(None))
    rows = tx.execute(select(_newsletter).where(here).order_by(_newsletter.c.confirmed_at, _newsletter.c.id))
    return [(_reader(tx, row), _token(tx, row.id, row.token_sealed)) for row in rows]


def token(tx: Transaction, reader_id: str) -> str:
    """The secret of the reader's link, for a mail. **Raises** `NotFound`."""
    sealed = tx.execute(select(_newsletter.c.token_sealed).where(_newsletter.c.id == reader_id)).scalar()
    if sealed is None:
        raise NotFound("no such reader")
    return _token(tx, reader_id, sealed)


def remove(tx: Transaction, reader_id: str) -> None:
    """Forget the address and its link."""
    tx.execute(delete(_newsletter).where(_newsletter.c.id == reader_id))


def forget(tx: Transaction, *, asked_before: int) -> int:
    """Delete the addresses that were asked earlier and never said yes; returns how many."""
    old = and_(_newsletter.c.confirmed_at.is_(None), _newsletter.c.asked_at < asked_before)
    return tx.execute(delete(_newsletter).where(old)).rowcount


def _one(tx: Transaction, condition: ColumnElement[bool]) -> Reader:
    row = tx.execute(select(_newsletter).where(condition)).first()
    if row is None:
        raise NotFound("no such reader")
    return _reader(tx, row)


def _reader(tx: Transaction, row: Row[Any]) -> Reader:
    return Reader(
        id=row.id,
        practice_id=row.practice_id,
        email=vault_of(tx).open(row.email_sealed, _place("email", row.id)),
        language=row.language,
        text_version=row.text_version,
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
    )


def _token(tx: Transaction, reader_id: str, sealed: bytes) -> str:
    return vault_of(tx).open(sealed, _place("token", reader_id))


def _place(column: str, reader_id: str) -> Place:
    return Place("newsletter", column, reader_id)
