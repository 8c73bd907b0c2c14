"""Errors as answers: calm pages, problem+json, and nothing of the inside."""

import json
import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask, abort

from scheduler.domain import errors as refusals
from scheduler.web import errors
from scheduler.web.logging import JSONFormatter

SECRET_TEXT = "secret text of an inner error"


def raiser(error: Exception) -> Callable[[], None]:
    def view() -> None:
        raise error

    return view


@pytest.fixture
def failing(demo_app: Flask) -> Callable[[Exception, str], object]:
    """Answer a request in which this error is raised, as a real server would."""
    demo_app.testing = False
    demo_app.config["PROPAGATE_EXCEPTIONS"] = False

    def ask(error: Exception, path: str) -> object:
        demo_app._got_first_request = False
        demo_app.add_url_rule(path, path, raiser(error))
        return demo_app.test_client().get(path)

    return ask


ALL = [
    (refusals.NotFound(), 404, "not_found"),
    (refusals.SlotTaken(), 409, "slot_taken"),
    (refusals.DatesTaken((1, 2)), 409, "slot_taken"),
    (refusals.HoldExpired(), 409, "slot_taken"),
    (refusals.NotEligible(), 409, "not_eligible"),
    (refusals.TooMany(77), 429, "rate_limited"),
    (refusals.WrongState(), 409, "wrong_state"),
    (refusals.AnotherRequest(), 422, "validation_failed"),
    (refusals.Refused({"email": "Check it"}), 422, "validation_failed"),
    (refusals.Paused(), 409, "paused"),
    (refusals.StoreBusy(), 503, "try_again"),
]


def test_every_refusal_of_the_domain_has_an_answer_with_its_own_code() -> None:
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type)} - {refusals.SchedulerError}
    assert kinds == set(errors.REFUSALS) == {type(error) for error, *_ in ALL}
    assert {kind: errors.REFUSALS[kind].code for kind in kinds} == {kind: kind.code for kind in kinds}


@pytest.mark.parametrize(("error", "status", "code"), ALL)
def test_the_api_answers_with_a_problem(
    failing: Callable[..., object], error: Exception, status: int, code: str
) -> None:
    answer = failing(error, "/api/v1/failing")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert set(answer.json) - {"errors"} == {"type", "title", "status", "code", "detail", "number"}


@pytest.mark.parametrize(("error", "status", "code"), ALL)
def test_a_person_gets_a_page(
    failing: Callable[..., object], error: Exception, status: int, code: str
) -> None:
    answer = failing(error, "/book/failing")
    assert (answer.status_code, answer.content_type) == (status, "text/html; charset=utf-8")
    assert re.search(r"<h1>[^<]{10,}</h1>\s*<p>[^<]{10,}</p>", answer.text)


def test_wrong_fields_are_named_to_programs(failing: Callable[..., object]) -> None:
    answer = failing(refusals.Refused({"email": "Check it"}), "/api/v1/failing")
    assert answer.json["errors"] == [{"field": "email", "message": "Check it"}]


@pytest.mark.parametrize(("error", "seconds"), [(refusals.TooMany(77), "77"), (refusals.StoreBusy(), "2")])
def test_a_passing_refusal_says_when_to_try_again(
    failing: Callable[..., object], error: Exception, seconds: str
) -> None:
    assert failing(error, "/book/failing").headers["Retry-After"] == seconds


@pytest.mark.parametrize("path", ["/book/failing", "/api/v1/failing", "/practice/failing"])
def test_a_fault_of_ours_shows_a_number_that_finds_the_log_line(
    failing: Callable[..., object], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing(ZeroDivisionError(SECRET_TEXT), path)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    line = json.loads(JSONFormatter().format(record))
    assert answer.status_code == 500
    assert line["number"] in answer.text
    assert (line["error"], line["event"]) == ("ZeroDivisionError", "unexpected error")
    assert any(place.endswith(" view") for place in line["at"])
    assert SECRET_TEXT not in answer.text + json.dumps(line)
    assert "Traceback" not in answer.text
    assert "test_errors" not in answer.text


def test_an_error_page_speaks_the_readers_language(demo_app: Flask) -> None:
    client = demo_app.test_client()
    french = client.get("/nowhere", headers={"Accept-Language": "fr"}).text
    assert '<html lang="fr"' in french
    assert "We cannot find this page" in client.get("/nowhere").text
    assert "We cannot find this page" not in french


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 418, 429, 503])
def test_every_status_has_a_page_and_a_problem(demo_app: Flask, status: int) -> None:
    demo_app.add_url_rule("/book/aborting", "aborting page", lambda: abort(status))
    demo_app.add_url_rule("/api/v1/aborting", "aborting call", lambda: abort(status))
    client = demo_app.test_client()
    page, call = client.get("/book/aborting"), client.get("/api/v1/aborting")
    assert (page.status_code, call.status_code, call.json["status"]) == (status, status, status)
    assert "<h1>" in page.text


def test_a_wrong_method_is_told_which_ones_are_right(demo_app: Flask) -> None:
    answer = demo_app.test_client().delete("/healthz")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})


def test_a_page_that_cannot_be_made_becomes_plain_words(
    demo_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_app.jinja_env, "loader", None)
    answer = demo_app.test_client().get("/nowhere")
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert answer.text.startswith("We cannot find this page")


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/wsgi.py",
        "/instance/scheduler.sqlite3",
        "/static/../settings.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_no_file_of_the_program_is_served(demo_app: Flask, path: str) -> None:
    assert demo_app.test_client().get(path).status_code == 404
