"""Scenes of signing in and of one's own account."""

import re

from passlib.totp import TOTP  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Page

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import messages
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, OWNER, Stage

BEN = "ben@demo.example"
addresses(
    "account",
    {
        "sign-in": ("/practice/sign-in", "Signing in"),
        "forgotten": ("/practice/forgotten", "A forgotten password"),
        "reset-over": (f"/reset/{'x' * 43}", "A reset link that was used, or is old"),
    },
)
addresses(
    "account",
    {
        "account": ("/practice/account", "One's own account"),
        "confirm": ("/practice/confirm?next=/practice/account", "The password once more"),
    },
    who=ADA,
)


def sign_in(page: Page, stage: Stage, email: str, password: str) -> Page:
    """Fill in the form and press the button."""
    page.goto(f"{stage.url}/practice/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("button.btn-1").click()
    return page


@scene()
def sign_in_wrong(stage: Stage) -> Page:
    """A wrong password"""
    page = sign_in(stage.stranger(), stage, ADA, "not this one, sorry")
    page.locator("[role=alert]").wait_for()
    return page


@scene()
def forgotten_asked(stage: Stage) -> Page:
    """The link is on its way"""
    page = stage.open("/practice/forgotten")
    page.locator("#email").fill("nobody@demo.example")
    page.locator("button.btn-1").click()
    page.locator("#email").wait_for(state="detached")
    return page


@scene()
def reset(stage: Stage) -> Page:
    """Choosing a new password"""
    page = stage.open("/practice/forgotten")
    page.locator("#email").fill(OWNER)
    page.locator("button.btn-1").click()
    page.locator("#email").wait_for(state="detached")
    with stage.app.app_context():
        worker.run_once(stage.app.config["SETTINGS"], utcnow())
        letters = [one.text for one in messages.previews(stage.practice.id)]
    link = next(found[0] for letter in letters if (found := re.search(r"/reset/\S+", letter)))
    return stage.open(link)


@scene()
def reset_wrong(stage: Stage) -> Page:
    """One that is too easy to guess"""
    page = reset(stage)
    page.locator("#password").fill("aaaaaaaaaaaa")
    page.locator("button.btn-1").click()
    page.locator(".err, #problems, [role=alert]").first.wait_for()
    return page


@scene()
def account_wrong(stage: Stage) -> Page:
    """The present password was not right"""
    page = stage.open("/practice/account", stage.staff(ADA))
    page.locator("input[type=password]").first.fill("not this one, sorry")
    page.locator("form[action$='/password'] button").last.click()
    page.locator("#problems").wait_for()
    return page


def begin_second_step(stage: Stage) -> Page:
    """Ben sets up a second step in a window of his own, whatever he had before."""
    stage.change("DELETE FROM recovery_codes", "UPDATE users SET totp_sealed = NULL, totp_step = NULL")
    page = sign_in(stage.stranger(), stage, BEN, stage.password)
    page.locator(".app-side").wait_for()
    page.goto(f"{stage.url}/practice/account/second-factor")
    page.locator("main .btn-1").click()
    page.locator(".key").wait_for()
    return page


def finish_second_step(stage: Stage) -> Page:
    """He types the code of his phone."""
    page = begin_second_step(stage)
    key = TOTP(key=page.locator(".key").inner_text(), format="base32")
    page.locator("#code").fill(str(key.generate(time=utcnow()).token))
    page.locator("main .btn-1").click()
    page.locator(".recovery").wait_for()
    return page


@scene()
def second_step(stage: Stage) -> Page:
    """What a second step is good for"""
    return stage.open("/practice/account/second-factor", stage.staff(ADA))


@scene()
def second_step_set_up(stage: Stage) -> Page:
    """Setting it up: scan, type the code"""
    return begin_second_step(stage)


@scene()
def second_step_wrong(stage: Stage) -> Page:
    """A code that is none"""
    page = begin_second_step(stage)
    page.locator("#code").fill("abc")
    page.locator("main .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene()
def second_step_codes(stage: Stage) -> Page:
    """Recovery codes, shown once"""
    return finish_second_step(stage)


@scene()
def second_step_on(stage: Stage) -> Page:
    """It is on"""
    page = finish_second_step(stage)
    page.goto(f"{stage.url}/practice/account/second-factor")
    return page


@scene()
def sign_in_code(stage: Stage) -> Page:
    """Signing in with it"""
    finish_second_step(stage)
    page = sign_in(stage.stranger(), stage, BEN, stage.password)
    page.locator("#code").wait_for()
    return page
