"""What a visitor sees when there is no time, no booking just now, too much at once, or a fault of ours."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.local_time import local_day
from scheduler.web.visitor.month import first_of_month, next_month
from tests.web.visitor.walking import Visitor

ZONE = "America/Toronto"


@pytest.fixture
def change(sqlite_demo_database: str) -> Callable[..., None]:
    """Change the stored facts before the first page is asked for."""
    file = Path(sqlite_demo_database.removeprefix("sqlite:///"))

    def run(*statements: str) -> None:
        connection = sqlite3.connect(file)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def test_a_pause_says_until_when_and_how_to_write(vera: Visitor, change: Callable[..., None]) -> None:
    change(f"UPDATE practices SET paused_until = {utcnow() + 86_400 * 30}")
    for address in ("/book/demo/", "/book/demo/consultation"):
        page = vera.open(address)
        assert page.status == 503
        assert page.headings[0].startswith("Online booking is paused until ")
        assert "hello@demo.example" in page.links
    assert vera.open("/book/demo/privacy").status == 200


def test_a_pause_that_is_over_is_over(vera: Visitor, change: Callable[..., None]) -> None:
    change(f"UPDATE practices SET paused_until = {utcnow() - 1}")
    assert vera.open("/book/demo/").status == 200


def test_a_practice_that_is_not_published_takes_no_booking(
    vera: Visitor, change: Callable[..., None]
) -> None:
    change("UPDATE practices SET published = 0")
    page = vera.open("/book/demo/")
    assert page.headings[0] == "Online booking is paused"


def test_fully_booked_says_what_can_be_done_today(vera: Visitor, change: Callable[..., None]) -> None:
    change("DELETE FROM weekly_hours", "DELETE FROM extra_hours")
    page = vera.open("/book/demo/consultation")
    assert page.headings[0] == "Fully booked for now"
    assert {"hello@demo.example", "988", "See other appointments"} <= page.links.keys()
    assert page.starts() == []
    assert "is the next free time" not in vera.open("/book/demo/").text


def test_an_empty_month_offers_the_next_free_time(vera: Visitor, change: Callable[..., None]) -> None:
    today = local_day(utcnow(), ZONE)
    day = next_month(today) + timedelta(days=9)
    change(
        "DELETE FROM weekly_hours",
        "DELETE FROM extra_hours",
        "INSERT INTO extra_hours (id, therapist_id, day, start_minute, end_minute)"
        f" SELECT 'one-day', id, '{day}', 540, 600 FROM therapists WHERE slug = 'ada'",
    )
    page = vera.open("/book/demo/consultation")
    assert page.headings[0] == "Which day suits you?"
    assert page.days() == [day.isoformat()]
    page = vera.open(f"/book/demo/consultation?month={first_of_month(today).isoformat()[:7]}")
    assert page.headings[0].startswith("No free times in ")
    assert page.days() == []
    assert vera.press_time(page.starts()[0]).headings[0] == "Who is this appointment for?"


def test_a_day_without_times_names_the_next_ones(vera: Visitor) -> None:
    today = local_day(utcnow(), ZONE)
    page = vera.open(f"/book/demo/consultation?day={today}")
    assert page.headings[0].startswith("No free times on ")
    assert "Other days" in page.headings
    assert vera.press_day(page.days()[0]).starts()


def test_a_fourth_time_kept_at_once_is_one_too_many(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    vera = Visitor(app.test_client())
    for _ in range(3):
        assert vera.hold_first().headings[0] == "Who is this appointment for?"
    page = vera.hold_first()
    assert page.status == 429
    assert page.headings[0] == "Please try again later"
    assert int(page.headers["Retry-After"]) > 0


def test_a_fault_of_ours_keeps_everything_and_books_once(
    vera: Visitor, demo_app: Flask, change: Callable[..., None]
) -> None:
    demo_app.testing = False  # as in life, where a fault is a page and not an exception
    vera.hold_first()
    change("ALTER TABLE outbox RENAME TO outbox_away")
    page = vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    assert page.status == 500
    assert page.headings[0] == "That did not go through"
    assert "The fault is ours." in page.text
    assert "outbox" not in page.source
    change("ALTER TABLE outbox_away RENAME TO outbox")
    page = vera.send(page.form_with("email"))
    assert page.headings[0] == "You are booked"
    assert "vera@visitor.example" in page.text


def test_a_database_that_is_busy_keeps_the_form_as_it_was(vera: Visitor, sqlite_demo_database: str) -> None:
    vera.hold_first()
    other = sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page = vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    other.execute("ROLLBACK")
    other.close()
    assert page.status == 503
    assert "Your time is still held and your details are still here" in page.text
    assert vera.fill().headings[0] == "You are booked"
