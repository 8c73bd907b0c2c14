"""Whether text messages and voicemail are safe, and taking back what was agreed to: the visitor's pages."""

import re

import pytest
from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.appointment import Appointment, Status
from scheduler.services import booking, directory, manage
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person
from tests.web.visitor.test_terms import PAGE, stored, type_fields
from tests.web.visitor.walking import Visitor

SETTINGS = "/practice/settings/practice"


@pytest.fixture
def asking(demo_app: Flask, vera: Visitor) -> Visitor:
    """Vera before a practice that asks."""
    owner = Person(demo_app, OWNER)
    page = owner.done(SETTINGS, do="safe_contact", asked="1")
    assert re.search(r'name="asked" value="1" checked', page)
    return vera


def appointment(app: Flask, link: str) -> Appointment:
    with app.app_context():
        return manage.find(link.partition("?")[0].rpartition("/")[2], now=utcnow()).appointment


def seen_by_ada(app: Flask, one: Appointment) -> str:
    return Person(app, ADA).read(f"/practice/appointments/{one.id}")


def test_nobody_is_asked_by_default(vera: Visitor) -> None:
    assert "safe_text" not in vera.hold_first().source


def test_what_is_not_ticked_is_a_no_beside_the_number_and_can_be_changed(
    demo_app: Flask, asking: Visitor
) -> None:
    page = asking.hold_first()
    assert "No tick means no." in page.text
    assert {"safe_text", "safe_voicemail"}.isdisjoint(page.form_with("email").fields)
    asking.fill(name="Vera", email="v@", phone="514 555 0189", mode="phone", safe_text="yes")
    assert asking.page.form_with("email").fields["safe_text"] == "yes"
    asking.fill(email="vera@visitor.example")
    page = asking.follow("Change or cancel")
    one = appointment(demo_app, page.address)
    assert "Text messages are fine, no voicemail" in seen_by_ada(demo_app, one)
    form = next(form for form in page.forms if form.action.partition("?")[0].endswith("/contact"))
    assert form.fields["safe_text"] == "yes"
    form.fields.pop("safe_text")
    page = asking.send(form)
    assert page.headings[0] == "Saved"
    assert "No text messages, no voicemail" in seen_by_ada(demo_app, one)
    answer = asking.client.post(form.action, data={"safe_voicemail": "yes"})
    assert answer.status_code == 400
    assert "No text messages, no voicemail" in seen_by_ada(demo_app, one)


def test_without_a_number_nothing_is_shown_and_nothing_can_be_sent(demo_app: Flask, asking: Visitor) -> None:
    asking.book(mode="video", safe_text="yes")
    page = asking.follow("Change or cancel")
    assert "safe_text" not in page.source
    token = page.form_with("action").fields["form_token"]
    link = page.address.partition("?")[0]
    answer = asking.client.post(f"{link}/contact", data={"form_token": token, "safe_text": "yes"})
    assert answer.status_code == 404


def test_terms_are_shown_word_for_word_and_taken_back_by_one_press(demo_app: Flask, vera: Visitor) -> None:
    owner = Person(demo_app, OWNER)
    words = {"policy-en": "Please write early.", "policy-fr": "Écrivez tôt."}
    names = {tag: tag for tag in stored(demo_app).names}
    assert names
    owner.done(PAGE, **type_fields(stored(demo_app), late_fee="60", cancel_window="24", **words))
    version = str(stored(demo_app).policy_version)
    page = vera.hold_first("session")
    assert re.search(r'id="policy"[^>]* aria-describedby="policy-h"', page.source)
    vera.fill(name="Vera", email="vera@visitor.example", policy=version)
    page = vera.follow("Change or cancel")
    one = appointment(demo_app, page.address)
    words = {"policy-en": "Quite other words.", "policy-fr": "Autre chose."}
    owner.done(PAGE, **type_fields(stored(demo_app), late_fee="90", cancel_window="24", **words))
    seen = seen_by_ada(demo_app, one)
    assert "Please write early." in seen
    assert "Quite other words." not in seen
    assert f"Cancellation terms, version {version}" in seen
    assert "Privacy notice, version" in seen
    form = next(form for form in page.forms if form.action.partition("?")[0].endswith("/take-back"))
    assert vera.client.post(form.action).status_code == 400
    assert appointment(demo_app, page.address).status is Status.CONFIRMED
    page = vera.send(form)
    assert "Your appointment is cancelled" in page.headings
    assert "What you agreed to" not in page.text
    assert "Taken back on" in seen_by_ada(demo_app, one)


def test_a_booking_of_before_is_found_again_on_the_booked_page(demo_app: Flask, asking: Visitor) -> None:
    page = asking.book(mode="phone", safe_voicemail="yes")
    token = page.address.partition("?")[0].rpartition("/")[2]
    with demo_app.app_context():
        found = booking.find_booked(directory.practice("demo"), token, now=utcnow())
    assert found.appointment.participants[0].extras == {"text": "no", "voicemail": "yes"}
