"""Watches what the program does inside its transactions, in every test that runs it in this process.

A write goes into a transaction that began as one (BEGIN IMMEDIATE on SQLite); a write to `appointments`
goes through `store/appointments.py`; and while a write transaction is open, its thread neither speaks to
another machine nor renders, hashes a password or sleeps. Rows that a test plants itself are its own affair.
"""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import argon2
import jinja2
import pytest
from sqlalchemy import Connection, Engine, event

from tests.support.environment import ROOT

PROGRAM = f"{ROOT / 'scheduler'}/"
GATE = f"{PROGRAM}store/appointments.py"
WRITE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+\"?(\w+)", re.IGNORECASE)
NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "smtplib.send"}
SLOW = [
    (time, "sleep"),
    (jinja2.Template, "render"),
    (argon2.PasswordHasher, "hash"),
    (argon2.PasswordHasher, "verify"),
]

violations: list[str] = []
_here = threading.local()
_began_with: WeakKeyDictionary[Connection, str] = WeakKeyDictionary()


def _files() -> Iterator[str]:
    """The files of the program that called, innermost first."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith(PROGRAM):
            yield frame.f_code.co_filename


def _note(what: str) -> None:
    where = next(_files(), "")
    if where:
        violations.append(f"{what} in {where.removeprefix(PROGRAM)}")


def _writing() -> WeakSet[Connection]:
    """The connections on which this thread began to write."""
    if not hasattr(_here, "writing"):
        _here.writing = WeakSet()
    found: WeakSet[Connection] = _here.writing
    return found


def _is_writing() -> bool:
    return any(connection.in_transaction() for connection in _writing())


def _ended(connection: Connection) -> None:
    _writing().discard(connection)
    _began_with.pop(connection, None)


def _executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.startswith("BEGIN"):
        _began_with[connection] = statement
    if connection.get_execution_options().get("write"):
        _writing().add(connection)
    found = WRITE.match(statement)
    if found is None:
        return
    began_with = _began_with.get(connection)
    is_open = connection.get_execution_options().get("write") and began_with in ("BEGIN IMMEDIATE", None)
    files = list(_files())
    if files and not is_open:
        _note(f"{found[0].strip()} in a transaction that began with {began_with or 'nothing'}")
    if files and found[2].lower() == "appointments" and GATE not in files:
        _note(f"{found[0].strip()} past store/appointments.py")


def _audited(name: str, arguments: tuple[Any, ...]) -> None:
    if name in NETWORK and _is_writing():
        _note(f"{name} while a write transaction is open")


def _watched(act: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(act)
    def run(*arguments: Any, **more: Any) -> Any:
        if _is_writing():
            _note(f"{name} while a write transaction is open")
        return act(*arguments, **more)

    return run


def pytest_configure() -> None:
    """Begin to watch: once in each process that runs tests."""
    event.listen(Engine, "before_cursor_execute", _executed)
    event.listen(Engine, "commit", _ended)
    event.listen(Engine, "rollback", _ended)
    sys.addaudithook(_audited)
    for owner, name in SLOW:
        setattr(owner, name, _watched(getattr(owner, name), name))


@pytest.fixture(autouse=True)
def _transactions_are_well() -> Iterator[None]:
    """Fails the test in which the program did what it must not."""
    violations.clear()
    yield
    found, violations[:] = list(violations), []
    assert found == []


@pytest.fixture
def unwatched(_transactions_are_well: None) -> Iterator[None]:
    """For a test that takes a guard away, and thereby makes the program do what it must not."""
    yield
    violations.clear()
