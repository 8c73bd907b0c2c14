"""A healthy installation whose rows the doctor's and the backups' tests harm, behind every guard."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg

from scheduler.clock import utcnow
from scheduler.services import booking, health, offers
from scheduler.services.booking import Booked
from scheduler.store import heartbeats
from scheduler.store.database import OVERLAP, transaction
from tests.support.core import SOURCE, Core, somebody

GUARD_GOES = {
    "sqlite": (f"DROP TRIGGER {OVERLAP}_insert", f"DROP TRIGGER {OVERLAP}_update"),
    "postgresql": (f"ALTER TABLE appointments DROP CONSTRAINT {OVERLAP}",),
}


def file_of(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


def dialect(core: Core) -> str:
    """`sqlite` or `postgresql`."""
    return "sqlite" if core.url.startswith("sqlite") else "postgresql"


def book(core: Core, number: int = 0, *, now: int | None = None) -> Booked:
    """Somebody books Ada's next free time; the doctor compares clocks, so `now` is the real one."""
    now = utcnow() if now is None else now
    ada, kind = core.therapist("ada"), core.kind("consultation")
    [start] = offers.soonest(core.demo, kind, therapist=ada, now=now, count=1)
    return booking.book(
        core.demo,
        kind,
        start=start,
        therapist=ada,
        raw=somebody(number),
        key=f"key {number}",
        source=SOURCE,
        now=now,
        limited=False,
    )


def settle(core: Core) -> int:
    """A worker runs and somebody has booked; the real time."""
    now = utcnow()
    book(core, now=now)
    with transaction() as tx:
        heartbeats.beat(tx, health.WORKER, now)
    return now


def behind_the_guards(core: Core, *statements: str) -> None:
    """Run statements with foreign keys and checks switched off."""
    if dialect(core) == "sqlite":
        with sqlite3.connect(file_of(core.url)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    address = core.url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        checks: list[Any] = connection.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = 'appointments'::regclass"
        ).fetchall()
        for (name,) in checks:
            connection.execute(f'ALTER TABLE appointments DROP CONSTRAINT "{name}"')
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
