"""The core without the web layer: two practices on a database of their own, and Vera who books.

Ada and Ben of `demo` (Toronto time) are open from Monday to Friday, 9 to 12; Cora of `other` (Berlin) too.
It is Monday, 1 June 2026, 8 o'clock in Toronto.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.practice import (
    AppointmentType,
    Approval,
    GroundRules,
    HelpLine,
    Mode,
    Practice,
    Therapist,
)
from scheduler.services import directory
from scheduler.store import outbox, schedule, therapists, types
from scheduler.store import practice as practices
from scheduler.store.database import Transaction, db, engine_options, reading, transaction
from scheduler.store.outbox import OutboxEntry
from scheduler.store.secrets import Vault
from tests.support.environment import ROOT
from tests.support.instants import HOUR, MINUTE, at
from tests.support.postgres import PostgresServer

T = TypeVar("T")

NOW = at("2026-06-01T08:00-04:00")
TUESDAY = at("2026-06-02T09:00-04:00")
WEDNESDAY = at("2026-06-03T09:00-04:00")
TORONTO = "America/Toronto"
SENDER = "office@scheduler.example"
SOURCE = "192.0.2.7"
MORNING = (9 * 60, 12 * 60)
VAULT = Vault({"k1": bytes(range(32))}, bytes(range(32, 64)))


def practice_named(slug: str, zone: str, country: str) -> Practice:
    """A published practice with the default ground rules."""
    return Practice(
        id=str(uuid4()),
        slug=slug,
        name=f"Practice {slug}",
        tagline={},
        zone=zone,
        languages=("en", "fr"),
        country=country,
        email=f"hello@{slug}.example",
        phone="",
        address="4210 rue Saint-Denis",
        website="",
        sender="",
        sender_name=f"Practice {slug}",
        calendar_title={},
        privacy={"en": "We keep little."},
        privacy_version=3,
        help_line=HelpLine("112", "988", {"en": "day and night"}),
        embed_origins=(),
        rules=GroundRules(),
        published=True,
    )


def person(practice: Practice, slug: str) -> Therapist:
    """A therapist of the practice."""
    return Therapist(str(uuid4()), practice.id, slug, slug.title(), f"{slug}@{practice.slug}.example", 1)


def kind_named(
    practice: Practice, slug: str, people: tuple[Therapist, ...], **changes: Any
) -> AppointmentType:
    """An instant 15-minute type by phone or video, unless changed."""
    return AppointmentType(
        **{
            "id": str(uuid4()),
            "practice_id": practice.id,
            "slug": slug,
            "names": {"en": slug},
            "descriptions": {},
            "duration": 15 * MINUTE,
            "modes": (Mode.PHONE, Mode.VIDEO),
            "therapist_ids": tuple(one.id for one in people),
            **changes,
        }
    )


@dataclass
class Core:
    """A bare application on a database, and what the tests do with it."""

    app: Flask
    url: str
    demo: Practice
    other: Practice

    def kind(self, slug: str, practice: str = "demo") -> AppointmentType:
        """An appointment type as it is stored now."""
        return directory.find_type(directory.practice(practice), slug)

    def therapist(self, slug: str, practice: str = "demo") -> Therapist:
        """A therapist as stored now."""
        return directory.find_therapist(directory.practice(practice), slug)

    def change_type(self, slug: str, **changes: Any) -> AppointmentType:
        """Store a type with some values changed."""
        with transaction() as tx:
            changed = replace(types.by_slug(tx, self.demo.id, slug), **changes)
            types.save(tx, changed)
        return changed

    def change_practice(self, **changes: Any) -> Practice:
        """Store the demo practice with some values changed."""
        with transaction() as tx:
            self.demo = replace(practices.find(tx, self.demo.id), **changes)
            practices.save(tx, self.demo)
        return self.demo

    def open_weekly(self, slug: str, *spans: WeeklySpan, now: int = NOW) -> None:
        """These and no other weekly hours for a therapist of the demo practice."""
        therapist = self.therapist(slug)
        with transaction() as tx:
            schedule.replace_weekly(tx, therapist.id, spans)
            therapists.raise_revision(tx, therapist.id, now=now)

    def mails(self, practice: Practice | None = None) -> list[OutboxEntry]:
        """The outbox, oldest first; the mails of one moment by kind."""
        with reading() as tx:
            found = outbox.entries(tx, (practice or self.demo).id)
        return sorted(found, key=lambda mail: (mail.created_at, mail.sequence, mail.kind))

    def kinds_of_mail(self) -> list[str]:
        """The kinds in the outbox, sorted."""
        return sorted(mail.kind for mail in self.mails())

    def all(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a raw query."""
        with reading() as tx:
            return [tuple(row) for row in tx.execute(text(statement), values)]

    def together(self, count: int, act: Callable[[int], T]) -> list[T | Exception]:
        """Call `act` with 0, 1, … in as many threads at the same moment; results or errors, in order."""
        start = threading.Barrier(count)

        def run(index: int) -> T | Exception:
            with self.app.app_context():
                start.wait()
                try:
                    return act(index)
                except Exception as error:
                    return error

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))


