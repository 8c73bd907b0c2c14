"""Scenes of calendars: subscriptions, and the therapist's own in every trouble."""

from dataclasses import replace
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind, ReadStatus, WriteStatus
from scheduler.services import calendars as services
from scheduler.services import directory
from scheduler.services.calendars import Wish
from scheduler.store import calendars as rows
from scheduler.store.database import transaction
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, Stage

addresses(
    "calendars",
    {
        "calendars-empty": ("/practice/calendars", "No calendar yet"),
        "calendar-new": ("/practice/calendars/new", "A new subscription"),
        "own-calendar-kind": ("/practice/calendars/own/new", "How a calendar of one's own is reached"),
        "own-calendar-secret": ("/practice/calendars/own/new?kind=ics", "By a secret address"),
        "own-calendar-caldav": ("/practice/calendars/own/new?kind=caldav", "By name and password"),
    },
    who=ADA,
)


@scene()
def calendar_made(stage: Stage) -> Page:
    """The addresses of a subscription, shown once"""
    page = stage.open("/practice/calendars/new", stage.staff(ADA))
    page.locator("#name").fill("My phone")
    page.locator("main .btn-1").click()
    page.locator("#https").wait_for()
    return page


@scene()
def own_calendar_wrong(stage: Stage) -> Page:
    """An address that is none"""
    page = stage.open("/practice/calendars/own/new?kind=ics", stage.staff(ADA))
    page.locator("main .btn-1").last.click()
    page.locator("#problems").wait_for()
    return page


@scene()
def own_calendar_writes(stage: Stage) -> Page:
    """What is written into it, asked once something is"""
    page = stage.open("/practice/calendars/own/new?kind=caldav", stage.staff(ADA))
    page.locator("input[name=writes]").check()
    return page


@scene("troubled")
def calendars(stage: Stage) -> Page:
    """Calendars that are empty, ask for a choice, refuse the password, are gone"""
    trouble(stage)
    page = stage.open("/practice/calendars", stage.staff(ADA))
    page.locator(".cals .drop summary").first.click()
    return page


@scene("troubled")
def week_with_calendars_in_trouble(stage: Stage) -> Page:
    """The week says that a calendar was not read"""
    trouble(stage)
    return stage.open("/practice/", stage.staff(ADA))


def trouble(stage: Stage) -> None:
    """Four calendars of Ada's, each in another trouble."""
    now = utcnow()
    with stage.app.app_context():
        with transaction() as tx:
            tx.execute(text("DELETE FROM calendars"))
        _note(stage, "Choir", now, status=ReadStatus.EMPTY, empty_since=now, read_at=now)
        _note(stage, "Nextcloud", now, status=ReadStatus.CHOOSE)
        _note(stage, "University", now, status=ReadStatus.SIGN_IN, read_at=now - 3 * 86_400)
        _note(stage, "Fastmail", now, status=ReadStatus.OK, read_at=now, write_status=WriteStatus.GONE)


def _note(stage: Stage, name: str, now: int, **state: Any) -> None:
    ada = directory.find_therapist(stage.practice, "ada")
    wish = Wish(name, CalendarKind.CALDAV, "https://calendar.example/", "ada", "secret", writes=True)
    made = services.add(ada, wish, by="demo", now=now)
    found = [("https://calendar.example/a/", "Private"), ("https://calendar.example/b/", "Work")]
    with transaction() as tx:
        standing = replace(made, **{"due_at": now + 3600, "write_status": WriteStatus.OK, **state})
        rows.save_reading(tx, standing)
        rows.save_writing(tx, standing)
        rows.keep_found(tx, made.id, found if standing.status is ReadStatus.CHOOSE else [])
