"""Profiles, places, the polite stop and terms in a real browser."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from scheduler.services import directory
from scheduler.store import therapists, types
from scheduler.store.database import transaction
from tests.support.servers import RunningServer

PROFILES = {
    "ada": {
        "credentials": {"en": "Psychologist and psychotherapist, licence 01234 in Quebec"},
        "approach": {"en": "I work with attachment and with the body. We go at your pace, and you decide."},
        "spoken": ("en", "fr"),
        "practising_since": 2009,
        "places": ("CA-QC",),
    },
    "ben": {"credentials": {"en": "Psychotherapist"}, "spoken": ("en",), "places": ("CA-ON",)},
}
FEE = {"cancel_window": 48 * 3600, "late_fee_cents": 6000}


@pytest.fixture
def ruled(make_app: Callable[..., Flask], sqlite_demo_database: str, demo: RunningServer) -> RunningServer:
    """The demo with profiles, places, and a fee for sessions cancelled late."""
    with make_app(sqlite_demo_database).app_context(), transaction() as tx:
        practice = directory.practice("demo")
        for slug, profile in PROFILES.items():
            therapists.save(tx, replace(directory.find_therapist(practice, slug), **profile))
        types.save(tx, replace(directory.find_type(practice, "session"), **FEE))
    return demo


def test_who_where_and_what_it_costs(ruled: RunningServer, page: Page) -> None:
    page.goto(f"{ruled.url}/book/demo/")
    expect(page.get_by_text("In practice since 2009")).to_be_visible()
    page.goto(f"{ruled.url}/book/demo/session?therapist=ada")
    page.locator(".early button").last.click()
    page.locator("#name").fill("Vera")
    page.locator("#email").fill("vera@visitor.example")
    page.locator("input[value=video]").check()
    page.locator("#policy").check()
    page.locator(".details .btn-1").click()
    expect(page.locator("#problems")).to_contain_text("Tell us where you will be")
    page.locator("#place").select_option("elsewhere")
    page.locator(".details .btn-1").click()
    expect(page.locator("h1")).to_have_text("Ada cannot see you by phone or video there")
    page.get_by_role("button", name="Meet in person").click()
    expect(page.locator("input[value=in_person]")).to_be_checked()
    page.locator(".details .btn-1").click()
    page.locator("a.btn-3").click()
    expect(page.locator(".terms")).to_contain_text("costs $60")
