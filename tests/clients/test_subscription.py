"""A calendar program subscribes: vdirsyncer fetches the feed of a running server, khal shows it."""

import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.services import by_hand as by_hand_service
from scheduler.services import directory
from tests.clients.programs import Program
from tests.support.commands import flask
from tests.support.servers import RunningServer

TORONTO = ZoneInfo("America/Toronto")


def ask(url: str, body: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """A JSON question to the running server."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


def at(text: str) -> datetime:
    """An instant of the API on the clocks of Montréal."""
    return datetime.fromisoformat(text).astimezone(TORONTO)


def line(start: str, end: str, status: str) -> str:
    return f"{at(start):%H:%M}-{at(end):%H:%M} Appointment · Vera {status}".strip()


@pytest.fixture
def server(serve: Callable[..., RunningServer], any_demo_database: str) -> RunningServer:
    """The demo, running."""
    return serve(any_demo_database)


@pytest.fixture
def program(server: RunningServer, tmp_path: Path) -> Program:
    """A calendar program subscribed to Ben's feed with first names."""
    made = flask("add-feed", "ben@demo.example", "--level", "first-name", settings=server.settings)
    return Program.with_feed(tmp_path / "home", made.stdout.split()[-1])


def free_times(server: RunningServer, first: date, last: date) -> list[str]:
    path = f"/api/v1/practices/demo/types/intake/slots?from={first}&to={last}&therapist=ben"
    return list(ask(server.url + path)["slots"])


def book(server: RunningServer, start: str) -> dict[str, Any]:
    body = {
        "type": "intake",
        "start": start,
        "therapist": "ben",
        "mode": "video",
        "name": "Vera Visitor",
        "email": "vera@visitor.example",
        "consents": ["privacy", "policy"],
    }
    return ask(f"{server.url}/api/v1/practices/demo/appointments", body, **{"Idempotency-Key": start})


@pytest.mark.slow
def test_a_subscribed_program_shows_each_state(server: RunningServer, program: Program) -> None:
    today = datetime.now(TORONTO).date()
    free = free_times(server, today + timedelta(days=3), today + timedelta(days=30))
    first = free[0]
    second = next(start for start in free if at(start).date() > at(first).date())
    day, other_day = at(first).date(), at(second).date()
    program.sync()
    before, other_before = program.shown(day), program.shown(other_day)

    booked = book(server, first)
    program.sync()
    requested = line(first, booked["end"], "TENTATIVE")
    assert sorted(program.shown(day)) == sorted([*before, requested])

    manage = f"{server.url}/api/v1/appointments/{booked['manage_url'].rpartition('/')[2]}"
    moved = ask(f"{manage}/move", {"start": second})
    program.sync()
    assert program.shown(day) == before
    assert sorted(program.shown(other_day)) == sorted(
        [*other_before, line(second, moved["end"], "TENTATIVE")]
    )

    ask(f"{manage}/cancel", {})
    program.sync()
    assert (program.shown(day), program.shown(other_day)) == (before, other_before)


@pytest.mark.slow
def test_local_times_are_right_on_both_sides_of_a_clock_change(
    server: RunningServer, program: Program, by_hand: Callable[[RunningServer, datetime], None]
) -> None:
    # The week before and after the next change of Montréal's clocks that the feed reaches.
    soonest = datetime.now(TORONTO).date() + timedelta(days=7)
    changes = [change for change in clock_changes() if change > soonest]
    days = [changes[0] - timedelta(days=3), changes[0] + timedelta(days=3)]
    for day in days:
        by_hand(server, datetime(day.year, day.month, day.day, 19, 30, tzinfo=TORONTO))
    program.sync()
    for day in days:
        assert program.shown(day) == ["19:30-20:30 Appointment · Vera CONFIRMED"]


def clock_changes() -> list[date]:
    """The days of the coming year on which Montréal's clocks change."""
    today = datetime.now(UTC).date()
    days = [today + timedelta(days=ahead) for ahead in range(366)]
    noons = [(day, datetime(day.year, day.month, day.day, 12, tzinfo=TORONTO).utcoffset()) for day in days]
    return [day for (_, before), (day, after) in pairwise(noons) if before != after]


@pytest.fixture
def by_hand(make_app: Callable[..., Any]) -> Callable[[RunningServer, datetime], None]:
    """Staff add an appointment with Ben by hand, whatever the horizon is."""

    def add(server: RunningServer, start: datetime) -> None:
        with make_app(server.settings["DATABASE_URL"]).app_context():
            practice = directory.practice("demo")
            by_hand_service.book_by_hand(
                practice,
                directory.find_type(practice, "intake"),
                therapist=directory.find_therapist(practice, "ben"),
                start=int(start.timestamp()),
                raw={"name": "Vera", "email": "vera@visitor.example", "phone": "", "mode": "video"},
                notify=False,
                by="ben",
                now=int(datetime.now(UTC).timestamp()),
            )

    return add
