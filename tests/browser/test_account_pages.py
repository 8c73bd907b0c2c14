"""Signing in, one's own account and forgotten passwords in a real browser, with script and without."""

import re
import subprocess
from collections.abc import Callable

import pytest
from passlib.totp import TOTP  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from scheduler.clock import utcnow
from tests.browser.test_practice_pages import sign_in
from tests.support.browser import Complaints
from tests.support.environment import PASSWORD
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA, OWNER

NEW = "tulip anchor mosaic"


def code_of(phone: TOTP, steps: int = 0) -> str:
    """What a phone shows now, or so many codes later."""
    return str(phone.generate(time=utcnow() + 30 * steps).token)


def type_password(page: Page, demo: RunningServer, email: str = ADA, password: str = PASSWORD) -> None:
    page.goto(f"{demo.url}/practice/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_is_said_at_once(page: Page, demo: RunningServer) -> None:
    type_password(page, demo, password="not this one, sorry")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page).to_have_title(re.compile("^Error: "))


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
def test_a_second_factor_from_setting_up_to_a_recovery_code(
    new_page: Callable[..., Page], demo: RunningServer, complaints: Complaints, js: bool
) -> None:
    page = sign_in(new_page(js=js), demo, ADA)
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("button", name="Set it up").click()
    phone = TOTP(key=page.locator(".key").inner_text(), format="base32")
    page.get_by_label("Code").fill(code_of(phone))
    expect(page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".recovery code")).to_have_count(10)
    recovery = page.locator(".recovery code").first.inner_text()
    page.get_by_role("link", name="I have written them down").click()
    for way in ("phone", "recovery"):
        page.get_by_role("button", name="Sign out").first.click()
        expect(page.locator(".app-side")).to_have_count(0)
        type_password(page, demo)
        expect(page.locator("h1")).to_have_text("Your code, please")
        page.get_by_label("Code").fill(code_of(phone, 1) if way == "phone" else recovery)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".app-side")).to_be_visible()
    page.goto(f"{demo.url}/practice/account/second-factor")
    expect(page.locator("main")).to_contain_text("9 are left")
    assert not complaints


def test_a_forgotten_password_from_the_link_to_the_week(
    new_page: Callable[..., Page],
    demo: RunningServer,
    worker: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    ada, owner = new_page(), sign_in(new_page(), demo, OWNER)
    ada.goto(f"{demo.url}/practice/forgotten")
    ada.get_by_label("Email address").fill(ADA)
    ada.get_by_role("button", name="Send the link").click()
    expect(ada.locator("h1")).to_have_text("Look into your mailbox")
    worker(demo.settings)
    owner.goto(f"{demo.url}/practice/mail")
    owner.get_by_role("link", name=re.compile("^Look at it")).first.click()
    link = re.search(r"https?://\S+/reset/\S+", owner.locator("pre.code").first.inner_text())
    assert link
    frame = owner.frame_locator("iframe.mail-body")
    expect(frame.get_by_role("link", name="Choose a new password")).to_have_attribute("href", link[0])
    ada.goto(link[0])
    ada.get_by_label("New password").fill(NEW)
    ada.get_by_role("button", name="Save it").click()
    expect(ada.locator("h1")).to_have_text("Your new password works")
    type_password(ada, demo, password=NEW)
    expect(ada.locator(".app-side")).to_be_visible()
