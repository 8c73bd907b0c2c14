"""Ada chooses a time for somebody on the waiting list, without script."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from scheduler.clock import utcnow
from scheduler.services import directory, waiting
from scheduler.store import practice as practices
from scheduler.store.database import transaction
from tests.support.signing_in import ADA
from tests.support.waiting import close_everything, links, open_evenings
from tests.web.practice.staff import Person, problems


@pytest.fixture
def ada(demo_app: Flask) -> Person:
    """Ada, signed in; Vera waits for a morning, and evenings are open."""
    with demo_app.app_context():
        close_everything()
        practice = directory.practice("demo")
        waiting.join(
            practice,
            directory.find_type(practice, "consultation"),
            {"name": "Vera Moss", "email": "vera@mail.example", "mode": "video"},
            days=[],
            parts=["morning"],
            therapist=None,
            source="192.0.2.9",
            now=utcnow(),
        )
        open_evenings()
    return Person(demo_app, ADA)


def starts(page: str) -> list[str]:
    return re.findall(r'type="radio" name="start" value="(\d+)"', page)


def test_a_time_is_chosen_and_offered_by_one_press(ada: Person) -> None:
    listed = ada.read("/practice/waiting")
    [path] = re.findall(r'href="(/practice/waiting/[^"]+/offer)"', listed)
    page = ada.read(path)
    assert "Offer a time to V. M." in page
    assert "any day; morning" in page
    assert ">suits<" not in page
    first = starts(page)[0]
    [later] = re.findall(r'href="([^"]+)"><span>Later<', page)
    assert first not in starts(ada.read(later))
    assert problems(ada.send(path)) == ["start: Choose a time"]
    assert problems(ada.send(path, start="²")) == ["start: Choose a time"]
    gone = ada.send(path, start=str(int(first) + 60))
    assert (gone.status_code, problems(gone)) == (
        409,
        ["start: This time is no longer free. Choose another one"],
    )
    page = ada.done(path, start=first)
    assert re.search(r"V\. M\. gets a mail: .+ is kept for them\.", page)
    assert "Offered: " in page
    assert "/offer" not in page
    assert "A time is kept for them already. Wait for their answer." in ada.read(path)
    again = ada.send(path, start=first)
    assert (again.status_code, starts(again.text)) == (422, [])
    with ada.app.app_context():
        link = links()["Vera Moss"]
    assert "A time for you" in ada.app.test_client().get(link).text


def test_where_nothing_is_free_or_bookings_are_paused_it_says_so(ada: Person) -> None:
    [path] = re.findall(r'href="(/practice/waiting/[^"]+/offer)"', ada.read("/practice/waiting"))
    with ada.app.app_context():
        close_everything()
    assert "Nothing is free" in ada.read(path)
    with ada.app.app_context(), transaction() as tx:
        practices.save(tx, replace(directory.practice("demo"), paused_until=utcnow() + 3600))
    assert "no time can be offered" in ada.done(path, start="1")
