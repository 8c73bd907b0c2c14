"""The loader on other people's websites, under the strictest policy that we document."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.websites import Website
from tests.support.browser import Complaints, until
from tests.support.patience import PATIENCE
from tests.support.servers import RunningServer

INLINE = '<p><a href="{url}/book/demo/consultation" data-booking="inline">Book</a></p>'
POPUP = '<p><a href="{url}/book/demo/" data-booking="popup" data-title="Booking">Book a call</a></p>'
SHIFT = """() => new Promise(done => {
    let sum = 0;
    const add = list => list.getEntries().forEach(entry => { sum += entry.value; });
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 500);
})"""

NOTE_HEIGHTS = """() => {
    window.heights = [];
    const frame = document.querySelector('iframe'), note = () => heights.push(frame.style.height);
    new MutationObserver(note).observe(frame, { attributeFilter: ['style'] });
}"""


def test_a_script_and_a_frame_are_all_that_a_site_must_allow(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Which day suits you?")
    expect(page.get_by_role("link", name="Book")).to_be_hidden()
    assert not complaints, complaints


def test_the_frame_is_as_tall_as_what_it_shows(demo: RunningServer, website: Website, page: Page) -> None:
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    frame = page.frame_locator("iframe")
    for press, arrived in ((None, "table.month"), ("table.month button", ".parts"), (".slot", "#details")):
        if press:
            frame.locator(press).first.click()
        frame.locator(arrived).wait_for()
        wait_until_it_fits(page)


def wait_until_it_fits(page: Page) -> None:
    """The frame has heard how tall its page is, within two pixels."""
    end = time.monotonic() + PATIENCE
    while (gap := height_missing(page)) > 2:
        assert time.monotonic() < end, gap
        page.wait_for_timeout(50)


def height_missing(page: Page) -> float:
    """By how many pixels the frame differs from its page."""
    outside = page.locator("iframe").evaluate("frame => frame.clientHeight")
    inside = page.frame_locator("iframe").locator(".bk").evaluate("bk => bk.getBoundingClientRect().height")
    return abs(outside - inside)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_that_keeps_room_for_the_frame_does_not_jump(
    demo: RunningServer, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(width, 740)
    page.goto(f"{demo.url}/demo/book")
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate(SHIFT) <= 0.02
    assert page.frames[1].evaluate(SHIFT) <= 0.02


def test_several_links_late_links_and_links_that_go(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url) * 2))
    expect(page.locator("iframe")).to_have_count(2)
    page.evaluate(
        """address => {
            const link = document.createElement('a');
            Object.assign(link, { href: address, id: 'late', textContent: 'Later' });
            link.dataset.booking = 'inline';
            document.body.append(link);
        }""",
        f"{demo.url}/book/demo/session",
    )
    expect(page.locator("iframe")).to_have_count(3)
    page.evaluate("document.getElementById('late').remove()")
    expect(page.locator("iframe")).to_have_count(2)
    assert not complaints, complaints


def test_the_attributes_reach_the_pages(demo: RunningServer, website: Website, page: Page) -> None:
    link = (
        f'<a href="{demo.url}/book/demo/" data-booking="inline" data-type="session" data-theme="dark"'
        ' data-accent="#ffc0cb" data-radius="round" data-headings="sans" data-lang="fr">Book</a>'
    )
    page.goto(website.with_widget(demo.url, link))
    root = page.frame_locator("iframe").locator("html")
    expect(root).to_have_attribute("lang", "fr")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-radius", "round")
    expect(root).to_have_attribute("data-headings", "sans")
    accent = "root => getComputedStyle(root).getPropertyValue('--bk-accent').trim()"
    assert root.evaluate(accent) == "#ffc0cb"
    assert "/book/demo/session?" in (page.locator("iframe").get_attribute("src") or "")


def test_a_name_and_an_address_are_filled_in_and_stand_in_no_address(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    link = INLINE.format(url=demo.url).replace(
        "data-booking", 'data-name="Vera" data-email="vera@visitor.example" data-booking'
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(website.with_widget(demo.url, link))
    frame = page.frame_locator("iframe")
    frame.locator(".early button").first.click()
    expect(frame.locator("#name")).to_have_value("Vera")
    expect(frame.locator("#email")).to_have_value("vera@visitor.example")
    assert not [url for url in asked if "vera" in url.lower()]
    assert not complaints, complaints


def test_a_height_is_believed_from_the_frame_only_and_within_reason(
    demo: RunningServer, website: Website, page: Page
) -> None:
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    frame = page.frame_locator("iframe")
    frame.locator(".bk-care").wait_for()
    wait_until_it_fits(page)
    height = page.evaluate("document.querySelector('iframe').style.height")
    page.evaluate(NOTE_HEIGHTS)
    page.evaluate("window.postMessage({ booking: 'height', height: 4000 }, '*')")
    inner = page.frames[1]
    for wrong in ("99999", "-1", "'4000px'", "NaN", "null", "{}"):
        inner.evaluate(f"parent.postMessage({{ booking: 'height', height: {wrong} }}, '*')")
    inner.evaluate("parent.postMessage('height', '*')")
    inner.evaluate("parent.postMessage({ booking: 'height', height: 777 }, '*')")
    until(page, "heights.includes('777px')")  # what was said before it was heard before it
    assert set(page.evaluate("heights")) <= {height, "777px"}


def test_a_frame_answers_no_site_but_those_that_the_practice_lists(
    demo: RunningServer, website: Website, page: Page
) -> None:
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    hosts = page.frame_locator("iframe").locator("html")
    hosts.wait_for(state="attached")
    listed = (hosts.get_attribute("data-hosts") or "").split()
    assert website.url in listed
    assert demo.url in listed


def test_a_site_that_the_practice_does_not_list_shows_no_frame(
    demo: RunningServer, website: Website, page: Page
) -> None:
    foreign = website.with_widget(demo.url, INLINE.format(url=demo.url)).replace("127.0.0.1", "localhost")
    page.goto(foreign)
    page.locator("iframe").wait_for()
    end = time.monotonic() + PATIENCE
    while not page.frames[1].url.startswith("chrome-error:"):
        assert time.monotonic() < end, page.frames[1].url
        page.wait_for_timeout(50)


def test_the_popup_is_named_by_its_link_closes_with_escape_and_gives_the_focus_back(
    demo: RunningServer, website: Website, page: Page, complaints: Complaints
) -> None:
    page.goto(website.with_widget(demo.url, POPUP.format(url=demo.url)))
    link = page.get_by_role("link", name="Book a call")
    until(page, "Boolean(document.documentElement.bookingLoader?.ways.popup)")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Booking")
    expect(dialog).to_be_visible()
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    # The window grows with its page, and its button with it: people press when it stands.
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("iframe")).to_have_count(0)
    assert not complaints, complaints


def test_the_popup_keeps_the_help_line_in_view(
    demo: RunningServer, website: Website, new_page: Callable[..., Page]
) -> None:
    page = new_page(360, 640)
    page.goto(website.with_widget(demo.url, POPUP.format(url=demo.url)))
    until(page, "Boolean(document.documentElement.bookingLoader?.ways.popup)")
    page.get_by_role("link", name="Book a call").click()
    care = page.frame_locator("iframe").locator(".bk-care")
    expect(care).to_be_in_viewport(ratio=0.95)
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (360, 640)


def test_with_script_off_the_link_leads_to_the_booking_pages(
    demo: RunningServer, website: Website, new_page: Callable[..., Page]
) -> None:
    page = new_page(js=False)
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    page.get_by_role("link", name="Book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which day suits you?")
