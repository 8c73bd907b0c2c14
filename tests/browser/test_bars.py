"""The bars of the pages, measured in a browser: weight, stillness, presses, keys, targets, no storage."""

import json
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from bench.widget import painted
from tests.browser.measuring import SMALL, Keys, Scale
from tests.browser.test_practice_pages import sign_in
from tests.support.accessibility import sideways_overflow
from tests.support.browser import Complaints
from tests.support.patience import PATIENCE
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA
from tools.scenes.stage import later_day

SHORTEST_BYTES, STEP_BYTES, WEEK_BYTES = 30_000, 6_000, 60_000
SHIFT = 0.02
PAINTED = {"A": 1500, "B": 2500}
"""The largest part of the first screen stands there after so many milliseconds, on both networks."""
TARGET = 44
TYPED = {"#name": "Vera", "#email": "vera@visitor.example", "#phone": "514 555 0189"}
COUNT_PRESSES = """const count = () => addEventListener('click', event => event.isTrusted && pressed(), true);
const open = document.open;
document.open = function () { open.call(this); count(); };  // the next step takes the place of this one
count();"""
CANCELLED = "Your appointment is cancelled"
REMEMBER = "document.cookie = 'a=1', document.cookie"

OTHERS = (
    "/book/demo/privacy",
    "/book/demo/consultation/zone",
    "/book/demo/session?tz=Asia/Tokyo",
    "/book/demo/couple?embed=1",
    "/appointments/gone",
    "/waiting/gone",
)
WRONG = """<style>:focus { outline: 0 }</style>
<p>A <a href="#">link</a> in words</p><p><a href="#" id="bare">Alone</a></p>
<script>
setTimeout(() => {
  const late = document.createElement('div');
  late.style.height = '400px';
  document.body.prepend(late);
}, 300);
</script>"""


def screens(page: Page, url: str) -> Iterator[str]:
    """The full way through booking, moving and cancelling; gives each screen's name when it stands there."""
    page.goto(f"{url}/book/demo/")
    yield "types"
    page.locator(".type.first h2 a").click()
    page.locator("table.month").wait_for()
    yield "days"
    page.locator("table.month button").first.click()
    page.locator("button.slot").first.wait_for()
    yield "times"
    page.locator("button.slot").last.click()
    page.locator("#name").wait_for()
    yield "details"
    for field, text in TYPED.items():
        page.locator(field).fill(text)
    page.locator("button.btn-1").click()
    page.locator(".ticket h1").wait_for()
    yield "booked"
    page.locator("a.btn-3").click()
    page.locator("button.btn-bad").wait_for()
    yield "manage"
    page.locator("a.btn-1").click()
    page.locator("table.month").wait_for()
    yield "other days"
    later_day(page, 1).click()
    page.locator("button.slot").first.wait_for()
    yield "other times"
    page.locator("button.slot").first.click()
    page.locator(".note.ok").wait_for()
    yield "moved"
    page.locator("button.btn-bad").click()
    page.locator("h1", has_text=CANCELLED).wait_for()
    yield "cancelled"


def test_every_screen_is_light_still_and_large_enough_for_a_thumb(
    demo: RunningServer, new_page: Callable[..., Page], complaints: Complaints
) -> None:
    page = new_page(360, 740)
    scale = Scale(page)
    weights, shifts, wide, small = {}, {}, {}, {}
    for name in screens(page, demo.url):
        weights[name], shifts[name] = scale.weigh(), scale.shifted()
        if name == "types":
            assert len(scale.requests) <= 4, [request.url for request in scale.requests]
        small[name] = page.evaluate(SMALL, TARGET)
        for width, height in ((320, 640), (320, 256)):  # a small phone; 1280 by 1024 at 400 %
            page.set_viewport_size({"width": width, "height": height})
            wide[f"{name} {height}"] = sideways_overflow(page)
        page.set_viewport_size({"width": 360, "height": 740})
    assert weights.pop("types") <= SHORTEST_BYTES
    assert {name: weight for name, weight in weights.items() if weight > STEP_BYTES} == {}
    assert {name: shift for name, shift in shifts.items() if shift > SHIFT} == {}
    assert {name: pixels for name, pixels in wide.items() if pixels} == {}
    assert {name: found for name, found in small.items() if found} == {}
    assert all(request.url.startswith(demo.url) for request in scale.requests)
    assert {request.resource_type for request in scale.requests} <= {
        "document",
        "fetch",
        "stylesheet",
        "script",
    }
    assert not complaints, complaints


