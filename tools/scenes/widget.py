"""Scenes of the made-up website: the booking inside a page, in a popup, and the loader's plain links."""

from playwright.sync_api import Page

from tools.scenes.registry import addresses, scene
from tools.scenes.stage import Stage

addresses(
    "widget",
    {
        "website": ("/demo/", "The made-up website of the demo practice"),
        "website-fees": ("/demo/fees", "Its fees, with a link that opens the popup"),
        "website-fees-fr": ("/demo/fees?lang=fr", "The same in French"),
    },
)


@scene()
def widget_inline(stage: Stage) -> Page:
    """The booking inside a page"""
    page = stage.open("/demo/book")
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    return page


@scene(whole=False)
def widget_popup(stage: Stage) -> Page:
    """The booking in a popup"""
    page = stage.open("/demo/")
    page.locator("a.cta").click()
    page.frame_locator("iframe").locator(".bk-care").wait_for()
    return page


@scene(whole=False)
def widget_popup_at_the_form(stage: Stage) -> Page:
    """The popup, two presses later"""
    page = widget_popup(stage)
    frame = page.frame_locator("iframe")
    frame.locator(".soonest button").click()
    frame.locator("#name").wait_for()
    return page
