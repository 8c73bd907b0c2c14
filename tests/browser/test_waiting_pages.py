"""The waiting list in a real browser: a phone without script joins, and takes the time that opens."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from scheduler.app import create_app
from scheduler.settings import Settings
from tests.browser.test_practice_pages import check, sign_in
from tests.support.accessibility import sideways_overflow
from tests.support.servers import RunningServer
from tests.support.signing_in import OWNER
from tests.support.waiting import close_everything, links, open_evenings


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page where somebody wants to look at it."""
    folder = os.environ.get("TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_phone_without_script_waits_and_takes_what_opens(
    new_page: Callable[..., Page], page: Page, demo: RunningServer
) -> None:
    app = create_app(Settings.from_environment(demo.settings))
    with app.app_context():
        close_everything()
    phone = new_page(width=360, js=False)
    phone.goto(f"{demo.url}/book/demo/consultation")
    picture(phone, "fully-booked")
    phone.get_by_role("link", name="Join the waiting list").click()
    phone.locator("#name").fill("Vera")
    phone.locator("#email").fill("vera@visitor.example")
    phone.get_by_label("Video call").check()
    phone.get_by_label("Evening").check()
    picture(phone, "wait")
    assert sideways_overflow(phone) == 0
    phone.get_by_role("button", name="Join the waiting list").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are on the waiting list")
    picture(phone, "joined")
    assert sideways_overflow(phone) == 0
    with app.app_context():
        link = demo.url + links()["Vera"]
    phone.goto(link)
    picture(phone, "waiting")
    assert sideways_overflow(phone) == 0
    with app.app_context():
        open_evenings()
    phone.goto(link)
    picture(phone, "offer")
    assert sideways_overflow(phone) == 0
    for address in (f"{demo.url}/book/demo/consultation/wait", link):
        page.goto(address)
        check(page)
    sign_in(page, demo, OWNER)
    page.goto(f"{demo.url}/practice/waiting")
    picture(page, "practice")
    check(page)
    phone.get_by_role("button", name="Book this time").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your appointment")
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your time is booked")
    picture(phone, "booked")
