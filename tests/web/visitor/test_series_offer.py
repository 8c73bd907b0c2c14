"""Dates that repeat, offered by Ada and answered by Vera, both without script."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.domain.series_offer import OfferState
from scheduler.services import directory
from scheduler.store import series_offers
from scheduler.store.database import reading, transaction
from tests.support.signing_in import ADA
from tests.web.practice.staff import Person, problems
from tests.web.practice.test_series import FIRST, NEW, SERIES, book, days, form, spoken, ticked, write_mails
from tests.web.visitor.walking import Page, Visitor

ENGLISH = "?tz=America/Toronto"


@pytest.fixture
def ada(demo_app: Flask) -> Person:
    """Ada, signed in."""
    return Person(demo_app, ADA)


def offer(ada: Person, **changes: str) -> str:
    """Ada offers what is free of six dates, her one open offer; gives the path that the mail leads to."""
    typed = form(**changes)
    looked = ada.send(NEW, **typed)
    page = ada.done(SERIES, **typed, date=ticked(looked.text), do="offer")
    assert "A mail with a link is on its way" in page
    with ada.app.app_context(), reading() as tx:
        practice = directory.practice("demo")
        whose = (directory.find_therapist(practice, "ada").id,)
        made = series_offers.of_therapists(tx, practice.id, whose)
        [last] = [one for one in made if one.state is OfferState.OFFERED]
        return f"/series/{series_offers.token(tx, last.id)}"


def boxes(page: Page) -> list[tuple[str, str]]:
    return re.findall(r'name="date" value="(\d+)"(?: id="date")? ?(checked|disabled)?>', page.source)


def choices(page: Page) -> list[tuple[str, str, str]]:
    """Each time close by: the field's name, its value, whether it is chosen."""
    return re.findall(r'name="(instead-\d+)" value="(\d+)"(?: id="date")?( checked)?>', page.source)


def press(vera: Visitor, action: str, dates: list[str], **fields: object) -> Page:
    """Send the form as a browser does; a walking visitor has one value for each name, this form many."""
    token = vera.page.form_with("form_token").fields["form_token"]
    data = {"form_token": token, "action": action, "date": dates, **fields}
    answer = vera.client.post(vera.page.address, data=data)
    if answer.status_code == 303:
        return vera.open(answer.headers["Location"])
    vera.page = Page(answer)
    return vera.page


def everything(app: Flask) -> list[list[tuple[object, ...]]]:
    with app.app_context(), reading() as tx:
        tables = ("series_offers", "series", "appointments", "outbox", "participants", "audit")
        return [sorted(map(str, tx.execute(text(f"SELECT * FROM {name}")))) for name in tables]


def agree(page: Page) -> str:
    """The value of the box beside the terms."""
    found = re.search(r'name="policy" value="(\d+)"', page.source)
    assert found
    return found[1]


def test_dates_are_offered_looked_at_and_accepted_in_one_go(ada: Person, vera: Visitor) -> None:
    link = offer(ada)
    assert "V. M." in ada.read("/practice/series/offers")
    assert "Not answered yet" in ada.read("/practice/series/offers")
    before = everything(ada.app)
    page = vera.open(link + ENGLISH)
    assert page.headings[0] == "Dates for you"
    assert [state for _, state in boxes(page)] == ["checked"] * 6
    assert "Every week" in page.text
    assert everything(ada.app) == before
    for private in ("Vera", "vera@mail.example"):
        assert private not in page.source
    assert page.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    dates = [value for value, _ in boxes(page)]
    page = press(vera, "accept", dates[:5], policy="")
    assert (page.status, page.title.split(":")[0]) == (422, "Error")
    assert [state for _, state in boxes(page)] == ["checked"] * 5 + [""]
    page = press(vera, "accept", dates[:5], policy=agree(page))
    assert page.headings[0] == "Your dates are booked"
    assert len([path for path in page.links.values() if path.startswith("/appointments/")]) == 5
    listed = ada.read("/practice/series/offers")
    assert ">dates booked<" in listed
    appointment = re.search(r'href="(/practice/appointments/[^"]+)"[^>]*>Look at it', listed)
    assert appointment
    first = ada.read(appointment[1])
    assert len(days(first)) == 5
    write_mails(ada.app)
    told = ada.read("/practice/mail")
    assert "Confirmation of a series" in told
    assert vera.open(link).headings[0] == "Your dates are booked"


