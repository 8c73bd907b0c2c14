"""Which schema the database has, and which one this program was written for."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from scheduler.store.database import Transaction

_PACKAGE = Path(__file__).resolve().parent.parent
_INSIDE = _PACKAGE / "migrations"
MIGRATIONS = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent / "migrations"
"""The program's own migrations, in the checkout or in the installed package."""


class Standing(StrEnum):
    """How the database's schema compares with the program's."""

    CURRENT = "current"
    MISSING = "missing"
    OLDER = "older"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class Schema:
    """The database's revision (empty without one) and the program's."""

    found: str
    wanted: str
    standing: Standing


def schema(tx: Transaction, migrations: Path = MIGRATIONS) -> Schema:
    """The schema of the database; a revision that this program does not know comes from a newer one."""
    known = _revisions(migrations)
    rows = (
        tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        if inspect(tx).has_table("alembic_version")
        else []
    )
    found = ",".join(sorted(rows))
    if not found:
        standing = Standing.MISSING
    elif found == known[0]:
        standing = Standing.CURRENT
    else:
        standing = Standing.OLDER if found in known else Standing.NEWER
    return Schema(found, known[0], standing)


@cache
def _revisions(migrations: Path) -> tuple[str, ...]:
    """The revisions of the migrations, newest first; they are linear."""
    scripts = ScriptDirectory(str(migrations))
    return tuple(script.revision for script in scripts.walk_revisions())
