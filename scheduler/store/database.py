"""Engine, transactions and their errors: what services see of the database.

SQLite: every write transaction begins with BEGIN IMMEDIATE; WAL with
synchronous=FULL. PostgreSQL: UTC session with timeouts, synchronous commits.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from threading import Lock
from time import sleep
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scheduler.domain.errors import SlotTaken, StoreBusy
from scheduler.store.secrets import Vault
from scheduler.store.tables import Base

log = logging.getLogger(__name__)

Transaction = Connection
"""What a store function needs: a connection inside a transaction."""

OVERLAP = "appointments_no_overlap"
"""The overlap guard's name: a constraint on PostgreSQL, the triggers' message on SQLite."""

BUSY_SECONDS = 8
_ATTEMPTS = 5
_RETRIED = frozenset({"40001", "40P01", "55P03"})
_READ_ONLY = "25006"
"""A server that became a copy of another one, or was told to take no writes."""
_COLLISIONS = frozenset({"23505", "23P01"})
_SQLITE_COLLISIONS = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
_UNAVAILABLE = (
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "readonly database",
    "unable to open database file",
)

P = ParamSpec("P")
R = TypeVar("R")


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def engine_options(url: str, vault: Vault, default_sender: str) -> dict[str, Any]:
    """Engine options for a database URL; vault and default sender travel with every connection."""
    options: dict[str, Any] = {
        "execution_options": {"vault": vault, "memory": {}, "default_sender": default_sender}
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
        options["pool_size"] = 8
        options["connect_args"] = {
            "connect_timeout": 10,
            # A server whose machine is gone says nothing: after half a minute it counts as away.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
            "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=8000"
            " -c idle_in_transaction_session_timeout=30000 -c synchronous_commit=on",
        }
    return options


def vault_of(tx: Transaction) -> Vault:
    """The vault that seals this database's personal values."""
    vault: Vault = tx.get_execution_options()["vault"]
    return vault


def default_sender(tx: Transaction) -> str:
    """The installation's sender address, for practices without one of their own."""
    return str(tx.get_execution_options()["default_sender"])


def memory_of(tx: Transaction) -> dict[Any, Any]:
    """What this process remembers of this database; entries carry the revision they are true for."""
    memory: dict[Any, Any] = tx.get_execution_options()["memory"]
    return memory


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One write transaction: committed at the end, rolled back on any error.

    **Raises** `SlotTaken` when the overlap guard refuses, `StoreBusy` when the
    database is locked, full or away: nothing was written then.
    """
    with (
        _translated(),
        _turn(db.engine),
        db.engine.connect().execution_options(write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def reading() -> Iterator[Transaction]:
    """One read-only transaction with a consistent view; takes no write lock."""
    with _translated(), db.engine.connect().execution_options(write=False) as connection, connection.begin():
        yield connection


def disconnect() -> None:
    """Close the idle connections: none may be shared by two processes."""
    db.engine.dispose()


def retried(use_case: Callable[P, R]) -> Callable[P, R]:
    """Run a use case again, a bounded number of times, when somebody else was in the way.

    Serialization failures, deadlocks, lock timeouts and collisions roll the whole
    transaction back, so a use case that is one transaction may simply repeat.
    """

    @wraps(use_case)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _ATTEMPTS):
            try:
                return use_case(*args, **kwargs)
            except StoreBusy as busy:
                if not (sqlstate(busy.__cause__) in _RETRIED or is_collision(busy.__cause__)):
                    raise
                sleep(0.02 * attempt)
        return use_case(*args, **kwargs)

    return run


def sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's error code, if the error came from there."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) else None


def is_overlap(error: IntegrityError) -> bool:
    """Whether the overlap guard refused; other integrity errors are not "taken"."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return bool(diagnostics.constraint_name == OVERLAP)
    return OVERLAP in str(error.orig)


def is_collision(error: BaseException | None) -> bool:
    """Whether a row was in the way that must be unique: mostly one that somebody else just wrote."""
    if sqlstate(error) in _COLLISIONS:
        return True
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None) in _SQLITE_COLLISIONS


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if is_overlap(error):
            raise SlotTaken("somebody else has this time") from error
        if is_collision(error):
            log.warning("collision at %s", _rule_of(error))
            raise StoreBusy("two wrote the same at once") from error
        raise
    except OperationalError as error:
        if _is_passing(error):
            raise StoreBusy("the database did not answer in time") from error
        raise
    except PoolTimeout as error:
        raise StoreBusy("no connection was free in time") from error
    except DBAPIError as error:
        if sqlstate(error) in {*_RETRIED, _READ_ONLY} or error.connection_invalidated:
            raise StoreBusy("the database asked to try again") from error
        raise


def _is_passing(error: OperationalError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return any(text in str(error.orig) for text in _UNAVAILABLE)
    return True


def _rule_of(error: IntegrityError) -> str:
    """The name of the rule that was met; never the values."""
    diagnostics = getattr(error.orig, "diag", None)
    return str(diagnostics.constraint_name if diagnostics is not None else error.orig)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """One writer of this process at a time asks for SQLite's lock, and the next as soon as it is free.

    SQLite lets those who wait sleep for up to 100 ms and asks who comes first: eight visitors
    who book together would each wait for as long as luck has it.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    turn = _turns.setdefault(engine, Lock())
    if not turn.acquire(timeout=BUSY_SECONDS):
        raise StoreBusy("the writers of this process took too long")
    try:
        yield
    finally:
        turn.release()


@event.listens_for(Engine, "do_connect")
def _keep_to_the_owner(dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """A SQLite file that we make is its owner's alone; its log takes over the mode of the file."""
    if dialect.name == "sqlite" and not arguments[0].startswith((":memory:", "file:")):
        with suppress(OSError):  # it exists, or SQLite will say what is wrong
            os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # the driver would otherwise begin by itself, and deferred
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


_in_use: WeakSet[Engine] = WeakSet()
_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


def _leave_to_parent() -> None:
    """After a fork: what is open belongs to the parent; closing it would end the parent's talk with it."""
    _turns.clear()  # whoever held one is not here
    for engine in _in_use:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_to_parent)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    _in_use.add(connection.engine)
    options = connection.get_execution_options()
    if options.get("per_statement"):
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")
    elif options.get("write") is False:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