def test_the_first_screen_is_painted_soon_on_slow_lines_and_slow_phones(
    demo: RunningServer, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    address = f"{demo.url}/book/demo/?tz=America/Toronto"
    for network, bar in PAINTED.items():
        times = [painted(browser, address, network) for _ in range(3)]
        took = statistics.median(times)
        while min(times) > 2 * bar and len(times) < 10:  # a page that is too heavy is so each time
            times.append(painted(browser, address, network))
        record_property("figure", f"LCP on network {network}, processor / 4: {took:.0f} ms of {bar}")
        assert min(times) > 100
        assert min(times) <= 2 * bar, times  # other tests run beside this one; `make bench` runs alone


def test_targets_are_large_enough_in_other_states_too(
    demo: RunningServer, new_page: Callable[..., Page]
) -> None:
    page = new_page(360, 740)
    small = {}
    for address in OTHERS:
        page.goto(f"{demo.url}{address}")
        small[address] = page.evaluate(SMALL, TARGET)
    page.goto(f"{demo.url}/book/demo/intake?therapist=ada")
    page.locator(".early button").first.click()
    page.locator("#email").fill("vera@")
    page.locator("button.btn-1").click()
    expect(page.locator("#problems")).to_be_visible()
    for summary in page.locator(".more summary").all():
        summary.click()
    small["problems"] = page.evaluate(SMALL, TARGET)
    assert {name: found for name, found in small.items() if found} == {}


def test_the_week_of_a_therapist_is_light_and_still(demo: RunningServer, page: Page) -> None:
    sign_in(page, demo, ADA)
    scale = Scale(page)
    # The sign-in page has loaded the stylesheet already: weigh it all the same.
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(f"{demo.url}/practice/")
    assert 8_000 < scale.weigh() <= WEEK_BYTES
    assert scale.shifted() <= SHIFT


def test_the_measures_notice_what_is_wrong(page: Page) -> None:
    Scale(page)
    page.goto("about:blank")
    page.set_content(WRONG)
    keys = Keys(page)
    keys.tab_to("#bare")
    assert keys.unseen == [": link", ": bare"]
    [small] = page.evaluate(SMALL, TARGET)
    assert "Alone" in small
    page.wait_for_function("window.shifted > 0.02")


def test_the_shortest_booking_takes_two_presses_and_three_answers(demo: RunningServer, page: Page) -> None:
    page.add_init_script(COUNT_PRESSES)
    presses: list[None] = []
    page.expose_function("pressed", lambda: presses.append(None))
    page.goto(f"{demo.url}/book/demo/")
    page.locator(".soonest button").click()
    fields = page.locator("#details").locator("input:not([type=hidden]):not([type=radio]), textarea, select")
    assert fields.locator("visible=true").count() <= 3
    for field, text in TYPED.items():
        page.locator(field).fill(text)
    page.locator("button.btn-1").click()
    expect(page.locator(".ticket h1")).to_be_visible()
    assert len(presses) == 2
    for _, name in zip(range(6), screens(page, demo.url), strict=False):
        if name == "types":
            presses.clear()
        elif name == "booked":
            assert len(presses) <= 4
            return
    pytest.fail("The full way was not walked to its end")


def fill_in(keys: Keys) -> None:
    """The three answers, and Enter where there is nothing more to say."""
    for field, text in TYPED.items():
        keys.tab_to(field)
        keys.type(text)
    keys.enter(".ticket h1")


def test_the_keyboard_needs_few_presses_and_always_shows_where_it_is(demo: RunningServer, page: Page) -> None:
    short = Keys(page)
    page.goto(f"{demo.url}/book/demo/")
    short.tab_to(".soonest button")
    short.enter("#name")
    fill_in(short)
    assert short.presses <= 15
    full = Keys(page)
    page.goto(f"{demo.url}/book/demo/")
    full.tab_to(".type.first h2 a")
    full.enter("table.month")
    full.tab_to("table.month button")
    full.enter("button.slot")
    full.tab_to("button.slot")
    full.enter("#name")
    fill_in(full)
    assert full.presses <= 35
    assert short.unseen + full.unseen == []


def test_every_stop_of_the_longest_pages_shows_the_focus(demo: RunningServer, page: Page) -> None:
    keys = Keys(page)
    for name in screens(page, demo.url):
        if name in ("details", "manage", "cancelled"):
            page.locator("h1").first.focus()
            keys.tab_to(".bk-care a, .bk-care *:focus")
    assert keys.unseen == []


@pytest.fixture
def forgetful(
    browser_type: BrowserType, whole_browser_args: dict[str, object], tmp_path: Path
) -> Iterator[BrowserContext]:
    """Chromium whose owner has forbidden sites to store anything: cookies are dropped, storage throws."""
    (tmp_path / "profile" / "Default").mkdir(parents=True)
    forbidden = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "profile" / "Default" / "Preferences").write_text(json.dumps(forbidden))
    context = browser_type.launch_persistent_context(tmp_path / "profile", **whole_browser_args)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


def test_booking_moving_and_cancelling_work_where_nothing_may_be_stored(
    demo: RunningServer, forgetful: BrowserContext, complaints: Complaints
) -> None:
    complaints.watch(forgetful)
    page = forgetful.new_page()
    walked = []
    for name in screens(page, demo.url):
        walked.append(name)
        if name == "types":
            assert page.evaluate(REMEMBER) == ""
            throws = "(() => { try { return localStorage.length } catch (error) { return error.name } })()"
            assert page.evaluate(throws) == "SecurityError"
    assert len(walked) == 10
    assert not complaints, complaints
