"""Somebody of the practice at a page: reads, fills in forms without script, follows answers."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import booking, directory, offers
from scheduler.services.booking import Booked
from tests.support.signing_in import signed_in, staff_token


class Person:
    """A signed-in browser without script."""

    def __init__(self, app: Flask, email: str) -> None:
        self.app = app
        self.client: FlaskClient = signed_in(app, email)
        self.token = staff_token(self.client)

    def read(self, path: str, status: int = 200) -> str:
        """The text of a page."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form; lists are fields sent several times."""
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def done(self, path: str, **fields: Any) -> str:
        """Send a form that must be taken, and read the page it leads to."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, problems(answer)
        return self.read(answer.headers["Location"])


def problems(answer: TestResponse) -> list[str]:
    """The sentences beside the fields."""
    found = re.findall(
        r'class="err" id="([^"]+)-problem">.*?<span>(.*?)</span>', unescape(answer.text), re.DOTALL
    )
    return [f"{name}: {text}" for name, text in found]


def working_day(ahead: int = 7) -> date:
    """The first Wednesday at least `ahead` days from now."""
    day = datetime.now(UTC).date() + timedelta(days=ahead)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def visit(
    app: Flask,
    slug: str,
    *,
    whose: str = "ada",
    practice: str = "demo",
    name: str = "Vera Moss",
    nth: int = 0,
) -> Booked:
    """A visitor books the nth free time from the coming week on."""
    with app.app_context():
        now = utcnow()
        place = directory.practice(practice)
        kind, therapist = directory.find_type(place, slug), directory.find_therapist(place, whose)
        day = working_day()
        free = offers.offer(place, kind, day, day + timedelta(days=20), therapist=therapist, now=now).starts
        return booking.book(
            place,
            kind,
            start=free[nth],
            therapist=therapist,
            raw={
                "name": name,
                "email": f"{name.split()[0].lower()}@mail.example",
                "phone": "+1 514 555 0189",
                "mode": kind.modes[0].value,
                "language": place.language,
                "zone": place.zone,
                "note": "",
                "consents": ["privacy", "policy"],
            },
            key=f"{slug}-{whose}-{nth}-{name}",
            source="192.0.2.9",
            now=now,
            limited=False,
        )


def write_mails(app: Flask) -> None:
    """Let the worker take what is due; without a mail server it keeps previews."""
    with app.app_context():
        worker.run_once(app.config["SETTINGS"], utcnow())
