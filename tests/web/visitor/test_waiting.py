"""The waiting list without script: joining where nothing is free, and the page behind the mailed link."""

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.services import directory, holds
from scheduler.store import practice as practices
from scheduler.store.database import reading, transaction
from tests.support.waiting import close_everything, links, open_evenings
from tests.web.visitor.walking import Page, Visitor

JOIN = "/book/demo/consultation/wait"
VERA = {"name": "Vera", "email": "vera@visitor.example", "mode": "video"}


@pytest.fixture
def closed(demo_app: Flask, vera: Visitor) -> Visitor:
    """Vera before a practice in which nothing is free."""
    with demo_app.app_context():
        close_everything()
    return vera


def join(vera: Visitor, **typed: str) -> Page:
    vera.open(JOIN)
    return vera.send(vera.page.form_with("email"), **{**VERA, **typed})


def everything(app: Flask) -> list[list[tuple[object, ...]]]:
    with app.app_context(), reading() as tx:
        tables = ("waiting", "appointments", "outbox", "participants")
        return [sorted(tuple(row) for row in tx.execute(text(f"SELECT * FROM {name}"))) for name in tables]


def test_where_nothing_is_free_people_can_wait_and_take_what_opens(demo_app: Flask, closed: Visitor) -> None:
    closed.open("/book/demo/consultation")
    assert closed.page.headings[0] == "Fully booked for now"
    assert closed.follow("Join the waiting list").headings[0] == "Join the waiting list"
    assert closed.send(closed.page.form_with("email"), **VERA).headings[0] == "You are on the waiting list"
    with demo_app.app_context():
        link = links()["Vera"]
    assert closed.open(link).headings[0] == "You are on the waiting list"
    with demo_app.app_context():
        open_evenings()
    before = everything(demo_app)
    page = closed.open(link)
    assert page.headings[0] == "A time for you"
    assert "This time is kept for you until" in page.text
    assert everything(demo_app) == before
    form = next(one for one in page.forms if ("action", "accept", "Book this time") in one.buttons)
    for _ in range(2):  # a second press on the page that still stands in another window
        assert closed.send(form, action="accept").headings[0] == "Your appointment"
    page = closed.send(form, action="decline")
    assert (page.status, page.headings[0]) == (200, "Your time is booked")
    assert "no longer kept" not in page.text


def test_a_mail_program_leaves_the_list_by_one_post_and_looking_changes_nothing(
    demo_app: Flask, closed: Visitor
) -> None:
    join(closed)
    with demo_app.app_context():
        open_evenings()
        link = links()["Vera"]
    before = everything(demo_app)
    assert closed.open(f"{link}/leave").headings[0] == "A time for you"
    client = demo_app.test_client(use_cookies=False)
    assert client.post(f"{link}/leave").status_code == 400
    assert client.post(f"{link}x/leave", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert everything(demo_app) == before
    for _ in range(2):
        sent = {"List-Unsubscribe": "One-Click"}
        answer = client.post(f"{link}/leave", data=sent, headers={"Origin": "https://mail.example"})
        assert (answer.status_code, answer.data) == (200, b"")
    assert closed.open(link).headings[0] == "You have left the waiting list"


def test_not_this_one_keeps_the_place_and_leaving_ends_it(demo_app: Flask, closed: Visitor) -> None:
    join(closed)
    with demo_app.app_context():
        open_evenings()
        link = links()["Vera"]
    page = closed.open(link)
    page = closed.send(page.form_with("form_token"), action="decline")
    assert page.headings[0] == "You are on the waiting list"
    page = closed.send(page.form_with("form_token"), action="accept")
    assert (page.status, page.headings[0]) == (409, "This time is no longer kept")
    page = closed.send(page.form_with("form_token"), action="leave")
    assert page.headings[0] == "You have left the waiting list"
    assert page.forms == []


def test_a_form_from_elsewhere_changes_nothing_and_keeps_what_was_typed(
    demo_app: Flask, closed: Visitor
) -> None:
    page = join(closed, form_token="made-up")
    assert (page.status, page.form_with("email").fields["email"]) == (400, VERA["email"])
    join(closed)
    with demo_app.app_context():
        link = links()["Vera"]
    before = everything(demo_app)
    answer = closed.client.post(link, data={"action": "leave"})
    assert answer.status_code == 400
    assert everything(demo_app) == before


def test_wrong_answers_are_told_at_their_fields_and_nothing_typed_is_lost(closed: Visitor) -> None:
    page = join(closed, email="vera", mode="phone", phone="", day="3", part="evening")
    assert (page.status, page.title.split(":")[0]) == (422, "Error")
    assert {"Check the email address: the @ is missing", "Tell us which number to call"} <= page.links.keys()
    fields = page.form_with("email").fields
    assert (fields["name"], fields["day"], fields["part"], fields["mode"]) == (
        "Vera",
        "3",
        "evening",
        "phone",
    )


def test_the_answer_is_the_same_for_an_address_that_waits_already(demo_app: Flask, closed: Visitor) -> None:
    first = join(closed).source
    assert join(closed).source == first
    with demo_app.app_context(), reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM waiting")).scalar_one() == 1


def test_terms_are_accepted_in_the_usual_form_with_everything_filled_in(
    demo_app: Flask, closed: Visitor
) -> None:
    with demo_app.app_context(), transaction() as tx:
        tx.execute(text("""UPDATE appointment_types SET policy = '{"en": "Tell me a day before."}'"""))
        practices.raise_revision(tx, directory.practice("demo").id)
    join(closed)
    with demo_app.app_context():
        open_evenings()
        link = links()["Vera"]
    page = closed.open(link)
    page = closed.send(page.form_with("form_token"), action="accept")
    assert page.headings[0] == "Who is this appointment for?"
    assert page.form_with("email").fields["email"] == VERA["email"]
    assert closed.send(page.form_with("email"), action="book", policy="1").status == 200
    assert "/done/" in closed.page.address


def test_a_practice_without_a_list_offers_none(demo_app: Flask, closed: Visitor) -> None:
    with demo_app.app_context(), transaction() as tx:
        tx.execute(text("UPDATE practices SET waiting_list = (1 = 0)"))
        practices.raise_revision(tx, directory.practice("demo").id)
    closed.open("/book/demo/consultation")
    assert "Join the waiting list" not in closed.page.links
    assert closed.open(JOIN).status == 404


def test_a_made_up_link_leads_nowhere(vera: Visitor) -> None:
    assert vera.open("/waiting/" + "w" * 43).status == 404


def test_what_is_kept_for_somebody_is_no_longer_offered(demo_app: Flask, closed: Visitor) -> None:
    join(closed)
    with demo_app.app_context():
        open_evenings()
        assert holds.expire_lapsed(0) == 0
    link_page = closed.open("/book/demo/consultation")
    with demo_app.app_context(), reading() as tx:
        (start,) = tx.execute(text("SELECT start_at FROM appointments WHERE status = 'held'")).scalars()
    assert all(one != start for one in link_page.starts())
