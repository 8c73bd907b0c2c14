"""The loser of a race, in a real browser: what happened, everything typed, another time with two presses."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import FrameLocator, Page, Response, expect

from tests.browser.websites import Website
from tests.support.accessibility import sideways_overflow
from tests.support.patience import PATIENCE
from tests.support.servers import RunningServer

SCRIPT = pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
ADA = "therapist=ada&tz=America/Toronto"
INLINE = '<p><a href="{url}/book/demo/consultation?therapist=ada" data-booking="inline">Book</a></p>'
TYPED = {
    "name": "Vera",
    "email": "vera@visitor.example",
    "phone": "514 555 0189",
    "note": "I come by wheelchair.",
}


def lapse_holds(demo: RunningServer) -> None:
    """What a quarter of an hour does to the holds of this moment."""
    file = demo.settings["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as database, database:
        database.execute("UPDATE appointments SET expires_at = expires_at - 3600 WHERE status = 'held'")


def take(page: Page, demo: RunningServer, day: str, start: str) -> None:
    """Somebody else books the time."""
    page.goto(f"{demo.url}/book/demo/consultation?{ADA}&day={day}")
    page.locator(f"button.slot[value='{start}']").click()
    page.locator("#name").fill("Max")
    page.locator("#email").fill("max@visitor.example")
    page.get_by_text("Video call").click()
    page.locator("button.btn-1").click()
    expect(page.locator(".ticket h1")).to_be_visible()


def press_a_time(place: Page | FrameLocator) -> tuple[str, str]:
    """Press the first day and a time in it; answers both."""
    first = place.locator("table.month button").first
    day = first.get_attribute("value")
    first.click()
    slot = place.locator("button.slot").nth(2)
    start = slot.get_attribute("value")
    assert day
    assert start
    slot.click()
    return day, start


def type_everything(place: Page | FrameLocator) -> None:
    """The whole form, the note included."""
    place.locator(".more summary").click()
    for name, value in TYPED.items():
        place.locator(f"#{name}").fill(value)


def expect_everything(place: Page | FrameLocator) -> None:
    """What was typed is still there, word for word."""
    for name, value in TYPED.items():
        expect(place.locator(f"#{name}")).to_have_value(value)


def answer_of(page: Page, press: Callable[[], None]) -> Response:
    """The server's answer to a press."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as waited:
        press()
    return waited.value


@SCRIPT
def test_a_time_lost_while_typing_is_replaced_with_two_presses(
    demo: RunningServer, new_page: Callable[..., Page], js: bool
) -> None:
    vera, rival = new_page(360, 740, js=js), new_page(js=False)
    vera.goto(f"{demo.url}/book/demo/consultation?{ADA}")
    day, start = press_a_time(vera)
    type_everything(vera)
    lapse_holds(demo)
    take(rival, demo, day, start)
    assert answer_of(vera, vera.locator("button.btn-1").click).status == 409
    said = vera.get_by_role("group", name=re.compile("^Someone else has just booked"))
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect(said).to_contain_text("Nothing you typed is lost.")
    expect(vera).to_have_title(re.compile("^Someone else has just booked"))
    expect_everything(vera)
    assert sideways_overflow(vera) == 0
    vera.locator(".slot-r").first.click()
    vera.locator("button.btn-1").click()
    expect(vera.locator(".ticket h1")).to_have_text("You are booked")
    expect(vera.locator("main")).to_contain_text("ending in 89")


def test_a_time_lost_on_a_stale_page_and_one_s_own_pressed_again(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    vera, rival = new_page(360, 740), new_page(js=False)
    vera.goto(f"{demo.url}/book/demo/consultation?{ADA}")
    vera.locator("table.month button").first.click()
    vera.locator(".parts").wait_for()
    slot = vera.locator("button.slot").nth(2)
    rival.goto(vera.url)
    rival.locator(f"button.slot[value='{slot.get_attribute('value')}']").click()
    expect(rival.locator("#details")).to_be_visible()
    assert answer_of(vera, slot.click).status == 409
    expect(vera.get_by_role("group", name=re.compile("^Someone else has just booked"))).to_be_focused()
    vera.locator("button.slot").nth(1).click()
    vera.locator("#name").fill("Vera")
    mine = vera.url
    rival.go_back()
    rival.locator("button.slot").nth(2).click()
    expect(rival.locator("#details")).to_be_visible()
    assert vera.url == mine
    vera.locator("#email").fill("vera@visitor.example")
    vera.locator("#phone").fill("514 555 0189")
    vera.locator("button.btn-1").click()
    expect(vera.locator(".ticket h1")).to_have_text("You are booked")


def test_a_time_lost_inside_a_frame(
    demo: RunningServer, website: Website, new_page: Callable[..., Page]
) -> None:
    vera, rival = new_page(360, 740), new_page(js=False)
    vera.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    frame = vera.frame_locator("iframe")
    day, start = press_a_time(frame)
    type_everything(frame)
    lapse_holds(demo)
    take(rival, demo, day, start)
    assert answer_of(vera, frame.locator("button.btn-1").click).status == 409
    said = frame.get_by_role("group", name=re.compile("^Someone else has just booked"))
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect_everything(frame)
    frame.locator(".slot-r").first.click()
    frame.locator("button.btn-1").click()
    expect(frame.locator(".ticket h1")).to_have_text("You are booked")
