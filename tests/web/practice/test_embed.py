"""The practice's Embed page: choices become lines to copy; the website hears what the owner allows."""

import re
from html import unescape

import pytest
from flask import Flask

from scheduler.services import directory
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person

PAGE = "/practice/settings/embed"
CHOSEN = (
    f"{PAGE}?way=float&kind=consultation&theme=dark"
    "&own=1&accent=%236B3F52&radius=round&headings=sans&language=fr"
)


@pytest.fixture
def owner(demo_app: Flask) -> Person:
    """The owner of Ada's practice, signed in."""
    return Person(demo_app, OWNER)


def field(page: str, name: str) -> str:
    """What stands in a field to copy from."""
    found = re.search(rf'<textarea[^>]* id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found, name
    return unescape(found[1])


def test_the_simplest_lines_are_a_link_and_a_script(owner: Person) -> None:
    page = owner.read(PAGE)
    assert field(page, "lines") == (
        '<div style="min-height: 56rem">\n'
        '  <a href="http://localhost/book/demo/" data-booking="inline">Book an appointment</a>\n'
        "</div>\n"
        '<script async src="http://localhost/embed.js"></script>'
    )
    assert field(page, "link") == "http://localhost/book/demo/"


def test_every_choice_stands_in_the_lines(owner: Person) -> None:
    page = owner.read(CHOSEN)
    assert field(page, "lines") == (
        '<a href="http://localhost/book/demo/consultation" data-booking="float" data-theme="dark"'
        ' data-accent="#6b3f52" data-radius="round" data-headings="sans" data-lang="fr">'
        "Prendre rendez-vous</a>\n"
        '<script async src="http://localhost/embed.js"></script>'
    )
    assert field(page, "wix") == (
        "http://localhost/book/demo/consultation"
        "?embed=1&lang=fr&theme=dark&accent=6b3f52&radius=round&headings=sans"
    )
    for builder in ("squarespace", "webflow"):
        assert field(page, builder) == field(page, "lines")
    assert field(page, "wordpress").split("\n")[0] == "<!-- wp:html -->"


@pytest.mark.parametrize(
    "query",
    [
        "way=%22onload&kind=%22%3E%3Cscript%3E&theme=%22&own=1&accent=red&radius=1&headings=x&language=xx",
        "accent=%236b3f52",
        "own=1&accent=%23fffffff",
    ],
)
def test_what_is_not_offered_is_the_default(owner: Person, query: str) -> None:
    assert field(owner.read(f"{PAGE}?{query}"), "lines") == field(owner.read(PAGE), "lines")


def test_a_pale_accent_is_told_as_what_it_becomes(owner: Person) -> None:
    assert "Used as #" in owner.read(f"{PAGE}?own=1&accent=%23ffc0cb")
    assert "Used as #" not in owner.read(f"{PAGE}?own=1&accent=%231d5a55")


def test_the_preview_is_a_small_website_that_only_our_own_page_may_frame(owner: Person) -> None:
    answer = owner.client.get(CHOSEN.replace("embed?", "embed/preview?"))
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert "X-Frame-Options" not in answer.headers
    assert 'href="/book/demo/consultation" data-booking="float" data-theme="dark"' in answer.text
    assert "frame-ancestors 'none'" in owner.client.get(PAGE).headers["Content-Security-Policy"]


def test_only_the_owner_decides_what_the_website_hears(owner: Person) -> None:
    def tells() -> bool:
        with owner.app.app_context():
            return directory.practice("demo").tells_website

    assert not tells()
    ada = Person(owner.app, ADA)
    assert ada.send(PAGE, tells="1").status_code == 404
    assert "Switched off." in ada.read(PAGE)
    owner.done(PAGE, tells="1")
    assert tells()
    assert "Switched on by the owner." in ada.read(PAGE)
    owner.done(PAGE)
    assert not tells()


def test_pages_carry_nothing_for_the_website_while_it_hears_nothing(owner: Person) -> None:
    stranger = owner.app.test_client(use_cookies=False)
    assert "data-step" not in stranger.get("/book/demo/?embed=1").text
    owner.done(PAGE, tells="1")
    assert 'data-step="1"' in stranger.get("/book/demo/?embed=1").text
    assert "data-step" not in stranger.get("/book/demo/").text
