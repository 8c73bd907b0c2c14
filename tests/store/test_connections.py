"""Connections: none is shared by two processes, and one that died meanwhile is made again unnoticed."""

import os
import signal
import traceback
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import text

from scheduler.domain.errors import StoreBusy
from scheduler.store import database
from scheduler.store.database import db, reading, transaction
from tests.support.core import Core, core_on

CHILD_SECONDS = 20


def in_a_child(act: Callable[[], object]) -> str:
    """What a forked process made of it, as text; an error's last line where it failed."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(CHILD_SECONDS)  # a child that waits for its parent's connection ends all the same
        try:
            answer = str(act())
        except BaseException:
            answer = traceback.format_exc()
        os.write(write_end, answer.encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    return answer


def driver_connection() -> int:
    """The identity of the driver's connection that the next transaction takes, kept alive by its pool."""
    with db.engine.connect() as connection:
        return id(connection.connection.driver_connection)


def test_a_forked_process_makes_connections_of_its_own(core: Core) -> None:
    ours = driver_connection()
    assert driver_connection() == ours

    def name_in_child() -> object:
        with transaction() as tx:
            tx.execute(text("UPDATE practices SET name = 'from the child' WHERE slug = 'demo'"))
        return driver_connection() != ours

    assert in_a_child(name_in_child) == "True"
    assert driver_connection() == ours
    assert core.all("SELECT name FROM practices WHERE slug = 'demo'") == [("from the child",)]


def test_a_fork_in_the_middle_of_a_transaction_leaves_it_to_the_parent(core: Core) -> None:
    with transaction() as tx:
        tx.execute(text("UPDATE practices SET name = 'of the parent' WHERE slug = 'demo'"))
        seen = in_a_child(lambda: core.all("SELECT count(*) FROM practices WHERE name = 'of the parent'"))
        tx.execute(text("UPDATE practices SET tagline = '{}' WHERE slug = 'demo'"))
    assert seen == "[(0,)]"
    assert core.all("SELECT name FROM practices WHERE slug = 'demo'") == [("of the parent",)]


def test_a_forked_process_waits_for_no_writer_that_stayed_behind(
    sqlite_core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)

    def write() -> None:
        with transaction() as tx:
            tx.execute(text("UPDATE practices SET name = 'of the child'"))

    with transaction():
        assert "database is locked" in in_a_child(write)  # by SQLite, whom it asked


@pytest.mark.postgres
def test_connections_that_the_server_closed_are_made_again(postgres_furnished: str) -> None:
    with core_on(postgres_furnished) as core:
        with psycopg.connect(postgres_furnished.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with transaction() as tx:
            tx.execute(text("UPDATE practices SET name = 'again' WHERE slug = 'demo'"))
        assert core.all("SELECT name FROM practices WHERE slug = 'demo'") == [("again",)]


@pytest.mark.postgres
def test_a_server_that_takes_no_writes_is_busy_and_may_be_read(postgres_furnished: str) -> None:
    with core_on(postgres_furnished) as core:
        with psycopg.connect(postgres_furnished.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(f"ALTER DATABASE {other.info.dbname} SET default_transaction_read_only = on")
        db.engine.dispose()
        with pytest.raises(StoreBusy), transaction() as tx:
            tx.execute(text("UPDATE practices SET name = 'never'"))
        assert core.all("SELECT count(*) FROM practices WHERE name = 'never'") == [(0,)]


@pytest.mark.postgres
def test_a_role_that_was_made_careless_is_careful_here(postgres_furnished: str) -> None:
    wanted = {"synchronous_commit": "on", "TimeZone": "UTC", "statement_timeout": "15s"}
    with psycopg.connect(postgres_furnished.replace("+psycopg", ""), autocommit=True) as other:
        for name, value in (
            ("synchronous_commit", "off"),
            ("TimeZone", "Asia/Tokyo"),
            ("statement_timeout", "0"),
        ):
            other.execute(f"ALTER DATABASE {other.info.dbname} SET {name} = '{value}'")
    with core_on(postgres_furnished), reading() as tx:
        assert {name: tx.execute(text(f"SHOW {name}")).scalar() for name in wanted} == wanted
