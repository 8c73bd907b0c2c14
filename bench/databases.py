"""Databases of a wanted size: one therapist, Monday to Friday 9 to 17, appointments of 15 minutes."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, update

from scheduler.app import create_app
from scheduler.clock import utcnow
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.local_time import day_interval, local_day
from scheduler.domain.practice import AppointmentType, GroundRules, HelpLine, Mode, Practice, Therapist
from scheduler.services import setup
from scheduler.settings import Settings
from scheduler.store import practice as practices
from scheduler.store import schedule, therapists, types
from scheduler.store.database import transaction
from scheduler.store.secrets import token_hash
from scheduler.store.subscriptions import Subscription
from scheduler.store.subscriptions import add as add_subscription
from scheduler.store.tables import AppointmentRow, TherapistRow, table

ZONE = "America/Toronto"
QUARTER = 900
COMING = 100
"""At most so many of the appointments lie in the coming 90 days."""

_appointments = table(AppointmentRow)
_therapists = table(TherapistRow)
_KEY = base64.b64encode(bytes(range(32))).decode()
FEED_TOKEN = "b" * 43


@dataclass(frozen=True)
class Database:
    """A filled database and the application on it."""

    url: str
    app: Flask
    practice: Practice
    kind: AppointmentType
    therapist: Therapist
    today: date

    @property
    def slots_path(self) -> str:
        """The address of the coming 30 days' free times."""
        return self.slots_of("quarter", 30)

    def slots_of(self, slug: str, days: int) -> str:
        """The address of a type's free times in so many coming days."""
        last = self.today + timedelta(days=days - 1)
        return f"/api/v1/practices/bench/types/{slug}/slots?from={self.today}&to={last}"

    def add_type(self, slug: str, *, duration: int, step: int) -> None:
        """Something else that can be booked with the same therapist; seconds."""
        kind = replace(self.kind, id=str(uuid4()), slug=slug, duration=duration, step=step)
        with self.app.app_context(), transaction() as tx:
            types.add(tx, kind)

    def touch(self) -> None:
        """What every booking does to what is remembered: the revision rises."""
        with self.app.app_context(), transaction() as tx:
            therapists.raise_revision(tx, self.therapist.id, now=utcnow(), hours=False)

    def change_one(self) -> None:
        """One appointment gets another sequence, as by moving it."""
        with self.app.app_context(), transaction() as tx:
            therapists.raise_revision(tx, self.therapist.id, now=utcnow(), hours=False)
            some = _appointments.c.id == f"{0:036}"
            tx.execute(update(_appointments).where(some).values(sequence=_appointments.c.sequence + 1))


def environment(url: str, **changes: str) -> dict[str, str]:
    """Settings of a demo installation on the database, with keys of its own."""
    return {
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_hex(32),
        "SCHEDULER_ENV": "demo",
        "SCHEDULER_ENCRYPTION_KEYS": f"k1:{_KEY}",
        "SCHEDULER_LOOKUP_KEY": _KEY,
        "SCHEDULER_PUBLIC_URL": "http://127.0.0.1",
        **changes,
    }


@contextmanager
def database(folder: Path, *, past: int, coming: int = COMING, url: str = "") -> Iterator[Database]:
    """So many past and coming appointments in a new SQLite file, or in the empty database of the address."""
    url = url or f"sqlite:///{folder / f'{past}-{coming}.sqlite3'}"
    app = create_app(Settings.from_environment(environment(url)))
    now = utcnow()
    with app.app_context():
        upgrade()
        practice, kind, therapist = _people(now)
        starts = [*_quarters_before(now, past), *_quarters_after(now, coming)]
        _fill(practice, kind, therapist, starts, now)
        with transaction() as tx:
            feed = Subscription(str(uuid4()), practice.id, therapist.id, "bench", FeedLevel.BUSY, now)
            add_subscription(tx, feed, token_hash(FEED_TOKEN))
    yield Database(url, app, practice, kind, therapist, local_day(now, ZONE))


def _people(now: int) -> tuple[Practice, AppointmentType, Therapist]:
    rules = GroundRules(notice=0, horizon_days=91)
    bare = setup.bare_practice("bench", "Bench", ZONE, "CA", ("en",), "office@bench.example")
    values = {name: getattr(bare, name) for name in bare.__slots__}
    line = HelpLine("911", "988", {})
    practice = Practice(**{**values, "rules": rules, "published": True, "help_line": line})
    therapist = Therapist(str(uuid4()), practice.id, "ada", "Ada", "ada@bench.example", calendar_revision=1)
    kind = AppointmentType(
        id=str(uuid4()),
        practice_id=practice.id,
        slug="quarter",
        names={"en": "Quarter"},
        descriptions={},
        duration=QUARTER,
        modes=(Mode.VIDEO,),
        therapist_ids=(therapist.id,),
    )
    with transaction() as tx:
        practices.add(tx, practice)
        therapists.add(tx, therapist, position=0, now=now)
        schedule.replace_weekly(tx, therapist.id, [WeeklySpan(day, 9 * 60, 17 * 60) for day in range(1, 6)])
        types.add(tx, kind)
    return practice, kind, therapist


def _quarters_before(now: int, count: int) -> Iterator[int]:
    latest = now - now % QUARTER - QUARTER
    return iter(range(latest - (count - 1) * QUARTER, latest + 1, QUARTER)) if count else iter(())


def _quarters_after(now: int, count: int) -> Iterator[int]:
    """Spread over the coming days: few on many days rather than many on one."""
    days = 88 if count <= COMING else 364
    today, made = local_day(now, ZONE), 0
    for place in range(1 + count // days):
        for ahead in range(1, days + 1):
            if made < count:
                made += 1
                yield day_interval(today + timedelta(days=ahead), ZONE)[0] + 9 * 3600 + place * 2 * QUARTER


def _fill(
    practice: Practice, kind: AppointmentType, therapist: Therapist, starts: list[int], now: int
) -> None:
    common = {
        "practice_id": practice.id,
        "therapist_id": therapist.id,
        "type_id": kind.id,
        "sequence": 0,
        "status": "confirmed",
        "mode": "video",
        "language": "en",
        "visitor_zone": ZONE,
        "organizer": "office@bench.example",
        "created_at": now - 60,
        "changed_at": now - 60,
        "by_hand": False,
        "consents": {},
    }
    rows = (
        {
            **common,
            "id": f"{number:036}",
            "uid": str(uuid4()),
            "start_at": start,
            "end_at": start + QUARTER,
            "busy_start": start,
            "busy_end": start + QUARTER,
        }
        for number, start in enumerate(starts)
    )
    with transaction() as tx:
        tx.execute(insert(_appointments), list(rows))
