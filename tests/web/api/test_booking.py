"""Booking by a program."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.api.conftest import BENS_FIRST, PRACTICE, SLOTS, fields_of, problem_of

Book = Callable[..., TestResponse]


def test_a_booking_is_answered_with_what_the_visitor_needs(book: Book) -> None:
    answer = book()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    told = dict(answer.json)
    assert len(told.pop("uid")) == 36
    link = urlsplit(told.pop("manage_url"))
    assert (link.scheme, link.netloc) == ("http", "localhost")
    assert link.path.startswith("/appointments/")
    assert len(link.path.removeprefix("/appointments/")) == 43
    assert told == {
        "status": "confirmed",
        "start": BENS_FIRST,
        "end": "2030-03-07T15:15:00Z",
        "therapist": "ben",
    }


def test_a_type_by_request_is_requested(book: Book) -> None:
    answer = book(type="intake", consents=["privacy", "policy"])
    assert (answer.status_code, answer.json["status"]) == (201, "requested")


def test_the_start_may_have_any_offset(book: Book) -> None:
    assert book(start="2030-03-07T10:00:00-05:00").json["start"] == BENS_FIRST


def test_without_a_therapist_somebody_free_is_chosen(book: Book) -> None:
    assert book(therapist=None, start="2030-03-05T23:45:00Z").json["therapist"] == "ada"


def test_the_same_key_and_body_give_the_same_answer(book: Book, demo_client: FlaskClient) -> None:
    first, second = book(), book()
    assert (second.status_code, second.json) == (201, first.json)


@pytest.mark.parametrize(
    "change", [{"name": "Vera V."}, {"start": "2030-03-07T15:15:00Z"}, {"therapist": None}]
)
def test_the_same_key_with_another_body_is_refused(book: Book, change: dict[str, Any]) -> None:
    assert book().status_code == 201
    assert fields_of(book(**change)) == ["Idempotency-Key"]


@pytest.mark.parametrize("key", [None, " ", "ключ".encode().decode("latin-1"), "k" * 201])
def test_a_booking_needs_a_key(book: Book, key: str | None) -> None:
    assert fields_of(book(key=key)) == ["Idempotency-Key"]


def test_a_taken_time_is_told_with_free_ones_close_by(book: Book) -> None:
    book()
    answer = book(key="another", name="Vera Second", email="second@visitor.example")
    told = problem_of(answer)
    assert (answer.status_code, told["code"]) == (409, "slot_taken")
    assert told["slots"] == [
        f"2030-03-07T{time}:00Z" for time in ("15:15", "15:30", "15:45", "16:00", "16:15", "16:30")
    ]


@pytest.mark.parametrize(
    "start", ["2030-03-07T15:01:00Z", "2030-03-04T13:00:00Z", "2000-01-01T00:00:00Z", "2999-12-31T23:59:59Z"]
)
def test_a_time_that_is_not_offered_cannot_be_booked(book: Book, start: str) -> None:
    assert problem_of(book(start=start))["code"] == "slot_taken"


@pytest.mark.parametrize(
    "start",
    [
        None,
        "",
        "2030-03-07T15:00:00",
        "2030-03-07 15:00:00Z",
        "2030-03-07T15:00Z",
        "2030-02-30T15:00:00Z",
        "2030-03-07T24:00:00Z",
        "2030-03-07T15:00:00.5Z",
        "2030-03-07T15:00:00+99:00",
        "２030-03-07T15:00:00Z",
        "2030-03-07T15:00:00Z\n",
        1_900_000_000,
        True,
        ["2030-03-07T15:00:00Z"],
    ],
)
def test_a_start_is_exactly_rfc_3339(book: Book, start: Any) -> None:
    assert fields_of(book(start=start)) == ["start"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"type": "nothing"}, ["type"]),
        ({"type": None}, ["type"]),
        ({"therapist": "cora"}, ["therapist"]),
        ({"therapist": 1}, ["therapist"]),
        ({"name": None, "email": "vera at visitor"}, ["name", "email"]),
        ({"mode": "in_person"}, ["mode"]),
        ({"mode": "phone"}, ["phone"]),
        ({"consents": []}, ["consents"]),
        ({"price": 0}, ["price"]),
        ({"name": ["Vera"]}, ["name"]),
        ({"note": "x" * 501}, ["note"]),
        ({"participants": [{"name": "Walt", "email": "walt@visitor.example"}]}, ["participants"]),
    ],
)
def test_each_wrong_value_is_named(book: Book, change: dict[str, Any], fields: list[str]) -> None:
    assert fields_of(book(**change)) == fields


def test_a_known_consent_that_is_not_needed_is_ignored(book: Book) -> None:
    assert book(consents=["privacy", "policy"]).status_code == 201


def test_price_duration_and_end_are_the_servers(book: Book) -> None:
    assert fields_of(book(duration=1, end="2030-03-07T19:00:00Z", status="confirmed")) == [
        "duration",
        "end",
        "status",
    ]


@pytest.mark.parametrize(
    ("body", "mimetype", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100, "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"type=consultation", "application/x-www-form-urlencoded", 415),
        (b"", "", 415),
        (b"[]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b" " * 70_000, "application/json", 413),
    ],
)
def test_only_one_json_object_is_read(
    demo_client: FlaskClient, body: bytes, mimetype: str, status: int
) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": mimetype}
    answer = demo_client.post(f"{PRACTICE}/appointments", data=body, headers=headers)
    assert answer.status_code == status
    problem_of(answer)


def test_problems_are_told_in_the_language_of_the_request(
    demo_client: FlaskClient, veras: dict[str, Any]
) -> None:
    def message(query: str = "", accept: str = "", **changes: Any) -> str:
        headers = {"Idempotency-Key": "k", "Accept-Language": accept}
        body = {**veras, **changes, "name": ""}
        answer = demo_client.post(f"{PRACTICE}/appointments{query}", json=body, headers=headers)
        [error] = problem_of(answer)["errors"]
        return str(error["message"])

    english = message()
    assert message(language="en", accept="fr") == english
    french = message(language="fr")
    assert french != english
    assert message("?lang=fr") == message(accept="fr") == french


def test_an_unknown_practice_is_404(demo_client: FlaskClient, veras: dict[str, Any]) -> None:
    path = PRACTICE.replace("demo", "nobody")
    answer = demo_client.post(f"{path}/appointments", json=veras, headers={"Idempotency-Key": "k"})
    assert problem_of(answer)["code"] == "not_found"


def test_the_wrong_method_is_405(demo_client: FlaskClient) -> None:
    assert problem_of(demo_client.get(f"{PRACTICE}/appointments"))["code"] == "method_not_allowed"


def test_other_sites_cannot_read_bookings(book: Book) -> None:
    assert "Access-Control-Allow-Origin" not in book().headers


def test_whether_an_address_is_known_shows_nowhere(book: Book) -> None:
    first = book()
    again = book(key="another", start="2030-03-07T15:15:00Z")
    assert (again.status_code, again.json.keys()) == (first.status_code, first.json.keys())
    assert again.json["status"] == first.json["status"]


def test_too_many_bookings_of_one_source_are_told_when_to_come_back(
    make_app: Callable[..., Flask], any_demo_database: str, veras: dict[str, Any]
) -> None:
    client = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on").test_client()
    free = client.get(f"{SLOTS}?from=2030-03-05&to=2030-03-28&therapists=1").json["slots"]
    booked = 0
    for number, start in enumerate(free[::5]):
        body = {**veras, "start": start, "therapist": "", "email": f"vera{number}@visitor.example"}
        answer = client.post(f"{PRACTICE}/appointments", json=body, headers={"Idempotency-Key": str(number)})
        booked += answer.status_code == 201
        if answer.status_code == 429:
            break
    assert (booked, problem_of(answer)["code"]) == (20, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0


def test_answers_are_told_as_they_are_sent(book: Book) -> None:
    answer = book(note="Sonnez s’il vous plaît", language="fr", zone="Europe/Paris")
    assert answer.status_code == 201
    assert json.loads(answer.data) == answer.json
