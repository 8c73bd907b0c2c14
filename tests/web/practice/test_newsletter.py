"""The owner's page of the newsletter: words and switch, who said yes, the sheet, and taking somebody off."""

import re

from flask import Flask

from scheduler.clock import utcnow
from scheduler.services import directory, newsletter
from scheduler.store import newsletter as store
from scheduler.store.database import reading, transaction
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person, problems

PAGE = "/practice/newsletter"
SHEET = "/practice/newsletter/addresses.csv"
WORDS = {"words-en": "Four letters a year.", "words-fr": "Quatre lettres par an."}


def somebody_says_yes(app: Flask, email: str) -> str:
    """Somebody asks and confirms; answers their link."""
    with app.app_context():
        practice = directory.practice("demo")
        with transaction() as tx:
            newsletter.ask(tx, practice, email, practice.language, now=utcnow())
        with reading() as tx:
            reader = store.of_address(tx, practice.id, email)
            assert reader is not None
            token = store.token(tx, reader.id)
        newsletter.confirm(token, 1, now=utcnow())
        return token


def test_it_is_off_until_an_owner_says_what_is_sent(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    page = owner.read(PAGE)
    assert "Nobody has said yes so far." in page
    assert 'name="on" value="1">' in page
    assert "News from our practice, a few times a year." in page
    assert "Des nouvelles de notre cabinet, quelques fois par an." in page
    lacking = owner.send(PAGE, on="1", **{**WORDS, "words-fr": " "})
    assert problems(lacking) == ["words-fr: Tell visitors what you send them"]
    assert "Four letters a year." in lacking.text
    assert 'name="on" value="1" checked' in owner.done(PAGE, on="1", **WORDS)
    assert "Version 1, since" in owner.read(PAGE)
    assert "Version 2, since" in owner.done(PAGE, on="1", **{**WORDS, "words-en": "Five."})
    assert "Version 2, since" in owner.done(PAGE, **{**WORDS, "words-en": "Five."})
    assert not directory_has_it(demo_app)


def directory_has_it(app: Flask) -> bool:
    with app.app_context():
        return directory.practice("demo").newsletter


def test_an_owner_sees_fetches_and_removes_addresses(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    owner.done(PAGE, on="1", **WORDS)
    token = somebody_says_yes(demo_app, "=vera@visitor.example")
    page = owner.read(PAGE)
    assert "1 address" in page
    sheet = owner.client.get(SHEET)
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="newsletter.csv"'
    assert sheet.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in sheet.headers["Cache-Control"]
    line = sheet.text.splitlines()[1]
    assert line.startswith("'=vera@visitor.example,")
    assert line.endswith(f"/newsletter/{token}")
    [action] = re.findall(r'action="(/practice/newsletter/[^"]+/remove)"', page)
    assert "Nobody has said yes so far." in owner.done(action)
    assert owner.send(action).status_code == 404


def test_therapists_find_no_such_page(demo_app: Flask) -> None:
    ada = Person(demo_app, ADA)
    assert PAGE not in ada.read("/practice/settings")
    for path in (PAGE, SHEET):
        assert ada.client.get(path).status_code == 404
