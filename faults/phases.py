"""What is done to an installation, phase by phase; each returns one line of the table."""

import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.checker import Findings, check, drained
from faults.databases import Database, Postgres, Sqlite, furnish
from faults.mail_server import GOOD, SILENT, WILD
from faults.site import START_SECONDS, Site
from faults.visitors import ANSWER_SECONDS, Journal, Visitors
from scheduler.clock import utcnow
from tests.support.environment import ROOT, for_process, settings
from tests.support.ports import free_port

DRAIN_SECONDS = 60
"""For so long no mail may come to its end before the bench gives up on the rest."""
MOST_SLOWER = 1.0
"""By how many seconds at most half of the bookings may take longer while somebody is slow or silent."""
HELD_SECONDS = 8.0
"""A booking that waits for somebody silent, or for who talks to him, takes longer than this; none may."""
PER_SOURCE = 20
THREADS = 8
"""Of waitress, as the README starts it."""


@dataclass
class Line:
    """One line of the table. `recovered` is in seconds; `note` tells what else was seen."""

    database: str
    name: str
    found: Findings
    recovered: float = 0.0
    note: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled or otherwise wrong."""
        return not (self.found.lost or self.found.doubled or self.found.problems or self.problems)


@dataclass
class Bench:
    """A site with its crowd; phases follow each other on the same data."""

    site: Site
    journal: Journal
    visitors: Visitors

    def line(self, name: str, recovered: float, note: str = "", problems: list[str] | None = None) -> Line:
        """The line of a phase that has just ended. Counts are of the whole run so far."""
        found = check(self.site, self.journal)
        return Line(self.site.database.name, name, found, recovered, note, problems or [])


@contextmanager
def bench_on(database: Database, folder: Path, **options: Any) -> Iterator[Bench]:
    """A furnished database with everything running on it."""
    furnish(database.url, utcnow())
    site = Site(folder, database, **options)
    try:
        journal = Journal()
        yield Bench(site, journal, Visitors(site.port, journal, site.clock.now()))
    finally:
        site.close()


def kill_processes(bench: Bench, kills: int, bookings: int, *, pause: float = 0.25) -> Line:
    """Web workers and mail workers die by SIGKILL while visitors book."""
    began = time.monotonic()
    killers = bench.site.kill_at_random(kills, pause=pause)

    def enough() -> bool:
        return not any(one.is_alive() for one in killers) and len(bench.journal.bookings) >= bookings

    for one in bench.visitors.come(enough):
        one.join()
    pause_at_most = bench.journal.longest_pause(began)
    seconds = drained(bench.site, DRAIN_SECONDS)
    killed = bench.site.killed
    note = f"killed {killed.web} web and {len(killed.workers)} mail workers; mails done {seconds:.0f} s after"
    return bench.line("processes killed", pause_at_most, note)


def misbehaving_mail(bench: Bench, bookings: int) -> Line:
    """The mail server does everything that mail servers do."""
    bench.site.mail.weights = WILD
    bench.visitors.book(bookings)
    seconds = drained(bench.site, DRAIN_SECONDS, wild_rounds=2)
    modes = ", ".join(f"{mode} {count}" for mode, count in sorted(bench.site.mail.modes.items()))
    return bench.line("mail server", seconds, modes)


def hanging_mail(bench: Bench, bookings: int) -> Line:
    """A mail server that takes connections and says nothing: bookings must not notice."""
    taken = {}
    for name, weights in (("calm", GOOD), ("hanging", SILENT)):
        bench.site.mail.weights = weights
        if weights is SILENT:
            bench.visitors.book(2)
            time.sleep(0.5)
        before = len(bench.journal.seconds)
        bench.visitors.book(bookings, threads=2)
        taken[name] = bench.journal.seconds[before:]
    seconds = drained(bench.site, DRAIN_SECONDS)
    note = f"slowest booking {slowest(taken['calm'])}, while hanging {slowest(taken['hanging'])}"
    return bench.line("mail server hangs", seconds, note, held_up(taken["calm"], taken["hanging"]))


def slowest(seconds: list[float]) -> str:
    """The longest, in words."""
    return f"{max(seconds) * 1000:.0f} ms"


def held_up(calm: list[float], later: list[float]) -> list[str]:
    """What is wrong with the seconds that bookings took. That the machine was busy for one is no finding."""
    slower = statistics.median(later) - statistics.median(calm)
    problems = [f"half of the bookings took {slower:.2f} s longer"] if slower > MOST_SLOWER else []
    if max(later) > HELD_SECONDS:
        problems.append(f"a booking took {max(later):.2f} s")
    return problems


def jumping_clock(bench: Bench, bookings: int) -> Line:
    """The clock of every process jumps forwards and backwards while visitors book and mails leave."""
    jumps = (3600, -3600, 86400, -2 * 86400, 86400)
    enough = threading.Event()
    crowd = bench.visitors.come(enough.is_set, threads=4)
    for jump in jumps:
        wanted = len(bench.journal.bookings) + max(1, bookings // len(jumps))
        until = time.monotonic() + ANSWER_SECONDS
        while len(bench.journal.bookings) < wanted and time.monotonic() < until:
            time.sleep(0.05)
        bench.site.clock.shift += jump
    enough.set()
    for one in crowd:
        one.join()
    seconds = drained(bench.site, DRAIN_SECONDS)
    return bench.line("clock jumps", seconds, "by +1 h, -1 h, +1 d, -2 d, +1 d")


def crashing_database(bench: Bench, crashes: int) -> Line:
    """PostgreSQL is stopped as at a power cut, under load, and started again."""
    database, enough, longest = bench.site.database, threading.Event(), 0.0
    assert isinstance(database, Postgres)
    crowd = bench.visitors.come(enough.is_set)
    for _ in range(crashes):
        time.sleep(bench.site.random.uniform(0.5, 2))
        away_at = time.monotonic()
        database.crash()
        time.sleep(bench.site.random.uniform(0, 1))
        database.start()
        back_at = time.monotonic()
        bench.site.killed.database_away.append((away_at, back_at))
        while bench.journal.next_after(back_at) is None and time.monotonic() < back_at + ANSWER_SECONDS:
            time.sleep(0.05)
        longest = max(longest, bench.journal.next_after(back_at) or ANSWER_SECONDS)
    enough.set()
    for one in crowd:
        one.join()
    seconds = drained(bench.site, DRAIN_SECONDS)
    busy = bench.journal.answers["503"]
    note = f"{crashes} immediate stops; {busy} answers of 503; mails done {seconds:.0f} s after"
    return bench.line("database crashes", longest, note)


def full_disk(folder: Path, bookings: int) -> Line | str:
    """SQLite on a disk that fills up; the reason, when no such disk can be made."""
    small = folder / "small-disk"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(small)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        return f"disk full: skipped, mounting a small disk is not permitted ({mounted.stderr.strip()})"
    try:
        database = Sqlite(small)
        with bench_on(database, folder) as bench:
            return _fill(bench, small / "filler", bookings)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def _fill(bench: Bench, filler: Path, bookings: int) -> Line:
    bench.visitors.book(bookings)
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    full_at, before, enough = time.monotonic(), bench.journal.answers["503"], threading.Event()
    crowd = bench.visitors.come(enough.is_set, threads=4)
    until = time.monotonic() + ANSWER_SECONDS
    while bench.journal.answers["503"] < before + 10 and time.monotonic() < until:
        time.sleep(0.05)
    refused = bench.journal.answers["503"] - before
    problems = [] if refused else ["no booking met the full disk"]
    try:
        with urllib.request.urlopen(f"{bench.site.url}/api/v1/practices/demo", timeout=10):
            pass
    except OSError as error:
        problems.append(f"reading failed on a full disk: {error}")
    filler.unlink()
    freed_at = time.monotonic()
    bench.site.killed.database_away.append((full_at, freed_at))
    while bench.journal.next_after(freed_at) is None and time.monotonic() < freed_at + ANSWER_SECONDS:
        time.sleep(0.02)
    enough.set()
    for one in crowd:
        one.join()
    drained(bench.site, DRAIN_SECONDS)
    recovered = bench.journal.next_after(freed_at) or ANSWER_SECONDS
    return bench.line("disk full", recovered, f"{refused} answers of 503", problems)


def shared_limit(database: Database, folder: Path) -> Line:
    """Four processes and one limit: twenty bookings an hour from one source, whoever answers."""
    with bench_on(database, folder, web=4, limits=True) as bench:
        answers: list[str] = []
        lock = threading.Lock()

        def insist() -> None:
            for _ in range(6):
                ended = bench.visitors.one()
                with lock:
                    answers.append(ended)

        crowd = [threading.Thread(target=insist, daemon=True) for _ in range(8)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        drained(bench.site, DRAIN_SECONDS)
        counted = Counter(answers)
        problems = [] if counted["201"] == PER_SOURCE and counted["429"] else [f"not one limit: {counted}"]
        return bench.line(
            "4 processes, 1 limit", 0.0, f"of {len(answers)} attempts: {dict(counted)}", problems
        )


def slow_clients(database: Database, folder: Path, *, slow: int = 40, bookings: int = 10) -> Line:
    """Clients that send half a request, or nothing, against the start command of the README."""
    furnish(database.url, utcnow())
    port = free_port()
    values = settings(database.url, SCHEDULER_PUBLIC_URL=f"http://127.0.0.1:{port}")
    listen = f"--listen=127.0.0.1:{port}"
    with (folder / "waitress.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "waitress", listen, f"--threads={THREADS}", "wsgi:app"],
            cwd=ROOT,
            env=for_process(values),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port)
        journal = Journal()
        visitors = Visitors(port, journal, utcnow())
        visitors.book(bookings, threads=1)
        calm = list(journal.seconds)
        half = b"POST /api/v1/practices/demo/appointments HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(slow)]
        for number, one in enumerate(sockets):
            one.sendall((b"", half, half + b"\r\n{")[number % 3])
        before = len(journal.seconds)
        visitors.book(bookings, threads=1)
        crowded = journal.seconds[before:]
        for one in sockets:
            one.close()
    finally:
        process.terminate()
        process.wait(20)
    found = Findings(acknowledged=len(journal.bookings))
    note = f"slowest booking {slowest(calm)}, with {slow} slow and idle clients {slowest(crowded)}"
    return Line(database.name, "slow clients", found, 0.0, note, held_up(calm, crowded))


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not come up")


def new_folder(parent: Path) -> Path:
    """A folder of a phase's own."""
    return Path(tempfile.mkdtemp(dir=parent))
