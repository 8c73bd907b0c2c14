"""What the database refuses while somebody books: tried again in bounds, then 409 or 503, never 500."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event, text
from werkzeug.test import TestResponse

from scheduler.store import database
from scheduler.store.database import OVERLAP, db

PRACTICE = "/api/v1/practices/demo"
ATTEMPTS = 5


@dataclass
class Site:
    """The demo, and a visitor who books over the API."""

    client: FlaskClient
    app: Flask
    starts: list[str] = field(default_factory=list)

    def book(self, start: str = "", key: str = "") -> TestResponse:
        body = {
            "type": "consultation",
            "therapist": "ben",
            "start": start or self.starts[0],
            "mode": "video",
            "name": "Vera Moss",
            "email": "vera@example.org",
            "consents": ["privacy"],
        }
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.client.post(f"{PRACTICE}/appointments", json=body, headers=headers)

    def count(self, table: str) -> int:
        with self.app.app_context(), db.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def site_on(app: Flask) -> Site:
    site = Site(app.test_client(), app)
    today = datetime.now(UTC).date()
    first, last = today + timedelta(days=3), today + timedelta(days=40)
    query = f"from={first}&to={last}&therapist=ben"
    site.starts = site.client.get(f"{PRACTICE}/types/consultation/slots?{query}").json["slots"]
    return site


@pytest.fixture
def site(make_app: Callable[..., Flask], either_demo_database: str) -> Site:
    """The demo on either database."""
    return site_on(make_app(either_demo_database))


@pytest.fixture
def postgres_site(make_app: Callable[..., Flask], postgres_demo_database: str) -> Site:
    """The demo on PostgreSQL."""
    return site_on(make_app(postgres_demo_database))


@dataclass
class Trouble:
    """Makes the server itself refuse the next so many inserts of appointments, with a true error of its."""

    statement: str
    times: int
    met: int = 0

    def __call__(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO appointments") and self.met < self.times:
            self.met += 1
            connection.exec_driver_sql(self.statement)


@pytest.fixture
def troubled() -> Iterator[Callable[[str, int], Trouble]]:
    """`troubled(sql, 2)`: the next two inserts of appointments meet this first."""
    made: list[Trouble] = []

    def make(statement: str, times: int) -> Trouble:
        made.append(Trouble(statement, times))
        event.listen(Engine, "before_cursor_execute", made[-1])
        return made[-1]

    yield make
    for one in made:
        event.remove(Engine, "before_cursor_execute", one)


def raising(code: str, constraint: str = "") -> str:
    named = f", CONSTRAINT = '{constraint}'" if constraint else ""
    return f"DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '{code}'{named}; END $$"


def is_put_off(answer: TestResponse) -> bool:
    """Asked to come again in a moment, by a sentence and by a header."""
    told = answer.json
    assert (answer.status_code, told["code"]) == (503, "try_again"), told
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    return bool(told["detail"])


PASSING = {
    "serialization": raising("40001"),
    "deadlock": raising("40P01"),
    "lock timeout": raising("55P03"),
    "another unique rule": raising("23505", "uq_of_something"),
    "another exclusion": raising("23P01", "another_rule"),
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again_and_nobody_notices(
    postgres_site: Site, troubled: Callable[[str, int], Trouble], kind: str
) -> None:
    before = postgres_site.count("outbox")
    trouble = troubled(PASSING[kind], ATTEMPTS - 1)
    assert postgres_site.book().status_code == 201
    assert trouble.met == ATTEMPTS - 1
    assert postgres_site.count("outbox") - before in (2, 3)  # confirmation, notice, perhaps a reminder


@pytest.mark.parametrize("kind", PASSING)
def test_what_does_not_pass_is_tried_five_times_and_put_off(
    postgres_site: Site, troubled: Callable[[str, int], Trouble], kind: str
) -> None:
    before = [postgres_site.count(table) for table in ("appointments", "outbox", "idempotency_keys")]
    trouble = troubled(PASSING[kind], 99)
    assert is_put_off(postgres_site.book())
    assert trouble.met == ATTEMPTS
    trouble.times = 0
    after = [postgres_site.count(table) for table in ("appointments", "outbox", "idempotency_keys")]
    assert after == before
    assert postgres_site.book().status_code == 201


def test_only_the_overlap_guard_s_own_refusal_means_taken(
    postgres_site: Site, troubled: Callable[[str, int], Trouble]
) -> None:
    trouble = troubled(raising("23P01", OVERLAP), 99)
    answer = postgres_site.book()
    assert (answer.status_code, answer.json["code"], trouble.met) == (409, "slot_taken", 1)
    assert answer.json["detail"]


def test_a_loser_is_told_in_words_and_finds_fresh_times(site: Site) -> None:
    assert site.book().status_code == 201
    answer = site.book()
    assert (answer.status_code, answer.json["code"]) == (409, "slot_taken")
    assert answer.json["detail"]
    day = date.fromisoformat(site.starts[0][:10])
    asked = f"{PRACTICE}/types/consultation/slots?from={day}&to={day}&therapist=ben"
    assert site.starts[0] not in site.client.get(asked).json["slots"]


def test_a_row_that_must_be_unique_is_no_taken_time(
    site: Site, troubled: Callable[[str, int], Trouble]
) -> None:
    """A true collision: the row that is written first has the id of a practice that exists."""
    again = "INSERT INTO practices SELECT * FROM practices LIMIT 1"
    trouble = troubled(again, 99)
    assert is_put_off(site.book())
    assert trouble.met == ATTEMPTS
    trouble.times = 0
    assert site.book().status_code == 201


def test_a_locked_file_is_waited_for(make_app: Callable[..., Flask], sqlite_demo_database: str) -> None:
    site = site_on(make_app(sqlite_demo_database))
    other = sqlite3.connect(
        sqlite_demo_database.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, other.execute, ["COMMIT"])
    release.start()
    assert site.book().status_code == 201
    release.join()
    other.close()


def test_a_file_that_stays_locked_is_put_off(
    make_app: Callable[..., Flask], sqlite_demo_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    site = site_on(make_app(sqlite_demo_database))
    other = sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    key = str(uuid4())
    assert is_put_off(site.book(key=key))
    assert site.client.get(f"{PRACTICE}").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    first, second = site.book(key=key), site.book(key=key)
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert first.status_code == 201
