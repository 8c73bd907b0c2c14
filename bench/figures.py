"""Each figure of the performance targets, as `(name, value, unit)`."""

import gzip
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from bench.crowds import bookings, double_bookings
from bench.databases import FEED_TOKEN, Database, database
from bench.processes import HELLO, ROOT, server
from bench.widget import largest_paint
from scheduler.clock import utcnow
from scheduler.services import feeds, offers
from scheduler.services.busy_times import understand
from scheduler.store.database import db

Figure = tuple[str, float, str]
FEED_PATH = f"/feeds/{FEED_TOKEN}.ics"
FEED_EVENTS = 5000
_COLLECTED = re.compile(r"Collected : (\d+)")


def slots_with_database(folder: Path, scale: int) -> Iterator[Figure]:
    """P1 and P2: 90 days of free times after a change, with much and with little history."""
    costs = {}
    for past in (2_000, 20_000, 200_000):
        with database(folder, past=past // scale) as filled:
            cost, statements = _offer_cost(filled)
        costs[past] = cost
        if past == 20_000:
            yield "P1.slots_90_days_20000_bookings", cost, "ms"
            yield "P2.statements", statements, "statements"
    yield "P2.slots_90_days_200000_bookings", costs[200_000], "ms"
    yield "P2.time_200000_over_2000_bookings", costs[200_000] / costs[2_000], "times"


def arithmetic(_folder: Path, _scale: int) -> Iterator[Figure]:
    """P3: instructions of the pure slot arithmetic, 90 days."""
    if not shutil.which("valgrind"):
        print("# P3 skipped: valgrind is not installed", flush=True)
        return
    few, many = _instructions(1), _instructions(6)
    yield "P3.slot_arithmetic_90_days", (many - few) / 5 / 1e6, "million_instructions"


def over_http(folder: Path, scale: int) -> Iterator[Figure]:
    """P4 to P6: the slots endpoint beside the do-nothing route of the same server."""
    count = max(20, 450 // scale)
    with database(folder, past=20_000 // scale) as filled, server(filled.url) as running:
        path = filled.slots_path
        yield "hello", running.compare(HELLO, count)[1], "ms"
        ratio, cost = running.compare(path, count, before=filled.touch)
        yield "P4.slots_30_days_computed", ratio, "%_of_hello"
        yield "P4.slots_30_days_computed_cpu", cost, "ms"
        ratio, cost = running.compare(path, count)
        yield "P5.slots_unchanged", ratio, "%_of_hello"
        yield "P5.slots_unchanged_cpu", cost, "ms"
        ratio, cost = running.compare(path, count, headers={"If-None-Match": running.header(path, "ETag")})
        yield "P5.slots_304", ratio, "%_of_hello"
        yield "P5.slots_304_cpu", cost, "ms"
        body = filled.app.test_client().get(path).data
        yield "P6.slots_30_days_gzipped", len(gzip.compress(body)) / 1000, "kB"


def feed_built(folder: Path, scale: int) -> Iterator[Figure]:
    """P9: a feed of 5,000 events, built for the first time and after one change."""
    with database(folder, past=0, coming=FEED_EVENTS // scale) as filled, filled.app.app_context():

        def build() -> None:
            feeds.calendar(FEED_TOKEN, now=utcnow())

        yield "P9.feed_first_build", _cpu(build), "ms"
        changed = []
        for _ in range(9):
            filled.change_one()
            changed.append(_cpu(build))
        yield "P9.feed_after_one_change", min(changed), "ms"


def feed_over_http(folder: Path, scale: int) -> Iterator[Figure]:
    """P10: an unchanged feed of 5,000 events."""
    count = max(20, 450 // scale)
    with (
        database(folder, past=10, coming=FEED_EVENTS // scale) as filled,
        server(filled.url) as running,
    ):
        tag = running.header(FEED_PATH, "ETag")
        ratio, cost = running.compare(FEED_PATH, count, headers={"If-None-Match": tag})
        yield "P10.feed_304", ratio, "%_of_hello"
        yield "P10.feed_304_cpu", cost, "ms"
        packed = {"Accept-Encoding": "gzip"}
        yield "P10.feed_cached_gzipped_cpu", running.compare(FEED_PATH, count, headers=packed)[1], "ms"
        yield "P10.feed_cached_cpu", running.compare(FEED_PATH, count)[1], "ms"


def calendar_read(_folder: Path, scale: int) -> Iterator[Figure]:
    """A calendar of 5,000 events, a third of them weekly, read in the confined child for two months."""
    now = utcnow()
    content = _calendar(now, FEED_EVENTS // scale)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    understand(content, zone="Europe/Berlin", window=(now, now + 60 * 86400))
    yield "calendar.read_5000_events", (time.perf_counter() - started) * 1e3, "ms"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield "calendar.read_5000_events_cpu", cpu * 1e3, "ms"


MEASUREMENTS: dict[str, Callable[[Path, int], Iterator[Figure]]] = {
    "P1": slots_with_database,
    "P3": arithmetic,
    "P4": over_http,
    "P7": bookings,
    "P8": double_bookings,
    "P9": feed_built,
    "P10": feed_over_http,
    "calendar": calendar_read,
    "widget": largest_paint,
}
"""By the first figure that each gives."""


def _offer_cost(filled: Database) -> tuple[float, int]:
    """(CPU ms, statements) of the free times of 90 days, after a change each."""
    first, last = filled.today, filled.today + timedelta(days=89)
    statements: list[str] = []

    def ask() -> None:
        offers.offer_by_slug("bench", "quarter", first, last, therapist=None, now=utcnow())

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    with filled.app.app_context():
        costs = []
        for _ in range(40):
            filled.touch()
            costs.append(_cpu(ask))
        filled.touch()
        event.listen(db.engine, "before_cursor_execute", note)
        ask()
        event.remove(db.engine, "before_cursor_execute", note)
    return min(costs), len(statements)


def _calendar(now: int, count: int) -> bytes:
    """Events of ten years until `now`; every third is, or was, a weekly one."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for number in range(count):
        day = datetime.fromtimestamp(now - number * 3650 * 86400 // count, UTC)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number}@bench.example",
            f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T{8 + number % 10:02}0000",
            "DURATION:PT50M",
            *([f"RRULE:FREQ=WEEKLY;COUNT={number % 40 + 1}"] if number % 3 == 0 else []),
            "SUMMARY:" + "Something private " * 3,
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _cpu(work: Callable[[], None]) -> float:
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


def _instructions(times: int) -> int:
    counting = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run(
        [*counting, sys.executable, "-m", "bench.arithmetic", str(times)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = _COLLECTED.search(done.stderr)
    assert found
    return int(found[1])
