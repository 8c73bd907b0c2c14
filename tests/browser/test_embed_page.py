"""The practice's Embed page in a real browser: a live preview with script, the same by a button without."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_practice_pages import sign_in
from tests.support.browser import Complaints
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA


def test_a_choice_is_seen_at_once_in_preview_and_lines(
    demo: RunningServer, page: Page, complaints: Complaints
) -> None:
    sign_in(page, demo, ADA)
    page.goto(f"{demo.url}/practice/settings/embed")
    preview = page.frame_locator("iframe.see")
    expect(preview.frame_locator("iframe").locator("h1")).to_be_visible()
    lines = page.locator("#lines")

    page.get_by_label("As a button in the corner").check()
    expect(preview.get_by_role("button", name="Book an appointment")).to_be_visible()
    expect(preview.locator("iframe")).to_have_count(0)
    page.get_by_label("Colours").select_option("dark")
    expect(lines).to_have_value(re.compile('data-booking="float" data-theme="dark"'))
    expect(preview.locator("a[data-booking]")).to_have_attribute("data-theme", "dark")
    preview.get_by_role("button", name="Book an appointment").press("Enter")
    root = preview.frame_locator("iframe").locator("html")
    expect(root).to_have_attribute("data-theme", "dark")

    page.get_by_role("button", name="Copy").first.click()
    expect(page.locator("#lines-copy")).to_have_text("Copied")
    page.get_by_label("One of our own").check()
    page.get_by_label("Your colour").fill("#ffc0cb")
    expect(page.locator("[data-shown]")).to_contain_text("Used as #")
    expect(page.locator("#lines-copy")).to_have_text("Copy")
    page.reload()
    expect(lines).to_have_value(re.compile('data-theme="dark" data-accent="#ffc0cb"'))
    assert not complaints, complaints


def test_without_script_a_button_shows_what_was_chosen(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    page = sign_in(new_page(js=False), demo, ADA)
    page.goto(f"{demo.url}/practice/settings/embed")
    page.get_by_label("In a window over the page").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#lines")).to_have_value(re.compile('data-booking="popup"'))
    link = page.frame_locator("iframe.see").get_by_role("link", name="Book an appointment")
    expect(link).to_have_attribute("data-booking", "popup")
