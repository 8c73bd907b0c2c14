"""What visitors typed cannot be read in the database, its log or a dump."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scheduler.services import addressees, booking, holds, manage
from scheduler.store.database import db
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core, core_on, vera
from tests.support.instants import HOUR
from tests.support.postgres import _programs

PLANTED = (
    "Verazwinkler",
    "verazwinkler",
    "0142334455",
    "42334455",
    "Zimtschnecke",
    "Quittenmus",
    "203.0.113.99",
)


def live_a_life(core: Core) -> list[str]:
    """Hold, type, book, move, correct, cancel, disown; the links that were given on the way."""
    person = {
        "name": "Verazwinkler Moss",
        "email": "verazwinkler@example.org",
        "phone": "+33 1 42 33 44 55",
        "note": "Zimtschnecke",
    }
    tokens = []
    for number, start in enumerate((TUESDAY, WEDNESDAY)):
        held = holds.hold(
            core.demo,
            core.kind("consultation"),
            start=start,
            therapist=core.therapist("ada"),
            source="203.0.113.99",
            language="fr",
            zone="Europe/Paris",
            answers=person,
            now=NOW,
        )
        holds.keep_answers(core.demo, held.token, {**person, "note": "Quittenmus"}, now=NOW)
        form = vera(**{**person, "mode": "phone"})
        booked = booking.book_held(
            core.demo, held.token, form, key=f"key {number}", source="203.0.113.99", now=NOW
        )
        tokens += [held.token, booked.token]
    fresh = addressees.correct_address(booked.token, "verazwinkler@example.net", now=NOW)
    manage.move(fresh, WEDNESDAY + HOUR, now=NOW)
    manage.cancel(fresh, note="Quittenmus", now=NOW)
    addressees.disown(fresh, now=NOW)
    holds.hold(
        core.demo,
        core.kind("session"),
        start=WEDNESDAY,
        therapist=core.therapist("ada"),
        source="203.0.113.99",
        language="en",
        zone="UTC",
        answers=person,
        now=NOW,
    )
    return [*tokens, fresh]


def assert_silent(where: str, content: bytes, tokens: list[str]) -> None:
    found = [text for text in (*PLANTED, *tokens) if text.encode() in content]
    assert (where, found) == (where, [])
    assert b"demo" in content or not where.endswith("core.sqlite3")


def keep_log(connection: sqlite3.Connection) -> None:
    """Leave everything in the write-ahead log."""
    connection.execute("PRAGMA wal_autocheckpoint=0")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Bring the log into the file and empty it."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("then", [keep_log, checkpoint], ids=["log kept", "checkpoint"])
def test_no_file_of_sqlite_holds_what_a_visitor_typed(
    sqlite_core: Core, then: Callable[[sqlite3.Connection], None]
) -> None:
    file = Path(sqlite_core.url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as watcher:  # an open connection keeps the log from being removed
        watcher.execute("SELECT count(*) FROM practices").fetchall()
        tokens = live_a_life(sqlite_core)
        then(watcher)
        files = sorted(file.parent.glob("core.sqlite3*"))
        assert [one.name for one in files] == ["core.sqlite3", "core.sqlite3-shm", "core.sqlite3-wal"]
        for one in files:
            assert_silent(one.name, one.read_bytes(), tokens)
    watcher.close()


@pytest.mark.postgres
def test_no_dump_of_postgresql_holds_what_a_visitor_typed(postgres_furnished: str) -> None:
    with core_on(postgres_furnished) as core:
        tokens = live_a_life(core)
        db.engine.dispose()
    place = urlsplit(postgres_furnished)
    dump = subprocess.run(
        [
            str(_programs() / "pg_dump"),
            f"--dbname=postgresql://{place.netloc}{place.path}",
            "--inserts",
            "--data-only",
        ],
        capture_output=True,
        check=True,
    ).stdout
    assert b"INSERT INTO public.participants" in dump
    assert_silent("dump", dump, tokens)
    # bytea is dumped in hexadecimal digits
    hexadecimal = [text for text in (*PLANTED, *tokens) if text.encode().hex().encode() in dump]
    assert hexadecimal == []


def test_what_was_planted_would_be_found(sqlite_core: Core) -> None:
    """The search finds a string that was stored in the open."""
    sqlite_core.change_practice(name="Zimtschnecke")
    db.engine.dispose()
    file = Path(sqlite_core.url.removeprefix("sqlite:///"))
    with pytest.raises(AssertionError):
        assert_silent(file.name, b"".join(one.read_bytes() for one in file.parent.glob("core.sqlite3*")), [])
