"""The newsletter without script: a box of its own, a page behind the mailed link, one press to leave."""

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.consents import NEWSLETTER
from scheduler.domain.staff import Role, Staff
from scheduler.services import directory, newsletter
from scheduler.services.desk import of_staff
from scheduler.store import newsletter as store
from scheduler.store.database import reading
from tests.web.visitor.walking import Page, Visitor

WORDS = {"en": "Four letters a year.", "fr": "Quatre lettres par an."}


@pytest.fixture
def news(demo_app: Flask, vera: Visitor) -> Visitor:
    """Vera before a practice that offers a newsletter."""
    with demo_app.app_context():
        save()
    return vera


def save(*, wanted: bool = True, **words: str) -> None:
    practice = directory.practice("demo")
    texts = {tag: {**WORDS, **words}[tag[:2]] for tag in practice.languages}
    owner = of_staff(Staff("owner", practice.id, None, Role.OWNER, "Olive"))
    newsletter.save(owner, wanted, texts, now=utcnow())


def link(app: Flask, email: str = "vera@visitor.example") -> str:
    with app.app_context(), reading() as tx:
        reader = store.of_address(tx, directory.practice("demo").id, email)
        assert reader is not None
        return f"/newsletter/{store.token(tx, reader.id)}"


def rows(app: Flask) -> list[tuple[object, ...]]:
    with app.app_context(), reading() as tx:
        return [tuple(row) for row in tx.execute(text("SELECT * FROM newsletter"))]


def press(vera: Visitor, action: str) -> Page:
    return vera.send(vera.page.form_with("action"), action=action)


def test_the_box_stands_only_where_the_practice_offers_it_and_is_not_ticked(
    demo_app: Flask, vera: Visitor
) -> None:
    assert 'id="newsletter"' not in vera.hold_first().source
    with demo_app.app_context():
        save()
    page = vera.open(vera.page.address)
    assert "Four letters a year. We first email you a link to say yes." in page.text
    assert 'aria-describedby="newsletter-h"' in page.source
    assert NEWSLETTER not in page.form_with("email").fields
    assert vera.fill(name="Vera", email="vera@visitor.example", phone="514 555 0189").status == 200
    assert rows(demo_app) == []


def test_a_tick_stays_while_an_answer_is_put_right(demo_app: Flask, news: Visitor) -> None:
    news.hold_first()
    page = news.fill(name="Vera", email="vera@", phone="514 555 0189", newsletter="yes")
    assert page.status == 422
    assert page.form_with("email").fields["newsletter"] == "yes"
    assert news.fill(email="vera@visitor.example").headings[0] == "You are booked"
    assert len(rows(demo_app)) == 1


def test_opening_the_link_changes_nothing_and_one_press_says_yes_or_leaves(
    demo_app: Flask, news: Visitor
) -> None:
    news.book(newsletter="yes")
    address = link(demo_app)
    before = rows(demo_app)
    page = news.open(address)
    assert (page.headings[0], page.title.count("newsletter")) == ("Do you want the newsletter?", 1)
    assert "Four letters a year." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert rows(demo_app) == before
    assert press(news, "confirm").headings[0] == "You get the newsletter"
    assert rows(demo_app) != before
    form = news.page.form_with("action")
    for _ in range(2):  # a second press is told the same
        page = news.send(form, action="leave")
        assert (page.status, page.headings[0]) == (200, "You are not on the list")
    assert rows(demo_app) == []
    assert news.send(form, action="confirm").status == 404
    assert news.client.post(address, data={"action": "leave", "practice": "demo"}).status_code == 404
    assert news.open(address).status == 404


def test_the_page_speaks_the_language_in_which_somebody_booked(demo_app: Flask, news: Visitor) -> None:
    news.book(query="?lang=fr", newsletter="yes")
    page = news.open(link(demo_app))
    assert page.headings[0] == "Voulez-vous l’infolettre ?"
    assert "Quatre lettres par an." in page.text


def test_new_words_are_read_before_a_yes_counts(demo_app: Flask, news: Visitor) -> None:
    news.book(newsletter="yes")
    news.open(link(demo_app))
    with demo_app.app_context():
        save(en="A letter each week.")
    page = press(news, "confirm")
    assert (page.status, page.headings[0]) == (409, "The words below are new")
    assert "A letter each week." in page.text
    assert press(news, "confirm").headings[0] == "You get the newsletter"


def test_a_form_from_elsewhere_changes_nothing(demo_app: Flask, news: Visitor) -> None:
    news.book(newsletter="yes")
    address, before = link(demo_app), rows(demo_app)
    for action in ("confirm", "leave"):
        answer = news.client.post(address, data={"action": action, "version": "1"})
        assert (answer.status_code, "Nothing has changed." in answer.text) == (400, True)
    assert rows(demo_app) == before
    news.open(address)
    assert news.send(news.page.form_with("action"), action="confirm", version="٣").status == 409


def test_where_it_is_offered_no_more_one_can_only_leave(demo_app: Flask, news: Visitor) -> None:
    news.book(newsletter="yes")
    with demo_app.app_context():
        save(wanted=False)
    page = news.open(link(demo_app))
    assert page.headings[0] == "There is no newsletter any more"
    assert [button[1] for button in page.form_with("action").buttons] == ["leave"]
    assert press(news, "leave").status == 200
    assert rows(demo_app) == []


def test_a_stranger_sees_the_same_whether_or_not_the_address_is_on_the_list(
    demo_app: Flask, news: Visitor
) -> None:
    first = news.book(newsletter="yes")
    news.open(link(demo_app))
    press(news, "confirm")
    again = news.book(newsletter="yes")
    assert (again.status, again.headings[0]) == (first.status, first.headings[0])
    assert "newsletter" not in first.text + again.text
