"""The demo on Monday 4 March 2030, 7 in the morning in Montréal: a week before the clocks change."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

MONDAY = datetime(2030, 3, 4, 12, tzinfo=UTC)
PRACTICE = "/api/v1/practices/demo"
SLOTS = f"{PRACTICE}/types/consultation/slots"
BENS_FIRST = "2030-03-07T15:00:00Z"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The frozen clock; `clock.shift(seconds)` lets time pass."""
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def veras() -> dict[str, Any]:
    """What Vera sends to have the free first call with Ben on Thursday."""
    return {
        "type": "consultation",
        "start": BENS_FIRST,
        "therapist": "ben",
        "mode": "video",
        "name": "Vera Visitor",
        "email": "vera@visitor.example",
        "consents": ["privacy"],
    }


@pytest.fixture
def book(demo_client: FlaskClient, veras: dict[str, Any]) -> Callable[..., TestResponse]:
    """Book as Vera, with changes: `book(key="1", start=…)`."""

    def send(key: str | None = "veras-key", **changes: Any) -> TestResponse:
        body = {name: value for name, value in {**veras, **changes}.items() if value is not None}
        headers = {"Idempotency-Key": key} if key else {}
        return demo_client.post(f"{PRACTICE}/appointments", json=body, headers=headers)

    return send


def problem_of(answer: TestResponse) -> dict[str, Any]:
    """The problem told, after a look at its form."""
    assert answer.mimetype == "application/problem+json"
    told = dict(answer.json or {})
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    return told


def fields_of(answer: TestResponse) -> list[str]:
    """The fields that a validation problem names."""
    told = problem_of(answer)
    assert (answer.status_code, told["code"]) == (422, "validation_failed")
    assert all(error["message"] for error in told["errors"])
    return [error["field"] for error in told["errors"]]
