"""Lines that are slow, cut or dead while somebody books: nothing typed is lost, nothing is booked twice."""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.measuring import WATCH_SHIFTS
from tests.browser.websites import Website
from tests.support.accessibility import sideways_overflow, violations
from tests.support.browser import settle, until
from tests.support.patience import PATIENCE
from tests.support.servers import RunningServer

NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)
TYPED = {"name": "Vera", "email": "vera@visitor.example", "phone": "514 555 0189"}
DAYS, HOLD, HELD = (re.compile(rf"/book/demo/consultation{rest}") for rest in (r"\?", r"/hold\?", r"/held/"))
RULES = ("aria-hidden-focus", "button-name", "color-contrast", "link-name", "target-size")


class Line:
    """What goes over it stays on it until it is let go."""

    def __init__(self, page: Page, address: re.Pattern[str]) -> None:
        self.waiting: list[Route] = []
        page.route(address, lambda route: self.waiting.append(route))

    def let_go(self) -> None:
        """Everything arrives; what nobody waits for any more is dropped."""
        while self.waiting:
            self.waiting.pop(0).continue_()


def stop_the_clock(page: Page) -> None:
    """Scripts wait for as long as the test says."""
    page.clock.install(time=NOON)
    page.clock.pause_at(NOON + dt.timedelta(seconds=1))


def to_the_form(page: Page, demo: RunningServer) -> None:
    """A time is held, and everything typed."""
    page.goto(f"{demo.url}/book/demo/consultation?tz=America/Toronto")
    page.locator(".early button").first.click()
    for name, value in TYPED.items():
        page.locator(f"#{name}").fill(value)


