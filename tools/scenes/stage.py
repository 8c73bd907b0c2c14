"""Where scenes play: the demo behind a real port, a browser for a visitor, and one for each of the staff."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect
from werkzeug.serving import make_server

from scheduler.clock import utcnow
from scheduler.domain.practice import Practice
from scheduler.services import booking, directory, offers
from scheduler.services.booking import Booked

ADA, OWNER = "ada@demo.example", "owner@demo.example"
SIZE = (1280, 860)
VERA = {"name": "Vera Lindqvist", "email": "vera@visitor.example", "phone": "+1 514 555 0189"}


@dataclass
class Stage:
    """The demo, running: `app` answers on `url` with the rows of `file`; browsers speak `language`."""

    app: Flask
    url: str
    file: Path
    browser: Browser
    password: str
    language: str = "en"
    _pages: dict[str, Page] = field(default_factory=dict)

    def visitor(self) -> Page:
        """Vera's window; every scene finds the same one."""
        return self._page("")

    def open(self, path: str, page: Page | None = None) -> Page:
        """Go to an address of the demo, Vera if nobody else; times are in the practice's zone."""
        page = page or self.visitor()
        page.goto(self.url + path)
        return page

    def staff(self, email: str) -> Page:
        """The window of somebody who is signed in."""
        page = self._page(email)
        if page.url == "about:blank":
            page.goto(f"{self.url}/practice/sign-in")
            page.locator("#email").fill(email)
            page.locator("#password").fill(self.password)
            page.locator("button.btn-1").click()
            page.locator(".app-side").wait_for()
        return page

    def stranger(self) -> Page:
        """A window of nobody in particular, without a session."""
        self._close("stranger")
        return self._page("stranger")

    def blank(self) -> Page:
        """A window in which no address was ever opened."""
        return self._page("blank")

    def change(self, *statements: str) -> None:
        """Change the stored facts."""
        with closing(sqlite3.connect(self.file, timeout=30)) as database, database:
            for statement in statements:
                database.execute(statement)

    @property
    def practice(self) -> Practice:
        """The demo practice; ask within an application context."""
        return directory.practice("demo")

    def book(self, slug: str, *, ahead: int = 7, whose: str = "ada", **answers: Any) -> Booked:
        """Vera books the first free time from the first Wednesday at least `ahead` days from now on."""
        with self.app.app_context():
            now = utcnow()
            kind = directory.find_type(self.practice, slug)
            therapist = directory.find_therapist(self.practice, whose)
            day = wednesday(ahead)
            last = day + timedelta(days=20)
            free = offers.offer(self.practice, kind, day, last, therapist=therapist, now=now).starts
            second = [{"name": "Max Oduya", "email": "max@visitor.example"}] if kind.participants > 1 else []
            return booking.book(
                self.practice,
                kind,
                start=free[0],
                therapist=therapist,
                raw={
                    **VERA,
                    "mode": kind.modes[0].value,
                    "language": self.language,
                    "zone": self.practice.zone,
                    "note": "",
                    "participants": second,
                    "consents": ["privacy", "policy"],
                    **answers,
                },
                key=uuid4().hex,
                source="192.0.2.9",
                now=now,
                limited=False,
            )

    def close(self) -> None:
        """Close every window."""
        for name in list(self._pages):
            self._close(name)

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            context = self._context()
            context.set_default_timeout(30_000)
            self._pages[name] = context.new_page()
        return self._pages[name]

    def _context(self) -> BrowserContext:
        return self.browser.new_context(
            viewport={"width": SIZE[0], "height": SIZE[1]},
            reduced_motion="reduce",
            locale="en-CA" if self.language == "en" else self.language,
            timezone_id="America/Toronto",
        )

    def _close(self, name: str) -> None:
        page = self._pages.pop(name, None)
        if page is not None:
            page.context.close()


def later_day(place: Page | FrameLocator, number: int) -> Locator:
    """The free day after so many, to be pressed; at the end of a month it is one of the next."""
    days = place.locator("table.month button")
    days.first.wait_for()
    here = days.count()
    if number >= here:
        shown = place.locator("#month-name").inner_text()
        place.locator(".month-bar a[rel=next]").click()
        expect(place.locator("#month-name")).not_to_have_text(shown)
        number -= here
    return days.nth(number)


def wednesday(ahead: int) -> date:
    """The first Wednesday at least so many days from now."""
    day = datetime.fromtimestamp(utcnow(), UTC).date() + timedelta(days=ahead)
    return day + timedelta(days=(2 - day.weekday()) % 7)


@contextmanager
def serving(app: Flask, port: int) -> Iterator[str]:
    """Serve the application from this process, faults told as in life; gives its address."""
    app.testing = False
    with in_a_thread(app, port) as address:
        yield address


@contextmanager
def in_a_thread(app: Flask, port: int) -> Iterator[str]:
    """Serve the application from this process, so that what is changed in it counts; gives its address."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
