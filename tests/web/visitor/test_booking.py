"""The five steps as a person without script walks them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.visitor.walking import Visitor


def test_the_way_from_the_first_page_to_the_booked_one(vera: Visitor) -> None:
    types = vera.open("/book/demo/")
    assert types.headings[0] == "What would you like to book?"
    day = vera.follow("Free first call")
    assert day.headings[0] == "Which day suits you?"
    time = vera.press_day(day.days()[0])
    assert time.headings[0].endswith("which time?")
    details = vera.press_time(time.starts()[-1])
    assert details.headings[0] == "Who is this appointment for?"
    booked = vera.fill(name="Vera", email="vera@visitor.example", mode="phone", phone="514 555 0189")
    assert booked.status == 200
    assert booked.headings[0] == "You are booked"
    assert "We have written to vera@visitor.example" in booked.text
    assert "on the number ending in 89" in booked.text


def test_the_next_free_time_on_the_first_page_is_one_press_away(vera: Visitor) -> None:
    vera.open("/book/demo/")
    assert "is the next free time" in vera.page.text
    assert vera.press_time(vera.page.starts()[0]).headings[0] == "Who is this appointment for?"


def test_every_step_speaks_french_when_asked(vera: Visitor) -> None:
    page = vera.book(query="?lang=fr")
    assert page.status == 200
    assert '<html lang="fr"' in page.source
    assert "You are booked" not in page.text
    [manage] = [to for to in page.links.values() if "/appointments/" in to and "invite.ics" not in to]
    assert "lang=fr" in manage


def test_the_browser_s_language_counts_when_the_address_is_silent(vera: Visitor) -> None:
    assert '<html lang="fr"' in vera.open("/book/demo/", **{"Accept-Language": "fr-CA,en;q=0.5"}).source
    assert '<html lang="en"' in vera.open("/book/demo/?lang=en", **{"Accept-Language": "fr-CA"}).source


def test_a_pressed_time_is_kept_and_offered_to_nobody_else(vera: Visitor, demo_app: Flask) -> None:
    vera.hold_first(query="?therapist=ada")
    other = Visitor(demo_app.test_client())
    other.open("/book/demo/consultation?therapist=ada")
    held = re.search(r"held/([^/?]+)", vera.page.address)
    assert held is not None
    day = other.page.days()[0]
    starts = other.press_day(day).starts()
    vera.send(vera.page.form_with("email"), action="back")
    assert "is kept for you" in vera.page.text
    back = vera.page.links["Go on with this time"]
    assert held[1] in back
    vera.send(next(form for form in vera.page.forms if form.action.split("?")[0].endswith("/release")))
    assert len(other.open(f"/book/demo/consultation?therapist=ada&day={day}").starts()) > len(starts)


def test_going_back_loses_nothing_that_was_typed(vera: Visitor) -> None:
    vera.hold_first()
    vera.send(vera.page.form_with("email"), action="back", name="Vera", email="vera@visitor.example")
    page = vera.follow("Go on with this time")
    assert page.form_with("email").fields["name"] == "Vera"
    assert page.form_with("email").fields["email"] == "vera@visitor.example"


def test_another_time_takes_the_answers_along_and_gives_the_old_time_back(vera: Visitor) -> None:
    vera.hold_first(query="?therapist=ada")
    first = vera.page.address
    vera.send(vera.page.form_with("email"), action="back", name="Vera")
    page = vera.press_time(vera.page.starts()[0])
    assert page.address != first
    assert page.form_with("email").fields["name"] == "Vera"
    assert "We kept this time for 15 minutes" in vera.open(first).text


def test_wrong_answers_are_named_above_and_at_their_field_and_stay_typed(vera: Visitor) -> None:
    vera.hold_first()
    page = vera.fill(name="Vera", email="vera@", mode="phone", phone="")
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert page.links["Check the email address: the part after @ is missing"] == "#email"
    assert page.links["Tell us which number to call"] == "#phone"
    assert page.text.count("Check the email address: the part after @ is missing") == 2
    assert page.form_with("email").fields["email"] == "vera@"
    assert 'aria-describedby="email-e email-l" aria-invalid="true"' in page.source


def test_a_name_that_looks_like_a_page_is_shown_as_text(vera: Visitor) -> None:
    vera.hold_first()
    page = vera.fill(name='"><script>alert(1)</script>', email="x", mode="video")
    assert "<script>alert" not in page.source
    assert page.form_with("email").fields["name"] == '"><script>alert(1)</script>'


def test_pressing_twice_books_once(vera: Visitor) -> None:
    vera.hold_first()
    form = vera.page.form_with("email")
    answers = {"action": "book", "name": "Vera", "email": "vera@visitor.example", "mode": "video"}
    first = vera.send(form, **answers).address
    assert vera.send(form, **answers).address == first


def test_going_back_to_the_form_of_a_booking_shows_the_booking(vera: Visitor) -> None:
    vera.hold_first()
    form = vera.page.address
    vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    assert vera.open(form).status == 303
    booked = vera.open(vera.page.headers["Location"])
    assert booked.headings[0] == "You are booked"


def test_a_request_is_not_called_booked(vera: Visitor) -> None:
    page = vera.book("intake", policy="1")
    assert page.headings[0].startswith("Your request is with ")
    assert "You will have an answer by" in page.text
    assert "You are booked" not in page.text


def test_two_people_each_give_an_address(vera: Visitor) -> None:
    page = vera.book("couple", policy="1", name_2="Max", email_2="vera@visitor.example")
    assert page.status == 422
    page = vera.fill(name_2="Max", email_2="max@visitor.example")
    assert page.headings[0] == "You are booked"


def test_the_address_can_be_corrected_on_the_booked_page(vera: Visitor) -> None:
    before = vera.book(email="wrong@visitor.example").address
    page = vera.send(vera.page.form_with("email"), email="vera@")
    assert page.status == 422
    assert "the part after @ is missing" in page.text
    form = page.form_with("email")
    page = vera.send(form, email="vera@visitor.example")
    assert "We have written to vera@visitor.example" in page.text
    after = page.address
    assert after != before
    again = vera.send(form, email="vera@visitor.example")
    assert (again.status, again.headings[0]) == (200, "Look in your inbox")
    assert "We have written to vera@visitor.example" in again.text
    assert after.rsplit("/", 1)[-1].split("?")[0] not in again.source
    assert vera.send(form, email="else@visitor.example").status == 404
    assert vera.open(before).status == 404


def test_a_lost_time_shows_fresh_ones_and_keeps_the_details(vera: Visitor, demo_app: Flask) -> None:
    form = vera.hold_first(query="?therapist=ada").form_with("email")
    vera.send(form, action="back")
    vera.send(next(form for form in vera.page.forms if form.action.split("?")[0].endswith("/release")))
    Visitor(demo_app.test_client()).book(query="?therapist=ada", email="rival@visitor.example")
    answers = {"name": "Vera", "email": "vera@visitor.example", "mode": "video"}
    page = vera.send(form, action="book", **answers)
    assert page.status == 409
    assert "Someone else has just booked" in page.text
    assert "Your details are kept" in page.text
    assert "vera@visitor.example" in page.text
    booked = vera.press_time(page.starts()[0])
    assert booked.headings[0] == "You are booked"
    assert "We have written to vera@visitor.example" in booked.text


def test_coming_back_to_a_time_that_ran_out_and_was_taken(vera: Visitor, demo_app: Flask) -> None:
    page = vera.hold_first("session", "?therapist=ada")
    address = page.address
    vera.send(page.form_with("email"), action="back", name="Vera", email="vera@visitor.example", policy="1")
    vera.send(next(form for form in vera.page.forms if form.action.split("?")[0].endswith("/release")))
    assert "It is still free." in vera.open(address).text
    rival = Visitor(demo_app.test_client())
    rival.book("session", "?therapist=ada", email="rival@visitor.example", mode="video", policy="1")
    page = vera.open(address)
    assert page.status == 409
    assert page.headings[0].startswith("Someone else has just booked ")
    assert "vera@visitor.example" in page.text
    assert vera.press_time(page.starts()[0]).headings[0] == "You are booked"


def test_a_time_that_somebody_took_meanwhile_is_refused_with_the_day_fresh(
    vera: Visitor, demo_app: Flask
) -> None:
    vera.open("/book/demo/consultation?therapist=ada")
    vera.press_day(vera.page.days()[0])
    start = vera.page.starts()[-1]
    Visitor(demo_app.test_client()).book(query="?therapist=ada", email="rival@visitor.example")
    page = vera.press_time(start)
    assert page.status == 409
    assert "Someone else has just booked" in page.text
    assert start not in page.starts()
    assert page.starts()


@pytest.mark.parametrize(
    "change", [{"form_token": ""}, {"form_token": "forged"}, {"start": "2026-06-03"}, {"start": ""}]
)
def test_a_form_that_is_not_ours_holds_nothing(vera: Visitor, change: dict[str, str]) -> None:
    vera.open("/book/demo/consultation")
    form = vera.page.form_with("start")
    page = vera.send(form, **{"start": vera.page.starts()[0], **change})
    assert page.status == 400
    assert "This page was open for a long time" in page.text


def test_the_token_of_one_form_opens_no_other(vera: Visitor) -> None:
    vera.open("/book/demo/session")
    token = vera.page.form_with("start").fields["form_token"]
    vera.open("/book/demo/consultation")
    form = vera.page.form_with("start")
    assert vera.send(form, start=vera.page.starts()[0], form_token=token).status == 400


def test_a_stale_details_form_keeps_every_answer(vera: Visitor) -> None:
    vera.hold_first()
    page = vera.fill(name="Vera", email="vera@visitor.example", mode="video", form_token="old")
    assert page.status == 400
    assert page.form_with("email").fields["name"] == "Vera"
    assert vera.fill().headings[0] == "You are booked"


def test_no_page_of_a_visitor_sets_a_cookie(demo_client: FlaskClient) -> None:
    vera = Visitor(demo_client)
    for address in ("/book/demo/", "/book/demo/consultation", "/book/demo/privacy", "/demo/"):
        assert "Set-Cookie" not in vera.open(address).headers
    assert "Set-Cookie" not in vera.book().headers
    assert demo_client.get_cookie("session") is None


@pytest.mark.parametrize(
    "address", ["/book/nobody/", "/book/demo/nothing", "/book/demo/consultation/held/x", "/appointments/x"]
)
def test_a_link_that_leads_nowhere_says_what_to_do(vera: Visitor, address: str) -> None:
    page = vera.open(address)
    assert page.status == 404
    assert page.headings[0] == "This link has done its work"


@pytest.mark.parametrize(
    "query",
    ["day=9999-12-31", "day=0001-01-01", "day=2026-W01-1", "month=9999-99", "month=x", "day=%F0%9F%98%80",
     "tz=Mars/Base", "theme=%22%3E", "accent=red", "lang=x%22", "embed=9", "ref=%3Cb%3E"],
)  # fmt: skip
def test_odd_parameters_are_dropped(vera: Visitor, query: str) -> None:
    page = vera.open(f"/book/demo/consultation?{query}")
    assert page.status == 200
    assert page.headings[0] == "Which day suits you?"
    for name in ("Mars", "%22", "red", "%3C"):
        assert name not in " ".join(page.links.values())
