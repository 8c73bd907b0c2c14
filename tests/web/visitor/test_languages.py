"""Every language of ours on every visitor's page, from the first to the cancelled appointment."""

import re
from html import unescape

import pytest
from flask import Flask

from scheduler.services.wording import SUPPORTED
from tests.support.speaking import teach
from tests.web.visitor.walking import Page, Visitor
from tools import messages

WRITTEN_BY_THE_PRACTICE = (messages.ROOT / "scheduler" / "demo.json").read_text(encoding="utf-8")
LANGUAGES = pytest.mark.parametrize("language", SUPPORTED)


def link(page: Page, ending: str) -> str:
    """The address of the link that ends so, its query aside."""
    return next(to for to in page.links.values() if to.split("?")[0].endswith(ending))


def untranslated(page: Page, language: str) -> list[str]:
    """Sentences of the English catalogue that the page shows although the language has others for them."""
    words = " ".join(unescape(re.sub(r"<[^>]+>", "", page.source)).split())
    found = []
    for message in messages.read(language):
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key.count(" ") > 2 and "%(" not in key and message.string != key and key in words:
            found.append(key)
    return [key for key in found if key not in WRITTEN_BY_THE_PRACTICE]


@LANGUAGES
def test_every_page_is_whole_in_every_language(vera: Visitor, demo_app: Flask, language: str) -> None:
    teach(demo_app, ("en", language))
    query = f"?lang={language}"
    pages = [vera.open(f"/book/demo/{query}"), vera.open(f"/book/demo/privacy{query}")]
    pages += [vera.open(f"/book/demo/consultation/zone{query}"), vera.hold_first(query=query)]
    pages += [vera.fill(name="", email="vera@"), vera.fill(name="V", email="v@visitor.example", mode="video")]
    address = next(to for to in vera.page.links.values() if "/appointments/" in to and ".ics" not in to)
    pages += [vera.open(address), vera.open(link(vera.page, "/move"))]
    pages += [vera.press_later_day(1), vera.press_time(vera.page.starts()[0])]
    vera.open(address)
    pages += [vera.send(vera.page.form_with("note")), vera.open(f"/book/nobody/{query}")]

    for page in pages:
        assert f'<html lang="{language}" dir="ltr"' in page.source, page.address
        assert "%(" not in page.source, page.address
        if language != "en":
            assert untranslated(page, language) == [], page.address
    assert len({page.source for page in pages}) == len(pages)


def test_the_link_of_the_mail_speaks_as_the_booking_did(vera: Visitor, demo_app: Flask) -> None:
    teach(demo_app, ("en", "de"))
    vera.book(query="?lang=de")
    address = next(to for to in vera.page.links.values() if "/appointments/" in to and ".ics" not in to)
    page = vera.open(address.split("?")[0], **{"Accept-Language": "en"})

    assert '<html lang="de"' in page.source
    assert '<html lang="en"' in vera.open(address.split("?")[0] + "?lang=en").source
    assert "LANGUAGE=de:" in vera.client.get(address.split("?")[0] + "/invite.ics").text


@LANGUAGES
def test_programs_read_errors_in_their_language(demo_app: Flask, language: str) -> None:
    teach(demo_app, ("en", language))
    client = demo_app.test_client()
    answer = client.get("/api/v1/practices/nobody", headers={"Accept-Language": language})
    english = client.get("/api/v1/practices/nobody", headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert answer.json
    assert english.json
    for part in ("title", "detail"):
        assert (answer.json[part] == english.json[part]) == (language == "en")
