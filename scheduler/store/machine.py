"""The ground a database stands on: its file, the file system, the space left, its clock."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from scheduler.store.database import Transaction

MOUNTS = Path("/proc/self/mounts")
LEAST_FREE_BYTES = 200_000_000
"""With less room than this on the disk of the database somebody should be told."""

_NETWORK = frozenset(
    ("afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "nfs", "nfs4", "ocfs2", "smb3")
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs"})
"""A container's own root, which locks like a local disk."""


class Damaged(Exception):
    """SQLite cannot read its file; the message is what it says."""


@contextmanager
def noticing_damage() -> Iterator[None]:
    """**Raises** `Damaged` where a statement meets a broken SQLite file."""
    try:
        yield
    except DatabaseError as error:
        if type(error.orig) is sqlite3.DatabaseError:
            raise Damaged(str(error.orig)) from error
        raise


def database_file(tx: Transaction) -> Path | None:
    """The SQLite file; None for PostgreSQL and for a database in memory."""
    if tx.dialect.name != "sqlite":
        return None
    files = {row.name: row.file for row in tx.execute(text("PRAGMA database_list"))}
    return Path(files["main"]) if files.get("main") else None


def can_write_ahead(tx: Transaction) -> bool:
    """Whether the database keeps a write-ahead log, as each new connection asks SQLite to."""
    if database_file(tx) is None:
        return True
    return bool(tx.execute(text("PRAGMA journal_mode")).scalar_one() == "wal")


def network_file_system(file: Path, mounts: Path = MOUNTS) -> str:
    """The network file system on which a file lies (`nfs4`, for instance); empty for a local one."""
    best, kind = "", ""
    place = str(file.resolve())
    for line in mounts.read_text(encoding="utf-8").splitlines() if mounts.exists() else ():
        _, target, found, *_ = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), target).rstrip("/")
        if (place == point or place.startswith(point + "/")) and len(point) >= len(best):
            best, kind = point, found  # of two mounts on one place the later one is seen
    is_remote = kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)
    return kind if is_remote else ""


def free_bytes(file: Path) -> int:
    """How much more fits on the disk of a file."""
    return shutil.disk_usage(file.parent).free


def damage(tx: Transaction) -> list[str]:
    """What SQLite's own quick check says about the file, a line for each fault; it reads all of it.

    Rows that break a rule of their table are no damage of the file: the doctor looks for them itself.
    """
    if tx.dialect.name != "sqlite":
        return []
    said = [str(line).splitlines()[0] for line in tx.execute(text("PRAGMA quick_check")).scalars()]
    return [line for line in said if line != "ok" and not line.startswith("CHECK constraint failed")]


def clock(tx: Transaction) -> int:
    """The database's clock."""
    if tx.dialect.name == "sqlite":
        return int(tx.execute(text("SELECT strftime('%s', 'now')")).scalar_one())
    return int(tx.execute(text("SELECT floor(extract(epoch FROM clock_timestamp()))")).scalar_one())
