"""Whether the program may run on this database: the right schema, a local disk, an unharmed file."""

from pathlib import Path

from scheduler.domain.errors import StoreBusy
from scheduler.store import machine
from scheduler.store.database import Transaction, disconnect, reading
from scheduler.store.schema import Standing, schema

MIGRATE = "run `flask --app wsgi db upgrade`"
_SCHEMA = {
    Standing.MISSING: f"The database has no tables yet: {MIGRATE}",
    Standing.OLDER: f"The database's schema is older than this program: {MIGRATE}",
    Standing.NEWER: "The database's schema is newer than this program: start the newer program,"
    " or go back with its `flask --app wsgi db downgrade`",
}


def obstacle(*, thorough: bool = False, mounts: Path = machine.MOUNTS) -> str:
    """Why the program must not run on this database, and what to do, in one line; empty when it may.

    `thorough` has SQLite read its whole file for damage, which takes seconds
    for each gigabyte: the worker does it once when it starts, each web process does not.
    **Raises** `StoreBusy`.
    """
    try:
        with machine.noticing_damage(), reading() as tx:
            problem = wrong_schema(tx) or wrong_disk(tx, mounts)
            faults = machine.damage(tx) if thorough and not problem else []
    except machine.Damaged as damaged:
        problem, faults = "", [str(damaged)]
    if faults:
        return f"The database file is damaged ({faults[0]}): stop everything and restore a backup"
    return problem


def first_obstacle() -> str:
    """The same before a server may make processes of this one; empty also while the database is away."""
    try:
        return obstacle()
    except StoreBusy:
        return ""
    finally:
        disconnect()


def wrong_schema(tx: Transaction) -> str:
    """What to do about the schema; empty when it is the program's own."""
    found = schema(tx)
    if found.standing is Standing.CURRENT:
        return ""
    return f"{_SCHEMA[found.standing]} ({found.found or 'none'} found, {found.wanted} needed)"


def wrong_disk(tx: Transaction, mounts: Path = machine.MOUNTS) -> str:
    """Why a SQLite file must not stay where it is; empty for a good place and for PostgreSQL."""
    file = machine.database_file(tx)
    if file is None:
        return ""
    kind = machine.network_file_system(file, mounts)
    if kind:
        return (
            f"The database lies on a network file system ({kind}), where SQLite's locks do not hold:"
            " move it to a local disk, or use PostgreSQL"
        )
    if not machine.can_write_ahead(tx):
        return (
            "SQLite cannot keep its write-ahead log beside the database file:"
            " the folder must be on a local disk and writable by this program"
        )
    return ""
