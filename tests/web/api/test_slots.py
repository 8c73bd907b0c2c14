"""Free times as programs ask for them."""

import json
from collections.abc import Callable

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler.services import directory
from scheduler.store import practice as practices
from scheduler.store.database import transaction
from scheduler.web.api.models import SlotsAnswer
from tests.web.api.conftest import BENS_FIRST, SLOTS, fields_of, problem_of

THURSDAY = f"{SLOTS}?from=2030-03-07&to=2030-03-07&therapist=ben"
BENS_HOURS = (15, 16, 17, 19, 20, 21, 22)
BENS_THURSDAY = [f"2030-03-07T{hour}:{minute:02}:00Z" for hour in BENS_HOURS for minute in (0, 15, 30, 45)]


def test_a_day_has_its_free_times_in_order(demo_client: FlaskClient) -> None:
    answer = demo_client.get(THURSDAY)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == {"zone": "America/Toronto", "duration_minutes": 15, "slots": BENS_THURSDAY}


def test_local_hours_stay_when_the_clocks_change(demo_client: FlaskClient) -> None:
    answer = demo_client.get(f"{SLOTS}?from=2030-03-14&to=2030-03-14&therapist=ben")
    assert answer.json["slots"][0] == "2030-03-14T14:00:00Z"
    assert answer.json["slots"][-1] == "2030-03-14T21:45:00Z"


def test_who_is_free_is_told_when_asked(demo_client: FlaskClient) -> None:
    answer = demo_client.get(f"{SLOTS}?from=2030-03-05&to=2030-03-05&therapists=1").json
    assert list(answer["therapists"]) == answer["slots"]
    assert answer["therapists"]["2030-03-05T13:00:00Z"] == ["ben"]
    assert answer["therapists"]["2030-03-05T15:00:00Z"] == ["ada", "ben"]
    assert answer["therapists"]["2030-03-05T23:45:00Z"] == ["ada"]


def test_the_answer_is_what_the_document_promises(demo_client: FlaskClient) -> None:
    text = demo_client.get(f"{SLOTS}?from=2030-03-05&to=2030-03-08&therapists=1").data
    assert SlotsAnswer.model_validate_json(text).model_dump() == json.loads(text)


def test_days_outside_the_horizon_are_empty(demo_client: FlaskClient) -> None:
    assert demo_client.get(f"{SLOTS}?from=2030-03-03&to=2030-03-03").json["slots"] == []
    assert demo_client.get(f"{SLOTS}?from=9999-12-01&to=9999-12-31").json["slots"] == []
    assert demo_client.get(f"{SLOTS}?from=0001-01-01&to=0001-01-02").json["slots"] == []


def test_who_has_the_answer_gets_304(demo_client: FlaskClient) -> None:
    tag = demo_client.get(THURSDAY).headers["ETag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = demo_client.get(THURSDAY, headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert demo_client.get(THURSDAY, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_booking_changes_answer_and_tag(
    demo_client: FlaskClient, book: Callable[..., TestResponse]
) -> None:
    before = demo_client.get(THURSDAY)
    assert book().status_code == 201
    after = demo_client.get(THURSDAY, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.json["slots"] == BENS_THURSDAY[1:]


def test_time_alone_changes_answer_and_tag(demo_client: FlaskClient, clock: time_machine.Traveller) -> None:
    before = demo_client.get(THURSDAY)
    clock.move_to("2030-03-06T15:00:01+00:00")
    after = demo_client.get(THURSDAY, headers={"If-None-Match": before.headers["ETag"]})
    assert after.json["slots"] == BENS_THURSDAY[1:]


def test_a_tag_speaks_for_who_is_free_too(
    demo_client: FlaskClient, book: Callable[..., TestResponse]
) -> None:
    path = f"{SLOTS}?from=2030-03-05&to=2030-03-05&therapists=1"
    before = demo_client.get(path)
    assert book(start="2030-03-05T15:00:00Z").status_code == 201
    after = demo_client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.json["slots"] == before.json["slots"]
    assert after.json["therapists"]["2030-03-05T15:00:00Z"] == ["ada"]


def test_any_site_may_read_free_times_without_credentials(demo_client: FlaskClient) -> None:
    for answer in (demo_client.get(THURSDAY), demo_client.get(SLOTS)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_a_browser_may_ask_with_a_tag(demo_client: FlaskClient) -> None:
    wish = {"Origin": "https://practice.example", "Access-Control-Request-Headers": "if-none-match"}
    answer = demo_client.options(THURSDAY, headers={**wish, "Access-Control-Request-Method": "GET"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["from"]),
        ("from=2030-03-07", ["to"]),
        ("from=7.3.2030&to=2030-03-07", ["from"]),
        ("from=2030-02-30&to=2030-03-07", ["from"]),
        ("from=２０３０-03-07&to=2030-03-07", ["from"]),
        ("from=2030-03-07%0A&to=2030-03-07", ["from"]),
        ("from=2030-03-07&to=2030-03-06", ["to"]),
        ("from=2030-03-01&to=2030-06-01", ["to"]),
        ("from=2030-03-07&to=2030-03-07&therapists=yes", ["therapists"]),
        ("from=2030-03-07&to=2030-03-07&day=1", ["day"]),
        ("from=2030-03-07&to=2030-03-07&to=2030-03-08", ["to"]),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(
    demo_client: FlaskClient, query: str, fields: list[str]
) -> None:
    assert fields_of(demo_client.get(f"{SLOTS}?{query}")) == fields


def test_92_days_are_answered(demo_client: FlaskClient) -> None:
    assert demo_client.get(f"{SLOTS}?from=2030-03-01&to=2030-05-31").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        SLOTS.replace("demo", "nobody"),
        SLOTS.replace("consultation", "nothing"),
        f"{SLOTS}?from=2030-03-07&to=2030-03-07&therapist=cora",
    ],
)
def test_what_is_not_there_or_not_the_practices_is_404(demo_client: FlaskClient, path: str) -> None:
    query = "" if "?" in path else "?from=2030-03-07&to=2030-03-07"
    answer = demo_client.get(path + query)
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_a_paused_practice_offers_nothing(
    demo_client: FlaskClient, book: Callable[..., TestResponse]
) -> None:
    with demo_client.application.app_context():
        stored = directory.practice("demo")
        with transaction() as tx:
            paused = {name: getattr(stored, name) for name in stored.__slots__}
            practices.save(tx, type(stored)(**{**paused, "paused_until": 2_000_000_000}))
    for answer in (demo_client.get(THURSDAY), book(start=BENS_FIRST)):
        assert (answer.status_code, problem_of(answer)["code"]) == (409, "paused")
