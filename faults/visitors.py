"""Visitors who book over HTTP, remember every answer, and ask again with the same key when there was none."""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from faults.databases import THERAPISTS, TYPE

ANSWER_SECONDS = 30
PATIENCE_SECONDS = 120
PRACTICE = "/api/v1/practices/demo"
Wish = tuple[str, str]
"""A therapist's slug and a start as the API writes it."""


@dataclass
class Acknowledged:
    """What the server said it has: it must be there, exactly so."""

    uid: str
    token: str
    therapist: str
    start: str
    status: str = "confirmed"


@dataclass
class Journal:
    """Every answer that visitors got. `unanswered` are those who gave up without one."""

    bookings: list[Acknowledged] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged_at: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def longest_pause(self, since: float) -> float:
        """Seconds between two acknowledged bookings at most."""
        moments = [since, *(at for at in self.acknowledged_at if at >= since)]
        return max((later - earlier for earlier, later in itertools.pairwise(moments)), default=0.0)

    def next_after(self, moment: float) -> float | None:
        """Seconds from a moment to the next acknowledged booking."""
        return next((at - moment for at in self.acknowledged_at if at >= moment), None)


def ask(
    port: int, method: str, path: str, body: object = None, key: str = "", seconds: float = ANSWER_SECONDS
) -> tuple[int, Any]:
    """One request on a connection of its own. **Raises** `OSError` or `HTTPException` without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


class Visitors:
    """A crowd in front of one site; wishes come from its own offer and partly contend with each other."""

    def __init__(self, port: int, journal: Journal, now: int, seed: int = 1) -> None:
        self.port, self.journal = port, journal
        self._random = random.Random(seed)
        self._wishes = self._contended(self._offered(now))
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def come(self, enough: Callable[[], bool], *, threads: int = 8) -> list[threading.Thread]:
        """Book in so many threads until it is enough; returns the running threads."""
        crowd = [threading.Thread(target=self._visit, args=(enough,), daemon=True) for _ in range(threads)]
        for one in crowd:
            one.start()
        return crowd

    def book(self, count: int, *, threads: int = 8) -> None:
        """So many more acknowledged bookings, or give up after a while."""
        wanted = len(self.journal.bookings) + count
        until = time.monotonic() + PATIENCE_SECONDS

        def enough() -> bool:
            return len(self.journal.bookings) >= wanted or time.monotonic() > until

        for one in self.come(enough, threads=threads):
            one.join()

    def one(self) -> str:
        """One visitor's whole attempt: booked, taken, or how it ended."""
        with self._lock:
            therapist, start = next(self._wishes)
            number, dice = next(self._numbers), self._random.random()
            elsewhere = next(self._wishes) if dice < 0.08 else None
        key = f"visitor-{id(self)}-{number}"
        body = {
            "type": TYPE, "therapist": therapist, "start": start, "mode": "video", "name": "Vera Moss",
            "email": f"vera-{number}@example.org", "consents": ["privacy"],
        }  # fmt: skip
        began = time.monotonic()
        status, answer = self._insist("POST", f"{PRACTICE}/appointments", body, key)
        with self.journal.lock:
            self.journal.answers[str(status)] += 1
            if status != 201:
                return str(status)
            token = answer["manage_url"].rpartition("/")[2]
            booked = Acknowledged(answer["uid"], token, therapist, answer["start"])
            self.journal.bookings.append(booked)
            self.journal.acknowledged_at.append(time.monotonic())
            self.journal.seconds.append(time.monotonic() - began)
        if elsewhere and elsewhere[0] == therapist:
            self._move(booked, elsewhere[1])
        elif 0.08 <= dice < 0.16:
            self._cancel(booked)
        return "201"

    def _visit(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self.one()

    def _move(self, booked: Acknowledged, start: str) -> None:
        status, answer = self._insist("POST", f"/api/v1/appointments/{booked.token}/move", {"start": start})
        with self.journal.lock:
            self.journal.answers[f"move {status}"] += 1
            if status == 200:
                booked.start = answer["start"]
            elif status == 0:
                booked.status = "unknown"

    def _cancel(self, booked: Acknowledged) -> None:
        status, _ = self._insist("POST", f"/api/v1/appointments/{booked.token}/cancel", {})
        with self.journal.lock:
            self.journal.answers[f"cancel {status}"] += 1
            if status == 200:
                booked.status = "cancelled"
            elif status == 0:
                booked.status = "unknown"

    def _insist(self, method: str, path: str, body: object, key: str = "") -> tuple[int, Any]:
        """Ask until there is an answer that settles it; 0 when patience ends first."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                status, answer = ask(self.port, method, path, body, key)
            except (OSError, http.client.HTTPException, ValueError):
                with self.journal.lock:
                    self.journal.answers["no answer"] += 1
            else:
                if status != 503:
                    return status, answer
                with self.journal.lock:
                    self.journal.answers["503"] += 1
            time.sleep(random.uniform(0.02, 0.2))
        with self.journal.lock:
            self.journal.unanswered += 1
        return 0, None

    def _offered(self, now: int) -> dict[str, list[str]]:
        """The starts of each therapist from the fifth day on: reminders of them are not due in the run."""
        first = datetime.fromtimestamp(now, UTC).date() + timedelta(days=5)
        found = {}
        for number in range(THERAPISTS):
            query = f"from={first}&to={first + timedelta(days=48)}&therapist=t{number}"
            status, answer = ask(self.port, "GET", f"{PRACTICE}/types/{TYPE}/slots?{query}")
            if status != 200:
                raise RuntimeError(f"no offer: {status} {answer}")
            found[f"t{number}"] = answer["slots"]
        return found

    def _contended(self, offered: dict[str, list[str]]) -> Iterator[Wish]:
        """Every half hour of everybody, shuffled; some wanted twice, some beside an overlapping one."""
        half_hours = [(slug, start) for slug, starts in offered.items() for start in starts[::2]]
        self._random.shuffle(half_hours)
        known = {slug: set(starts) for slug, starts in offered.items()}
        for slug, start in half_hours:
            dice = self._random.random()
            yield slug, start
            if dice < 0.1:
                yield slug, start
            elif dice < 0.2:
                near = datetime.fromisoformat(start) + timedelta(minutes=15)
                with suppress(StopIteration):
                    yield slug, next(one for one in known[slug] if datetime.fromisoformat(one) == near)
            elif dice < 0.3:
                yield slug, start
                yield slug, start
