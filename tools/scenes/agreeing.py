"""Scenes of what visitors agree to: terms kept word for word, a newsletter, safe ways to get in touch."""

from dataclasses import replace

from playwright.sync_api import Page
from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.consents import NEWSLETTER
from scheduler.services import directory, newsletter
from scheduler.services.booking import Booked
from scheduler.store import consents, types
from scheduler.store import newsletter as store
from scheduler.store import practice as practices
from scheduler.store.database import reading, transaction
from tools.scenes.booking import press
from tools.scenes.registry import scene
from tools.scenes.stage import ADA, OWNER, VERA, Stage
from tools.scenes.worlds import WORLDS

READER = "reader@visitor.example"
_WORDS = "News from our practice, a few times a year."


def agreeing(stage: Stage) -> None:
    """A newsletter, safe contact, and a first call with a fee."""
    practice = stage.practice
    call = directory.find_type(practice, "consultation")
    policy = dict.fromkeys(practice.languages, "Please write as soon as you know.")
    with transaction() as tx:
        practices.save(tx, replace(practice, newsletter=True, asks_safe_contact=True))
        types.save(tx, replace(call, cancel_window=24 * 3600, late_fee_cents=4000, policy=policy))
        words = dict.fromkeys(practice.languages, _WORDS)
        consents.keep(tx, practice.id, NEWSLETTER, 1, words, now=utcnow())


WORLDS["agreeing"] = agreeing


def asked(stage: Stage) -> str:
    """Somebody asked for the newsletter; gives the path of their link."""
    with stage.app.app_context():
        practice = stage.practice
        with transaction() as tx:
            tx.execute(text("DELETE FROM newsletter"))
            newsletter.ask(tx, practice, READER, stage.language, now=utcnow(), limited=False)
        with reading() as tx:
            [reader_id] = tx.execute(text("SELECT id FROM newsletter")).scalars()
            return f"/newsletter/{store.token(tx, reader_id)}"


def booked(stage: Stage) -> Booked:
    """Vera agreed to the terms, and may be sent text messages."""
    return stage.book("consultation", mode="phone", phone=VERA["phone"], ways=["text"])


@scene("agreeing")
def details_with_boxes(stage: Stage) -> Page:
    """The form where the practice asks for everything that it may"""
    return press(stage)


@scene("agreeing")
def manage_what_was_agreed(stage: Stage) -> Page:
    """Safe ways and terms, to change or to take back"""
    page = stage.open(f"/appointments/{booked(stage).token}")
    for name in ("#contact summary", "#agreed summary"):
        page.locator(name).click()
    return page


@scene("agreeing")
def practice_what_was_agreed(stage: Stage) -> Page:
    """The words of then, on the page of an appointment"""
    page = stage.open(f"/practice/appointments/{booked(stage).appointment.id}", stage.staff(ADA))
    for summary in page.locator("#agreed summary").all():
        summary.click()
    return page


@scene("agreeing")
def newsletter_asked(stage: Stage) -> Page:
    """The mailed link of the newsletter: yes or no"""
    return stage.open(asked(stage))


@scene("agreeing")
def newsletter_wanted(stage: Stage) -> Page:
    """On the list, with the press that leaves"""
    page = stage.open(asked(stage))
    page.locator("button[value=confirm]").click()
    page.locator(".note.ok").wait_for()
    return page


@scene("agreeing")
def practice_newsletter(stage: Stage) -> Page:
    """The newsletter as its owner sees it"""
    token = asked(stage).rpartition("/")[2]
    with stage.app.app_context():
        newsletter.confirm(token, 1, now=utcnow())
    return stage.open("/practice/newsletter", stage.staff(OWNER))


@scene("agreeing")
def newsletter_left(stage: Stage) -> Page:
    """Left by one press"""
    page = stage.open(asked(stage))
    page.locator("button[value=leave]").click()
    page.locator("button[value=leave]").wait_for(state="detached")
    return page
