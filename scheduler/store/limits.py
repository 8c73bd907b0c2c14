"""Counters of the rate limits, shared by all processes; each change is one statement."""

from sqlalchemy import Connection, case, collate, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.store.tables import LimitRow


def take_turns(tx: Connection, *who: bytes) -> None:
    """Until this transaction ends, others who count for one of the same hashes wait here.

    What is counted by reading rows is only right when nobody adds another row
    meanwhile. SQLite has one writer anyway.
    """
    if tx.dialect.name == "postgresql":
        for number in sorted({int.from_bytes(one[:8], "big", signed=True) for one in who}):
            tx.execute(select(func.pg_advisory_xact_lock(number)))


def add(tx: Connection, key: str, *, amount: int, window: int, now: int) -> tuple[int, int]:
    """Count `amount` more under `key`; returns the count and the instant at which it starts anew.

    A window of `window` seconds begins with the first count after the last one ended.
    """
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = insert(LimitRow).values(key=key, count=amount, expires_at=now + window)
    over = LimitRow.expires_at <= now
    statement = row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, row.excluded.count), else_=LimitRow.count + row.excluded.count),
            "expires_at": case((over, row.excluded.expires_at), else_=LimitRow.expires_at),
        },
    ).returning(LimitRow.count, LimitRow.expires_at)
    counted, expires_at = tx.execute(statement).one()
    return counted, expires_at


def find(tx: Connection, key: str, *, now: int) -> tuple[int, int]:
    """The count and the instant at which it starts anew; `(0, now)` when nothing is counted."""
    alive = (LimitRow.key == key, LimitRow.expires_at > now)
    statement = select(LimitRow.count, LimitRow.expires_at).where(*alive)
    row = tx.execute(statement).first()
    return (int(row[0]), int(row[1])) if row else (0, now)


def note(tx: Connection, name: str, what: str, *, at: int, keep: int, now: int) -> None:
    """Note that something happens under `name` at an instant, to be found until `keep` seconds after it."""
    add(tx, f"{name}:{at}:{what}", amount=1, window=at + keep - now, now=now)


def noted(tx: Connection, name: str, *, now: int) -> list[tuple[int, str]]:
    """What was noted under `name`, with its instant, once for each time."""
    # The language of a database may sort a colon anywhere; bytes are the same everywhere.
    key = LimitRow.key if tx.dialect.name == "sqlite" else collate(LimitRow.key, "C")
    below = (key >= f"{name}:", key < f"{name};", LimitRow.expires_at > now)
    found = []
    for stored, times in tx.execute(select(LimitRow.key, LimitRow.count).where(*below)):
        at, what = stored.removeprefix(f"{name}:").split(":", 1)
        found += [(int(at), what)] * times
    return found


def take_back(tx: Connection, key: str) -> None:
    """Count one less; never below zero."""
    some = (LimitRow.key == key, LimitRow.count > 0)
    tx.execute(update(LimitRow).where(*some).values(count=LimitRow.count - 1))


def clear(tx: Connection, key: str | None = None) -> int:
    """Forget one counter, or all of them; returns how many."""
    statement = delete(LimitRow) if key is None else delete(LimitRow).where(LimitRow.key == key)
    return tx.execute(statement).rowcount


def forget(tx: Connection, *, now: int) -> int:
    """Delete counters whose window is over; returns how many."""
    return tx.execute(delete(LimitRow).where(LimitRow.expires_at <= now)).rowcount
