"""Scenes of booking: details, what can go wrong, booked and asked for."""

from playwright.sync_api import Page

from tools.scenes.choosing import FREE_CALL
from tools.scenes.registry import scene
from tools.scenes.stage import VERA, Stage, later_day

LAPSE = "UPDATE appointments SET expires_at = expires_at - 3600 WHERE status = 'held'"


def press(stage: Stage, path: str = FREE_CALL) -> Page:
    """The form, after pressing a day and its last time; no other hold is left."""
    stage.change(LAPSE)
    page = stage.open(path)
    later_day(page, 1).click()
    page.locator("button.slot").last.click()
    page.locator("#name").wait_for()
    return page


def type_in(page: Page) -> Page:
    """Answer the three questions."""
    for name, words in VERA.items():
        if page.locator(f"#{name}").count():
            page.locator(f"#{name}").fill(words)
    return page


def lose(stage: Stage) -> None:
    """The kept quarter of an hour is over, and somebody else has booked the time."""
    stage.change(LAPSE)
    rival = stage.stranger()
    rival.goto(stage.url + FREE_CALL)
    later_day(rival, 1).click()
    rival.locator("button.slot").last.click()
    rival.locator("#name").wait_for()
    type_in(rival)
    rival.locator(".details .btn-1").click()
    rival.locator(".ticket h1").wait_for()


@scene()
def details(stage: Stage) -> Page:
    """Who the appointment is for"""
    return press(stage)


@scene()
def details_with_a_note(stage: Stage) -> Page:
    """The same, filled in, with the note open"""
    page = type_in(press(stage))
    page.locator(".more summary").click()
    page.locator("#note").fill("I come by wheelchair.")
    return page


@scene()
def details_wrong(stage: Stage) -> Page:
    """Answers that need a second look"""
    page = press(stage)
    page.locator("#email").fill("vera@")
    page.locator(".details .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene()
def details_of_a_request(stage: Stage) -> Page:
    """A first session: where, and what cancelling costs"""
    return press(stage, "/book/demo/intake?therapist=ada")


@scene()
def details_for_two(stage: Stage) -> Page:
    """A session for two: a name, an address and a language for each"""
    return press(stage, "/book/demo/couple")


@scene()
def details_of_an_old_page(stage: Stage) -> Page:
    """A form that was open for a long time"""
    page = type_in(press(stage))
    page.locator("#details [name=form_token]").evaluate("field => { field.value = 'old'; }")
    page.locator(".details .btn-1").click()
    page.locator(".note.warn[data-focus]").wait_for()
    return page


@scene()
def details_later(stage: Stage) -> Page:
    """The quarter of an hour is over, and the time still free"""
    page = press(stage)
    stage.change(LAPSE)
    page.reload()
    return page


@scene()
def another_time(stage: Stage) -> Page:
    """Choosing another time while one is kept"""
    page = press(stage)
    page.locator("button.link").click()
    page.locator("table.month").wait_for()
    return page


@scene()
def taken_while_typing(stage: Stage) -> Page:
    """Somebody else has booked the time meanwhile; everything typed is kept"""
    page = type_in(press(stage))
    lose(stage)
    page.locator(".details .btn-1").click()
    page.locator(".slot-r").first.wait_for()
    return page


@scene()
def taken_change_details(stage: Stage) -> Page:
    """The same, the kept details opened"""
    page = taken_while_typing(stage)
    page.locator("details.more summary").first.click()
    return page


@scene()
def taken_before_typing(stage: Stage) -> Page:
    """Somebody else was faster to press the time"""
    stage.change(LAPSE)
    page, rival = stage.visitor(), stage.stranger()
    for window in (page, rival):
        window.goto(f"{stage.url}{FREE_CALL}&therapist=ada")
        later_day(window, 1).click()
        window.locator("button.slot").last.wait_for()
    rival.locator("button.slot").last.click()
    rival.locator("#name").wait_for()
    page.locator("button.slot").last.click()
    page.locator(".note.warn[data-focus]").wait_for()
    return page


@scene()
def booked(stage: Stage) -> Page:
    """Booked: what happens next"""
    page = type_in(press(stage))
    page.locator(".details .btn-1").click()
    page.locator(".ticket h1").wait_for()
    return page


@scene()
def booked_with_a_wrong_address(stage: Stage) -> Page:
    """Correcting the address on the booked page"""
    page = stage.open(f"/book/demo/consultation/done/{stage.book('consultation').token}")
    page.locator(".more summary").click()
    page.locator("#email").fill("vera@")
    page.locator(".more .btn-2").click()
    page.locator(".field.wrong").wait_for()
    return page


@scene()
def corrected_twice(stage: Stage) -> Page:
    """The same corrected address, sent once more from the page before"""
    page = stage.open(f"/book/demo/consultation/done/{stage.book('consultation').token}")
    page.locator(".more summary").click()
    page.locator("#email").fill("right@visitor.example")
    twin = page.context.new_page()
    twin.goto(page.url)
    twin.locator(".more summary").click()
    twin.locator("#email").fill("right@visitor.example")
    twin.locator(".more .btn-2").click()
    twin.wait_for_url(lambda url: url != page.url)
    twin.close()
    page.locator(".more .btn-2").click()
    page.locator(".note.ok h1").wait_for()
    return page


@scene()
def booked_by_video(stage: Stage) -> Page:
    """A session by video is booked, seen from another zone"""
    token = stage.book("session", mode="video", zone="Europe/Paris").token
    return stage.open(f"/book/demo/session/done/{token}?tz=Europe/Paris")


@scene()
def asked_for(stage: Stage) -> Page:
    """Asked for: who answers, and by when"""
    return stage.open(f"/book/demo/intake/done/{stage.book('intake', ahead=10).token}")


@scene()
def used(stage: Stage) -> Page:
    """Back to the form of an appointment that is booked"""
    page = press(stage)
    form = page.url
    type_in(page).locator(".details .btn-1").click()
    page.locator(".ticket h1").wait_for()
    page.goto(form)
    return page


@scene("ruled")
def details_with_terms(stage: Stage) -> Page:
    """Where one will be for the call, and a fee for cancelling late"""
    page = press(stage, "/book/demo/session?therapist=ada")
    page.locator("input[value=video]").check()
    return page


@scene("ruled")
def details_without_a_place(stage: Stage) -> Page:
    """The place of a call was left open"""
    page = type_in(details_with_terms(stage))
    page.locator(".details .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene("ruled")
def another_place(stage: Stage) -> Page:
    """A polite stop: no licence for that place, and what can be done"""
    page = type_in(details_with_terms(stage))
    page.locator("#policy").check()
    page.locator("#place").select_option("elsewhere")
    page.locator(".details .btn-1").click()
    page.locator(".ways").wait_for()
    return page
