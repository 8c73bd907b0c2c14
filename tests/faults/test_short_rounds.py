"""Short rounds of the fault bench: what `make faults` does at length, on both databases."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import phases
from faults.databases import Database, Postgres, Sqlite, programs
from faults.phases import Line
from tests.support.missing import lacking

KILLS = 25
"""Of web and of mail workers, each."""
BOOKINGS = 60
CRASHES = 2


def fresh(kind: str, folder: Path) -> Database:
    """A new database of this kind; PostgreSQL as durable as in production."""
    if kind == "sqlite":
        return Sqlite(folder)
    try:
        programs()
    except FileNotFoundError:
        lacking("PostgreSQL")
    return Postgres()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Either database."""
    found = fresh(request.param, tmp_path)
    yield found
    found.remove()


def is_clean(line: Line) -> bool:
    """Whether nothing was lost, doubled or left unexplained; a failed test shows the line."""
    sys.stdout.write(f"{line}\n")
    return line.is_clean


@pytest.mark.slow
def test_killed_processes_lose_and_double_nothing(database: Database, tmp_path: Path) -> None:
    with phases.bench_on(database, tmp_path) as bench:
        line = phases.kill_processes(bench, KILLS, BOOKINGS, pause=0.15)
        assert is_clean(line)
        assert (bench.site.killed.web, len(bench.site.killed.workers)) == (KILLS, KILLS)
        assert line.found.acknowledged >= BOOKINGS


@pytest.mark.slow
def test_a_wild_mail_server_delays_no_booking_and_loses_no_mail(tmp_path: Path) -> None:
    with phases.bench_on(Sqlite(tmp_path), tmp_path) as bench:
        assert is_clean(phases.hanging_mail(bench, 8))
        line = phases.misbehaving_mail(bench, 30)
        assert is_clean(line)
        assert line.found.sent + line.found.failed == line.found.expected > 0


@pytest.mark.postgres
@pytest.mark.slow
def test_a_crashing_postgresql_loses_no_acknowledged_booking(tmp_path: Path) -> None:
    database = fresh("postgres", tmp_path)
    try:
        with phases.bench_on(database, tmp_path) as bench:
            line = phases.crashing_database(bench, CRASHES)
            assert is_clean(line)
            assert bench.journal.answers["503"] + bench.journal.answers["no answer"] > 0
    finally:
        database.remove()


@pytest.mark.slow
def test_a_full_disk_refuses_calmly_and_recovers_by_itself(tmp_path: Path) -> None:
    ended = phases.full_disk(tmp_path, 10)
    if isinstance(ended, str):
        pytest.skip(ended)
    assert is_clean(ended)


@pytest.mark.slow
def test_four_processes_share_one_limit(database: Database, tmp_path: Path) -> None:
    assert is_clean(phases.shared_limit(database, tmp_path))


@pytest.mark.slow
def test_slow_and_idle_clients_hold_nobody_up(tmp_path: Path) -> None:
    assert is_clean(phases.slow_clients(Sqlite(tmp_path), tmp_path, bookings=4))


@pytest.mark.slow
def test_a_jumping_clock_loses_no_mail(tmp_path: Path) -> None:
    with phases.bench_on(Sqlite(tmp_path), tmp_path) as bench:
        assert is_clean(phases.jumping_clock(bench, 10))
