"""Where to turn today stands on every page that a visitor may meet, whatever went wrong."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask, abort

from scheduler.domain.errors import StoreBusy, TooMany
from scheduler.domain.practice import HelpLine, Practice
from scheduler.services import directory, help_lines
from scheduler.store import practice as practices
from scheduler.store.database import transaction
from tests.support.environment import ROOT
from tests.support.signing_in import OWNER
from tests.web.practice.staff import Person
from tests.web.visitor.walking import Visitor

EMERGENCY, TALK, BERLIN = 'href="tel:911"', 'href="tel:988"', 'href="tel:112"'


def count(text: str, *numbers: str) -> list[int]:
    """How often each number can be called, in the line at the end of the page."""
    footer = text.rpartition('<footer class="bk-care">')[2]
    return [footer.count(number) for number in numbers]


@pytest.fixture
def store(demo_app: Flask) -> Callable[..., Practice]:
    """Store the demo practice with some values changed."""

    def change(**values: object) -> Practice:
        with demo_app.app_context(), transaction() as tx:
            changed = replace(practices.by_slug(tx, "demo"), **values)  # type: ignore[arg-type]
            practices.save(tx, changed)
            practices.raise_revision(tx, changed.id)
        return changed

    return change


def addresses(app: Flask, **known: str) -> list[str]:
    """The address of everything that visitors can open, with the practice's names and somebody's link in it.

    The made-up website around the widget is its owner's own affair.
    """
    arguments = {"practice": "demo", "kind": "consultation", **known}
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: arguments.get(name, "none") for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("visitor.") and "GET" in (rule.methods or ())
        if not rule.rule.startswith("/demo/")
    ]


def test_every_page_of_every_route_has_it_once(demo_app: Flask, vera: Visitor) -> None:
    hold = vera.hold_first().address.partition("?")[0].rpartition("/")[2]
    vera.book(query="?therapist=ada")
    token = vera.page.links["Change or cancel"].partition("?")[0].rpartition("/")[2]
    seen = {}
    for address in addresses(demo_app, token=token, hold=hold):
        answer = vera.client.get(address)
        if answer.mimetype == "text/html":
            seen[address] = (answer.status_code, *count(answer.text, EMERGENCY, TALK))
    assert len(seen) > 12
    assert {address: found for address, found in seen.items() if found[1:] != (1, 1)} == {}
    assert {found[0] for found in seen.values()} >= {200, 404}


def test_every_template_of_a_visitor_s_page_stands_in_the_layout_that_has_it() -> None:
    layout = (ROOT / "templates/layout/visitor.html").read_text(encoding="utf-8")
    outside = re.sub(r"{% block (\w+) %}.*?{% endblock %}", "", layout, flags=re.DOTALL)
    assert outside.count('{% include "visitor/_help_line.html" %}') == 1
    pages = [file for file in (ROOT / "templates/visitor").glob("*.html") if not file.name.startswith("_")]
    assert len(pages) > 12
    strangers = [
        file.name for file in pages if '{% extends "layout/visitor.html" %}' not in file.read_text("utf-8")
    ]
    assert strangers == []


def test_where_no_practice_is_known_the_lines_of_all_stand_by_country(vera: Visitor) -> None:
    for path in ("/nowhere", "/book/nobody/", "/appointments/old-link", "/waiting/old-link"):
        page = vera.open(path)
        assert (page.status, count(page.source, EMERGENCY, TALK, BERLIN)) == (404, [1, 1, 1]), path
    assert "Canada: In danger right now? Call 911 ." in page.text
    assert "Germany: In danger right now? Call 112 ." in page.text
    french = vera.open("/nowhere", **{"Accept-Language": "fr"})
    assert "Allemagne" in french.text


def test_a_wrong_address_in_a_practice_has_the_line_of_that_practice(vera: Visitor) -> None:
    for path in ("/book/demo/no/such/page", "/book/demo/no-such-type", "/book/demo/consultation/done/old"):
        page = vera.open(path)
        assert (page.status, count(page.source, EMERGENCY, TALK, BERLIN)) == (404, [1, 1, 0]), path


def test_every_error_page_has_it(demo_app: Flask, vera: Visitor) -> None:
    demo_app.testing = False
    errors = {str(code): code for code in (400, 403, 405, 413, 415, 429, 500, 503)}

    def fail(name: str) -> None:
        if name in errors:
            abort(errors[name])
        raise {"busy": StoreBusy(), "many": TooMany(60), "fault": ZeroDivisionError()}[name]

    demo_app.add_url_rule("/book/demo/failing/at/<name>", "failing", fail)
    vera.open("/book/demo/")
    for name in (*errors, "busy", "many", "fault"):
        page = vera.open(f"/book/demo/failing/at/{name}")
        assert (page.status >= 400, count(page.source, EMERGENCY, TALK, BERLIN)) == (True, [1, 1, 0]), name


def test_a_database_that_is_away_takes_the_line_from_nobody(
    demo_app: Flask, vera: Visitor, sqlite_demo_database: str
) -> None:
    demo_app.testing = False
    vera.open("/book/demo/")
    with sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///")) as connection:
        connection.execute("ALTER TABLE practices RENAME TO practices_away")
    connection.close()
    page = vera.open("/book/demo/")
    assert (page.status, count(page.source, EMERGENCY, TALK)) == (500, [1, 1])
    nowhere = vera.open("/nowhere")
    assert (nowhere.status, count(nowhere.source, EMERGENCY, TALK)) == (404, [1, 1])


def test_where_nothing_is_set_up_yet_a_page_still_says_where_to_turn(app: Flask) -> None:
    page = Visitor(app.test_client()).open("/nowhere")
    assert "In danger right now? Call the emergency number of the place where you are." in page.text


# ---- no practice goes public without it ------------------------------------


@pytest.mark.parametrize("kept", ["NULL", "'null'"])
def test_a_practice_without_it_is_not_open_whatever_the_database_says(
    demo_app: Flask, vera: Visitor, sqlite_demo_database: str, kept: str
) -> None:
    with sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///")) as connection:
        connection.execute(f"UPDATE practices SET help_line = {kept} WHERE slug = 'demo'")
    connection.close()
    page = vera.open("/book/demo/")
    assert (page.status, page.headings[0]) == (503, "Online booking is paused")
    assert count(page.source, BERLIN) == [1]
    answer = vera.client.get("/api/v1/practices/demo/types/consultation/slots?from=2030-01-01&to=2030-01-02")
    assert (answer.status_code, answer.json["code"]) == (409, "paused")


def test_the_owner_can_neither_publish_without_it_nor_take_it_away_later(
    demo_app: Flask, store: Callable[..., Practice]
) -> None:
    owner = Person(demo_app, OWNER)
    refused = owner.send("/practice/settings/practice", name="Room", email="room@demo.example")
    assert refused.status_code == 422
    without = "without it the pages cannot be public"
    assert refused.text.count(without) >= 2
    store(help_line=None, published=True)
    with demo_app.app_context():
        assert not directory.practice("demo").published
    store(help_line=None, published=False)
    refused = owner.send("/practice/settings/practice", do="publish")
    assert (refused.status_code, without in refused.text) == (422, True)
    with demo_app.app_context():
        assert not directory.practice("demo").published


def test_a_language_has_its_own_talk_line_and_never_another_one_s_hours(
    demo_app: Flask, vera: Visitor, store: Callable[..., Practice]
) -> None:
    store(help_line=HelpLine("911", "988", {"en": "day and night"}, {"fr": "1 866 277 3553"}))
    assert "To talk to someone today, call 988 : day and night." in vera.open("/book/demo/").text
    french = vera.open("/book/demo/?lang=fr")
    assert count(french.source, EMERGENCY, TALK, 'href="tel:18662773553"') == [1, 0, 1]
    assert "day and night" not in french.text


def test_lines_are_found_by_language_and_shown_once(demo_app: Flask) -> None:
    line = HelpLine("112", "116 123", {"fr-CA": "jour et nuit"}, {})
    assert (line.hours_in("fr"), line.hours_in("en"), line.talk_in("fr")) == ("jour et nuit", "", "116 123")
    with demo_app.app_context():
        both = [replace(one, help_line=line) for one in directory.practices()]
    assert [one.country for one in help_lines.of_all(both, "en")] == [""]
    assert help_lines.of_all([replace(both[0], published=False)], "en") == []
