"""Many visitors at once: how fast they book, how evenly they are answered, that no time is given twice."""

import http.client
import json
import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bench.databases import Database, database
from bench.processes import HELLO, Server, server
from faults.databases import Postgres

Ask = Callable[[http.client.HTTPConnection], None]

CLIENTS = 8
TURNS = 7
BOOKINGS = "/api/v1/practices/bench/appointments"
DAYS = 90
LONG, STEP = 3000, 900
"""Seconds of the appointment that a crowd wants, and between starts: neighbours overlap."""
CROWD = 50
ROUNDS = 20
PRESSES = 5
TOGETHER = {"same_start": 1, "overlapping": 2}
"""How many neighbouring starts a crowd shares out among itself."""


def bookings(folder: Path, scale: int) -> Iterator[tuple[str, float, str]]:
    """P7 and P12: eight visitors book, each time beside eight who ask the do-nothing route."""
    each = max(CLIENTS, 200 // scale)
    with (
        database(folder, past=20_000 // scale) as filled,
        server(filled.url, SCHEDULER_RATE_LIMITS="off") as running,
    ):
        starts = iter(_free(running, filled.slots_of("quarter", DAYS)))
        numbers = count()

        def book(connection: http.client.HTTPConnection) -> None:
            _expect(_book(connection, "quarter", next(starts), next(numbers)), HTTPStatus.CREATED)

        waits: dict[str, list[list[float]]] = {"hello": [], "slots": [], "booking": []}
        rates: dict[str, float] = dict.fromkeys(waits, 0.0)
        ways: dict[str, Ask] = {
            "hello": _getting(HELLO),
            "slots": _getting(filled.slots_path),
            "booking": book,
        }
        costs: dict[str, float] = dict.fromkeys(ways, math.inf)
        for _ in range(max(1, TURNS // scale)):
            for name, ask in ways.items():
                used = running.cpu()
                rate, waited = _at_once(running, ask, each)
                costs[name] = min(costs[name], (running.cpu() - used) * 1e3 / len(waited))
                rates[name] = max(rates[name], rate)
                waits[name].append(waited)
    yield "P7.hello_8_clients", rates["hello"], "answers_per_s"
    yield "P7.booking_8_clients", rates["booking"], "bookings_per_s"
    yield "P7.booking_of_hello", 100 * rates["booking"] / rates["hello"], "%_of_hello"
    yield "P7.booking_cpu", costs["booking"], "ms"
    yield "P7.booking_cpu_of_hello", 100 * costs["hello"] / costs["booking"], "%_of_hello"
    slowest = {name: [_p99(turn) for turn in turns] for name, turns in waits.items()}
    yield "P12.hello_p99", statistics.median(slowest["hello"]), "ms"
    for name in ("slots", "booking"):
        yield f"P12.{name}_p99", statistics.median(slowest[name]), "ms"
        ratios = [mine / hello for mine, hello in zip(slowest[name], slowest["hello"], strict=True)]
        yield f"P12.{name}_p99_over_hello", statistics.median(ratios), "times"


def double_bookings(folder: Path, scale: int) -> Iterator[tuple[str, float, str]]:
    """P8: crowds that press at the same moment, on both databases."""
    yield from _crowds("sqlite", folder, "", scale)
    try:
        postgres = Postgres()
    except FileNotFoundError:
        print("# P8 on PostgreSQL skipped: it is not installed", flush=True)
        return
    try:
        yield from _crowds("postgresql", folder, postgres.url, scale)
    finally:
        postgres.remove()


def _crowds(name: str, folder: Path, url: str, scale: int) -> Iterator[tuple[str, float, str]]:
    rounds, numbers = max(1, ROUNDS // scale), count()
    with database(folder, past=0, url=url) as filled:
        filled.add_type("long", duration=LONG, step=STEP)
        with server(filled.url, workers=2, threads=8, SCHEDULER_RATE_LIMITS="off") as running:
            pairs = _apart(_free(running, filled.slots_of("long", DAYS)))
            booked = 0
            for shared in TOGETHER.values():
                for _ in range(rounds):
                    booked += _crowd(running, next(pairs)[:shared], numbers)
        yield f"P8.rounds_{name}", rounds * len(TOGETHER), "rounds"
        yield f"P8.booked_{name}", booked, "appointments"
        yield f"P8.double_bookings_{name}", _overlaps(filled), "appointments"


def _crowd(running: Server, starts: Sequence[str], numbers: Iterator[int]) -> int:
    """How many of a crowd were told that they have the time."""
    ready = threading.Barrier(CROWD)
    told: list[int] = []

    def press(number: int) -> None:
        connection = running.connection()
        ready.wait()
        for _ in range(PRESSES):
            status = _book(connection, "long", starts[number % len(starts)], number)
            if status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        told.append(status)
        connection.close()

    crowd = [threading.Thread(target=press, args=(number,)) for number in islice(numbers, CROWD)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    return told.count(HTTPStatus.CREATED)


def _at_once(running: Server, ask: Ask, each: int) -> tuple[float, list[float]]:
    """(answers a second, ms waited for each) of all clients, each on a connection of its own."""
    waited: list[float] = []
    ready = threading.Barrier(CLIENTS + 1)

    def client() -> None:
        connection = running.connection()
        ready.wait()
        for _ in range(each // CLIENTS):
            began = time.perf_counter()
            ask(connection)
            waited.append((time.perf_counter() - began) * 1e3)
        connection.close()

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    ready.wait()
    began = time.perf_counter()
    for one in clients:
        one.join()
    if len(waited) != each // CLIENTS * CLIENTS:
        raise RuntimeError("a visitor was turned away")
    return len(waited) / (time.perf_counter() - began), waited


def _getting(path: str) -> Ask:
    def ask(connection: http.client.HTTPConnection) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        _expect(answer.status, HTTPStatus.OK)

    return ask


def _book(connection: http.client.HTTPConnection, slug: str, start: str, number: int) -> int:
    body: dict[str, Any] = {
        "type": slug,
        "start": start,
        "mode": "video",
        "name": "Vera Moss",
        "email": f"vera-{number}@bench.example",
        "consents": ["privacy"],
    }
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"bench-{number}"}
    connection.request("POST", BOOKINGS, json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _expect(status: int, wanted: HTTPStatus) -> None:
    if status != wanted:
        raise RuntimeError(f"answered {status} instead of {wanted.value}")


def _free(running: Server, path: str) -> list[str]:
    connection = running.connection()
    connection.request("GET", path)
    found = json.loads(connection.getresponse().read())["slots"]
    connection.close()
    return list(found)


def _apart(starts: Sequence[str]) -> Iterator[list[str]]:
    """Neighbouring starts that overlap, no pair touching another."""
    free_from = 0.0
    for one, other in pairwise(starts):
        begins, follows = (datetime.fromisoformat(start).timestamp() for start in (one, other))
        if begins >= free_from and follows - begins == STEP:
            free_from = follows + LONG
            yield [one, other]


def _overlaps(filled: Database) -> int:
    """How many live appointments begin before another one ends."""
    query = "SELECT busy_start, busy_end FROM appointments WHERE status = 'confirmed' ORDER BY busy_start"
    engine = create_engine(filled.url)
    with engine.connect() as connection:
        spans = connection.execute(text(query)).all()
    engine.dispose()
    return sum(later.busy_start < earlier.busy_end for earlier, later in pairwise(spans))


def _p99(waited: Sequence[float]) -> float:
    return statistics.quantiles(waited, n=100)[98]
