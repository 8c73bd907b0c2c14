"""What the holder of a manage link does through the API."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.api.conftest import BENS_FIRST, SLOTS, fields_of, problem_of

LATER = "2030-03-14T14:00:00Z"


@pytest.fixture
def booked(book: Callable[..., TestResponse]) -> str:
    """The API's address of Vera's appointment with Ben."""
    token = book().json["manage_url"].rpartition("/")[2]
    return f"/api/v1/appointments/{token}"


def test_a_link_shows_the_appointment_and_nobody(demo_client: FlaskClient, booked: str) -> None:
    answer = demo_client.get(booked)
    assert answer.headers["Cache-Control"] == "no-store"
    told = dict(answer.json)
    assert len(told.pop("uid")) == 36
    assert told == {
        "status": "confirmed",
        "start": BENS_FIRST,
        "end": "2030-03-07T15:15:00Z",
        "practice": "demo",
        "type": "consultation",
        "therapist": "ben",
        "mode": "video",
        "zone": "America/Toronto",
        "answer_by": None,
        "can_move": True,
        "can_cancel": True,
        "free_until": None,
    }


def test_a_request_says_until_when_it_is_answered(
    demo_client: FlaskClient, book: Callable[..., TestResponse]
) -> None:
    link = book(type="intake", consents=["privacy", "policy"]).json["manage_url"].rpartition("/")[2]
    assert demo_client.get(f"/api/v1/appointments/{link}").json["answer_by"] == "2030-03-06T12:00:00Z"


def test_cancelling_frees_the_time_and_can_be_repeated(demo_client: FlaskClient, booked: str) -> None:
    for note in ({}, {"json": {}}, {"json": {"note": "I am better."}}):
        answer = demo_client.post(f"{booked}/cancel", **note)
        assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
        assert answer.json["can_cancel"] is False
    free = demo_client.get(f"{SLOTS}?from=2030-03-07&to=2030-03-07&therapist=ben").json["slots"]
    assert free[0] == BENS_FIRST


def test_moving_keeps_uid_and_therapist(demo_client: FlaskClient, booked: str) -> None:
    before = demo_client.get(booked).json
    answer = demo_client.post(f"{booked}/move", json={"start": LATER})
    assert answer.status_code == 200
    assert answer.json == {**before, "start": LATER, "end": "2030-03-14T14:15:00Z"}
    assert demo_client.get(booked).json == answer.json


def test_moving_to_a_taken_time_leaves_the_old_one(
    demo_client: FlaskClient, booked: str, book: Callable[..., TestResponse]
) -> None:
    book(key="other", start=LATER, name="Walt", email="walt@visitor.example")
    answer = demo_client.post(f"{booked}/move", json={"start": LATER})
    told = problem_of(answer)
    assert (answer.status_code, told["code"], told["slots"][0]) == (409, "slot_taken", "2030-03-14T14:15:00Z")
    assert demo_client.get(booked).json["start"] == BENS_FIRST


def test_a_cancelled_appointment_is_not_moved(demo_client: FlaskClient, booked: str) -> None:
    demo_client.post(f"{booked}/cancel")
    answer = demo_client.post(f"{booked}/move", json={"start": LATER})
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "wrong_state")


def test_what_has_begun_is_not_cancelled(
    demo_client: FlaskClient, booked: str, clock: time_machine.Traveller
) -> None:
    clock.move_to("2030-03-07T15:00:00+00:00")
    assert problem_of(demo_client.post(f"{booked}/cancel"))["code"] == "wrong_state"
    assert demo_client.get(booked).json["can_cancel"] is False


@pytest.mark.parametrize(
    ("action", "body", "fields"),
    [
        ("move", {}, ["start"]),
        ("move", {"start": LATER, "therapist": "ada"}, ["therapist"]),
        ("move", {"start": "tomorrow"}, ["start"]),
        ("cancel", {"note": 5}, ["note"]),
        ("cancel", {"note": "x" * 501}, ["note"]),
        ("cancel", {"reason": "x"}, ["reason"]),
    ],
)
def test_wrong_values_are_named_and_change_nothing(
    demo_client: FlaskClient, booked: str, action: str, body: dict[str, Any], fields: list[str]
) -> None:
    before = demo_client.get(booked).json
    assert fields_of(demo_client.post(f"{booked}/{action}", json=body)) == fields
    assert demo_client.get(booked).json == before


def test_a_form_is_no_json(demo_client: FlaskClient, booked: str) -> None:
    assert demo_client.post(f"{booked}/cancel", data={"note": "x"}).status_code == 415
    assert demo_client.post(f"{booked}/move", data={"start": LATER}).status_code == 415
    assert demo_client.get(booked).json["status"] == "confirmed"


def test_a_wrong_link_is_404_whatever_one_does(demo_client: FlaskClient, booked: str) -> None:
    for wrong in (booked[:-1], f"{booked}x", "/api/v1/appointments/x"):
        for answer in (
            demo_client.get(wrong),
            demo_client.post(f"{wrong}/cancel"),
            demo_client.post(f"{wrong}/move", json={"start": LATER}),
        ):
            assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_reading_changes_nothing(demo_client: FlaskClient, booked: str) -> None:
    assert demo_client.get(f"{booked}/cancel").status_code == 405
    assert demo_client.get(booked).json == demo_client.get(booked).json
    assert demo_client.get(booked).json["status"] == "confirmed"


def test_a_link_dies_a_week_after_the_appointment(
    demo_client: FlaskClient, booked: str, clock: time_machine.Traveller
) -> None:
    clock.move_to("2030-03-14T15:15:00+00:00")
    assert demo_client.get(booked).status_code == 200
    clock.move_to("2030-03-14T15:15:01+00:00")
    assert demo_client.get(booked).status_code == 404
