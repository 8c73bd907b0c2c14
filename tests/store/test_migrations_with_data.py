"""Migrations on databases of a real size: up, down and up, cut off; and a guard onto rows that overlap."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import flask_migrate
import pytest
from sqlalchemy import Connection, event, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from scheduler.store import inspection, overlap_guard
from scheduler.store.database import OVERLAP, db, reading, transaction
from scheduler.store.schema import Standing, schema
from scheduler.store.tables import AppointmentRow, OutboxRow, ParticipantRow, table
from tests.support.core import NOW, SENDER, Core, bare_app
from tests.support.environment import ROOT, for_process, settings
from tests.support.instants import HOUR
from tests.support.postgres import PostgresServer

MIGRATIONS = str(ROOT / "migrations")
MANY = 2000
LENGTHS = ("appointments", "participants", "outbox")


def fill(core: Core, count: int = MANY) -> list[str]:
    """So many appointments of Ada and Ben with a visitor and two mails each; their uids in order."""
    people = [core.therapist(slug) for slug in ("ada", "ben")]
    kind = core.kind("consultation")
    appointments = [
        {
            "id": str(uuid4()),
            "practice_id": core.demo.id,
            "therapist_id": people[number % 2].id,
            "type_id": kind.id,
            "uid": str(uuid4()),
            "sequence": 0,
            "status": "confirmed",
            "start_at": NOW + number * HOUR,
            "end_at": NOW + number * HOUR + 900,
            "busy_start": NOW + number * HOUR,
            "busy_end": NOW + number * HOUR + 900,
            "mode": "video",
            "language": "en",
            "visitor_zone": "UTC",
            "organizer": SENDER,
            "created_at": NOW,
            "changed_at": NOW,
            "by_hand": False,
            "consents": {},
        }
        for number in range(count)
    ]
    visitors = [person_of(row) for row in appointments]
    mails = [
        mail_of(row, recipient)
        for row, person in zip(appointments, visitors, strict=True)
        for recipient in (person["id"], "therapist")
    ]
    with transaction() as tx:
        for home, rows in (
            (AppointmentRow, appointments),
            (ParticipantRow, visitors),
            (OutboxRow, mails),
        ):
            tx.execute(insert(table(home)), rows)
    return [str(row["uid"]) for row in appointments]


def person_of(row: dict[str, Any]) -> dict[str, Any]:
    key = str(uuid4())
    return {
        "id": key,
        "practice_id": row["practice_id"],
        "appointment_id": row["id"],
        "language": "en",
        "name_sealed": b"n" * 40,
        "email_sealed": b"e" * 60,
        "email_lookup": b"l" * 32,
        "token_hash": key.encode(),
        "token_sealed": b"t" * 80,
        "created_at": NOW,
    }


def mail_of(row: dict[str, Any], recipient: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "practice_id": row["practice_id"],
        "appointment_id": row["id"],
        "recipient": recipient,
        "kind": "confirmation" if recipient != "therapist" else "therapist_booked",
        "sequence": 0,
        "message_id": str(uuid4()),
        "created_at": NOW,
        "due_at": NOW,
    }


def rows_of(core: Core) -> list[int]:
    return [int(core.all(f"SELECT count(*) FROM {name}")[0][0]) for name in LENGTHS]


@pytest.mark.slow
def test_migrations_go_up_down_and_up_with_two_thousand_appointments(core: Core) -> None:
    fill(core)
    assert rows_of(core) == [MANY, MANY, 2 * MANY]
    flask_migrate.downgrade(MIGRATIONS, revision="base")
    with reading() as tx:
        assert set(inspect(tx).get_table_names()) == {"alembic_version"}
        assert schema(tx).standing is Standing.MISSING
    flask_migrate.upgrade(MIGRATIONS)
    with reading() as tx:
        assert (schema(tx).standing, inspection.has_guard(tx)) == (Standing.CURRENT, True)
    assert rows_of(core) == [0, 0, 0]


def guard_of(core: Core) -> list[str]:
    """The guard as the database itself describes it."""
    if core.url.startswith("sqlite"):
        query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    else:
        query = f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{OVERLAP}'"
    return [str(found) for (found,) in core.all(query)]


def test_a_guard_that_was_taken_away_comes_back_as_it_was(core: Core) -> None:
    uids = fill(core)
    first = guard_of(core)
    with transaction() as tx:
        overlap_guard.drop(tx)
    assert guard_of(core) == []
    with transaction() as tx:
        overlap_guard.add(tx)
    assert guard_of(core) == first != []
    with pytest.raises(IntegrityError, match=OVERLAP), db.engine.begin() as connection:
        connection.execute(
            text("UPDATE appointments SET busy_start = :low, busy_end = :high WHERE uid = :uid"),
            {"uid": uids[0], "low": NOW, "high": NOW + 3 * HOUR},
        )


def test_a_guard_onto_rows_that_overlap_stops_with_the_list(core: Core) -> None:
    uids = fill(core)
    with transaction() as tx:
        overlap_guard.drop(tx)
        for later in (4, 10):  # two hours earlier is the same therapist's appointment before
            tx.execute(
                text(
                    "UPDATE appointments SET start_at = start_at - 7000, busy_start = busy_start - 7000,"
                    " end_at = end_at - 7000, busy_end = busy_end - 7000 WHERE uid = :uid"
                ),
                {"uid": uids[later]},
            )
    with pytest.raises(overlap_guard.RowsOverlap) as refused, transaction() as tx:
        overlap_guard.add(tx)
    first, *listed = sorted(str(refused.value).splitlines(), key=lambda line: line.startswith(" "))
    assert first.startswith("2 pairs of appointments overlap.")
    assert sorted(listed) == sorted([f"  {uids[2]} and {uids[4]}", f"  {uids[8]} and {uids[10]}"])
    assert guard_of(core) == []
    assert rows_of(core)[0] == MANY
    with transaction() as tx:
        tx.execute(
            text("UPDATE appointments SET status = 'cancelled' WHERE uid = :a OR uid = :b"),
            {
                "a": uids[4],
                "b": uids[8],
            },
        )
        overlap_guard.add(tx)
    assert len(guard_of(core)) > 0


def test_of_many_that_share_a_time_each_is_listed_with_one_that_reaches_into_it(core: Core) -> None:
    uids = fill(core, 8)
    ada = uids[::2]
    with transaction() as tx:
        overlap_guard.drop(tx)
        tx.execute(
            text("UPDATE appointments SET busy_end = busy_end + 100000 WHERE uid = :uid"), {"uid": ada[0]}
        )
        pairs = [(pair.earlier, pair.later) for pair in inspection.overlaps(tx)]
    assert pairs == [(ada[0], later) for later in ada[1:]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.mark.postgres
def test_a_migration_may_take_its_time_and_pages_may_not(postgres: PostgresServer) -> None:
    name, seen = postgres.create(), set()

    def look(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE appointments" in statement:
            found = connection.connection.cursor().execute("SHOW statement_timeout").fetchone()
            seen.add(found[0])

    with bare_app(postgres.url(name)).app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        flask_migrate.upgrade(MIGRATIONS)
        with reading() as tx:
            seen.add(tx.execute(text("SHOW statement_timeout")).scalar_one())
            assert schema(tx).standing is Standing.CURRENT
        db.engine.dispose()
    postgres.drop(name)
    assert seen == {"0", "15s"}


@pytest.mark.slow
def test_a_migration_that_was_killed_is_run_again(empty: str) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    with bare_app(empty).app_context():
        for _ in range(3):
            process = subprocess.Popen(
                command, cwd=ROOT, env=for_process(settings(empty)), stderr=subprocess.PIPE, text=True
            )
            assert process.stderr is not None
            for line in process.stderr:  # it says so when it begins
                if "Running upgrade" in line:
                    break
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stderr.close()
            time.sleep(0.1)  # PostgreSQL notices that nobody is there
            with reading() as tx:
                tables = set(inspect(tx).get_table_names())
                assert tables <= {"alembic_version"} or schema(tx).standing is Standing.CURRENT
        flask_migrate.upgrade(MIGRATIONS)
        with reading() as tx:
            assert (schema(tx).standing, inspection.has_guard(tx)) == (Standing.CURRENT, True)
        db.engine.dispose()
