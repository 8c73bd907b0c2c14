"""Scenes behind the sign-in: the week, requests, hours, types, settings."""

from playwright.sync_api import Page

from tools.scenes.managing import weekly
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, OWNER, Stage, wednesday

addresses(
    "practice",
    {
        "practice-week": ("/practice/", "The week, names hidden"),
        "practice-block": ("/practice/time-off?kind=block", "Blocking some hours"),
        "practice-ill": ("/practice/time-off?kind=ill", "Ill today: who has an appointment"),
        "practice-holiday": ("/practice/time-off?kind=holiday", "Adding a holiday"),
        "practice-extra-hours": ("/practice/extra-hours", "Hours on a single day"),
        "practice-hours": ("/practice/hours", "Weekly hours"),
        "practice-appointment-new": ("/practice/appointments/new", "Entering an appointment by hand"),
        "practice-types": ("/practice/types", "What can be booked, as a therapist sees it"),
        "practice-settings": ("/practice/settings", "Settings"),
        "practice-embed": ("/practice/settings/embed", "Putting the booking into a website"),
        "practice-profile": ("/practice/settings/therapist", "What visitors read about a therapist"),
        "practice-mail-empty": ("/practice/mail", "No mails yet"),
    },
    who=ADA,
)
addresses(
    "practice",
    {
        "owner-week": ("/practice/", "The week of the practice's owner"),
        "owner-hours": ("/practice/hours", "Hours and ground rules"),
        "owner-types": ("/practice/types", "What can be booked"),
        "owner-type": ("/practice/types/session", "One type"),
        "owner-type-new": ("/practice/types/new", "A new type"),
        "owner-practice": ("/practice/settings/practice", "What visitors read about the practice"),
        "owner-waiting-empty": ("/practice/waiting", "Nobody waits"),
        "owner-embed": ("/practice/settings/embed", "Websites that may show the booking"),
    },
    who=OWNER,
)
addresses(
    "practice", {"owner-type-secret": ("/practice/types/couple", "A type with a secret link")}, "ruled", OWNER
)


@scene()
def practice_week_full(stage: Stage) -> Page:
    """A full week with a request, names shown"""
    stage.book("intake", ahead=10)
    page = stage.open(f"/practice/?week={wednesday(7)}", stage.staff(ADA))
    switch = page.locator(".names button, button[role=switch]").first
    if switch.get_attribute("aria-checked") == "false":
        switch.click()
        page.locator("button[role=switch][aria-checked=true]").wait_for()
    return page


@scene()
def practice_requests(stage: Stage) -> Page:
    """A request with its neighbours, and those answered lately"""
    stage.book("intake", ahead=10)
    page = stage.open("/practice/requests", stage.staff(ADA))
    page.locator("form[action$='/accept'] button").first.click()
    page.locator(".note.ok").wait_for()
    stage.book("intake", ahead=10)
    return stage.open("/practice/requests", page)


@scene()
def practice_appointment(stage: Stage) -> Page:
    """One appointment"""
    booked = stage.book("session", note="I come by wheelchair.", zone="Europe/Paris")
    return stage.open(f"/practice/appointments/{booked.appointment.id}", stage.staff(ADA))


@scene()
def practice_appointment_asked(stage: Stage) -> Page:
    """One that waits for an answer"""
    asked = stage.book("intake", ahead=10)
    return stage.open(f"/practice/appointments/{asked.appointment.id}", stage.staff(ADA))


@scene()
def practice_appointment_cancelled(stage: Stage) -> Page:
    """One that was cancelled"""
    page = practice_appointment(stage)
    page.locator("form[action$='/cancel'] button").click()
    page.locator("form[action$='/cancel'] button").wait_for(state="detached")
    return page


@scene()
def practice_appointment_known(stage: Stage) -> Page:
    """A free call of somebody who had one before"""
    stage.book("consultation")
    booked = stage.book("consultation", whose="ada")
    return stage.open(f"/practice/appointments/{booked.appointment.id}", stage.staff(ADA))


