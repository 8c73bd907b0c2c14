"""The waiting list in a real browser: a phone without script joins, and takes the time that opens."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from scheduler.app import create_app
from scheduler.settings import Settings
from tests.support.accessibility import sideways_overflow
from tests.support.servers import RunningServer
from tests.support.waiting import close_everything, links, open_evenings


def test_a_phone_without_script_waits_and_takes_what_opens(
    new_page: Callable[..., Page], demo: RunningServer
) -> None:
    app = create_app(Settings.from_environment(demo.settings))
    with app.app_context():
        close_everything()
    phone = new_page(width=360, js=False)
    phone.goto(f"{demo.url}/book/demo/consultation")
    phone.get_by_role("link", name="Join the waiting list").click()
    phone.locator("#name").fill("Vera")
    phone.locator("#email").fill("vera@visitor.example")
    phone.get_by_label("Video call").check()
    phone.get_by_label("Evening").check()
    assert sideways_overflow(phone) == 0
    phone.get_by_role("button", name="Join the waiting list").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are on the waiting list")
    assert sideways_overflow(phone) == 0
    with app.app_context():
        link = demo.url + links()["Vera"]
    phone.goto(link)
    assert sideways_overflow(phone) == 0
    with app.app_context():
        open_evenings()
    phone.goto(link)
    assert sideways_overflow(phone) == 0
    phone.get_by_role("button", name="Book this time").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your appointment")
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your time is booked")
