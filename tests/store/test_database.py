"""Transactions: how they begin, what they promise, and what their errors become."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from scheduler.domain.errors import StoreBusy
from scheduler.services import addressees, booking, holds, manage, offers
from scheduler.store import database
from scheduler.store.database import BUSY_SECONDS, db, reading, retried, sqlstate, transaction
from tests.support.core import (
    NOW,
    SENDER,
    SOURCE,
    TUESDAY,
    WEDNESDAY,
    Core,
    bare_app,
    core_on,
    day,
    furnish,
    vera,
)


@pytest.fixture
def said(sqlite_core: Core) -> Iterator[list[str]]:
    """Every statement that reaches SQLite itself, on all connections."""
    statements: list[str] = []

    def spy(connection: sqlite3.Connection, *_: Any) -> None:
        connection.set_trace_callback(statements.append)

    db.engine.dispose()
    event.listen(db.engine, "connect", spy)
    event.listen(db.engine, "checkout", spy)
    yield statements
    event.remove(db.engine, "connect", spy)
    event.remove(db.engine, "checkout", spy)


def transactions(statements: list[str]) -> list[list[str]]:
    """The statements by transaction; pragmas of new connections left out."""
    found: list[list[str]] = []
    for statement in statements:
        if statement.startswith("BEGIN"):
            found.append([])
        elif statement.startswith("PRAGMA") or not found:
            assert statement.startswith("PRAGMA"), statement
            continue
        found[-1].append(statement)
    return found


def test_every_transaction_that_writes_begins_immediately(sqlite_core: Core, said: list[str]) -> None:
    core = sqlite_core
    kind, ada = core.kind("session"), core.therapist("ada")
    held = holds.hold(
        core.demo, kind, start=TUESDAY, therapist=ada, source=SOURCE, language="en", zone="UTC", now=NOW
    )
    holds.keep_answers(core.demo, held.token, {"name": "Vera"}, now=NOW)
    booked = booking.book_held(core.demo, held.token, vera(), key="k", source=SOURCE, now=NOW)
    manage.opened(booked.token, now=NOW)
    manage.move(booked.token, WEDNESDAY, now=NOW)
    manage.cancel(booked.token, now=NOW)
    addressees.disown(booked.token, now=NOW)
    offers.offer(core.demo, kind, day("2026-06-02"), day("2026-06-09"), therapist=None, now=NOW)
    holds.expire_lapsed(NOW + 86400)
    found = transactions(said)
    writes = [one for one in found if any(line.split()[0] in {"INSERT", "UPDATE", "DELETE"} for line in one)]
    assert len(writes) == 7
    assert [one[0] for one in writes] == ["BEGIN IMMEDIATE"] * 7
    reads = [one for one in found if one not in writes]
    assert {one[0] for one in reads} == {"BEGIN"}
    assert {one[-1] for one in writes} == {"COMMIT"}


def test_a_transaction_that_fails_is_rolled_back(core: Core) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as tx:
        tx.execute(text("UPDATE practices SET name = 'x'")).rowcount / 0
    assert core.all("SELECT count(*) FROM practices WHERE name = 'x'") == [(0,)]


def test_new_sqlite_connections_are_durable_and_patient(sqlite_core: Core) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": BUSY_SECONDS * 1000,
    }
    db.engine.dispose()
    with db.engine.connect() as one, db.engine.connect() as other:
        for connection in (one, other):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
            assert found == expected
    assert BUSY_SECONDS >= 5
    assert sqlite_core.url.startswith("sqlite")


@pytest.mark.postgres
def test_new_postgresql_connections_are_durable_and_bounded(postgres_furnished: str) -> None:
    from_options = {
        "timezone": "UTC",
        "statement_timeout": "15s",
        "lock_timeout": "8s",
        "idle_in_transaction_session_timeout": "30s",
        "synchronous_commit": "on",
    }
    with core_on(postgres_furnished), reading() as tx:
        assert {name: tx.execute(text(f"SHOW {name}")).scalar() for name in from_options} == from_options
        assert tx.execute(text("SHOW transaction_isolation")).scalar() == "repeatable read"
        assert tx.execute(text("SHOW transaction_read_only")).scalar() == "on"


def test_reading_sees_one_moment(core: Core) -> None:
    with reading() as tx:
        before = tx.execute(text("SELECT revision FROM practices ORDER BY slug")).all()
        core.together(1, lambda _: core.change_practice(name="Another name"))
        assert tx.execute(text("SELECT revision FROM practices ORDER BY slug")).all() == before
    assert core.all("SELECT name FROM practices WHERE slug = 'demo'") == [("Another name",)]


def test_a_locked_database_is_busy_and_nothing_is_written(
    sqlite_core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    db.engine.dispose()
    other = sqlite3.connect(sqlite_core.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy), transaction() as tx:
        tx.execute(text("UPDATE practices SET name = 'x'"))
    other.execute("ROLLBACK")
    other.close()
    assert sqlite_core.all("SELECT count(*) FROM practices WHERE name = 'x'") == [(0,)]


def test_reading_goes_on_while_somebody_writes(sqlite_core: Core) -> None:
    with transaction() as tx:
        tx.execute(text("UPDATE practices SET name = 'x' WHERE slug = 'demo'"))
        assert sqlite_core.together(1, lambda _: sqlite_core.all("SELECT count(*) FROM practices")) == [
            [(2,)]
        ]


def test_writers_of_one_process_take_turns(sqlite_core: Core) -> None:
    db.engine.dispose()
    patience = "PRAGMA busy_timeout=0"  # SQLite lets nobody wait, so nobody may ask before the turn is theirs
    event.listen(db.engine, "connect", lambda connection, _: connection.execute(patience).close())

    def write(_: int) -> None:
        with transaction() as tx:
            time.sleep(0.01)
            tx.execute(text("UPDATE practices SET revision = revision + 1 WHERE slug = 'demo'"))

    [(before,)] = sqlite_core.all("SELECT revision FROM practices WHERE slug = 'demo'")
    assert sqlite_core.together(4, write) == [None] * 4
    assert sqlite_core.all("SELECT revision FROM practices WHERE slug = 'demo'") == [(before + 4,)]


def test_a_turn_that_does_not_come_is_busy(sqlite_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: int) -> None:
        with transaction():
            pass

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with transaction():
        [busy] = sqlite_core.together(1, write)
    assert isinstance(busy, StoreBusy)
    assert sqlite_core.together(1, write) == [None]


def test_other_integrity_errors_stay_what_they_are(core: Core) -> None:
    with pytest.raises(IntegrityError), transaction() as tx:
        tx.execute(text("UPDATE practices SET slug = NULL"))


def test_a_row_that_must_be_unique_is_somebody_in_the_way(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreBusy) as busy, transaction() as tx:
        tx.execute(text("UPDATE practices SET slug = 'demo'"))
    assert database.is_collision(busy.value.__cause__)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("collision at")
    assert "slug" in line
    assert "'demo'" not in line


def test_a_file_that_we_make_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    old = os.umask(0)
    try:
        furnish(f"sqlite:///{file}")
        with core_on(f"sqlite:///{file}") as core, transaction() as tx:
            tx.execute(text("UPDATE practices SET name = 'x'"))
            modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes == {"new.sqlite3": 0o600, "new.sqlite3-wal": 0o600, "new.sqlite3-shm": 0o600}
    assert core.demo.slug == "demo"


def test_the_mode_of_a_file_that_is_there_is_the_operators_affair(sqlite_core: Core) -> None:
    file = Path(sqlite_core.url.removeprefix("sqlite:///"))
    file.chmod(0o640)
    db.engine.dispose()
    with transaction() as tx:
        tx.execute(text("UPDATE practices SET name = 'x'"))
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_made_is_a_database_that_is_away(tmp_path: Path) -> None:
    app = bare_app(f"sqlite:///{tmp_path}/nowhere/new.sqlite3")
    with app.app_context(), pytest.raises(StoreBusy), reading() as tx:
        tx.execute(text("SELECT 1"))


def test_a_broken_statement_is_not_called_busy(sqlite_core: Core) -> None:
    with pytest.raises(OperationalError), reading() as tx:
        tx.execute(text("SELECT * FROM nowhere"))
    assert sqlite_core.demo.slug == "demo"


@pytest.mark.postgres
@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
def test_postgresql_may_ask_to_try_again(postgres_furnished: str, code: str) -> None:
    calls: list[int] = []

    @retried
    def use_case(*, fails: int) -> str:
        calls.append(1)
        with transaction() as tx:
            if len(calls) <= fails:
                tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END $$"))
        return "done"

    with core_on(postgres_furnished):
        assert (use_case(fails=2), len(calls)) == ("done", 3)
        calls.clear()
        with pytest.raises(StoreBusy) as busy:
            use_case(fails=99)
        assert (sqlstate(busy.value.__cause__), len(calls)) == (code, 5)


def test_other_refusals_are_not_tried_again(sqlite_core: Core) -> None:
    calls: list[int] = []

    @retried
    def use_case() -> None:
        calls.append(1)
        raise StoreBusy("full")

    with pytest.raises(StoreBusy):
        use_case()
    assert len(calls) == 1
    assert sqlite_core.demo.slug == "demo"


def test_the_default_sender_travels_with_the_connection(sqlite_core: Core) -> None:
    with reading() as tx:
        assert database.default_sender(tx) == SENDER
    assert sqlite_core.demo.sender == ""
