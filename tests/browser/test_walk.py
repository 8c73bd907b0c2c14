"""The whole way as a screen reader meets it: names, roles, order, focus and what is said by itself.

Compared with `golden/walk.en.txt`; `UPDATE_GOLDEN=1` writes it anew, to be read before it is kept.
"""

import difflib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.browser.test_bars import screens
from tests.support.browser import settle
from tests.support.environment import ROOT
from tests.support.ports import free_port

GOLDEN = ROOT / "tests" / "golden" / "walk.en.txt"
MONDAY = datetime(2030, 3, 4, 12, tzinfo=UTC)
"""The server's clock stands here: every walk meets the same days and times."""

STATE = """() => {
  const active = document.activeElement;
  const live = [...document.querySelectorAll('[role=status], [role=alert], [aria-live]')]
    .filter(element => element.checkVisibility())
    .map(element => element.innerText.trim().replace(/\\s+/g, ' '));
  const at = active === document.body ? 'the page'
    : `${active.tagName.toLowerCase()} "${active.innerText.trim().split('\\n')[0]}"`;
  return { title: document.title, lang: document.documentElement.lang, at, live };
}"""


@pytest.fixture
def still(make_app: Callable[..., Flask], sqlite_demo_database: str) -> Iterator[str]:
    """The address of the program on the demo data, in which no time goes by."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with time_machine.travel(MONDAY, tick=False):
        app = make_app(sqlite_demo_database, SCHEDULER_PUBLIC_URL=url)
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield url
        server.shutdown()
        thread.join()
        server.server_close()


def heard(name: str, page: Page) -> str:
    """One screen: its title, where the focus is, what is announced, and the tree."""
    settle(page)
    state = page.evaluate(STATE)
    tree = page.locator("body").aria_snapshot().splitlines()
    lines = [
        f"== {name}",
        f"title: {state['title']} ({state['lang']})",
        f"focus: {state['at']}",
        *(f"says: {text}" for text in state["live"]),
        *(line for line in tree if "- /url:" not in line),
    ]
    return "\n".join(lines)


def make_mistakes(page: Page) -> Page:
    """Send the form half filled in, and wait for what is said about it."""
    page.locator("#email").fill("vera@")
    page.locator("button.btn-1").click()
    page.locator("#problems").wait_for()
    return page


def test_a_screen_reader_hears_the_same_walk_as_ever(still: str, new_page: Callable[..., Page]) -> None:
    page = new_page(360, 740)
    walked = []
    for name in screens(page, still):
        walked.append(heard(name, page))
        if name == "details":
            walked.append(heard("wrong answers", make_mistakes(page)))
    walk = "\n\n".join(walked) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(walk, encoding="utf-8")
    expected = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert list(difflib.unified_diff(expected, walk.splitlines(), lineterm="", n=2)) == []
