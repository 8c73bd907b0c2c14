"""The widget with least rights: a sandboxed frame of another site, no third-party cookies; no jumping."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_embed import SHIFT
from tests.browser.websites import Website
from tests.support.browser import until
from tests.support.patience import PATIENCE
from tests.support.servers import RunningServer

SANDBOXED = (
    '<iframe id="ours" sandbox="allow-forms allow-popups" src="{url}/book/demo/?embed=1"></iframe>'
    '<iframe id="canary" src="{canary}/canary"></iframe>'
)
REMEMBER = "document.cookie = 'a=1; SameSite=None; Secure', document.cookie"


@pytest.fixture
def strict_browser(
    launch_browser: Callable[..., Browser], whole_browser_args: dict[str, Any]
) -> Iterator[Browser]:
    """Chromium as it is with third-party cookies switched off."""
    switches = [*whole_browser_args["args"], "--test-third-party-cookie-phaseout"]
    browser = launch_browser(**{**whole_browser_args, "args": switches})
    yield browser
    browser.close()


def test_a_sandboxed_frame_of_another_site_books_without_third_party_cookies(
    serve: Callable[..., RunningServer], sqlite_demo_database: str, website: Website, strict_browser: Browser
) -> None:
    elsewhere = website.url.replace("127.0.0.1", "localhost")
    demo = serve(sqlite_demo_database, SCHEDULER_DEMO_EMBED_ORIGINS=elsewhere)
    policy = f"default-src 'none'; script-src {demo.url}; frame-src {demo.url} {website.url}"
    website.with_widget(demo.url, SANDBOXED.format(url=demo.url, canary=website.url), policy=policy)
    context = strict_browser.new_context(viewport={"width": 800, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto(elsewhere)
    canary = next(frame for frame in page.frames if frame.url.endswith("/canary"))
    assert canary.evaluate(REMEMBER) == ""
    ours = page.frame_locator("#ours")
    ours.locator(".soonest button").click()
    ours.locator("#name").fill("Vera")
    ours.locator("#email").fill("vera@visitor.example")
    ours.locator("#phone").fill("514 555 0189")
    ours.locator("button.btn-1").click()
    expect(ours.locator(".ticket h1")).to_have_text("You are booked")
    assert [cookie for cookie in context.cookies() if cookie.get("name") != "a"] == []
    first_party = context.new_page()
    first_party.goto(f"{website.url}/canary")
    assert first_party.evaluate(REMEMBER) == "a=1"


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 1400)])
def test_the_lines_that_we_hand_out_keep_the_page_around_them_still(
    demo: RunningServer, website: Website, new_page: Callable[..., Page], width: int, height: int
) -> None:
    page = new_page(width, height)
    link = f'<a href="{demo.url}/book/demo/consultation" data-booking="inline">Book</a>'
    body = f'<div style="min-height: 56rem">{link}</div><p>After</p>{"<p>More text</p>" * 20}'
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {demo.url}; frame-src {demo.url}"
    page.goto(website.with_widget(demo.url, body, policy=policy))
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    until(page, "document.querySelector('iframe').style.height !== '56rem'")
    assert page.evaluate(SHIFT) <= 0.02
