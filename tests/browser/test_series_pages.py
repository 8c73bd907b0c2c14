"""The pages of appointments that repeat in a real browser: looked at, booked, seen and ended."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.test_practice_pages import sign_in
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA
from tests.web.practice.staff import working_day


def fill(page: Page, demo: RunningServer, weeks: int, *, repeat: str, dates: str = "6") -> None:
    """Type an appointment at seven in the evening, some weeks ahead."""
    page.goto(f"{demo.url}/practice/appointments/new")
    page.locator("#type").select_option("session")
    page.locator("#day").fill((working_day(7) + timedelta(weeks=weeks)).isoformat())
    page.locator("#time").fill("19:00")
    page.locator("#repeat").select_option(repeat)
    page.locator("#dates").fill(dates)
    page.get_by_label("Video call").check()
    page.locator("#name").fill("Vera Moss")
    page.locator("#email").fill("vera@mail.example")
    page.get_by_role("button", name="Add this appointment").click()


def test_a_series_is_looked_at_booked_seen_and_ended(page: Page, demo: RunningServer) -> None:
    sign_in(page, demo, ADA)
    fill(page, demo, 2, repeat="once")
    expect(page.locator("dl.facts").first).to_be_visible()
    fill(page, demo, 0, repeat="1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the dates")
    expect(page.get_by_role("checkbox", disabled=True)).to_have_count(1)
    page.get_by_role("checkbox", checked=True).last.uncheck()
    page.get_by_role("button", name="Book the ticked dates").click()
    expect(page.locator(".note.ok")).to_contain_text("4 dates from")
    expect(page.locator(".dates li")).to_have_count(5)
    page.locator(".dates a").nth(1).click()
    page.get_by_role("button", name="End the series after this date").click()
    expect(page.locator(".dates .tag", has_text="cancelled")).to_have_count(1)
