"""Scenes of choosing: what, which day, which time."""

from playwright.sync_api import Page

from scheduler.clock import utcnow
from scheduler.domain.local_time import local_day
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import Stage, later_day

FREE_CALL = "/book/demo/consultation?tz=America/Toronto"

addresses(
    "choosing",
    {
        "types": ("/book/demo/", "What can be booked, the soonest time as one press"),
        "days": (FREE_CALL, "The month, and the soonest times"),
        "days-with-ada": (f"{FREE_CALL}&therapist=ada", "The month of one therapist"),
        "days-in-another-zone": ("/book/demo/session?tz=Asia/Tokyo", "A practice far away from the visitor"),
        "zone": ("/book/demo/consultation/zone?tz=Europe/Paris", "Choosing a time zone"),
        "privacy": ("/book/demo/privacy", "Privacy in plain words"),
        "widget-pink": ("/book/demo/couple?embed=1&accent=ffc0cb&headings=sans", "A pale accent of the host"),
        "widget-yellow": (
            "/book/demo/consultation?embed=popup&accent=ffff00&radius=round",
            "In a popup, round, a glaring accent",
        ),
        "widget-square": ("/book/demo/session?embed=1&radius=square&theme=dark", "Square and always dark"),
    },
)
addresses(
    "choosing",
    {"no-times-this-month": ("/book/demo/consultation", "The first free day is in another month")},
    "next month",
)


@scene("next month")
def an_empty_month(stage: Stage) -> Page:
    """A month without times names the next free one"""
    page = stage.open("/book/demo/consultation")
    page.locator(".month-bar a").first.click()
    page.wait_for_url("**month=**")
    return page


@scene()
def times(stage: Stage) -> Page:
    """The times of a day"""
    page = stage.open(FREE_CALL)
    later_day(page, 1).click()
    page.locator("button.slot").first.wait_for()
    return page


@scene()
def times_in_two_zones(stage: Stage) -> Page:
    """The times of a day in the practice, with the visitor's own beneath"""
    page = stage.open("/book/demo/session?tz=Europe/Paris")
    later_day(page, 1).click()
    page.locator("button.slot").first.wait_for()
    return page


@scene()
def a_day_without_times(stage: Stage) -> Page:
    """A day on which nothing is free any more"""
    with stage.app.app_context():
        today = local_day(utcnow(), stage.practice.zone)
    return stage.open(f"{FREE_CALL}&day={today}")


@scene("ruled")
def types_with_people(stage: Stage) -> Page:
    """Who one can meet, with credentials, approach, languages and experience"""
    return stage.open("/book/demo/")


@scene("ruled")
def days_with_a_profile(stage: Stage) -> Page:
    """The month of a therapist, her profile above it"""
    return stage.open("/book/demo/session?therapist=ada")


@scene("ruled")
def a_secret_type(stage: Stage) -> Page:
    """A type for existing clients, opened by its secret link"""
    return stage.open("/book/demo/couple?key=a-word-that-opens-the-type")