def vera(**changes: Any) -> dict[str, Any]:
    """Vera's form for a booking by video."""
    return {
        "name": "Vera Moss",
        "email": "vera@example.org",
        "mode": "video",
        "language": "en",
        "zone": "Europe/Berlin",
        "consents": ["privacy"],
        **changes,
    }


def somebody(number: int, **changes: Any) -> dict[str, Any]:
    """The form of one of many visitors."""
    return vera(name=f"Visitor {chr(65 + number % 26)}", email=f"visitor{number}@example.org", **changes)


def bare_app(url: str, vault: Vault = VAULT) -> Flask:
    """Flask with the database and nothing else."""
    app = Flask("core")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, vault, SENDER)
    db.init_app(app)
    flask_migrate.Migrate(app, db)
    return app


def furnish(url: str) -> None:
    """Migrate an empty database and store the cast."""
    app = bare_app(url)
    with app.app_context():
        flask_migrate.upgrade(str(ROOT / "migrations"))
        with transaction() as tx:
            _store_cast(tx)
        db.engine.dispose()


def _store_cast(tx: Transaction) -> None:
    demo, other = practice_named("demo", TORONTO, "CA"), practice_named("other", "Europe/Berlin", "DE")
    ada, ben, cora = person(demo, "ada"), person(demo, "ben"), person(other, "cora")
    for practice in (demo, other):
        practices.add(tx, practice)
    for position, one in enumerate((ada, ben, cora)):
        therapists.add(tx, one, position=position, now=NOW)
        schedule.replace_weekly(tx, one.id, [WeeklySpan(weekday, *MORNING) for weekday in range(1, 6)])
    session = {
        "duration": 50 * MINUTE,
        "buffer_before": 5 * MINUTE,
        "buffer_after": 10 * MINUTE,
        "step": 30 * MINUTE,
        "price_cents": 12000,
    }
    for kind in (
        kind_named(demo, "consultation", (ada, ben), one_per_client=True),
        kind_named(demo, "session", (ada,), **session),
        kind_named(demo, "first-talk", (ben,), approval=Approval.REQUEST, one_per_client=True),
        kind_named(demo, "couple", (ben,), duration=HOUR, participants=2),
        kind_named(other, "consultation", (cora,), one_per_client=True),
    ):
        types.add(tx, kind)


def day(text: str) -> date:
    """A local day."""
    return date.fromisoformat(text)


@contextmanager
def core_on(url: str) -> Iterator[Core]:
    """The core on a furnished database, in an application context."""
    app = bare_app(url)
    with app.app_context():
        yield Core(app, url, directory.practice("demo"), directory.practice("other"))
        db.engine.dispose()


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished SQLite file. Copy it; never open it."""
    file = tmp_path_factory.mktemp("core") / "furnished.sqlite3"
    furnish(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def furnished_postgres(postgres: PostgresServer) -> Iterator[str]:
    """The name of a furnished PostgreSQL database."""
    name = postgres.create()
    furnish(postgres.url(name))
    yield name
    postgres.drop(name)


@pytest.fixture
def sqlite_furnished(furnished_file: Path, tmp_path: Path) -> str:
    """The address of a furnished SQLite file of the test's own."""
    return f"sqlite:///{shutil.copy(furnished_file, tmp_path / 'core.sqlite3')}"


@pytest.fixture
def postgres_furnished(postgres: PostgresServer, furnished_postgres: str) -> Iterator[str]:
    """The address of a furnished PostgreSQL database of the test's own."""
    name = postgres.create(furnished_postgres)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def core(request: pytest.FixtureRequest) -> Iterator[Core]:
    """The core on SQLite, and again on PostgreSQL."""
    with core_on(str(request.getfixturevalue(f"{request.param}_furnished"))) as found:
        yield found


@pytest.fixture
def sqlite_core(sqlite_furnished: str) -> Iterator[Core]:
    """The core on SQLite alone, for what only SQLite has."""
    with core_on(sqlite_furnished) as found:
        yield found


@pytest.fixture
def any_core(request: pytest.FixtureRequest, database_kind: str) -> Iterator[Core]:
    """The core on whichever database, for what no database can change."""
    with core_on(str(request.getfixturevalue(f"{database_kind}_furnished"))) as found:
        yield found
