"""Types for existing clients: on no page, opened by a link alone; types for new ones say so."""

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask

from scheduler.domain.practice import AppointmentType
from scheduler.services import directory
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person
from tests.web.visitor.test_terms import type_fields
from tests.web.visitor.walking import Visitor

PAGE = "/practice/types/session"
API = "/api/v1/practices/demo"


def stored(app: Flask) -> AppointmentType:
    with app.app_context():
        [kind] = [one for one in directory.of_slug("demo").types if one.slug == "session"]
    return kind


@pytest.fixture
def link(demo_app: Flask) -> str:
    """The address, without host, that opens the session, which is for existing clients."""
    owner = Person(demo_app, OWNER)
    owner.done(PAGE, **type_fields(stored(demo_app), audience="existing"))
    shown = re.search(r'id="secret-link" value="([^"]+)"', owner.read(PAGE))
    assert shown is not None
    parts = urlsplit(shown[1])
    return f"{parts.path}?{parts.query}"


def test_it_stands_on_no_page_and_a_wrong_key_is_an_unknown_type(
    demo_app: Flask, vera: Visitor, link: str
) -> None:
    assert "/book/demo/session" not in vera.open("/book/demo/").source
    client = demo_app.test_client()
    assert "session" not in [kind["slug"] for kind in client.get(API).json["types"]]
    slots = client.get(f"{API}/types/session/slots?from=2030-03-07&to=2030-03-08")
    assert (slots.status_code, slots.json["code"]) == (404, "not_found")
    unknown = vera.open("/book/demo/never-heard-of").source.replace("never-heard-of", "session")
    cut = link[:-1].removeprefix("/book/demo/session")
    for wrong in ("", "?key=", "?key=short", "?key=" + "A" * 43, cut):
        page = vera.open(f"/book/demo/session{wrong}")
        assert page.status == 404
        if not wrong:
            assert page.source == unknown
        assert client.post(f"/book/demo/session/hold{wrong}", data={}).status_code == 404


def test_the_link_opens_it_and_is_carried_along_but_never_told(
    demo_app: Flask, vera: Visitor, link: str
) -> None:
    key = link.partition("key=")[2]
    first = vera.open(link)
    assert first.status == 200
    assert first.headers["Referrer-Policy"] == "no-referrer"
    vera.press_day(first.days()[0])
    assert f"key={key}" in vera.page.address
    vera.press_time(vera.page.starts()[-1])
    assert vera.send(vera.page.form_with("email"), action="other").status == 200
    vera.follow("Go on with this time")
    booked = vera.fill(name="Vera", email="vera@visitor.example", policy="1", phone="514 555 0189")
    assert booked.headings[0] == "You are booked"
    assert vera.follow("Change or cancel").status == 200
    assert vera.follow("Choose another time").status == 200


def test_a_new_link_ends_the_old_one(demo_app: Flask, vera: Visitor, link: str) -> None:
    owner = Person(demo_app, OWNER)
    assert Person(demo_app, ADA).send(f"{PAGE}/link").status_code == 404
    assert "The old one no longer opens anything." in owner.done(f"{PAGE}/link")
    assert vera.open(link).status == 404
    assert vera.open(f"/book/demo/session?key={stored(demo_app).access_key}").status == 200
    assert stored(demo_app).access_key in Person(demo_app, ADA).read("/practice/types")


def test_a_type_for_everybody_again_needs_no_key(demo_app: Flask, vera: Visitor, link: str) -> None:
    owner = Person(demo_app, OWNER)
    owner.done(PAGE, **type_fields(stored(demo_app), audience="new"))
    assert vera.open(link).status == vera.open("/book/demo/session").status == 200
    assert "For new clients" in vera.open("/book/demo/").text


def test_the_secret_is_sealed_and_stays_out_of_what_is_printed(demo_app: Flask, link: str) -> None:
    kind = stored(demo_app)
    assert len(kind.access_key) == 43
    assert kind.access_key not in repr(kind)
    assert not kind.opens_with("")
