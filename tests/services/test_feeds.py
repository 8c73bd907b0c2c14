"""What a feed reads and keeps."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import event

from scheduler.domain.disclosure import FeedLevel
from scheduler.services import feeds, setup, subscriptions
from scheduler.services.directory import find_therapist, practice
from scheduler.services.feeds import Form
from scheduler.store import therapists
from scheduler.store.database import db, transaction

NOW = int(datetime(2030, 3, 4, 12, tzinfo=UTC).timestamp())
DAY = 24 * 3600


@pytest.fixture
def token(demo_app: Flask) -> Iterator[str]:
    with demo_app.app_context():
        yield setup.add_feed("ada@demo.example", FeedLevel.BUSY, now=NOW)


@pytest.fixture
def statements(token: str) -> Iterator[list[str]]:
    """What is asked of the database from here on, besides how a transaction begins."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "SET TRANSACTION")):
            asked.append(statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_version_is_one_statement_and_a_calendar_three(token: str, statements: list[str]) -> None:
    feeds.version(token, now=NOW)
    statements.clear()
    feeds.version(token, now=NOW)
    assert statements == ["SELECT"]
    feeds.calendar(token, now=NOW)
    assert statements == ["SELECT"] * 4
    feeds.calendar(token, now=NOW)
    assert statements == ["SELECT"] * 5


def test_the_mere_times_are_two_statements_and_read_no_name(token: str, statements: list[str]) -> None:
    feeds.version(token, Form.TIMES, now=NOW)
    statements.clear()
    first = feeds.calendar(token, Form.TIMES, now=NOW)
    assert statements == ["SELECT"] * 2
    assert feeds.calendar(token, Form.TIMES, now=NOW)[1] is first[1]
    assert statements == ["SELECT"] * 3


def test_the_day_of_use_is_written_once_a_day(token: str, statements: list[str]) -> None:
    for now, written in ((NOW, 1), (NOW + 3600, 1), (NOW + DAY, 2), (NOW + DAY + 1, 2)):
        feeds.version(token, now=now)
        assert statements.count("UPDATE") == written
    ada = find_therapist(practice("demo"), "ada")
    assert [one.last_used for one in subscriptions.living(ada)] == [date(2030, 3, 5)]


def test_the_window_reaches_from_30_days_back_to_12_months_ahead() -> None:
    low, high = feeds.window("America/Toronto", NOW)
    assert datetime.fromtimestamp(low, UTC) == datetime(2030, 2, 2, 5, tzinfo=UTC)
    assert datetime.fromtimestamp(high, UTC) == datetime(2031, 3, 5, 5, tzinfo=UTC)


def test_bytes_change_at_local_midnight_and_not_before(token: str) -> None:
    midnight = int(datetime(2030, 3, 5, 5, tzinfo=UTC).timestamp())
    before = feeds.version(token, now=NOW)
    assert feeds.version(token, now=midnight - 1) == before
    after = feeds.version(token, now=midnight + 10)
    assert after.tag != before.tag
    assert after.modified_at == midnight


def test_version_and_bytes_belong_together(token: str) -> None:
    kept = feeds.calendar(token, now=NOW)
    assert feeds.calendar(token, now=NOW)[1] is kept[1]
    ada = find_therapist(practice("demo"), "ada")
    with transaction() as tx:
        therapists.raise_revision(tx, ada.id, now=NOW, hours=False)
    version, calendar = feeds.calendar(token, now=NOW)
    assert version.tag != kept[0].tag
    assert calendar is not kept[1]
    assert calendar.body == kept[1].body
