"""Scenes of a line that is slow or cut: what stands while the next page is on its way."""

from playwright.sync_api import Page, expect

from tools.scenes.booking import LAPSE, type_in
from tools.scenes.choosing import FREE_CALL
from tools.scenes.registry import scene
from tools.scenes.stage import Stage, later_day

HOUR = 3_600_000


def stall(page: Page) -> None:
    """From now on every answer takes an hour."""
    line = {"offline": False, "latency": HOUR, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


def form(stage: Stage, page: Page) -> Page:
    """The form, filled in, in a window whose clock can be turned on."""
    stage.change(LAPSE)
    page.clock.install()
    stage.open(FREE_CALL, page)
    later_day(page, 1).click()
    page.locator("button.slot").last.click()
    page.locator("#name").wait_for()
    return type_in(page)


@scene()
def loading_days(stage: Stage) -> Page:
    """Blocks in the sizes of the days to come"""
    page = stage.open("/book/demo/?tz=America/Toronto", stage.stranger())
    stall(page)
    page.locator(".type.first h2 a").click()
    page.locator(".bk-wait .sk").first.wait_for()
    return page


@scene()
def loading_times(stage: Stage) -> Page:
    """Blocks in the sizes of the times to come"""
    page = stage.open(FREE_CALL, stage.stranger())
    day = later_day(page, 1)
    stall(page)
    day.click()
    page.locator(".bk-wait .sk").first.wait_for()
    return page


@scene()
def slow(stage: Stage) -> Page:
    """After eight seconds: still trying, and how else"""
    page = form(stage, stage.stranger())
    stall(page)
    page.locator(".details .btn-1").click()
    expect(page.locator("[aria-busy]")).to_have_count(1)
    page.clock.fast_forward(9000)
    page.locator(".bk-wait .note").wait_for()
    return page


@scene()
def offline(stage: Stage) -> Page:
    """The line is cut, and everything typed is there"""
    page = form(stage, stage.stranger())
    page.context.set_offline(True)
    page.locator(".details .btn-1").click()
    page.locator(".bk-wait .note").wait_for()
    return page
