"""Longer words and the other direction: pages fit small phones in every language and mirror in one."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.support.accessibility import sideways_overflow, violations
from tests.support.browser import settle
from tests.support.environment import PASSWORD
from tests.support.ports import free_port
from tests.support.signing_in import OWNER
from tests.support.speaking import add_made_up_arabic, teach
from tools.scenes.stage import in_a_thread, later_day

WIDTHS = (320, 360)
PRACTICE_PAGES = ("", "requests", "hours", "types/session", "settings/practice", "calendars")
TOO_LONG = """() => [...document.querySelectorAll('button, a.btn, .btn, h1, h2, .app-nav a')]
    .filter(one => one.checkVisibility() && !one.closest('.sr') && !one.classList.contains('sr')
        && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map(one => one.textContent.trim().slice(0, 60))"""


@pytest.fixture
def speaking(make_app: Callable[..., Flask], sqlite_demo_database: str) -> Iterator[Callable[..., str]]:
    """Serve the demo whose practice offers these languages; gives its address."""
    port = free_port()
    app = make_app(sqlite_demo_database, SCHEDULER_PUBLIC_URL=f"http://127.0.0.1:{port}")
    with in_a_thread(app, port) as address:

        def start(*languages: str) -> str:
            teach(app, languages)
            return address

        yield start


def check(page: Page, landmark: str = "h1") -> None:
    """Nothing is wider than the page, and every button holds its words, on both small phones.

    Waits for the landmark first: right after a press the page before may still stand, or none.
    """
    page.locator(landmark).first.wait_for()
    settle(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        assert sideways_overflow(page) == 0, f"{page.url} at {width} px"
        assert page.evaluate(TOO_LONG) == [], f"{page.url} at {width} px"


@pytest.mark.parametrize("language", ["de", "es", "ru"])
def test_a_booking_fits_a_small_phone(speaking: Callable[..., str], page: Page, language: str) -> None:
    address = speaking("en", language)
    page.goto(f"{address}/book/demo/?lang={language}")
    check(page)
    page.locator(".type.first h2 a").click()
    check(page, "table.month")
    later_day(page, 1).click()
    check(page, "button.slot")
    page.locator("button.slot").last.click()
    page.locator(".more summary").first.click()
    check(page, "#email")
    page.locator("button.btn-1").click()
    check(page, "[aria-invalid=true]")
    page.locator("#name").fill("Vera")
    page.locator("#email").fill("vera@visitor.example")
    page.locator("#phone").fill("514 555 0189")
    page.locator("button.btn-1").click()
    check(page, "a.btn-3")
    page.locator("a.btn-3").click()
    page.locator(".more summary").first.click()
    check(page)
    page.locator("a.btn-1").click()
    check(page, "table.month")


@pytest.mark.parametrize("language", ["de", "ru"])
def test_the_practice_s_pages_fit_a_small_phone(
    speaking: Callable[..., str], page: Page, language: str
) -> None:
    address = speaking(language, "en")
    sign_in_at(page, address)
    for path in PRACTICE_PAGES:
        page.goto(f"{address}/practice/{path}?lang={language}")
        check(page)


def sign_in_at(page: Page, address: str) -> None:
    """Olive's browser, signed in."""
    page.goto(f"{address}/practice/sign-in?lang=en")
    page.locator("#email").fill(OWNER)
    page.locator("#password").fill(PASSWORD)
    page.locator("button.btn-1").click()
    page.wait_for_url(re.compile(r"/practice/(\?.*)?$"))


def test_a_language_from_right_to_left_mirrors_the_pages(
    speaking: Callable[..., str],
    new_page: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    add_made_up_arabic(monkeypatch, tmp_path)
    address = speaking("en", "ar")
    page = new_page(width=360, height=780)
    page.goto(f"{address}/book/demo/consultation?lang=ar")

    assert page.locator("html").get_attribute("dir") == "rtl"
    assert violations(page) == []
    check(page)
    first = page.locator("table.month th").first.bounding_box()
    last = page.locator("table.month th").last.bounding_box()
    assert first
    assert last
    assert first["x"] > last["x"]
    back, heading = page.locator(".bk-back").bounding_box(), page.locator("h1").bounding_box()
    assert back
    assert heading
    assert abs(back["x"] + back["width"] - heading["x"] - heading["width"]) < 6
    assert page.locator(".bk-care a").last.evaluate("one => getComputedStyle(one).direction") == "ltr"
    page.locator(".early button").first.click()
    page.locator(".more summary").first.click()
    assert violations(page) == []
    check(page)
    assert page.locator("#email").evaluate("one => getComputedStyle(one).direction") == "ltr"
