"""A calendar of the therapist's own: its address typed in a browser, and the time no longer offered."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Page, expect

from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind, ReadStatus, WriteStatus
from scheduler.services import calendars, directory
from scheduler.services.calendars import Wish
from scheduler.store import calendars as rows
from scheduler.store.database import transaction
from tests.browser.test_practice_pages import sign_in
from tests.gateways.website import answer, website
from tests.support.browser import Complaints
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA

TO_BOOK = "/book/demo/consultation?therapist=ada"


def calendar_with(start: datetime) -> bytes:
    """Somebody's calendar with an hour at this time."""
    stamp, end = (f"{at:%Y%m%dT%H%M%SZ}" for at in (start, start + timedelta(hours=1)))
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//EN", "BEGIN:VEVENT", "UID:choir@home"),
        *("DTSTAMP:20260101T000000Z", f"DTSTART:{stamp}", f"DTEND:{end}", "SUMMARY:Choir with Quux"),
        *("END:VEVENT", "END:VCALENDAR", ""),
    )
    return "\r\n".join(lines).encode()


def soonest(page: Page, demo: RunningServer) -> str:
    """The first time that visitors are offered with Ada."""
    page.goto(demo.url + TO_BOOK)
    return page.locator(".early button").first.get_attribute("value") or ""


def test_a_time_in_adas_private_calendar_vanishes_from_the_booking_page(
    page: Page,
    serve: Callable[..., RunningServer],
    start_worker: Callable[[dict[str, str]], RunningServer],
    sqlite_demo_database: str,
    complaints: Complaints,
) -> None:
    with website() as site:
        demo = serve(sqlite_demo_database, SCHEDULER_CALENDAR_HOSTS_ALLOWED=site.door)
        first = soonest(page, demo)
        site.sayings["/secret.ics"] = answer(calendar_with(datetime.fromisoformat(first)))
        sign_in(page, demo, ADA)
        page.goto(f"{demo.url}/practice/calendars")
        page.get_by_role("link", name="Add a calendar").click()
        page.get_by_role("link", name=re.compile("By a secret address")).click()
        page.get_by_text("Google Calendar", exact=True).click()
        page.get_by_role("button", name="Add this calendar").click()
        expect(page.locator("#problems")).to_be_focused()
        assert complaints.failed_requests.pop().endswith(": 422")
        complaints.errors.clear()
        page.get_by_label("Name", exact=True).fill("Private")
        page.get_by_label("Secret address").fill(site.url("/secret.ics"))
        page.get_by_role("button", name="Add this calendar").click()
        expect(page.locator(".cals")).to_contain_text("It will be read within a minute")
        start_worker(demo.settings)
        # The page shows it by itself, whatever it takes the worker to start.
        expect(page.locator(".cals")).to_contain_text("Last read on", timeout=60_000)
        expect(page.locator("#own-state")).to_be_empty()
        page.locator(".cals .drop summary").click()
        assert soonest(page, demo) > first
        page.goto(f"{demo.url}/practice/?week={first[:10]}&day={first[:10]}")
        expect(page.locator(".wk .ev.busy")).to_have_count(1)
        assert "Quux" not in page.content()
    assert not complaints


def test_the_caldav_form_asks_how_much_is_shown_once_something_is_written(
    page: Page, demo: RunningServer
) -> None:
    sign_in(page, demo, ADA)
    page.goto(f"{demo.url}/practice/calendars/own/new?kind=caldav")
    level = page.get_by_text("Only that you are busy")
    expect(level).to_be_hidden()
    page.get_by_label(re.compile("My appointments are written into it")).check()
    expect(level).to_be_visible()
    page.get_by_label(re.compile("It blocks my time")).uncheck()
    expect(page.get_by_text("Keep offering free times")).to_be_hidden()


def test_without_script_the_addresses_of_a_subscription_can_be_selected(
    new_page: Callable[..., Page], demo: RunningServer
) -> None:
    page = sign_in(new_page(width=360, js=False), demo, ADA)
    page.goto(f"{demo.url}/practice/calendars/new")
    page.locator("#name").fill("My phone")
    page.locator("button.btn-1").click()
    expect(page.locator(".copy button").first).to_be_hidden()
    for field, ending in (("https", ".ics"), ("webcal", ".ics"), ("freebusy", ".ifb")):
        address = page.locator(f"#{field}")
        assert address.input_value().endswith(ending)
        address.focus()
        page.keyboard.press("Control+A")
        selected = address.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
        assert selected == address.input_value()


def note(app: Flask, name: str, **state: Any) -> None:
    """A calendar of Ada's that stands like this."""
    now = utcnow()
    with app.app_context():
        ada = directory.find_therapist(directory.practice("demo"), "ada")
        wish = Wish(name, CalendarKind.CALDAV, "https://calendar.example/", "ada", "secret", writes=True)
        made = calendars.add(ada, wish, by="test", now=now)
        found = [("https://calendar.example/a/", "Private"), ("https://calendar.example/b/", "Work")]
        with transaction() as tx:
            standing = replace(made, **{"due_at": now + 600, "write_status": WriteStatus.OK, **state})
            rows.save_reading(tx, standing)
            rows.save_writing(tx, standing)
            rows.keep_found(tx, made.id, found if standing.status is ReadStatus.CHOOSE else [])


def test_a_calendar_that_came_back_empty_is_believed_by_one_press(
    page: Page,
    serve: Callable[..., RunningServer],
    make_app: Callable[..., Flask],
    sqlite_demo_database: str,
) -> None:
    app, now = make_app(sqlite_demo_database), utcnow()
    note(app, "Choir", status=ReadStatus.EMPTY, empty_since=now, read_at=now)
    note(app, "Nextcloud", status=ReadStatus.CHOOSE)
    note(app, "University", status=ReadStatus.SIGN_IN, read_at=now - 3 * 86400)
    note(app, "Fastmail", status=ReadStatus.OK, read_at=now, write_status=WriteStatus.GONE)
    demo = serve(sqlite_demo_database)
    sign_in(page, demo, ADA)
    expect(page.get_by_role("heading", name="“University” was last read on")).to_be_visible()
    page.goto(f"{demo.url}/practice/calendars")
    page.locator(".cals .drop summary").first.click()
    page.get_by_role("button", name="It is really empty").click()
    expect(page.get_by_role("status").first).to_contain_text("Its times are free again")
