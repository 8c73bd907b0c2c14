"""axe finds nothing on any visitor's page, at every width, light and dark; nothing scrolls sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import sideways_overflow, violations_everywhere
from tests.support.servers import RunningServer


def check(page: Page) -> None:
    """The page as it stands now."""
    assert violations_everywhere(page) == []
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 700})
    assert sideways_overflow(page) == 0
    if size:
        page.set_viewport_size(size)


def test_every_step_of_a_booking(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/")
    check(page)
    page.locator(".type.first h2 a").click()
    check(page)
    page.locator("table.month button").nth(1).click()
    check(page)
    page.locator("button.slot").last.click()
    check(page)
    page.locator(".more summary").click()
    page.locator("#email").fill("vera@")
    page.locator("button.btn-1").click()
    expect(page.locator("#problems")).to_be_visible()
    check(page)
    page.locator("#name").fill("Vera")
    page.locator("#email").fill("vera@visitor.example")
    page.locator("#phone").fill("514 555 0189")
    page.locator("button.btn-1").click()
    page.locator(".more summary").click()
    check(page)


def test_every_state_of_an_appointment(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/intake")
    page.locator(".early button").first.click()
    page.locator("#name").fill("Vera")
    page.locator("#email").fill("vera@visitor.example")
    page.locator("#policy").check()
    page.locator("button.btn-1").click()
    check(page)
    page.locator("a.btn-3").click()
    page.locator(".more summary").click()
    check(page)
    page.locator("a.btn-1").click()
    check(page)
    page.locator(".early button").nth(1).click()
    check(page)
    page.locator("button.btn-bad").click()
    check(page)


@pytest.mark.parametrize(
    "address",
    [
        "/book/demo/privacy",
        "/book/demo/consultation/zone",
        "/book/demo/session?tz=Asia/Tokyo&lang=fr&theme=dark&radius=square",
        "/book/demo/couple?embed=1&accent=ffc0cb&headings=sans",
        "/book/demo/consultation?embed=popup&accent=ffff00&radius=round",
        "/appointments/gone",
        "/demo/",
        "/demo/fees?lang=fr",
    ],
)
def test_further_pages(demo: RunningServer, page: Page, address: str) -> None:
    page.goto(f"{demo.url}{address}")
    check(page)


def test_a_time_lost_to_somebody_else(demo: RunningServer, new_page: Callable[..., Page]) -> None:
    pages = [new_page(), new_page()]
    for page in pages:
        page.goto(f"{demo.url}/book/demo/consultation?therapist=ada&tz=America/Toronto")
    pages[0].locator(".early button").first.click()
    pages[1].locator(".early button").first.click()
    expect(pages[1].locator(".note.warn[data-focus]")).to_be_visible()
    check(pages[1])
    address = pages[0].url
    pages[0].locator("#name").fill("Vera")
    pages[0].locator("button.link").click()
    pages[0].get_by_role("button", name="Give this time back").click()
    pages[1].goto(f"{demo.url}/book/demo/consultation?therapist=ada&tz=America/Toronto")
    pages[1].locator(".early button").first.click()
    pages[0].goto(address)
    expect(pages[0].locator(".slot-r").first).to_be_visible()
    check(pages[0])


def test_the_widget_on_a_website(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/demo/book")
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    check(page)
    page.goto(f"{demo.url}/demo/")
    page.get_by_role("link", name="Book a free first call").click()
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    check(page)
