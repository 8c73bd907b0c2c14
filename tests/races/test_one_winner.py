"""Fifty visitors press at once, over HTTP, against several server processes: one of them has the time."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine, text

from tests.support.servers import RunningServer

ROUNDS = (5, 20)
"""Each day and at length, for each way and database."""
VISITORS = 50
PRESSES = 5
WORKERS = 3
TOGETHER = {"same start": 1, "overlapping starts": 2}
"""How many neighbouring starts the fifty share out among themselves. A session of 50 minutes and its pause
are offered every 30 minutes, so that two neighbours overlap."""


def ask(server: RunningServer, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
    """One request on a connection of its own: (status, parsed answer)."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def free_starts(server: RunningServer) -> list[str]:
    """All starts of Ada's regular session in the coming weeks."""
    today = datetime.now(UTC).date()
    path = "/api/v1/practices/demo/types/session/slots"
    days = f"from={today}&to={today + timedelta(days=60)}"
    status, answer = ask(server, "GET", f"{path}?{days}&therapist=ada")
    assert status == 200
    return list(answer["slots"])


def pairs(starts: list[str]) -> list[list[str]]:
    """Neighbouring starts half an hour apart, no start twice and no pair beside another."""
    found: list[list[str]] = []
    used: set[datetime] = set()
    at = {datetime.fromisoformat(start): start for start in starts}
    for moment, start in at.items():
        other = moment + timedelta(minutes=30)
        near = {moment + timedelta(minutes=30 * step) for step in range(-3, 5)}
        if other in at and not near & used:
            found.append([start, at[other]])
            used |= {moment, other}
    return found


def press_at_once(server: RunningServer, starts: list[str], name: str) -> list[tuple[int, Any]]:
    """Fifty visitors who book at the same moment, each with an address of their own.

    Told that the database is busy (503), one presses again, with the same key, as the page says.
    """
    answers: list[tuple[int, Any]] = []
    ready = threading.Barrier(VISITORS)

    def visitor(number: int) -> None:
        body = {
            "type": "session",
            "therapist": "ada",
            "start": starts[number % len(starts)],
            "mode": "video",
            "name": "Vera Moss",
            "email": f"vera-{name}-{number}@example.org",
            "consents": ["privacy", "policy"],
        }
        ready.wait()
        for _ in range(PRESSES):
            answer = ask(server, "POST", "/api/v1/practices/demo/appointments", body, f"{name}-{number}")
            if answer[0] != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        answers.append(answer)

    visitors = [threading.Thread(target=visitor, args=(number,)) for number in range(VISITORS)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    return answers


def overlaps(database_url: str) -> int:
    """How many pairs of live appointments of one therapist overlap in the database."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    live = "('held', 'requested', 'confirmed')"
    query = text(
        "SELECT count(*) FROM appointments a JOIN appointments b"
        " ON a.therapist_id = b.therapist_id AND a.id < b.id"
        f" WHERE a.status IN {live} AND b.status IN {live}"
        " AND a.busy_start < b.busy_end AND b.busy_start < a.busy_end"
    )
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


@pytest.mark.slow
@pytest.mark.parametrize("kind", TOGETHER)
def test_fifty_at_once_leave_one_winner_in_each_round(
    serve: Callable[..., RunningServer], either_demo_database: str, kind: str, at_length: bool
) -> None:
    server = serve(either_demo_database, workers=WORKERS, threads=8)
    count = ROUNDS[at_length]
    rounds = pairs(free_starts(server))[-count:]  # far from today: no notice runs out while they press
    assert len(rounds) == count
    statuses = []
    for number, starts in enumerate(rounds):
        answers = press_at_once(server, starts[: TOGETHER[kind]], f"{kind[:4]}-{number}")
        statuses.append(Counter(status for status, _ in answers))
        losers = [answer for status, answer in answers if status != 201]
        assert {answer["code"] for answer in losers} == {"slot_taken"}
    assert statuses == [Counter({201: 1, 409: VISITORS - 1})] * count
    assert overlaps(either_demo_database) == 0
