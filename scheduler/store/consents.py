"""The texts that people were shown or agreed to: a version, once kept, stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.domain.practice import Texts
from scheduler.store.database import Transaction
from scheduler.store.tables import table
from scheduler.store.visitor_tables import ConsentTextRow

_texts = table(ConsentTextRow)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of a text, by language; `since` is when it was first kept."""

    version: int
    texts: Texts
    since: int


def find(tx: Transaction, practice_id: str, key: str, version: int) -> Kept | None:
    """That version; None where it was never kept."""
    row = tx.execute(select(_texts).where(_of(practice_id, key), _texts.c.version == version)).first()
    return Kept(row.version, row.texts, row.since) if row else None


def newest(tx: Transaction, practice_id: str, key: str) -> Kept | None:
    """The latest version; None before the first."""
    query = select(_texts).where(_of(practice_id, key)).order_by(_texts.c.version.desc())
    row = tx.execute(query.limit(1)).first()
    return Kept(row.version, row.texts, row.since) if row else None


def keep(
    tx: Transaction, practice_id: str, key: str, version: int, texts: Mapping[str, str], *, now: int
) -> None:
    """Keep the version if it is not kept yet. A language that it lacks is added, no word is changed."""
    kept = find(tx, practice_id, key, version)
    if kept is None:
        _add(tx, practice_id, key, version, texts, now)
        return
    lacking = {tag: words for tag, words in texts.items() if tag not in kept.texts}
    if lacking:
        this = and_(_of(practice_id, key), _texts.c.version == version)
        tx.execute(update(_texts).where(this).values(texts={**kept.texts, **lacking}))


def _add(
    tx: Transaction, practice_id: str, key: str, version: int, texts: Mapping[str, str], now: int
) -> None:
    """Two who book at once keep the same words: the second finds them there."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = insert(ConsentTextRow).values(
        practice_id=practice_id, key=key, version=version, texts=dict(texts), since=now
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["practice_id", "key", "version"]))


def _of(practice_id: str, key: str) -> ColumnElement[bool]:
    return and_(_texts.c.practice_id == practice_id, _texts.c.key == key)
