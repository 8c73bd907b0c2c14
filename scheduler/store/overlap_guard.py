"""Putting the overlap guard onto a table that has rows: a later migration's `add(op.get_bind())`.

The first migration made it on an empty table. Where rows overlap already, a
guard cannot be added by the database (PostgreSQL) or would be added and say
nothing (SQLite); here both stop before anything is changed, with the list.
"""

from sqlalchemy import text

from scheduler.store.database import OVERLAP, Transaction
from scheduler.store.inspection import overlaps

_LIVE = "('held', 'requested', 'confirmed')"
_CLASH = f"""SELECT 1 FROM appointments AS other
 WHERE other.therapist_id = NEW.therapist_id AND other.id <> NEW.id AND other.status IN {_LIVE}
   AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start"""  # noqa: S608 - constants only

_SQLITE = (
    f"""CREATE TRIGGER {OVERLAP}_insert BEFORE INSERT ON appointments
WHEN NEW.status IN {_LIVE} AND EXISTS ({_CLASH})
BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END""",
    f"""CREATE TRIGGER {OVERLAP}_update
BEFORE UPDATE OF id, therapist_id, start_at, end_at, busy_start, busy_end, status ON appointments
WHEN NEW.status IN {_LIVE} AND EXISTS ({_CLASH})
BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END""",
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""ALTER TABLE appointments ADD CONSTRAINT {OVERLAP} EXCLUDE USING gist
(therapist_id WITH =, int8range(busy_start, busy_end) WITH &&) WHERE (status IN {_LIVE})""",
)


class RowsOverlap(RuntimeError):
    """Rows that the guard would refuse are in the table already; the message lists them by uid."""


def add(connection: Transaction) -> None:
    """Add the guard. **Raises** `RowsOverlap`; then nothing was changed."""
    if connection.dialect.name == "postgresql":  # nobody may add another overlap between look and lock
        connection.execute(text("LOCK TABLE appointments IN SHARE ROW EXCLUSIVE MODE"))
    found = overlaps(connection)
    if found:
        pairs = "\n".join(f"  {pair.earlier} and {pair.later}" for pair in found)
        raise RowsOverlap(
            f"{len(found)} pairs of appointments overlap. Move or cancel one of each, then repeat:\n{pairs}"
        )
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.execute(text(statement))


def drop(connection: Transaction) -> None:
    """Take the guard away, for a migration that rebuilds the table."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE appointments DROP CONSTRAINT {OVERLAP}"))
        return
    for moment in ("insert", "update"):
        connection.execute(text(f"DROP TRIGGER {OVERLAP}_{moment}"))
