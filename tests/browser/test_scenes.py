"""axe finds nothing on any page in any state, each looked at three times: light, dark, from right to left.

"Each page three times" is read as these three, on one load of the page (axe resizes a loaded page instead
of loading it again): light on a large screen; dark on a phone, where only rules about colour can answer
otherwise; and on a phone turned round in place. It is written in a made-up Arabic only then, for what
scrolls sideways: axe takes letters that join for pictures, and says nothing about their colour. That the
program itself turns its pages round is tested in `test_languages.py`. The practice's own pages exist in no
language that runs from right to left, and are looked at twice.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.support.accessibility import COLOUR_RULES, sideways_overflow, violations
from tests.support.environment import PASSWORD
from tests.support.ports import free_port
from tests.support.speaking import turn_round, write_in_arabic
from tools.scenes import SCENES, SETTINGS, Scene, Stage, prepare, serving

SMALL, PHONE, LARGE = (320, 360, 1280)
AT_A_TIME = 16
Staged = Callable[[str], AbstractContextManager[Stage]]


@pytest.fixture
def staged(make_app: Callable[..., Flask], sqlite_demo_database: str, browser: Browser) -> Staged:
    """A demo prepared for the scenes of a world: `with staged(world) as stage`."""

    @contextmanager
    def stage(world: str) -> Iterator[Stage]:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        app = make_app(sqlite_demo_database, SCHEDULER_PUBLIC_URL=url, **SETTINGS.get(world, {}))
        file = Path(sqlite_demo_database.removeprefix("sqlite:///"))
        with serving(app, port):
            set_up = Stage(app, url, file, browser, PASSWORD)
            prepare(set_up, world)
            yield set_up
            set_up.close()

    return stage


def parts() -> Iterator[list[Scene]]:
    """The list, parted by world, and by what the scenes are about: a test is no longer than it must be."""
    for _, of_a_world in groupby(sorted(SCENES, key=where), key=where):
        yield from batched(list(of_a_world), AT_A_TIME)


def where(one: Scene) -> tuple[str, str]:
    """Most scenes play in the plain demo."""
    return one.world, one.act if one.world == "plain" else ""


def batched(scenes: list[Scene], size: int) -> list[list[Scene]]:
    """Runs of at most so many."""
    return [scenes[at : at + size] for at in range(0, len(scenes), size)]


@pytest.mark.parametrize("scenes", list(parts()), ids=lambda scenes: f"from {scenes[0].name}")
def test_axe_finds_nothing(staged: Staged, scenes: list[Scene]) -> None:
    found: dict[str, list[str]] = {}
    with staged(scenes[0].world) as stage:
        for one in scenes:
            wrong = look(one.bring(stage))
            if wrong:
                found[one.name] = wrong
    assert found == {}


def look(page: Page) -> list[str]:
    """What is wrong with the page: light, dark, turned round. It must be opened anew afterwards."""
    found = [f"light: {line}" for line in violations(page)]
    page.emulate_media(color_scheme="dark")
    resize(page, PHONE)
    found += [f"dark: {line}" for line in violations(page, COLOUR_RULES)]
    page.emulate_media(color_scheme="light")
    is_theirs = "/practice/" not in page.url
    if is_theirs:
        turn_round(page)
        found += [f"right to left: {line}" for line in violations(page)]
    found += too_wide(page)
    if is_theirs:
        write_in_arabic(page)
        found += too_wide(page)
    resize(page, LARGE)
    return found


def too_wide(page: Page) -> list[str]:
    """By how many pixels a small phone would scroll sideways."""
    resize(page, SMALL)
    overflow = sideways_overflow(page)
    return [f"{overflow} px too wide for {SMALL} px"] if overflow else []


def resize(page: Page, width: int) -> None:
    """As wide as that, and as high as it was."""
    size = page.viewport_size or {"height": 900}
    page.set_viewport_size({"width": width, "height": size["height"]})


def test_a_page_that_is_wrong_is_noticed_each_time(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        """<!doctype html><html lang="en"><title>Wrong</title><style>
        .light { color: #ccc; background: white } .dark { color: black; background: white }
        @media (prefers-color-scheme: dark) { .dark { color: #333; background: black } }
        @media (max-width: 400px) { .phone { color: #ddd; background: white } }
        :root:not([dir=rtl]) .turned { display: none }</style>
        <main><h1>Wrong</h1><p class="light">One</p><p class="dark">Two</p><p class="phone">Three</p>
        <p class="turned"><input></p></main>"""
    )
    found = look(page)
    page.close()
    assert noticed(found, ".light") == {"light", "dark", "right to left"}
    assert noticed(found, ".dark") == {"dark"}
    assert noticed(found, ".phone") == {"dark", "right to left"}
    assert noticed(found, "input") == {"right to left"}


def noticed(found: list[str], what: str) -> set[str]:
    """When a thing was found wrong."""
    return {line.partition(":")[0] for line in found if f"{what}:" in line}