@scene()
def practice_move(stage: Stage) -> Page:
    """Moving an appointment"""
    page = practice_appointment(stage)
    page.locator("a[href$='/move']").click()
    page.locator("#day").wait_for()
    return page


@scene()
def practice_move_wrong(stage: Stage) -> Page:
    """To a day that is over"""
    page = practice_move(stage)
    page.locator("#day").fill("2020-01-01")
    page.locator("main .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene()
def practice_appointment_new_wrong(stage: Stage) -> Page:
    """An appointment by hand without a name"""
    page = stage.open("/practice/appointments/new", stage.staff(ADA))
    page.locator("main .btn-1").last.click()
    page.locator("#problems").wait_for()
    return page


@scene()
def practice_series_check(stage: Stage) -> Page:
    """Dates that repeat, before they are booked: one of them is taken"""
    with stage.app.app_context():
        weekly(stage, f"{wednesday(42)}T07:30")
    page = stage.open("/practice/appointments/new", stage.staff(ADA))
    page.locator("#type").select_option("session")
    page.locator("#day").fill(wednesday(28).isoformat())
    page.locator("#time").fill("07:30")
    page.locator("#repeat").select_option("1")
    page.locator("#dates").fill("6")
    page.locator("input[name=mode][value=video]").check()
    page.locator("#name").fill("Vera Lindqvist")
    page.locator("#email").fill("vera@visitor.example")
    page.locator("main .btn-1").last.click()
    page.locator("input[type=checkbox]").first.wait_for()
    return page


@scene()
def practice_series(stage: Stage) -> Page:
    """One date of a series"""
    with stage.app.app_context():
        second = weekly(stage, f"{wednesday(14)}T21:00")[1]
    return stage.open(f"/practice/appointments/{second.id}", stage.staff(ADA))


@scene()
def practice_hours_editing(stage: Stage) -> Page:
    """Hours while they are edited, and one span that cannot be"""
    page = stage.open("/practice/hours", stage.staff(ADA))
    page.locator("#day-1 .copy-day summary").click()
    page.locator("select[name=from-2]").first.select_option("1380")
    page.locator("#save-bar:not(.calm)").wait_for()
    return page


@scene()
def practice_holiday_check(stage: Stage) -> Page:
    """A holiday before it is saved: who has an appointment then"""
    stage.book("session", ahead=14)
    page = stage.open("/practice/time-off?kind=holiday", stage.staff(ADA))
    for name, day in (("first", wednesday(14)), ("last", wednesday(21))):
        page.locator(f"#{name}").fill(day.isoformat())
    page.locator("button[value=check]").click()
    page.locator(".note[role=status]").wait_for()
    return page


@scene()
def practice_holiday_saved(stage: Stage) -> Page:
    """A holiday is entered; what lies inside it stays booked"""
    page = practice_holiday_check(stage)
    page.locator("button[value=save]").click()
    page.locator("button[value=save]").wait_for(state="detached")
    return page


@scene()
def owner_type_wrong(stage: Stage) -> Page:
    """A new type without a name"""
    page = stage.open("/practice/types/new", stage.staff(OWNER))
    page.locator("main .btn-1").last.click()
    page.locator("#problems").wait_for()
    return page


@scene()
def owner_practice_wrong(stage: Stage) -> Page:
    """The practice's profile with an answer missing"""
    page = stage.open("/practice/settings/practice", stage.staff(OWNER))
    page.locator("#name").fill("")
    page.locator("main .btn-1").last.click()
    page.locator("#problems").wait_for()
    return page


@scene("paused")
def practice_nobody(stage: Stage) -> Page:
    """An owner in a practice without therapists"""
    stage.change("UPDATE therapists SET active = 0")
    return stage.open("/practice/", stage.staff(OWNER))
