"""An owner chooses the languages in which visitors can read; nothing written in another one is lost."""

import pytest
from flask import Flask

from scheduler.services import directory
from tests.support.signing_in import OWNER
from tests.web.practice.staff import Person, problems

PATH = "/practice/settings/practice"
PROFILE = {"name": "Atelier Parole", "email": "hello@demo.example", "emergency": "911", "talk": "988"}


@pytest.fixture
def owner(demo_app: Flask) -> Person:
    """Olive, signed in."""
    return Person(demo_app, OWNER)


def languages(owner: Person) -> tuple[str, ...]:
    """Those of the practice, its own first."""
    with owner.app.app_context():
        return directory.practice("demo").languages


def test_a_language_more_is_read_by_visitors_at_once(owner: Person) -> None:
    page = owner.done(PATH, do="languages", own="en", languages=["ru", "de", "xx"])
    stranger = owner.app.test_client(use_cookies=False)

    assert languages(owner) == ("en", "de", "ru")
    assert "(Deutsch)" in page
    assert "(русский)" in page
    assert '<html lang="ru"' in stranger.get("/book/demo/?lang=ru").text
    assert '<html lang="en"' in stranger.get("/book/demo/?lang=fr").text


def test_the_own_language_comes_first(owner: Person) -> None:
    owner.done(PATH, do="languages", own="es", languages=["en", "fr"])
    assert languages(owner) == ("es", "en", "fr")
    refused = owner.send(PATH, do="languages", own="xx", languages=["en"])
    assert problems(refused) == ["own: Elija de la lista"]
    assert languages(owner) == ("es", "en", "fr")


def test_texts_of_a_language_that_went_are_there_when_it_comes_back(owner: Person) -> None:
    french = "Nous gardons peu."
    owner.done(PATH, **PROFILE, **{"privacy-en": "We keep little.", "privacy-fr": french})
    owner.done(PATH, do="languages", own="en")
    assert french not in owner.done(PATH, **PROFILE, **{"privacy-en": "We keep very little."})
    assert french in owner.done(PATH, do="languages", own="en", languages=["fr"])
