"""How the demo is prepared before scenes play in it: once for each stage, inside an application context."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import Audience
from scheduler.services import directory
from scheduler.store import practice as practices
from scheduler.store import schedule, therapists, types
from scheduler.store.database import transaction
from scheduler.web.visitor.month import next_month
from tools.scenes.stage import Stage

PROFILES: dict[str, dict[str, Any]] = {
    "ada": {
        "credentials": {"en": "Psychologist and psychotherapist, licence 01234 in Quebec"},
        "approach": {"en": "I work with attachment and with the body. We go at your pace, and you decide."},
        "spoken": ("en", "fr"),
        "practising_since": 2009,
        "places": ("CA-QC",),
    },
    "ben": {"credentials": {"en": "Psychotherapist"}, "spoken": ("en",), "places": ("CA-ON",)},
}
KEY = "a-word-that-opens-the-type"
EVENING = (18 * 60, 19 * 60)


def speak(language: str) -> None:
    """The practice's first language is this one."""
    practice = directory.practice("demo")
    with transaction() as tx:
        practices.save(tx, replace(practice, languages=(language, *practice.languages)))


def plain(_stage: Stage) -> None:
    """The demo as `make run` shows it."""


def ruled(stage: Stage) -> None:
    """Everything that a practice may switch on: profiles, places, late fees, a type behind a secret link."""
    with transaction() as tx:
        practice = stage.practice
        for slug, profile in PROFILES.items():
            therapists.save(tx, replace(directory.find_therapist(practice, slug), **profile))
        session = directory.find_type(practice, "session")
        types.save(tx, replace(session, cancel_window=48 * 3600, late_fee_cents=6000))
        couple = directory.find_type(practice, "couple")
        types.save(tx, replace(couple, audience=Audience.EXISTING, access_key=KEY))


def closed(_stage: Stage) -> None:
    """No therapist has hours: nothing is free for months."""
    with transaction() as tx:
        tx.execute(text("DELETE FROM extra_hours"))
        for person in directory.therapists(directory.practice("demo")):
            schedule.replace_weekly(tx, person.id, [])
            therapists.raise_revision(tx, person.id, now=utcnow())


def next_month_only(stage: Stage) -> None:
    """Nothing is free before a morning of next month."""
    closed(stage)
    day = next_month(local_day(utcnow(), stage.practice.zone)) + timedelta(days=9)
    with transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO extra_hours (id, therapist_id, day, start_minute, end_minute)"
                " SELECT 'one-day', id, :day, 540, 720 FROM therapists WHERE slug = 'ada'"
            ),
            {"day": day.isoformat()},
        )


def paused(stage: Stage) -> None:
    """The practice takes no bookings for a month."""
    with transaction() as tx:
        practices.save(tx, replace(stage.practice, paused_until=utcnow() + 30 * 86_400))


def open_evenings() -> None:
    """An hour every evening with Ada."""
    with transaction() as tx:
        person = directory.find_therapist(directory.practice("demo"), "ada")
        schedule.replace_weekly(tx, person.id, [WeeklySpan(weekday, *EVENING) for weekday in range(1, 8)])
        therapists.raise_revision(tx, person.id, now=utcnow())


WORLDS: dict[str, Callable[[Stage], None]] = {
    "plain": plain,
    "ruled": ruled,
    "closed": closed,
    "next month": next_month_only,
    "paused": paused,
    "limited": plain,
    "troubled": plain,
}
"""`limited` is served with limits per source, `troubled` may be broken by its scenes."""
SETTINGS = {"limited": {"SCHEDULER_RATE_LIMITS": "on"}}
