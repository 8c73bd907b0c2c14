"""Scenes of the waiting list, from a practice where nothing is free to a time that is offered."""

from playwright.sync_api import Page
from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.waitlist import State
from scheduler.services import directory, turns
from scheduler.services import waiting as services
from scheduler.store import waiting as store
from scheduler.store.database import reading, transaction
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import OWNER, VERA, Stage
from tools.scenes.worlds import closed, open_evenings

addresses(
    "waiting",
    {
        "fully-booked": ("/book/demo/consultation", "Nothing is free for months"),
        "types-fully-booked": ("/book/demo/", "What can be booked where nothing is free"),
        "wait": ("/book/demo/consultation/wait", "Joining the waiting list"),
        "old-waiting-link": (f"/waiting/{'x' * 43}", "A link of the list that leads nowhere any more"),
    },
    "closed",
)


def waits(stage: Stage, *, offered: bool = False) -> str:
    """Vera waits, and nobody else; gives the path of her link."""
    with stage.app.app_context():
        closed(stage)
        now = utcnow()
        with transaction() as tx:
            tx.execute(text("DELETE FROM waiting"))
            tx.execute(text("UPDATE appointments SET expires_at = 0 WHERE status = 'held'"))
        services.join(
            stage.practice,
            directory.find_type(stage.practice, "consultation"),
            {**VERA, "mode": "video", "language": stage.language},
            days=["1", "2"] if not offered else [],
            parts=["evening"],
            therapist=None,
            source="192.0.2.9",
            now=now,
            limited=False,
        )
        if offered:
            open_evenings()
            turns.tend(now=now)
        with reading() as tx:
            [entry] = store.of_practice(tx, stage.practice.id, tuple(State))
            return f"/waiting/{store.token(tx, entry.id)}"


@scene("closed")
def wait_wrong(stage: Stage) -> Page:
    """Answers that need a second look"""
    page = stage.open("/book/demo/consultation/wait")
    page.locator("#email").fill("vera@")
    page.locator("#details .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene("closed")
def wait_joined(stage: Stage) -> Page:
    """Joined: what happens now"""
    page = stage.open("/book/demo/consultation/wait")
    for name, words in VERA.items():
        page.locator(f"#{name}").fill(words)
    page.locator("#details .btn-1").click()
    page.locator("#details").wait_for(state="detached")
    return page


@scene("closed")
def waits_still(stage: Stage) -> Page:
    """The mailed link while nothing has opened"""
    return stage.open(waits(stage))


@scene("closed")
def waits_left(stage: Stage) -> Page:
    """Left by one press"""
    page = stage.open(waits(stage))
    page.locator("button[value=leave]").click()
    page.locator("button[value=leave]").wait_for(state="detached")
    return page


@scene("closed")
def waits_offered(stage: Stage) -> Page:
    """A time is kept for a day"""
    return stage.open(waits(stage, offered=True))


@scene("closed")
def waits_booked(stage: Stage) -> Page:
    """The offered time was taken"""
    path = waits(stage, offered=True)
    page = stage.open(path)
    page.locator("button[value=accept]").click()
    page.locator("button[value=accept]").wait_for(state="detached")
    return stage.open(path)


@scene("closed")
def practice_waiting_choose(stage: Stage) -> Page:
    """A time is chosen by hand for somebody who waits for an evening"""
    waits(stage)
    with stage.app.app_context():
        open_evenings()
    page = stage.open("/practice/waiting", stage.staff(OWNER))
    page.locator("a[href$='/offer']").click()
    page.locator("#start").wait_for()
    return page


@scene("closed")
def practice_waiting_kept(stage: Stage) -> Page:
    """A time is kept for them already: no other can be offered"""
    waits(stage, offered=True)
    with stage.app.app_context(), reading() as tx:
        [entry] = store.of_practice(tx, stage.practice.id)
    return stage.open(f"/practice/waiting/{entry.id}/offer", stage.staff(OWNER))


@scene("closed")
def practice_waiting(stage: Stage) -> Page:
    """Who waits, as the practice sees it"""
    waits(stage, offered=True)
    return stage.open("/practice/waiting", stage.staff(OWNER))
