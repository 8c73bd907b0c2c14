"""Popups and floating buttons on other people's websites: by keyboard, readable, gone when removed."""

import random
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.websites import Website
from tests.support.accessibility import violations
from tests.support.browser import Complaints, until
from tests.support.contrast import contrast
from tests.support.servers import RunningServer

FLOAT = '<p>Text</p><a href="{url}/book/demo/" data-booking="float"{more}>Book a call</a>'
RULES = ("aria-dialog-name", "button-name", "color-contrast", "frame-title", "target-size")
COLOURS = """accents => {
    const host = [...document.querySelectorAll('div')].find(div => div.shadowRoot);
    const button = host.shadowRoot.querySelector('.float');
    return accents.map(accent => {
        button.style.setProperty('--f', accent);
        return getComputedStyle(button).color;
    });
}"""


def test_a_floating_button_opens_the_booking_by_keyboard_and_gets_the_focus_back(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    page.goto(website.with_widget(demo.url, FLOAT.format(url=demo.url, more="")))
    button = page.get_by_role("button", name="Book a call")
    expect(button).to_be_in_viewport()
    expect(page.get_by_role("link", name="Book a call")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    assert violations(page, RULES) == []
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Book a call")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    assert violations(page, RULES) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    assert not complaints, complaints


def test_a_floating_button_is_large_enough_and_stays_inside_a_small_screen(
    demo: RunningServer, website: Website, new_page: Callable[..., Page]
) -> None:
    page = new_page(320, 640)
    long = FLOAT.format(url=demo.url, more="").replace(
        "Book a call", "Book your free first call with one of us"
    )
    page.goto(website.with_widget(demo.url, long))
    box = page.get_by_role("button").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_words_of_a_floating_button_can_be_read_on_every_accent(
    demo: RunningServer, website: Website, page: Page
) -> None:
    page.goto(website.with_widget(demo.url, FLOAT.format(url=demo.url, more=' data-accent="#ffc0cb"')))
    expect(page.get_by_role("button")).to_have_css("background-color", "rgb(255, 192, 203)")
    some = random.Random(50)
    accents = [f"#{some.randrange(0x1000000):06x}" for _ in range(50)]
    chosen = page.evaluate(COLOURS, accents)
    for accent, written in zip(accents, chosen, strict=True):
        luminance = float(written.removeprefix("color(xyz-d65 ").rstrip(")").split()[1])
        assert luminance in (0, 1), written
        assert contrast("#ffffff" if luminance else "#000000", accent) >= 4.5, accent


@pytest.mark.parametrize("way", ["popup", "float"])
def test_an_open_window_goes_when_its_link_goes(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints, way: str
) -> None:
    page.goto(website.with_widget(demo.url, "<main></main>"))
    add = """([way, address]) => {
        const link = document.createElement('a');
        Object.assign(link, { href: address, textContent: 'Book late' });
        link.dataset.booking = way;
        document.querySelector('main').replaceChildren(link);
    }"""
    page.evaluate(add, [way, f"{demo.url}/book/demo/"])
    until(page, f"Boolean(document.documentElement.bookingLoader?.ways.{way})")
    page.get_by_text("Book late").and_(page.locator(":visible")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("document.querySelector('main').replaceChildren()")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Book late")).to_have_count(0)
    assert page.evaluate("[...document.querySelectorAll('div')].filter(div => div.shadowRoot).length") == 0
    assert page.evaluate("document.documentElement.style.overflow") == ""
    assert not complaints, complaints


def test_a_page_without_windows_loads_none(demo: RunningServer, website: Website, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    link = f'<a href="{demo.url}/book/demo/" data-booking="inline">Book</a>'
    page.goto(website.with_widget(demo.url, link))
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
    assert f"{demo.url}/embed.js" in asked
    assert f"{demo.url}/embed-window.js" not in asked


def test_on_paper_there_is_no_button(demo: RunningServer, website: Website, page: Page) -> None:
    page.goto(website.with_widget(demo.url, FLOAT.format(url=demo.url, more="")))
    button = page.get_by_role("button", name="Book a call")
    expect(button).to_be_visible()
    page.emulate_media(media="print")
    expect(button).to_be_hidden()


def test_windows_come_from_where_the_loader_came_from_with_its_nonce(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    foreign = f'<a href="{website.url}/book/demo/" data-booking="popup">Elsewhere</a>'
    policy = f"default-src 'none'; script-src 'nonce-r4nd0m'; frame-src {demo.url}"
    body = foreign + FLOAT.format(url=demo.url, more="")
    page.goto(website.with_widget(demo.url, body, policy=policy, nonce="r4nd0m"))
    expect(page.get_by_role("button", name="Book a call")).to_be_visible()
    assert [url for url in asked if "embed" in url] == [f"{demo.url}/embed.js", f"{demo.url}/embed-window.js"]
    assert not complaints, complaints
