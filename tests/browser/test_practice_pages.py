"""The practice's pages in a real browser: what is wrong is read first, and script only helps."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.environment import PASSWORD
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA


def sign_in(page: Page, demo: RunningServer, email: str) -> Page:
    """The week, after signing in."""
    page.goto(f"{demo.url}/practice/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{demo.url}/practice/")
    return page


@pytest.fixture
def ada(page: Page, demo: RunningServer) -> Page:
    """Ada's browser, signed in."""
    return sign_in(page, demo, ADA)


def ask_for_intake(page: Page, demo: RunningServer) -> None:
    """Vera asks for a first session with Ada."""
    page.goto(f"{demo.url}/book/demo/intake?therapist=ada")
    page.locator(".early button").first.click()
    page.locator("#name").fill("Vera Moss")
    page.locator("#email").fill("vera@mail.example")
    page.locator("#policy").check()
    page.locator("button.btn-1").click()
    expect(page.locator(".ticket h1")).to_be_visible()


def test_what_is_wrong_is_read_first(ada: Page, demo: RunningServer) -> None:
    ask_for_intake(ada, demo)
    ada.goto(f"{demo.url}/practice/requests")
    ada.get_by_role("link", name=re.compile("Change the time")).click()
    ada.locator("#day").fill("2020-01-01")
    ada.get_by_role("button", name="Move it there").click()
    expect(ada.locator("#problems")).to_be_focused()


def test_what_a_change_would_do_is_shown_before_saving(ada: Page, demo: RunningServer) -> None:
    ada.goto(f"{demo.url}/practice/hours")
    count = ada.locator("#free-count b")
    before = count.inner_text()
    expect(ada.locator("#save-bar")).to_contain_text("These hours are saved")
    ada.locator("select[name=until-3]").last.select_option("900")
    expect(ada.locator("#save-bar")).to_contain_text("Changes not saved yet")
    expect(count).not_to_have_text(before)
    ada.get_by_role("link", name="Undo").click()
    expect(count).to_have_text(before)
    ada.locator("label.sw-l", has_text="Saturday").click()
    expect(ada.locator("select[name=from-6]")).to_have_value("540")
    ada.get_by_role("button", name="Save hours").click()
    expect(ada.get_by_role("status").first).to_contain_text("Visitors see the new hours now")


def next_monday() -> date:
    """Ada has appointments on this day, whichever weekday it is today: not so on others (`demo.json`)."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=7 - today.weekday())


def test_the_week_is_a_grid_when_wide_and_a_day_on_a_phone(ada: Page, demo: RunningServer) -> None:
    ada.goto(f"{demo.url}/practice/?week={next_monday()}")
    expect(ada.locator(".wk")).to_be_visible()
    expect(ada.locator(".agenda")).to_be_hidden()
    ada.set_viewport_size({"width": 360, "height": 800})
    expect(ada.locator(".wk")).to_be_hidden()
    ada.locator(".strip a").first.click()
    expect(ada.locator(".strip a").first).to_have_attribute("aria-current", "date")
    expect(ada.locator(".agenda .ev").first).to_be_visible()
    ada.locator(".agenda a.ev").first.click()
    expect(ada.locator("dl.facts")).to_be_visible()


def test_without_script_a_request_is_accepted(
    new_page: Callable[..., Page], page: Page, demo: RunningServer
) -> None:
    ask_for_intake(page, demo)
    plain = sign_in(new_page(width=360, js=False), demo, ADA)
    plain.locator(".app-nav a").nth(1).click()
    plain.locator("button", has_text="Accept").click()
    expect(plain.locator(".note.ok")).to_contain_text("A mail is on its way")
    expect(plain.locator(".tag.extra")).to_have_text("accepted")


def test_the_address_of_a_subscription_is_copied(new_page: Callable[..., Page], demo: RunningServer) -> None:
    page = sign_in(new_page(permissions=["clipboard-read", "clipboard-write"]), demo, ADA)
    page.goto(f"{demo.url}/practice/calendars/new")
    page.locator("#name").fill("My phone")
    page.get_by_role("button", name="Make the address").click()
    address = page.locator("#https").input_value()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
