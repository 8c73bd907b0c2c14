"""Debian's Chromium, driven by Playwright, and what it complains about."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Response, expect

from tests.support.missing import lacking
from tests.support.patience import PATIENCE
from tools.machine import chromium

expect.set_options(timeout=PATIENCE * 1000)

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Complaints:
    """What a browser reported while pages were open; a test asserts that it is empty."""

    errors: list[str] = field(default_factory=list)
    failed_requests: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.errors or self.failed_requests)

    def watch(self, context: BrowserContext) -> None:
        """Collect script errors, console errors, failed requests and answers of 400 and above."""
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _failed(self, request: Request) -> None:
        # A frame that is closed, or a page that is left, aborts what it was loading: nobody's fault.
        if request.failure != "net::ERR_ABORTED":
            self.failed_requests.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.failed_requests.append(f"{response.request.method} {response.url}: {response.status}")


def until(page: Page, true: str) -> None:
    """Wait until an expression is true. Playwright's own way uses eval, which the page's policy forbids."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(true):
        assert time.monotonic() < end, true
        page.wait_for_timeout(30)


def settle(page: Page) -> None:
    """Wait until the page has loaded and its scripts have run.

    A next step that is written over the one before is no load of the browser's: only the document knows.
    """
    page.wait_for_load_state()
    until(page, "document.readyState === 'complete'")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How the plugin's session-wide `browser` is started."""
    return launch_args(chromium())


@pytest.fixture(scope="session")
def whole_browser_args() -> dict[str, Any]:
    """How the whole browser is started, for what its owner has set."""
    return launch_args(chromium(whole=True))


def launch_args(program: str | None) -> dict[str, Any]:
    """Where Chromium lies, and what it may leave out."""
    if program is None:
        lacking("Chromium")
    return {"executable_path": program, "args": FLAGS}


@pytest.fixture
def complaints() -> Complaints:
    """Everything that the pages of this test complain about."""
    return Complaints()


@pytest.fixture
def new_page(new_context: Callable[..., BrowserContext], complaints: Complaints) -> Callable[..., Page]:
    """Open a page of its own visitor: `new_page(width=360, dark=True, js=False, locale="fr-CA", zone="…")`.

    Further keywords go to Playwright's `new_context`, `storage_state` for instance.
    """

    def make(
        width: int = 1280,
        height: int = 900,
        *,
        dark: bool = False,
        js: bool = True,
        locale: str = "en-CA",
        zone: str = "America/Toronto",
        **more: Any,
    ) -> Page:
        context = new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=js,
            locale=locale,
            timezone_id=zone,
            **more,
        )
        context.set_default_timeout(PATIENCE * 1000)
        complaints.watch(context)
        return context.new_page()

    return make


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page as on a desktop computer, light, with script."""
    return new_page()
