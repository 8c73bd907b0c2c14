"""Backups of the live database into a file, and back: consistent while others write.

SQLite: the backup API in one step, which reads one moment of the write-ahead
log while writers go on. PostgreSQL: pg_dump and pg_restore.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.engine import Engine

from scheduler.store import postgres_programs as programs
from scheduler.store.database import Transaction, db, engine_options, reading

SQLITE_MARK = b"SQLite format 3\0"
POSTGRES_MARK = b"PGDMP"
UNFINISHED = ".unfinished"


class BackupFailed(Exception):
    """A backup or restore was refused or went wrong; the message is one line that says what to do."""


def write(file: Path) -> None:
    """Back the live database up into a new file, mode 0600. **Raises** `BackupFailed`."""
    with reading() as tx:
        if not inspect(tx).get_table_names():
            raise BackupFailed(
                "The database has no tables: there is nothing to back up. Is DATABASE_URL right?"
            )
    if file.exists():
        raise BackupFailed(f"{file} exists: choose another name, nothing is overwritten")
    unfinished = file.with_name(file.name + UNFINISHED)
    _reserve(unfinished)
    try:
        with _plainly():
            if _is_sqlite():
                _copy(_live_file(), unfinished, mode="rw", journal="delete")
            else:
                programs.dump(db.engine.url, unfinished)
        _sync(unfinished)
        unfinished.rename(file)
        _sync(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def fill(file: Path) -> None:
    """Restore into the live database, which must be empty. **Raises** `BackupFailed`."""
    _check_kind(file)
    with reading() as tx:
        if inspect(tx).get_table_names():
            raise BackupFailed(
                "The database is not empty, and a restore overwrites nothing: point DATABASE_URL to a new one"
            )
    with _plainly():
        if _is_sqlite():
            db.engine.dispose()
            _copy(file, _live_file(), mode="ro", journal="wal")
        else:
            programs.fill(db.engine.url, file)


@contextmanager
def restored(file: Path) -> Iterator[Transaction]:
    """A read transaction on a scratch copy restored from a file; it is deleted afterwards.

    **Raises** `BackupFailed`.
    """
    _check_kind(file)
    with _plainly():
        if _is_sqlite():
            with tempfile.TemporaryDirectory(prefix="restore-check-") as folder:
                copy = Path(folder) / "copy.sqlite3"
                _reserve(copy)
                _copy(file, copy, mode="ro", journal="wal")
                with _reading(f"sqlite:///{copy}") as tx:
                    yield tx
        else:
            with programs.scratch(db.engine.url) as url:
                programs.fill(url, file)
                with _reading(url.render_as_string(hide_password=False)) as tx:
                    yield tx


@contextmanager
def _reading(url: str) -> Iterator[Transaction]:
    options = db.engine.get_execution_options()
    engine: Engine = create_engine(url, **engine_options(url, options["vault"], options["default_sender"]))
    try:
        with engine.connect().execution_options(write=False) as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _live_file() -> Path:
    """The file of the live SQLite database, also when its address is a URI."""
    database = make_url(db.engine.url).database or ""
    place = database.removeprefix("file:").partition("?")[0]
    if not place or place == ":memory:":
        raise BackupFailed("A database in memory has no file")
    return Path(place)


def _copy(source: Path, target: Path, *, mode: str, journal: str) -> None:
    """Copy one SQLite database, opened in this mode, into another, which then keeps this kind of journal."""
    address = f"{source.resolve().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        target.chmod(0o600)
        old.backup(new)
        new.execute(f"PRAGMA journal_mode={journal}")


def _reserve(file: Path) -> None:
    """Make an empty file that only its owner may read, before anything is written into it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise BackupFailed(
            f"{file} is there: another backup runs, or one was cut off; then remove it"
        ) from None
    except OSError as error:
        raise BackupFailed(f"{file} cannot be written: {error.strerror}") from None


def _check_kind(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            head = opened.read(len(SQLITE_MARK))
    except OSError as error:
        raise BackupFailed(f"{file} cannot be read: {error.strerror}") from None
    wanted, name = (SQLITE_MARK, "SQLite") if _is_sqlite() else (POSTGRES_MARK, "PostgreSQL")
    if not head.startswith(wanted):
        raise BackupFailed(f"{file} is not a backup of a {name} database, as DATABASE_URL names one")


def _sync(path: Path) -> None:
    """Have the disk keep a file or the entries of a folder."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite says: {error}") from error
    except programs.ProgramFailed as error:
        raise BackupFailed(str(error)) from error
    except OSError as error:
        raise BackupFailed(error.strerror or str(error)) from error
