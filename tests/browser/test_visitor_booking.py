"""A visitor books in a real browser: through the widget inline and as a popup, with script and without."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.support.accessibility import sideways_overflow
from tests.support.browser import Complaints, settle
from tests.support.servers import RunningServer
from tools.scenes.stage import later_day

WORDS = {
    "en": {"booked": "You are booked", "popup": "Book a free first call", "call": "Free first call"},
    "fr": {
        "booked": "C’est réservé",
        "popup": "Réserver un premier appel gratuit",
        "call": "Premier appel gratuit",
    },
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "fr"])
EDGES_OF_WEEK = """(() => {
  const day = document.activeElement.closest('td');
  const days = day.parentElement.querySelectorAll('td:not(.other)');
  return [day === days[0], day === days[days.length - 1]];
})()"""
"""Whether the day in focus is the first, and the last, of its week in this month."""
WIDTHS = pytest.mark.parametrize("width", [360, 1280])


def fill_in(place: Page | FrameLocator) -> None:
    """The details of a call by phone, and the press that books."""
    place.locator("#name").fill("Vera")
    place.locator("#email").fill("vera@visitor.example")
    place.locator("#phone").fill("514 555 0189")
    place.locator("button.btn-1").click()


def expect_booked(place: Page | FrameLocator, language: str) -> None:
    """The booked page, in the language."""
    expect(place.locator(".ticket h1")).to_have_text(WORDS[language]["booked"])
    assert place.locator("html").get_attribute("lang") == language


def kept_in_the_browser(page: Page) -> list[object]:
    """Cookies, and whatever each frame of the page has stored."""
    count = "async () => localStorage.length + sessionStorage.length + (await indexedDB.databases()).length"
    return [*page.context.cookies(), *(frame.evaluate(count) for frame in page.frames)]


@LANGUAGES
@WIDTHS
def test_booking_through_the_inline_widget(
    demo: RunningServer, new_page: Callable[..., Page], complaints: Complaints, language: str, width: int
) -> None:
    page = new_page(width)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{demo.url}/demo/book?lang={language}")
    frame = page.frame_locator("iframe")
    later_day(frame, 1).click()
    frame.locator("button.slot").last.click()
    fill_in(frame)
    expect_booked(frame, language)
    assert sideways_overflow(page) == 0
    assert {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in asked} == {demo.url}
    assert set(kept_in_the_browser(page)) == {0}
    assert not complaints, complaints


@LANGUAGES
@WIDTHS
def test_booking_through_the_popup(
    demo: RunningServer, new_page: Callable[..., Page], complaints: Complaints, language: str, width: int
) -> None:
    page = new_page(width)
    page.goto(f"{demo.url}/demo/?lang={language}")
    page.get_by_role("link", name=WORDS[language]["popup"]).click()
    frame = page.frame_locator("iframe")
    frame.locator(".soonest button").click()
    fill_in(frame)
    expect_booked(frame, language)
    assert set(kept_in_the_browser(page)) == {0}
    assert not complaints, complaints


@LANGUAGES
@WIDTHS
def test_booking_from_the_website_with_script_off(
    demo: RunningServer, new_page: Callable[..., Page], complaints: Complaints, language: str, width: int
) -> None:
    page = new_page(width, js=False, locale="fr-CA" if language == "fr" else "en-CA")
    page.goto(f"{demo.url}/demo/book?lang={language}")
    page.locator("main a[data-booking]").click()
    page.locator(".type.first h2 a").click()
    page.locator("table.month button").first.click()
    page.locator("button.slot").last.click()
    fill_in(page)
    expect_booked(page, language)
    page.locator("a.btn-3").click()
    page.locator("a.btn-1").click()
    later_day(page, 1).click()
    page.locator("button.slot").first.click()
    expect(page.locator(".note.ok")).to_be_visible()
    page.locator("button.btn-bad").click()
    expect(page.locator("button.btn-bad")).to_have_count(0)
    expect(page.locator(".note.ok")).to_be_visible()
    assert page.context.cookies() == []
    assert not complaints, complaints


def test_the_shortest_booking_is_two_presses(demo: RunningServer, page: Page, complaints: Complaints) -> None:
    page.goto(f"{demo.url}/book/demo/")
    page.locator(".soonest button").click()
    fill_in(page)
    expect_booked(page, "en")
    assert not complaints, complaints


def test_the_keyboard_is_enough(demo: RunningServer, page: Page, complaints: Complaints) -> None:
    page.goto(f"{demo.url}/book/demo/")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#name").wait_for()
    settle(page)
    while page.evaluate("document.activeElement.id") != "name":
        page.keyboard.press("Tab")
    page.keyboard.type("Vera")
    page.keyboard.press("Tab")
    page.keyboard.type("vera@visitor.example")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("514 555 0189")
    page.keyboard.press("Enter")
    expect_booked(page, "en")
    assert not complaints, complaints


def test_the_month_is_one_tab_stop_with_arrows(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/consultation")
    month, title = page.get_by_role("grid"), page.locator("#month-name").inner_text()
    month.locator("button").first.focus()
    page.keyboard.press("PageDown")  # the first week of a month seldom begins with its Monday
    expect(page.locator("#month-name")).not_to_have_text(title)
    expect(page.locator("table.month [tabindex='0']")).to_be_focused()
    first = month.locator("button").first
    assert month.locator("[tabindex='0']").count() == 1
    start = page.evaluate("document.activeElement.closest('td').cellIndex")
    page.keyboard.press("End")
    assert page.evaluate(EDGES_OF_WEEK)[1]
    page.keyboard.press("Home")
    assert page.evaluate(EDGES_OF_WEEK)[0]
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.value") == first.get_attribute("value")
    page.keyboard.press("ArrowRight" if start < 6 else "ArrowLeft")
    assert abs(page.evaluate("document.activeElement.closest('td').cellIndex") - start) == 1
    assert month.locator("[tabindex='0']").count() == 1
    page.keyboard.press("PageUp")
    expect(page.locator("#month-name")).to_have_text(title)


def test_leaving_the_form_by_the_browser_s_back_loses_nothing(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/consultation")
    page.locator(".early button").first.click()
    page.locator("#name").fill("Vera")
    page.locator("#email").fill("vera@visitor.example")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.go_back()
    expect(page.locator("table.month")).to_be_visible()
    page.go_forward()
    expect(page.locator("#name")).to_have_value("Vera")
    expect(page.locator("#email")).to_have_value("vera@visitor.example")


def test_a_visitor_elsewhere_sees_calls_in_their_own_time(
    demo: RunningServer, new_page: Callable[..., Page], complaints: Complaints
) -> None:
    page = new_page(zone="Asia/Tokyo")
    page.goto(f"{demo.url}/book/demo/consultation")
    page.wait_for_url("**tz=Asia**")
    expect(page.locator(".bk-tz")).to_contain_text("Tokyo time")
    page.locator(".early button").first.click()
    expect(page.locator(".card")).to_contain_text("Tokyo time")
    assert not complaints, complaints


def test_the_phone_number_is_asked_for_only_when_we_call(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/consultation")
    page.locator(".early button").first.click()
    expect(page.locator("#phone")).to_be_visible()
    page.get_by_text("Video call").click()
    expect(page.locator("#phone")).to_be_hidden()


def test_problems_get_the_focus_and_lead_to_their_field(demo: RunningServer, page: Page) -> None:
    page.goto(f"{demo.url}/book/demo/consultation")
    page.locator(".early button").first.click()
    page.locator("#email").fill("vera@")
    page.locator("button.btn-1").click()
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_role("link", name="the part after @ is missing").click()
    expect(page.locator("#email")).to_be_focused()