def appointments(demo: RunningServer) -> int:
    """How many times are held, booked, or were once."""
    file = demo.settings["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, timeout=PATIENCE)) as database:
        [[count]] = database.execute("SELECT count(*) FROM appointments")
    return int(count)


def test_blocks_of_the_final_sizes_stand_where_days_will_be(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    page = new_page(360, 740)
    page.add_init_script(WATCH_SHIFTS)
    stop_the_clock(page)
    page.goto(f"{demo.url}/book/demo/?tz=America/Toronto")
    status, care = page.get_by_role("status"), page.locator(".bk-care")
    line, place = Line(page, DAYS), care.bounding_box()
    page.locator(".type.first h2 a").click()
    expect(page.locator("a[aria-busy]")).to_have_count(1)
    page.clock.run_for(290)
    expect(status).to_be_empty()
    page.clock.run_for(20)
    expect(status).to_have_text("Looking for free times…")
    block = page.locator(".bk-wait .sk").first
    expect(block).to_have_css("animation-name", "none")  # this visitor wants no motion
    size = block.evaluate("block => [block.offsetHeight, Math.round(block.offsetWidth)]")
    assert page.evaluate("window.shifted") == 0
    assert care.bounding_box() == place
    page.clock.resume()
    assert violations(page, RULES) == []
    line.let_go()
    page.locator("table.month").wait_for()
    settle(page)
    page.unroute(DAYS)
    day = page.locator("table.month button").first
    assert size == day.evaluate("day => [day.offsetHeight, Math.round(day.offsetWidth)]")
    day.click()
    expect(page.locator("button.slot").first).to_be_visible()
    page.go_back()
    expect(page.locator("table.month")).to_be_visible()
    page.go_forward()
    expect(page.locator("button.slot").first).to_be_visible()


def test_after_eight_seconds_the_page_says_so_and_how_else(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    page = new_page(360, 740, dark=True)
    page.add_init_script(WATCH_SHIFTS)
    stop_the_clock(page)
    to_the_form(page, demo)
    line = Line(page, HELD)
    page.locator("button.btn-1").click()
    page.clock.run_for(7900)
    expect(page.get_by_role("status")).to_be_empty()
    page.evaluate("window.shifted = 0")
    page.clock.run_for(200)
    status = page.get_by_role("status")
    expect(status.get_by_role("heading")).to_have_text("The connection is slow")
    again = status.get_by_role("button", name="Try again now")
    expect(again).to_be_focused()
    call = status.get_by_role("link", name="Call +1 514 555 0142 instead")
    expect(call).to_have_attribute("href", "tel:+15145550142")
    expect(page.locator(".bk-care")).to_be_in_viewport()
    expect(page.locator("#name")).to_have_value("Vera")
    assert page.evaluate("window.shifted") == 0
    page.clock.resume()
    assert violations(page, RULES) == []
    page.locator("html").evaluate("root => { root.dir = 'rtl'; }")
    assert sideways_overflow(page) == 0
    again.click()
    line.let_go()
    expect(page.locator(".ticket h1")).to_have_text("You are booked")


def test_what_was_typed_offline_goes_by_itself_once_the_line_is_back(demo: RunningServer, page: Page) -> None:
    to_the_form(page, demo)
    page.context.set_offline(True)
    page.locator("button.btn-1").click()
    expect(page.get_by_role("status").get_by_role("heading")).to_have_text("You are offline")
    expect(page.locator("#email")).to_have_value(TYPED["email"])
    page.context.set_offline(False)
    expect(page.locator(".ticket h1")).to_have_text("You are booked")


def test_answers_that_never_arrive_hold_and_book_once(demo: RunningServer, page: Page) -> None:
    before = appointments(demo)
    cuts: list[int] = []

    def cut(route: Route) -> None:
        if route.request.method == "POST" and len(cuts) % 2 == 0:
            cuts.append(route.fetch(max_redirects=0).status)  # done over there, and lost on the way
            route.abort("connectionreset")
        else:
            cuts.append(0)
            route.continue_()

    page.goto(f"{demo.url}/book/demo/consultation?tz=America/Toronto")
    page.route(HOLD, lambda route: cut(route))
    page.route(HELD, lambda route: cut(route))
    page.locator(".early button").first.dblclick()
    for name, value in TYPED.items():
        page.locator(f"#{name}").fill(value)
    assert cuts[0] == 303
    cuts.clear()
    page.locator("button.btn-1").dblclick()
    expect(page.locator(".ticket h1")).to_have_text("You are booked")
    assert cuts[0] == 303
    assert appointments(demo) == before + 1


def test_a_gateway_that_reaches_nobody_takes_nothing_away(demo: RunningServer, page: Page) -> None:
    to_the_form(page, demo)
    answers = iter([502, 504])

    def gateway(route: Route) -> None:
        status = next(answers, None)
        route.fulfill(status=status, body="<h1>Bad Gateway</h1>") if status else route.continue_()

    page.route(HELD, gateway)
    page.locator("button.btn-1").click()
    expect(page.locator(".ticket h1")).to_have_text("You are booked")


@pytest.mark.parametrize("way", ["inline", "popup"])
def test_a_website_shows_what_will_come_and_after_eight_seconds_the_plain_link(
    demo: RunningServer, website: Website, page: Page, way: str
) -> None:
    stop_the_clock(page)
    line = Line(page, DAYS)
    link = f'<p lang="fr"><a href="{demo.url}/book/demo/consultation" data-booking="{way}">Book</a></p>'
    page.goto(website.with_widget(demo.url, f"{link}<p>After</p>"), wait_until="domcontentloaded")
    if way == "popup":
        until(page, "Boolean(document.documentElement.bookingLoader?.ways.popup)")
        page.get_by_role("link", name="Book").click()
    page.locator("iframe").wait_for(state="attached")
    status, still = page.get_by_role("status"), page.get_by_text("After" if way == "inline" else "Fermer")
    place = still.bounding_box()
    page.clock.run_for(290)
    expect(status).to_be_empty()
    page.clock.run_for(20)
    expect(status).to_have_text("Recherche des heures libres…")
    page.clock.run_for(8000)
    expect(status).to_contain_text("La connexion est lente.")
    plain = status.get_by_role("link", name="Book")
    expect(plain).to_have_attribute("href", f"{demo.url}/book/demo/consultation")
    assert still.bounding_box() == place
    line.let_go()
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    expect(status).to_have_count(0)
    if way == "popup":  # the window grows downwards: its button stays under the finger
        assert still.bounding_box() == place


def test_a_frame_that_failed_comes_by_itself_once_the_line_is_back(
    demo: RunningServer, website: Website, page: Page
) -> None:
    page.route(DAYS, lambda route: route.abort("internetdisconnected"))
    link = f'<a href="{demo.url}/book/demo/consultation" data-booking="inline">Book</a>'
    with page.expect_event("requestfailed"):
        page.goto(website.with_widget(demo.url, link))
    page.wait_for_timeout(200)  # for the frame to be told; if it is not, it comes all the same
    page.unroute(DAYS)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(100)
    assert page.evaluate("history.length") == 2
