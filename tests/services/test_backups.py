"""Backups while fifty people book, restored and examined; and everything a restore must refuse."""

import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from scheduler.clock import utcnow
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.errors import StoreBusy
from scheduler.services import backups, booking, doctor
from scheduler.services.backups import BackupFailed
from scheduler.store import postgres_programs
from scheduler.store.backups import UNFINISHED
from scheduler.store.database import db
from tests.services.wards import behind_the_guards, book, dialect, file_of, settle
from tests.support.commands import flask
from tests.support.core import SOURCE, Core, bare_app, somebody
from tests.support.environment import settings
from tests.support.instants import HOUR, MINUTE
from tests.support.postgres import PostgresServer

WRITERS = 50
DAY = 24 * HOUR


@pytest.fixture
def target(request: pytest.FixtureRequest, core: Core, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the same kind."""
    if dialect(core) == "sqlite":
        yield f"sqlite:///{tmp_path / 'target.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@contextmanager
def at(url: str) -> Iterator[None]:
    """Work on another database."""
    with bare_app(url).app_context():
        yield
        db.engine.dispose()


class Crowd:
    """Fifty people who book one appointment after the other, each at times of their own."""

    def __init__(self, core: Core, now: int) -> None:
        self.core, self.now = core, now
        self.acknowledged: list[str] = []
        self.faults: list[Exception] = []
        self.stop = threading.Event()
        self.ada, self.ben = core.therapist("ada"), core.therapist("ben")
        self.kind = core.kind("consultation")
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(WRITERS)]

    def write(self, number: int) -> None:
        first = self.now - self.now % DAY + 3 * DAY
        therapist = self.ada if number % 2 else self.ben
        with self.core.app.app_context():
            for turn in range(50):
                if self.stop.is_set():
                    return
                visitor = number * 1000 + turn
                try:
                    booked = booking.book(
                        self.core.demo,
                        self.kind,
                        start=first + (turn * WRITERS + number) // 2 * 15 * MINUTE,
                        therapist=therapist,
                        raw=somebody(visitor),
                        key=str(visitor),
                        source=SOURCE,
                        now=self.now,
                        limited=False,
                    )
                except StoreBusy:  # told to try again: not acknowledged
                    continue
                except Exception as fault:
                    self.faults.append(fault)
                    return
                self.acknowledged.append(booked.uid)

    def wait_for(self, count: int) -> list[str]:
        """Wait until so many more are booked; all that are acknowledged now."""
        wanted = len(self.acknowledged) + count
        until = time.monotonic() + 60
        while len(self.acknowledged) < wanted and not self.faults and time.monotonic() < until:
            time.sleep(0.005)
        assert (self.faults, len(self.acknowledged) >= wanted) == ([], True)
        return list(self.acknowledged)

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def uids(core: Core) -> set[str]:
    return {str(uid) for (uid,) in core.all("SELECT uid FROM appointments")}


@pytest.mark.slow
def test_a_backup_under_fifty_writers_holds_all_that_was_booked_before(
    core: Core, target: str, tmp_path: Path
) -> None:
    now = settle(core)
    for slug in ("ada", "ben"):
        core.open_weekly(slug, *(WeeklySpan(weekday, 0, 1440) for weekday in range(1, 8)), now=now)
    before: list[str] = []
    with Crowd(core, now) as crowd:
        for name in ("first", "second"):
            before = crowd.wait_for(10)
            with at(core.url):  # as another process would: with connections of its own
                backups.back_up(tmp_path / name)
            crowd.wait_for(3)
    assert crowd.faults == []
    assert backups.look_into(tmp_path / "first", now=now).findings == ()
    with at(target):
        contents = backups.restore(tmp_path / "second", now=now)
        held = uids(core)
        assert contents.findings == ()
        assert doctor.examine(utcnow()) == []
    assert len(before) >= 23
    assert set(before) <= held < uids(core)
    assert contents.counts["appointments"] == contents.counts["participants"] == len(held)


def test_a_backup_is_one_file_for_its_owner_only(core: Core, tmp_path: Path) -> None:
    settle(core)
    folder = tmp_path / "backups"
    folder.mkdir()
    old = os.umask(0)
    try:
        size = backups.back_up(folder / "monday")
    finally:
        os.umask(old)
    assert [file.name for file in folder.iterdir()] == ["monday"]
    status = (folder / "monday").stat()
    assert (status.st_mode & 0o777, status.st_size) == (0o600, size)
    assert b"vera@" not in (folder / "monday").read_bytes()


def test_a_backup_overwrites_nothing(core: Core, tmp_path: Path) -> None:
    file = tmp_path / "monday"
    file.write_text("dear diary")
    with pytest.raises(BackupFailed, match="monday exists: choose another name"):
        backups.back_up(file)
    assert file.read_text() == "dear diary"
    assert core.demo.slug == "demo"


def test_a_backup_that_was_cut_off_is_not_taken_for_one(core: Core, tmp_path: Path) -> None:
    (tmp_path / f"monday{UNFINISHED}").touch()
    with pytest.raises(BackupFailed, match=r"monday.unfinished is there"):
        backups.back_up(tmp_path / "monday")
    assert not (tmp_path / "monday").exists()
    assert core.demo.slug == "demo"


def test_a_backup_that_cannot_be_written_leaves_nothing(core: Core, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="cannot be written: No such file or directory"):
        backups.back_up(tmp_path / "no" / "folder" / "monday")
    assert core.demo.slug == "demo"


def test_nothing_is_not_backed_up(core: Core, target: str, tmp_path: Path) -> None:
    with at(target), pytest.raises(BackupFailed, match="no tables: there is nothing to back up"):
        backups.back_up(tmp_path / "monday")
    assert core.demo.slug == "demo"


def test_looking_into_a_backup_touches_nothing_and_leaves_nothing(
    core: Core, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    now = settle(core)
    backups.back_up(tmp_path / "monday")
    book(core, 1, now=now)
    before = (core.all("SELECT uid, changed_at FROM appointments ORDER BY uid"), everything(core, request))
    content = (tmp_path / "monday").read_bytes()
    contents = backups.look_into(tmp_path / "monday", now=now)
    assert (contents.counts["appointments"], contents.findings) == (1, ())
    told = r"\d+ rows: 2 practices, 3 therapists, 0 users, 1 appointments, 1 participants, [23] outbox"
    assert re.fullmatch(told, str(contents))
    after = (core.all("SELECT uid, changed_at FROM appointments ORDER BY uid"), everything(core, request))
    assert after == before
    assert (tmp_path / "monday").read_bytes() == content


def everything(core: Core, request: pytest.FixtureRequest) -> list[str]:
    """The scratch databases on the server, or the scratch folders on the disk."""
    if dialect(core) == "sqlite":
        return sorted(file.name for file in file_of(core.url).parent.iterdir() if "check" in file.name)
    server: PostgresServer = request.getfixturevalue("postgres")
    with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'restore_check%'")
        return sorted(str(name) for (name,) in rows)


def test_a_defect_in_a_backup_is_found_in_the_backup(core: Core, tmp_path: Path) -> None:
    now = settle(core)
    behind_the_guards(core, "DELETE FROM outbox WHERE kind = 'confirmation'")
    backups.back_up(tmp_path / "monday")
    [finding] = backups.look_into(tmp_path / "monday", now=now).findings
    assert finding.check == "no mail"


def test_a_backup_of_another_schema_is_told_and_its_rows_are_counted(core: Core, tmp_path: Path) -> None:
    now = settle(core)
    behind_the_guards(core, "UPDATE alembic_version SET version_num = '9999'")
    backups.back_up(tmp_path / "monday")
    contents = backups.look_into(tmp_path / "monday", now=now)
    assert [finding.check for finding in contents.findings] == ["schema"]
    assert contents.counts["practices"] == 2


def test_a_restore_fills_an_empty_database_only(core: Core, target: str, tmp_path: Path) -> None:
    now = settle(core)
    backups.back_up(tmp_path / "monday")
    book(core, 1, now=now)
    with pytest.raises(BackupFailed, match="not empty, and a restore overwrites nothing"):
        backups.restore(tmp_path / "monday", now=now)
    assert len(uids(core)) == 2
    with at(target):
        backups.restore(tmp_path / "monday", now=now)
        with pytest.raises(BackupFailed, match="not empty"):
            backups.restore(tmp_path / "monday", now=now)
        assert len(uids(core)) == 1
        book(core, 2, now=now)
        if dialect(core) == "sqlite":
            assert file_of(target).stat().st_mode & 0o777 == 0o600


def test_what_is_no_backup_of_this_kind_is_refused(core: Core, target: str, tmp_path: Path) -> None:
    letter, other = tmp_path / "letter", tmp_path / "other"
    letter.write_text("Dear Ada")
    other.write_bytes(b"PGDMP\x01" if dialect(core) == "sqlite" else b"SQLite format 3\0")
    with at(target):
        for file in (letter, other):
            for act in (backups.look_into, backups.restore):
                with pytest.raises(BackupFailed, match=r"is not a backup of a (SQLite|PostgreSQL) database"):
                    act(file, now=0)
        with pytest.raises(BackupFailed, match="cannot be read: No such file"):
            backups.restore(tmp_path / "missing", now=0)


def test_half_a_backup_fills_nothing(core: Core, target: str, tmp_path: Path) -> None:
    now = settle(core)
    file = tmp_path / "monday"
    backups.back_up(file)
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size * 2 // 3)
    with pytest.raises(BackupFailed):
        healthy(backups.look_into(file, now=now))
    with at(target):
        if dialect(core) == "postgresql":
            with pytest.raises(BackupFailed, match="pg_restore failed"):
                backups.restore(file, now=now)
            assert core.all("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def healthy(contents: backups.Contents) -> None:
    """A damaged copy is refused when it cannot be opened, else found by the check."""
    if {finding.check for finding in contents.findings} & {"damaged file", "schema"}:
        raise BackupFailed("the check found it")


@pytest.mark.postgres
def test_the_password_stands_in_no_argument(
    postgres_furnished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres_programs.program("pg_dump")
    spy = tmp_path / "pg_dump"
    spy.write_text(
        f'#!/bin/sh\nprintf "%s " "$0" "$@" > {tmp_path}/seen\n'
        f'printf "%s" "$PGPASSWORD" > {tmp_path}/told\nexec {real} "$@"\n'
    )
    spy.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with at(postgres_furnished.replace("postgres@", "postgres:zwetschge@")):
        backups.back_up(tmp_path / "monday")
        assert backups.look_into(tmp_path / "monday", now=utcnow()).findings == ()
    assert "--format=custom" in (tmp_path / "seen").read_text()
    assert "zwetschge" not in (tmp_path / "seen").read_text()
    assert (tmp_path / "told").read_text() == "zwetschge"


@pytest.mark.postgres
def test_a_missing_program_is_named(
    postgres_furnished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres_programs, "DEBIAN", tmp_path)
    with at(postgres_furnished), pytest.raises(BackupFailed, match="pg_dump is missing: install PostgreSQL"):
        backups.back_up(tmp_path / "monday")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.postgres
def test_a_check_says_which_right_it_needs(
    postgres_furnished: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    with at(postgres_furnished):
        backups.back_up(tmp_path / "monday")
    address = postgres.url("postgres").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection, suppress(psycopg.errors.DuplicateObject):
        connection.execute("CREATE ROLE modest LOGIN")
    modest = postgres_furnished.replace("postgres@", "modest@")
    with at(modest), pytest.raises(BackupFailed, match="needs the right CREATEDB"):
        backups.look_into(tmp_path / "monday", now=0)


def test_a_plain_copy_of_a_running_database_misses_the_newest_booking(
    sqlite_core: Core, tmp_path: Path
) -> None:
    """Why the guide calls copying the file wrong."""
    book(sqlite_core)
    (tmp_path / "copy").write_bytes(file_of(sqlite_core.url).read_bytes())
    backups.back_up(tmp_path / "backup")

    def booked(file: Path) -> int:
        with sqlite3.connect(file) as connection:
            return int(connection.execute("SELECT count(*) FROM appointments").fetchone()[0])

    assert (booked(tmp_path / "copy"), booked(tmp_path / "backup")) == (0, 1)


@pytest.mark.slow
def test_the_commands_back_up_look_and_restore(either_demo_database: str, tmp_path: Path) -> None:
    values = settings(either_demo_database)
    file = str(tmp_path / "monday")
    assert flask("backup", file, settings=values).stdout.startswith(f"{file}: ")
    looked = flask("restore", file, "--check", settings=values)
    refused = flask("restore", file, settings=values, check=False)
    assert looked.stdout.startswith("The backup holds ")
    assert looked.stdout.endswith("\nnothing found\n")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
