"""Scenes of trouble: paused, too much at once, our fault, pages that are not there."""

import sqlite3
from contextlib import closing

from playwright.sync_api import Page

from scheduler.web.gate import Gate
from tools.scenes.booking import press, type_in
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, Stage

addresses("trouble", {"paused": ("/book/demo/", "The practice takes no bookings for a while")}, "paused")
addresses(
    "trouble",
    {
        "not-found": ("/nothing/here", "An address that never was"),
        "no-such-practice": ("/book/nobody/", "A booking link with a letter lost"),
    },
)
addresses("trouble", {"practice-not-found": ("/practice/nothing-here", "The same, signed in")}, who=ADA)


@scene("limited")
def too_many(stage: Stage) -> Page:
    """Too much at once: one answer for every limit"""
    page = stage.visitor()
    for _ in range(4):
        stage.open("/book/demo/consultation?tz=America/Toronto")
        page.locator(".early button").first.click()
        page.locator("table.month").wait_for(state="detached")
    return page


@scene("troubled")
def our_fault(stage: Stage) -> Page:
    """Our fault: the same answers, one press, nothing booked twice"""
    page = type_in(press(stage))
    stage.change("ALTER TABLE outbox RENAME TO outbox_away")
    try:
        page.locator(".details .btn-1").click()
        page.locator("#details").wait_for(state="detached")
    finally:
        stage.change("ALTER TABLE outbox_away RENAME TO outbox")
    return page


@scene("troubled")
def our_fault_when_busy(stage: Stage) -> Page:
    """The database is busy: the form stands as it was"""
    page = type_in(press(stage))
    with closing(sqlite3.connect(stage.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        page.locator(".details .btn-1").click()
        page.locator(".note.bad[data-focus]").wait_for(timeout=60_000)
        other.execute("ROLLBACK")
    return page


@scene("troubled")
def updating(stage: Stage) -> Page:
    """The pages are being updated: the program stands on a schema of another version"""
    stage.change("UPDATE alembic_version SET version_num = '9' || version_num")
    stage.app.wsgi_app = Gate(stage.app)  # type: ignore[method-assign]  # Flask's own way to wrap it
    try:
        return stage.open("/book/demo/")
    finally:
        stage.change("UPDATE alembic_version SET version_num = substr(version_num, 2)")


@scene("troubled")
def practice_fault(stage: Stage) -> Page:
    """Our fault, behind the sign-in"""
    page = stage.staff(ADA)
    stage.change("ALTER TABLE weekly_hours RENAME TO weekly_away")
    try:
        return stage.open("/practice/hours", page)
    finally:
        stage.change("ALTER TABLE weekly_away RENAME TO weekly_hours")
