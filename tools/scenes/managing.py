"""Scenes behind the link of a mail: seen, moved, cancelled, over."""

from datetime import datetime

from playwright.sync_api import Page

from scheduler.clock import utcnow
from scheduler.domain.appointment import Appointment
from scheduler.domain.local_time import start_instant
from scheduler.domain.series import Rhythm
from scheduler.services import directory, series
from scheduler.services.manage import cancel
from scheduler.store import participants
from scheduler.store.database import reading
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, VERA, Stage, later_day, wednesday

addresses("managing", {"old-link": (f"/appointments/{'x' * 43}", "A link that leads nowhere any more")})


def managed(stage: Stage, slug: str = "consultation") -> Page:
    """The page of an appointment that Vera has just made."""
    return stage.open(f"/appointments/{stage.book(slug).token}")


@scene()
def manage(stage: Stage) -> Page:
    """The appointment: move it, cancel it"""
    return managed(stage)


@scene()
def manage_not_me(stage: Stage) -> Page:
    """A session with terms, and "You did not book this?" opened"""
    page = managed(stage, "session")
    page.locator("#not-you summary").click()
    return page


@scene()
def manage_a_request(stage: Stage) -> Page:
    """A request that waits for its answer"""
    return managed(stage, "intake")


@scene()
def manage_for_two(stage: Stage) -> Page:
    """A session for two, as one of them sees it"""
    return managed(stage, "couple")


@scene("ruled")
def manage_with_a_fee(stage: Stage) -> Page:
    """A session that costs something when cancelled late"""
    return managed(stage, "session")


@scene()
def move_days(stage: Stage) -> Page:
    """Choosing another day; the present time stays"""
    page = managed(stage)
    page.locator("a.btn-1").click()
    page.locator("table.month").wait_for()
    return page


@scene()
def move_times(stage: Stage) -> Page:
    """Choosing another time"""
    page = move_days(stage)
    later_day(page, 2).click()
    page.locator("button.slot").first.wait_for()
    return page


@scene()
def moved(stage: Stage) -> Page:
    """Moved"""
    page = move_times(stage)
    page.locator("button.slot").first.click()
    page.locator(".note.ok").wait_for()
    return page


@scene()
def cancelled(stage: Stage) -> Page:
    """Cancelled"""
    page = managed(stage)
    page.locator("button.btn-bad").click()
    page.locator("button.btn-bad").wait_for(state="detached")
    return page


@scene()
def booked_then_cancelled(stage: Stage) -> Page:
    """The booked page of an appointment that was cancelled since"""
    token = stage.book("session").token
    with stage.app.app_context():
        cancel(token, now=utcnow())
    return stage.open(f"/book/demo/session/done/{token}")


@scene()
def declined(stage: Stage) -> Page:
    """A request that could not be taken"""
    asked = stage.book("intake", ahead=10)
    ada = stage.open(f"/practice/appointments/{asked.appointment.id}", stage.staff(ADA))
    ada.locator("form[action$='/decline'] button").click()
    ada.locator(".note").first.wait_for()
    return stage.open(f"/appointments/{asked.token}")


@scene()
def past(stage: Stage) -> Page:
    """An appointment that has begun or passed"""
    booked = stage.book("consultation")
    ago = booked.start - utcnow() + 86_400
    moved = ", ".join(f"{name} = {name} - {ago}" for name in ("start_at", "end_at", "busy_start", "busy_end"))
    stage.change(f"UPDATE appointments SET {moved} WHERE id = '{booked.appointment.id}'")  # noqa: S608 - our own values
    return stage.open(f"/appointments/{booked.token}")


@scene()
def disowned(stage: Stage) -> Page:
    """ "This was not me" was pressed"""
    page = managed(stage)
    page.locator("#not-you summary").click()
    page.locator("button[value=disown]").click()
    page.locator("button[value=disown]").wait_for(state="detached")
    return page


@scene()
def manage_one_of_a_series(stage: Stage) -> Page:
    """One date of several"""
    with stage.app.app_context():
        first = weekly(stage, f"{wednesday(14)}T19:00")[0]
        with reading() as tx:
            token = participants.token(tx, first.participants[0].id)
    return stage.open(f"/appointments/{token}")


def weekly(stage: Stage, first: str) -> list[Appointment]:
    """Four sessions with Ada from this local time on, entered by hand; within an application context."""
    start = start_instant(datetime.fromisoformat(first), stage.practice.zone)
    made = series.book_by_hand(
        stage.practice,
        directory.find_type(stage.practice, "session"),
        therapist=directory.find_therapist(stage.practice, "ada"),
        rhythm=Rhythm(start, 1, 4, stage.practice.zone),
        raw={**VERA, "mode": "video", "language": stage.language},
        notify=True,
        by="demo",
        now=utcnow(),
    )
    return [date.appointment for date in made.dates if date.appointment]
