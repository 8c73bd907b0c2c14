"""What a website hears of the booking in its frame: heights, and events once the practice allows it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.browser.test_practice_pages import sign_in
from tests.browser.websites import Website
from tests.support.browser import Complaints, until
from tests.support.servers import RunningServer
from tests.support.signing_in import OWNER

INLINE = '<a href="{url}/book/demo/consultation" data-booking="inline" data-ref="spring-3">Book</a>'
LISTEN = """if (window.top === window) {
    window.said = [];
    window.heard = [];
    addEventListener('message', event => said.push(event.data));
    for (const name of ['booking:step', 'booking:booked']) {
        addEventListener(name, event => heard.push([name, event.detail, event.target.dataset.ref]));
    }
}"""

BLACK = ["rgb(0, 0, 0) on rgb(255, 255, 255)"]
COLOURS = """() => {
    const behind = element => {
        const { backgroundColor } = getComputedStyle(element);
        return backgroundColor === 'rgba(0, 0, 0, 0)' ? behind(element.parentElement) : backgroundColor;
    };
    const all = [...document.querySelectorAll('h1, h2, p, li, b, a')];
    const shown = all.filter(element => element.checkVisibility());
    return [...new Set(shown.map(element => `${getComputedStyle(element).color} on ${behind(element)}`))];
}"""


def listening(page: Page, website: Website, demo: RunningServer) -> FrameLocator:
    """A website with the widget on which every message and event is written down."""
    page.add_init_script(LISTEN)
    page.goto(website.with_widget(demo.url, INLINE.format(url=demo.url)))
    return page.frame_locator("iframe")


def book(frame: FrameLocator) -> None:
    """The whole way: day, time, details."""
    frame.locator("table.month button").first.click()
    frame.locator(".slot").first.click()
    frame.locator("#name").fill("Vera Moss")
    frame.locator("#email").fill("vera@visitor.example")
    frame.locator("#phone").fill("514 555 0189")
    frame.locator("button.btn-1").click()
    expect(frame.locator(".ticket h1")).to_have_text("You are booked")


def inner(page: Page) -> Frame:
    """The frame of our pages."""
    return next(frame for frame in page.frames if "/book/" in frame.url)


def fits(page: Page) -> None:
    """Wait until the frame has told its height, and with it everything that it had to tell before."""
    until(page, "said.some(words => words.booking === 'height')")


def test_a_website_hears_nothing_but_heights_until_the_practice_switches_events_on(
    demo: RunningServer, website: Website, page: Page, new_page: Callable[..., Page], complaints: Complaints
) -> None:
    frame = listening(page, website, demo)
    book(frame)
    until(page, "said.length >= 4")
    assert page.evaluate("heard") == []
    assert {tuple(sorted(words)) for words in page.evaluate("said")} == {("booking", "height")}

    owner = sign_in(new_page(), demo, OWNER)
    owner.goto(f"{demo.url}/practice/settings/embed")
    owner.get_by_label("Tell our website about steps and bookings").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_label("Tell our website about steps and bookings")).to_be_checked()

    page.reload()
    book(page.frame_locator("iframe"))
    until(page, "heard.some(([name]) => name === 'booking:booked')")
    heard: list[list[Any]] = page.evaluate("heard")
    steps = [[name, detail, ref] for name, detail, ref in heard[:-1]]
    assert steps == [["booking:step", {"step": step}, "spring-3"] for step in (2, 3, 4)]
    name, detail, _ = heard[-1]
    assert name == "booking:booked"
    assert list(detail) == ["reference"]
    assert len(detail["reference"]) == 16
    told = str(page.evaluate("said")).lower()
    assert not [word for word in ("vera", "moss", "514", "consultation", "ada", "ben") if word in told]
    assert not complaints, complaints

    address = inner(page).url
    page.evaluate("address => { document.querySelector('iframe').src = address; }", address)
    until(page, "heard.filter(([name]) => name === 'booking:booked').length === 2")
    assert page.evaluate("heard.at(-1)[1].reference") == detail["reference"]


def test_events_out_of_shape_are_not_believed(demo: RunningServer, website: Website, page: Page) -> None:
    listening(page, website, demo)
    fits(page)
    wrong = (
        "{ booking: 'step', step: 9 }",
        "{ booking: 'step', step: '2' }",
        "{ booking: 'step', step: {} }",
        "{ booking: 'booked', reference: '<b>Vera Moss</b>' }",
        "{ booking: 'booked', reference: 'a'.repeat(41) }",
        "{ booking: 'booked' }",
        "{ booking: 'click', step: 2 }",
        "null",
        "'booked'",
    )
    inner(page).evaluate(f"[{', '.join(wrong)}].forEach(words => parent.postMessage(words, '*'))")
    page.evaluate("postMessage({ booking: 'step', step: 2 }, '*')")
    inner(page).evaluate("parent.postMessage({ booking: 'step', step: 3 }, '*')")
    until(page, "heard.length > 0")
    assert page.evaluate("heard") == [["booking:step", {"step": 3}, "spring-3"]]


def test_the_frame_listens_to_its_host_only_and_to_short_texts_only(
    demo: RunningServer, website: Website, page: Page
) -> None:
    frame = listening(page, website, demo)
    frame.locator(".early button").first.click()
    field = frame.locator("#name")
    expect(field).to_be_visible()
    hello = """([origin, source, name]) => dispatchEvent(new MessageEvent('message', {
        origin, source: { parent, self }[source], data: { booking: 'hello', name } }))"""
    hostile: list[list[Any]] = [
        ["https://evil.example", "parent", "Mallory"],
        ["null", "parent", "Mallory"],
        ["", "parent", "Mallory"],
        [website.url + ".evil.example", "parent", "Mallory"],
        [website.url, "self", "Mallory"],
        [website.url, "parent", "M" * 255],
        [website.url, "parent", {"toString": "Mallory"}],
    ]
    for words in hostile:
        inner(page).evaluate(hello, words)
    page.evaluate("for (const words of [null, 5, 'hello', [], {}]) frames[0].postMessage(words, '*')")
    page.evaluate("frames[0].postMessage({ booking: 'fill', name: 'Mallory' }, '*')")
    expect(field).to_have_value("")
    page.evaluate("frames[0].postMessage({ booking: 'hello', name: 'Vera' }, '*')")
    expect(field).to_have_value("Vera")
    page.evaluate(
        "frames[0].postMessage({ booking: 'hello', name: 'Other', email: 'v@visitor.example' }, '*')"
    )
    expect(frame.locator("#email")).to_have_value("v@visitor.example")
    expect(field).to_have_value("Vera")


def test_the_booked_page_and_the_one_behind_its_link_print_black_on_white_without_buttons(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    page = new_page(800, 900, dark=True)
    page.goto(f"{demo.url}/book/demo/consultation")
    page.locator(".early button").first.click()
    for name, value in (("name", "Vera"), ("email", "vera@visitor.example"), ("phone", "514 555 0189")):
        page.locator(f"#{name}").fill(value)
    page.locator("button.btn-1").click()
    expect(page.locator(".ticket h1")).to_have_text("You are booked")
    link = page.locator(".done a.btn-3").get_attribute("href")
    page.emulate_media(media="print")
    expect(page.locator(".ticket .hour")).to_be_visible()
    assert (printed(page), page.locator("button, .btn, input, summary").locator("visible=true").count()) == (
        BLACK,
        0,
    )
    page.emulate_media(media="screen")
    page.goto(f"{demo.url}{link}")
    page.emulate_media(media="print")
    expect(page.locator(".card .big")).to_be_visible()
    assert (
        printed(page),
        page.locator("button, .btn, textarea, summary").locator("visible=true").count(),
    ) == (BLACK, 0)


def printed(page: Page) -> list[str]:
    """The colours of all that prints, of words and behind them: the help line too, and nothing to press."""
    expect(page.locator(".bk-care")).to_be_visible()
    expect(page.locator("button, .btn, input, textarea, summary").locator("visible=true")).to_have_count(0)
    found: list[str] = page.evaluate(COLOURS)
    return found
