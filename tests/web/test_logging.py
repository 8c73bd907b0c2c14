"""The log: listed fields, one line of JSON each, no person, no secret link, no address."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from scheduler.web.logging import FIELDS, Handler, JSONFormatter
from tests.support.environment import PASSWORD
from tests.support.signing_in import ADA, fill_in, signed_in

TOKEN = "t" * 43
ALLOWED = {"time", "level", "from", "event", "error", "at", *FIELDS}


@pytest.fixture
def log(demo_app: Flask) -> Iterator[io.StringIO]:
    """What the application writes, at the finest level."""
    written = io.StringIO()
    (handler,) = [handler for handler in logging.getLogger().handlers if isinstance(handler, Handler)]
    handler.setStream(written)
    loggers = [
        logging.getLogger(name) for name in ("", "scheduler", "scheduler.request", "werkzeug", "sqlalchemy")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield written
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_route_and_not_its_address(demo_app: Flask, log: io.StringIO) -> None:
    demo_app.test_client().get(f"/appointments/{TOKEN}?email=vera@visitor.example")
    (line,) = [line for line in lines(log) if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/appointments/<token>", 404)
    assert set(line) <= ALLOWED
    assert isinstance(line["milliseconds"], float)


def test_no_secret_and_no_person_is_logged_at_any_level(demo_app: Flask, log: io.StringIO) -> None:
    client = demo_app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    client.get(f"/appointments/{TOKEN}")
    client.get(f"/feeds/{TOKEN}.ics")
    client.get(f"/feeds/{TOKEN}.ifb")
    client.get(f"/nowhere/{TOKEN}?name=Vera")
    client.post(f"/appointments/{TOKEN}", data={"name": "Vera", "phone": "+49 30 901820"})
    client.post("/api/v1/practices/demo/appointments", json={"name": "Vera", "email": "vera@visitor.example"})
    fill_in(client, ADA, "a wrong password of mine")
    fill_in(client, ADA, PASSWORD)
    written = log.getvalue()
    assert len(lines(log)) > 8
    for secret in (TOKEN, "203.0.113", "Vera", "visitor.example", "901820", "wrong password", PASSWORD, ADA):
        assert secret not in written, secret


def test_a_staff_request_names_the_account_by_its_id(demo_app: Flask, log: io.StringIO) -> None:
    signed_in(demo_app, ADA).get("/practice/confirm")
    line = [line for line in lines(log) if line["event"] == "request"][-1]
    assert (line["route"], len(str(line["user"]))) == ("/practice/confirm", 36)


def test_a_fault_is_told_by_its_kind_and_place_without_its_text(demo_app: Flask, log: io.StringIO) -> None:
    def view() -> None:
        raise ValueError("Vera's note")

    demo_app.testing = False
    demo_app.add_url_rule("/book/faulty", "faulty", view)
    demo_app.test_client().get("/book/faulty")
    (line,) = [line for line in lines(log) if line["event"] == "unexpected error"]
    assert (line["error"], str(line["at"]).count("test_logging.py")) == ("ValueError", 1)
    assert "Vera" not in log.getvalue()


def test_a_line_cannot_be_forged(demo_app: Flask, log: io.StringIO) -> None:
    logging.getLogger("scheduler.test").info("one\ntwo", extra={"kind": 'x"}\n{"event": "forged"'})
    assert [line["event"] for line in lines(log)] == ["one\ntwo"]


def test_values_go_in_by_listed_names_only(demo_app: Flask, log: io.StringIO) -> None:
    logging.getLogger("scheduler.test").info(
        "mail %s", "vera@visitor.example", extra={"uid": "u1", "anything": "Vera"}
    )
    assert lines(log)[-1].keys() == {"time", "level", "from", "event", "uid"}
    assert lines(log)[-1]["event"] == "mail %s"


def test_a_second_application_does_not_double_the_log(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    for _ in range(2):
        make_app(any_demo_database)
    assert len([handler for handler in logging.getLogger().handlers if isinstance(handler, Handler)]) == 1


def test_times_are_in_utc() -> None:
    record = logging.LogRecord("scheduler", logging.INFO, "", 0, "x", (), None)
    record.created = 1_780_000_000.5
    assert json.loads(JSONFormatter().format(record))["time"] == "2026-05-28T20:26:40.500+00:00"
