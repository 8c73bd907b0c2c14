"""Where the visitor will be: asked where licences are bound to places, and a kind stop with ways on."""

from dataclasses import replace

import pytest
from flask import Flask

from scheduler.services import directory
from scheduler.store import appointments, therapists
from scheduler.store.database import reading, transaction
from tests.support.signing_in import ADA
from tests.web.practice.staff import Person
from tests.web.visitor.walking import Visitor

WITH_ADA = "?therapist=ada"


@pytest.fixture
def licensed(demo_app: Flask) -> Flask:
    """Ada sees people in Quebec by call, Ben in Ontario."""
    with demo_app.app_context(), transaction() as tx:
        practice = directory.practice("demo")
        for slug, places in (("ada", ("CA-QC",)), ("ben", ("CA-ON",))):
            therapists.save(tx, replace(directory.find_therapist(practice, slug), places=places))
    return demo_app


def test_nobody_is_asked_by_default(vera: Visitor) -> None:
    assert 'name="place"' not in vera.hold_first().source


def test_a_place_is_asked_and_seen_by_the_therapist_alone(licensed: Flask, vera: Visitor) -> None:
    page = vera.hold_first("consultation", WITH_ADA)
    assert page.source.index("Ontario") < page.source.index("Quebec") < page.source.index("Somewhere else")
    unanswered = vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    assert (unanswered.status, "Tell us where you will be" in unanswered.text) == (422, True)
    booked = vera.fill(mode="video", place="CA-QC")
    assert booked.headings[0] == "You are booked"
    assert "Quebec" not in booked.text
    with licensed.app_context(), reading() as tx:
        practice = directory.practice("demo")
        [one] = [
            found
            for found in appointments.with_status(tx, practice.id, ["confirmed"])
            if any(person.extras for person in found.participants)
        ]
    assert "Quebec" in Person(licensed, ADA).read(f"/practice/appointments/{one.id}")


def test_a_stop_shows_ways_on_and_loses_nothing(licensed: Flask, vera: Visitor) -> None:
    vera.hold_first("consultation", WITH_ADA)
    stopped = vera.fill(name="Vera", email="vera@visitor.example", mode="video", place="CA-ON")
    assert stopped.status == 409
    assert stopped.headings[0] == "Ada cannot see you by phone or video there"
    assert "has none for Ontario" in stopped.text
    assert "In danger right now?" in stopped.text
    assert "Meet in person" not in stopped.text
    again = vera.follow("Change the answer")
    assert again.form_with("email").fields["name"] == "Vera"
    assert '<option value="CA-ON" selected>' in again.source
    vera.fill(mode="video", place="CA-ON")
    times = vera.follow("See times with Ben")
    assert "is kept for you" in times.text
    vera.press_day(times.days()[0])
    vera.press_time(vera.page.starts()[-1])
    assert vera.page.form_with("email").fields["email"] == "vera@visitor.example"
    assert vera.fill(mode="video", place="CA-ON").headings[0] == "You are booked"


def test_in_person_is_one_press_away(licensed: Flask, vera: Visitor) -> None:
    with licensed.app_context():
        kinds = directory.offered_types(directory.practice("demo"))
    [both] = [kind.slug for kind in kinds if {"in_person", "video"} <= set(kind.modes)][:1]
    vera.hold_first(both, WITH_ADA)
    stopped = vera.fill(
        name="Vera", email="vera@visitor.example", mode="video", place="elsewhere", policy="1"
    )
    assert stopped.status == 409
    assert "has none beyond those listed" in stopped.text
    form = next(form for form in stopped.forms if ("action", "in_person", "Meet in person") in form.buttons)
    vera.send(form, action="in_person")
    assert vera.page.form_with("email").fields["mode"] == "in_person"
    assert vera.fill(policy="1").status == 200


def test_the_api_names_places_and_says_not_eligible(licensed: Flask) -> None:
    client = licensed.test_client()
    practice = client.get("/api/v1/practices/demo").json
    assert practice["types"][0]["places"] == ["CA-ON", "CA-QC"]
    sent = {
        "type": "consultation",
        "start": "2030-03-07T15:00:00Z",
        "therapist": "ada",
        "name": "Vera",
        "email": "vera@visitor.example",
        "mode": "video",
        "consents": ["privacy"],
    }
    for place, told in (("", (422, "validation_failed")), ("CA-ON", (409, "not_eligible"))):
        answer = client.post(
            "/api/v1/practices/demo/appointments",
            json={**sent, "place": place},
            headers={"Idempotency-Key": f"k{place}"},
        )
        assert (answer.status_code, answer.json["code"]) == told
    document = client.get("/api/v1/openapi.json").json
    described = document["components"]["schemas"]["BookingRequest"]["properties"]["place"]
    assert "places" in described["description"]
