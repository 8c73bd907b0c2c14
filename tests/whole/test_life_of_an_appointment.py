"""Vera books on a practice's website, moves and cancels; mailbox and calendar program follow each step.

Real parts throughout: server processes, worker, SMTP, Chromium, vdirsyncer and khal.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import FrameLocator, Page

from tests.support.browser import Complaints
from tests.support.commands import flask
from tests.support.mail import MailServer, Received
from tests.support.servers import RunningServer

WAYS = {
    "inline, English, script": ("book", "en", True),
    "popup, French, script": ("home", "fr", True),
    "inline, French, no script": ("book", "fr", False),
    "popup, English, no script": ("home", "en", False),
}
SUBJECTS = {
    "en": ("Your appointment on", "New time:", "Cancelled:"),
    "fr": ("Votre rendez-vous du", "Nouvel horaire :", "Annulé :"),
}


class CalendarProgram:
    """vdirsyncer and khal, subscribed to one address."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "events" / "work").mkdir(parents=True)
        (folder / "vdirsyncer").write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n'
            '[pair p]\na = "feed"\nb = "local"\ncollections = null\nconflict_resolution = "a wins"\n'
            f'[storage feed]\ntype = "http"\nurl = "{url}"\n'
            f'[storage local]\ntype = "filesystem"\npath = "{folder}/events/work"\nfileext = ".ics"\n'
        )
        (folder / "khal").write_text(
            f"[calendars]\n[[work]]\npath = {folder}/events/work\n"
            f"[sqlite]\npath = {folder}/khal.db\n"
            "[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            "local_timezone = UTC\ndefault_timezone = UTC\n"
        )

    def starts(self) -> set[str]:
        """Fetch anew; the starts of everything in the coming twelve weeks, in UTC."""
        programs = Path(sys.executable).parent
        sync = [programs / "vdirsyncer", "-c", self.folder / "vdirsyncer"]
        subprocess.run([*sync, "discover"], check=True, capture_output=True, input=b"y\n", timeout=60)
        subprocess.run([*sync, "sync", "--force-delete"], check=True, capture_output=True, timeout=60)
        shown = subprocess.run(
            [programs / "khal", "-c", self.folder / "khal", "list", "--notstarted", "-df", "",
             "--format", "{start}", "today", "84d"],
            check=True, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return {line.strip() for line in shown.stdout.splitlines() if re.match(r"\d{4}-", line.strip())}


def enter(page: Page, server: RunningServer, place: str, language: str, script: bool) -> Page | FrameLocator:
    """Open the practice's website and come to the booking pages as it offers them."""
    page.goto(f"{server.url}/demo/{place}?lang={language}")
    link = page.locator("a[data-booking]").first
    if not script:
        link.click()
        return page
    if place == "home":
        link.click()
    return page.frame_locator("iframe").first


def book(at: Page | FrameLocator, address: str) -> str:
    """From wherever the widget begins to the booked page; returns the start in UTC."""
    types = at.locator("li.type.first h2 a")
    days = at.locator("table.month button[name=day]")
    types.or_(days.first).first.wait_for()
    if types.count():
        types.first.click()
    days.last.click()
    slot = at.locator("button.slot").first
    start = str(slot.get_attribute("value"))
    slot.click()
    at.locator("input[name=name]").fill("Vera Moss")
    at.locator("input[name=email]").fill(address)
    at.locator("input[name=mode][value=phone]").check()
    at.locator("input[name=phone]").fill("514 555 0199")
    at.locator("button.btn-1").last.click()
    at.locator("section.ticket").wait_for()
    return start


def event_of(mail: Received) -> tuple[str, icalendar.Event]:
    """METHOD and VEVENT of the invitation, which is the same in both calendar parts."""
    inline = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
    copies = [part for part in mail.message.walk() if part.get_content_type() == "application/ics"]
    assert len(inline) == len(copies) == 1
    text = inline[0].get_payload(decode=True)
    assert text == copies[0].get_payload(decode=True)
    calendar = icalendar.Calendar.from_ical(text)
    method = str(calendar["METHOD"])
    assert inline[0].get_param("method") == method
    [event] = calendar.walk("VEVENT")
    return method, event


def utc(event: icalendar.Event) -> str:
    """The start of an event as the API writes it."""
    return f"{event.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def khal_time(start: str) -> str:
    """The API's spelling of an instant as khal shows it."""
    return f"{datetime.fromisoformat(start):%Y-%m-%d %H:%M}"


def link_in(mail: Received) -> str:
    """The manage link of a mail."""
    found = re.search(r"http://\S+/appointments/[\w-]{43}", mail.part("text/plain"))
    assert found is not None
    return found.group()


@pytest.mark.parametrize("way", WAYS)
def test_a_visitor_books_moves_and_cancels(
    way: str,
    serve: Callable[..., RunningServer],
    start_worker: Callable[[dict[str, str]], RunningServer],
    smtp: MailServer,
    sqlite_demo_database: str,
    new_page: Callable[..., Page],
    complaints: Complaints,
    tmp_path: Path,
) -> None:
    place, language, script = WAYS[way]
    server = serve(sqlite_demo_database, **smtp.settings)
    made = flask("add-feed", "ada@demo.example", "--level", "busy", settings=server.settings)
    program = CalendarProgram(tmp_path, made.stdout.strip())
    before = program.starts()
    start_worker(server.settings)
    page = new_page(360, 740, js=script, locale=f"{language}-CA")

    at = enter(page, server, place, language, script)
    start = book(at, "vera@example.org")
    smtp.wait_for(2)
    [confirmation] = smtp.to("vera@example.org")
    method, event = event_of(confirmation)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("REQUEST", "CONFIRMED", 0)
    assert utc(event) == start
    assert str(confirmation.message["Subject"]).startswith(SUBJECTS[language][0])
    by_ada = bool(smtp.to("ada@demo.example"))
    expected = {khal_time(start)} if by_ada else set()
    assert program.starts() == before | expected

    page.goto(link_in(confirmation))
    page.locator("a.btn-1").click()
    page.locator("table.month button[name=day]").first.click()
    other = page.locator("button.slot").last
    moved_to = str(other.get_attribute("value"))
    other.click()
    smtp.wait_for(4)
    moved = smtp.to("vera@example.org")[1]
    method, after = event_of(moved)
    assert (method, int(after["SEQUENCE"]), utc(after)) == ("REQUEST", 1, moved_to)
    assert (after["UID"], after["ORGANIZER"]) == (event["UID"], event["ORGANIZER"])
    assert str(moved.message["Subject"]).startswith(SUBJECTS[language][1])
    assert program.starts() == before | ({khal_time(moved_to)} if by_ada else set())

    page.goto(link_in(moved))
    page.locator("button.btn-bad").click()
    smtp.wait_for(6)
    cancelled = smtp.to("vera@example.org")[2]
    method, end = event_of(cancelled)
    assert (method, str(end["STATUS"]), int(end["SEQUENCE"])) == ("CANCEL", "CANCELLED", 2)
    assert (end["UID"], end["ORGANIZER"]) == (event["UID"], event["ORGANIZER"])
    assert str(cancelled.message["Subject"]).startswith(SUBJECTS[language][2])
    assert program.starts() == before
    assert page.context.cookies() == []
    assert not complaints