def test_a_date_lost_meanwhile_is_named_and_the_second_press_books_the_rest(
    ada: Person, vera: Visitor
) -> None:
    link = offer(ada)
    page = vera.open(link + ENGLISH)
    dates, version = [value for value, _ in boxes(page)], agree(page)
    quicker = (FIRST + timedelta(weeks=2)).isoformat()
    ada.done(NEW, **form(repeat="once", day=quicker, name="Xenia Quist", email="x@mail.example"))
    page = press(vera, "accept", dates, policy=version)
    assert (page.status, page.headings[0]) == (409, "1 date is no longer free")
    assert [value for value, state in boxes(page) if state == "checked"] == [*dates[:2], *dates[3:]]
    assert spoken(FIRST + timedelta(weeks=2)) in page.text
    assert "Somebody else has this time now" in page.text
    assert "Xenia" not in page.source
    assert re.search(r'id="policy"[^>]* checked', page.source)
    kept = [value for value, state in boxes(page) if state == "checked"]
    page = press(vera, "accept", kept, policy=version)
    assert page.headings[0] == "Your dates are booked"
    assert len([path for path in page.links.values() if path.startswith("/appointments/")]) == 5


def test_a_time_close_by_is_taken_instead_in_the_same_press(ada: Person, vera: Visitor) -> None:
    link = offer(ada)
    quicker = (FIRST + timedelta(weeks=1)).isoformat()
    ada.done(NEW, **form(repeat="once", day=quicker, name="Xenia Quist", email="x@mail.example"))
    page = vera.open(link + ENGLISH)
    version, kept = agree(page), [value for value, _ in boxes(page)]
    [(name, other, stands)] = choices(page)
    assert (len(kept), stands) == (5, "")
    assert "Leave this date out" in page.text
    page = press(vera, "accept", kept, policy="", **{name: other})
    assert (page.status, choices(page)) == (422, [(name, other, " checked")])
    vera.client.post(link, data={"action": "accept", "date": kept, name: other})
    page = press(vera, "accept", kept, policy=version, **{name: other})
    assert page.headings[0] == "Your dates are booked"
    booked = [path for path in page.links.values() if path.startswith("/appointments/")]
    assert len(booked) == 6
    assert "One of 6 dates, every week" in vera.open(booked[1]).text


def test_a_made_up_time_instead_is_refused_and_books_nothing(ada: Person, vera: Visitor) -> None:
    link = offer(ada)
    start = boxes(vera.open(link + ENGLISH))[1][0]
    version = agree(vera.page)
    for made_up in (str(int(start) + 60), str(int(start) + 7 * 86400), "9" * 11):
        page = press(vera, "accept", [], policy=version, **{f"instead-{start}": made_up})
        assert page.status == 409, made_up
    assert press(vera, "accept", [], policy=version, **{f"instead-{start}": "²"}).status == 422


def test_declined_withdrawn_and_expired_offers_are_polite(ada: Person, vera: Visitor) -> None:
    link = offer(ada)
    vera.open(link)
    page = press(vera, "decline", [])
    assert page.headings[0] == "You have declined these dates"
    assert ">dates declined<" in ada.read("/practice/series/offers")
    link = offer(ada, time="19:00")
    page = vera.open(link)
    dates = [value for value, _ in boxes(page)]
    offers = ada.read("/practice/series/offers")
    withdraw = re.search(r'action="(/practice/series/offers/[^"]+/withdraw)"', offers)
    assert withdraw
    assert "The offer is withdrawn" in ada.done(withdraw[1])
    assert "answered already" in ada.done(withdraw[1])
    page = press(vera, "accept", dates, policy="1")
    assert (page.status, page.headings[0]) == (409, "This offer was withdrawn")
    link = offer(ada, time="18:00")
    with ada.app.app_context(), transaction() as tx:
        tx.execute(
            text("UPDATE series_offers SET expires_at = created_at WHERE state = :state"),
            {"state": OfferState.OFFERED},
        )
    assert vera.open(link).headings[0] == "This offer has run out"
    assert "not answered in time" in ada.read("/practice/series/offers")
    assert vera.page.forms == []


def test_an_offer_of_somebody_who_left_says_that_it_has_ended(ada: Person, vera: Visitor) -> None:
    vera.open(offer(ada))
    dates = [value for value, _ in boxes(vera.page)]
    with ada.app.app_context(), transaction() as tx:
        tx.execute(text("UPDATE therapists SET active = false WHERE slug = 'ada'"))
        tx.execute(text("UPDATE practices SET revision = revision + 1 WHERE slug = 'demo'"))
    page = press(vera, "accept", dates)
    assert (page.status, page.headings[0]) == (409, "This offer has ended")
    page = vera.open(vera.page.address)
    assert (page.status, page.headings[0], page.forms) == (200, "This offer has ended", [])
    assert "Nothing is booked." in page.text
    assert vera.follow("Look for a time").status == 200


