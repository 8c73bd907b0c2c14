"""Scenes of dates that repeat: offered, answered, one lost, a rhythm changed."""

from collections.abc import Sequence
from datetime import datetime

from playwright.sync_api import Page

from scheduler.clock import utcnow
from scheduler.domain.local_time import start_instant
from scheduler.domain.series import WEEK, Rhythm
from scheduler.domain.staff import Role, Staff
from scheduler.services import appointments, directory, offering, series_offers
from scheduler.services import desk as desks
from scheduler.store import series_offers as store
from scheduler.store.database import reading
from tools.scenes.managing import weekly
from tools.scenes.registry import scene
from tools.scenes.stage import ADA, VERA, Stage, wednesday


def offered(stage: Stage, hour: int) -> str:
    """Ada offers Vera five Wednesdays at this hour; gives the path of the link."""
    with stage.app.app_context():
        practice, now = stage.practice, utcnow()
        ada = directory.find_therapist(practice, "ada")
        start = start_instant(datetime.fromisoformat(f"{wednesday(21)}T{hour:02}:00"), practice.zone)
        made = offering.make(
            desks.of_staff(Staff("demo", practice.id, ada.id, Role.THERAPIST, ada.name)),
            directory.find_type(practice, "session"),
            ada,
            Rhythm(start, 1, 5, practice.zone),
            {**VERA, "mode": "video", "language": stage.language},
            left_out=(),
            now=now,
        )
        with reading() as tx:
            return f"/series/{store.token(tx, made.id)}"


def accepted(stage: Stage, hour: int) -> list[str]:
    """The same, accepted; gives the paths of the dates."""
    token = offered(stage, hour).rpartition("/")[2]
    with stage.app.app_context():
        shown = series_offers.show(token, now=utcnow())
        series_offers.accept(
            token, shown.offer.starts, agreed_to=shown.kind.policy_version, zone=stage.practice.zone,
            language=stage.language, now=utcnow(),
        )  # fmt: skip
        return [f"/appointments/{one.token}" for one in series_offers.show(token, now=utcnow()).booked]


def take(stage: Stage, hour: int, weeks: Sequence[int]) -> None:
    """Somebody else has the time in these weeks of the offer."""
    with stage.app.app_context():
        practice, now = stage.practice, utcnow()
        ada = directory.find_therapist(practice, "ada")
        start = start_instant(datetime.fromisoformat(f"{wednesday(21)}T{hour:02}:00"), practice.zone)
        for number in weeks:
            appointments.add(
                desks.of_staff(Staff("demo", practice.id, ada.id, Role.THERAPIST, ada.name)),
                directory.find_type(practice, "session"),
                ada,
                start + number * WEEK,
                {"mode": "video", "name": "Xenia", "email": "x@visitor.example", "language": "en"},
                notify=False,
                now=now,
            )


@scene()
def dates_offered(stage: Stage) -> Page:
    """Dates that repeat are offered, one of them taken meanwhile"""
    path = offered(stage, 5)
    take(stage, 5, [1])
    return stage.open(path)


@scene()
def dates_lost(stage: Stage) -> Page:
    """Somebody was quicker with one date: nothing is booked yet"""
    page = stage.open(offered(stage, 7))
    page.locator("#policy").check()
    take(stage, 7, [2])
    page.locator("button[value=accept]").click()
    page.locator(".note.warn").wait_for()
    return page


@scene()
def dates_instead(stage: Stage) -> Page:
    """Two dates are gone, and another time close to each is chosen"""
    path = offered(stage, 9)
    take(stage, 9, [0, 3])
    page = stage.open(path)
    page.locator("input[name^=instead]").nth(0).check()
    return page


@scene()
def dates_booked(stage: Stage) -> Page:
    """All ticked dates were booked by one press"""
    page = stage.open(offered(stage, 20))
    page.locator("#policy").check()
    page.locator("button[value=accept]").click()
    page.locator("button[value=accept]").wait_for(state="detached")
    return page


@scene()
def dates_rest(stage: Stage) -> Page:
    """Asked before this and all later dates are cancelled"""
    return stage.open(f"{accepted(stage, 2)[1]}/rest")


@scene()
def practice_offers(stage: Stage) -> Page:
    """What was offered to clients, and what became of it"""
    accepted(stage, 1)
    offered(stage, 23)
    return stage.open("/practice/series/offers", stage.staff(ADA))


@scene()
def practice_rhythm(stage: Stage) -> Page:
    """Another rhythm from one date on"""
    with stage.app.app_context():
        third = weekly(stage, f"{wednesday(21)}T04:00")[2]
    return stage.open(f"/practice/appointments/{third.id}/series/change", stage.staff(ADA))


@scene()
def practice_rhythm_check(stage: Stage) -> Page:
    """Every date of the new rhythm before anything changes"""
    with stage.app.app_context():
        second = weekly(stage, f"{wednesday(28)}T22:30")[1]
    page = stage.open(f"/practice/appointments/{second.id}/series/change", stage.staff(ADA))
    page.locator("#repeat").select_option("2")
    page.locator("button[value=look]").click()
    page.locator("#date").wait_for()
    return page
