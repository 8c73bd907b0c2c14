"""What calendars answered, on the pages of the therapist."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from scheduler.clock import utcnow
from scheduler.services import answers
from scheduler.services.booking import Booked
from tests.support.answering import of_apple
from tests.support.signing_in import ADA
from tests.web.practice.staff import Person, visit


@pytest.fixture
def ada(make_app: Callable[..., Flask], sqlite_demo_database: str) -> Person:
    """Ada, signed in where answers are read."""
    return Person(make_app(sqlite_demo_database, SCHEDULER_ANSWERS="piped"), ADA)


def answer(ada: Person, one: Booked, **words: str) -> None:
    """Vera's calendar answers."""
    with ada.app.app_context():
        [person] = one.appointment.participants
        answers.take(of_apple(one.appointment.uid, person.email, stated_at=utcnow(), **words), now=utcnow())


def test_a_declined_time_waits_until_it_was_seen_and_still_stands(ada: Person) -> None:
    one = visit(ada.app, "consultation")
    page = f"/practice/appointments/{one.appointment.id}"
    assert "calendar of" not in ada.read(page)
    answer(ada, one)
    sentence = "The calendar of V. M. declined this time"
    for path in (page, "/practice/requests"):
        assert sentence in ada.read(path), path
    week = ada.read("/practice/")
    assert "Calendars answered: 1" in week
    assert sentence not in week
    [address] = re.findall(r'action="(/practice/answers/[^"]+/seen)"', ada.read("/practice/requests"))
    after = ada.done(address, back="requests")
    assert sentence not in after
    assert "Noted as seen" in after
    shown = ada.read(page)
    assert sentence in shown
    assert "Cancel this appointment" in shown
    assert "/seen" not in shown
    assert "Calendars answered" not in ada.read("/practice/")


def test_an_acceptance_is_shown_beside_the_appointment_only(ada: Person) -> None:
    one = visit(ada.app, "consultation")
    answer(ada, one, partstat="ACCEPTED")
    assert "V. M. accepted this time" in ada.read(f"/practice/appointments/{one.appointment.id}")
    assert "accepted this time" not in ada.read("/practice/requests")


def test_a_name_is_shown_only_while_the_switch_is_on_and_the_page_speaks_french(ada: Person) -> None:
    one = visit(ada.app, "consultation")
    answer(ada, one, method="CANCEL")
    [person] = one.appointment.participants
    ada.done("/practice/names", show="1")
    page = ada.read(f"/practice/appointments/{one.appointment.id}?lang=fr")
    assert f"L’agenda de {person.name} a retiré ce rendez-vous" in page