def test_this_was_not_me_erases_and_a_made_up_form_changes_nothing(ada: Person, vera: Visitor) -> None:
    link = offer(ada)
    before = everything(ada.app)
    assert vera.client.post(link, data={"action": "disown"}).status_code == 400
    assert everything(ada.app) == before
    vera.open(link)
    assert press(vera, "disown", []).headings[0] == "Thank you for telling us"
    assert vera.open(link).status == 404
    assert "V. M." not in ada.read("/practice/series/offers")


def test_a_fault_of_ours_loses_no_tick(
    demo_app: Flask, ada: Person, vera: Visitor, sqlite_demo_database: str
) -> None:
    demo_app.testing = False
    page = vera.open(offer(ada))
    dates, version = [value for value, _ in boxes(page)], agree(page)
    with closing(sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"))) as connection:
        connection.execute("ALTER TABLE series RENAME TO series_away")
        page = press(vera, "accept", dates[:3], policy=version)
        assert page.status == 500
        assert re.findall(r'name="date" value="(\d+)"', page.source) == dates[:3]
        connection.execute("ALTER TABLE series_away RENAME TO series")
    assert press(vera, "accept", dates[:3], policy=version).headings[0] == "Your dates are booked"


def test_only_free_dates_are_offered(ada: Person) -> None:
    typed = form()
    chosen = ticked(ada.send(NEW, **typed).text)
    ada.done(NEW, **form(repeat="once", day=(FIRST + timedelta(weeks=1)).isoformat(), name="Xenia Quist"))
    answer = ada.send(SERIES, **typed, date=chosen, do="offer")
    assert answer.status_code == 409
    assert problems(answer) == ["date: Only free dates can be offered. Nothing was sent"]


def accepted(ada: Person, vera: Visitor) -> list[str]:
    """The manage pages of six accepted dates."""
    page = vera.open(offer(ada) + ENGLISH)
    page = press(vera, "accept", [value for value, _ in boxes(page)], policy=agree(page))
    return [path for path in page.links.values() if path.startswith("/appointments/")]


def test_a_date_says_that_it_is_one_of_several_and_leads_to_the_others(ada: Person, vera: Visitor) -> None:
    links = accepted(ada, vera)
    page = vera.open(links[1])
    assert "One of 6 dates, every week" in page.text
    assert set(links) - {links[1]} <= set(page.links.values())
    vera.send(page.form_with("note"), note="")
    assert vera.page.headings[0] == "Your appointment is cancelled"
    assert "One of 5 dates, every week" in vera.open(links[2]).text
    page = vera.follow("Cancel this and all later dates")
    assert page.headings[0] == "Cancel 4 dates?"
    assert "Cancel this and all later dates" in vera.open(links[2]).links
    vera.follow("Cancel this and all later dates")
    page = vera.send(vera.page.form_with("form_token"))
    assert page.headings[0] == "Your appointment is cancelled"
    assert vera.open(links[0]).headings[0] == "Your appointment"
    assert "One of 1 date, every week" in vera.page.text
    assert vera.client.post(f"{links[0].split('?')[0]}/rest").status_code == 400


def test_a_single_appointment_has_no_later_dates(vera: Visitor) -> None:
    vera.book(query="?therapist=ada")
    page = vera.follow("Change or cancel")
    assert "every week" not in page.text
    assert vera.open(f"{page.address.split('?')[0]}/rest").status == 404


def test_staff_change_the_rhythm_from_a_date_on(ada: Person) -> None:
    page = book(ada)
    third = re.findall(r'<a href="(/practice/appointments/[^"]+)"><bdi>', page)[1]
    change = f"{third}/series/change"
    assert "4 dates give way" in ada.read(change)
    new = {"day": (FIRST + timedelta(weeks=3, days=1)).isoformat(), "time": "20:00", "repeat": "2"}
    assert problems(ada.send(change, **new, dates="1")) == ["dates: Choose between 2 and 60 dates"]
    same_day = {**new, "day": (FIRST + timedelta(weeks=2)).isoformat()}
    looked = ada.send(change, **same_day, dates="3", do="look")
    assert len(ticked(looked.text)) == 3  # its own old dates are not in the way
    looked = ada.send(change, **new, dates="3", do="look")
    page = ada.done(change, **new, dates="3", do="book", date=ticked(looked.text)[:2])
    assert "Changed: 2 dates from" in page
    assert len(days(page)) == 2
    assert [words.endswith("cancelled") for words in days(ada.read(third))] == [False] * 2 + [True] * 4
    assert ada.send(change, **new, dates="3").status_code == 404
