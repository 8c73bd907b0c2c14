"""Appointments that repeat, on the practice's pages without script."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.support.signing_in import ADA, BEN, CORA
from tests.web.practice.staff import Person, problems, working_day, write_mails

NEW, SERIES = "/practice/appointments/new", "/practice/appointments/series"
FIRST = working_day(14)


@pytest.fixture
def ada(demo_app: Flask) -> Person:
    """Ada, signed in."""
    return Person(demo_app, ADA)


def form(**changes: str) -> dict[str, str]:
    """Six weekly sessions of Vera's, at eight in the evening."""
    return {
        "type": "session", "day": FIRST.isoformat(), "time": "20:00", "mode": "video", "name": "Vera Moss",
        "email": "vera@mail.example", "phone": "", "language": "en", "note": "", "notify": "1", "repeat": "1",
        "dates": "6", **changes,
    }  # fmt: skip


def boxes(page: str) -> list[tuple[str, str]]:
    """Each date's value with how its box stands: `checked`, `disabled` or nothing."""
    found = re.findall(
        r'type="checkbox" name="date" value="(\d+)"(?: id="date")? ?(checked|disabled)?>', page
    )
    return [(value, state) for value, state in found]


def ticked(page: str) -> list[str]:
    return [value for value, state in boxes(page) if state == "checked"]


def book(person: Person, **changes: str) -> str:
    """The page of the first date."""
    typed = form(**changes)
    looked = person.send(NEW, **typed)
    assert looked.status_code == 200, problems(looked)
    return person.done(SERIES, **typed, date=ticked(looked.text), do="book")


def days(page: str) -> list[str]:
    """The dates that the appointment's page lists, with what became of them."""
    listed = re.search(r'<ul class="dates">.*?</ul>', page, re.DOTALL)
    assert listed
    found = re.findall(r'<bdi>(.*?)</bdi>.*?(?:<span class="tag">(.*?)</span>)?</li>', listed[0], re.DOTALL)
    return [f"{words} {tag}".strip() for words, tag in found]


def spoken(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}, 20:00"


WEEKLY = [spoken(FIRST + timedelta(weeks=number)) for number in range(6)]


def test_all_dates_are_shown_before_they_are_booked(ada: Person) -> None:
    page = ada.send(NEW, **form()).text
    assert [state for _, state in boxes(page)] == ["checked"] * 6
    assert re.findall(r"<bdi>(\w+ \d+ \w+ \d+, 20:00)</bdi>", page) == WEEKLY
    assert "All dates are free" in page
    assert ada.read("/practice/mail").count("Vera") == 0


def test_the_ticked_dates_are_booked_and_listed(ada: Person) -> None:
    typed = form()
    chosen = ticked(ada.send(NEW, **typed).text)
    page = ada.done(SERIES, **typed, date=chosen[:2] + chosen[3:], do="book")
    assert "5 dates from" in page
    assert days(page) == [*WEEKLY[:2], f"{WEEKLY[2]} left out", *WEEKLY[3:]]
    write_mails(ada.app)
    assert "Confirmation of a series" in ada.read("/practice/mail")


def test_a_date_that_somebody_has_cannot_be_ticked(ada: Person) -> None:
    ada.done(NEW, **form(repeat="once", day=(FIRST + timedelta(weeks=1)).isoformat(), time="20:30"))
    page = ada.send(NEW, **form()).text
    assert [state for _, state in boxes(page)] == ["checked", "disabled", *["checked"] * 4]
    assert "Something lies in the way of 1 date" in page
    assert "Another appointment or its pause lies there" in page


def test_nothing_is_booked_when_somebody_was_quicker(ada: Person) -> None:
    typed = form()
    chosen = ticked(ada.send(NEW, **typed).text)
    ada.done(NEW, **form(repeat="once", day=(FIRST + timedelta(weeks=1)).isoformat(), name="Xenia Quist"))
    answer = ada.send(SERIES, **typed, date=chosen, do="book")
    assert answer.status_code == 409
    assert problems(answer) == ["date: Some of these dates cannot be booked any more. Nothing was booked"]
    assert [state for _, state in boxes(answer.text)] == ["checked", "disabled", *["checked"] * 4]
    assert "V. M." not in ada.read(f"/practice/?week={FIRST + timedelta(weeks=2)}")
    assert "5 dates from" in ada.done(SERIES, **typed, date=ticked(answer.text), do="book")


def test_what_was_typed_is_kept_on_the_way_back(ada: Person) -> None:
    page = ada.send(SERIES, **form(note="Key at the door"), do="change")
    assert page.status_code == 200
    assert 'value="Vera Moss"' in page.text
    assert "Key at the door" in page.text
    assert re.search(r'<option value="1" selected>Every week', page.text)


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"dates": "1"}, ["dates: Choose between 2 and 60 dates"]),
        ({"dates": "61"}, ["dates: Choose between 2 and 60 dates"]),
        ({"repeat": "3"}, ["repeat: Choose how often it repeats"]),
        ({"type": "consultation", "mode": "phone"}, ["repeat: This type of appointment does not repeat"]),
        ({"email": "vera"}, ["email: Check the email address: the @ is missing"]),
    ],
)
def test_a_series_that_there_is_not_is_said_beside_the_field(
    ada: Person, changes: dict[str, str], sentences: list[str]
) -> None:
    answer = ada.send(NEW, **form(**changes))
    assert (answer.status_code, problems(answer)) == (422, sentences)
    assert 'value="Vera Moss"' in answer.text


def test_one_date_is_no_series(ada: Person) -> None:
    typed = form()
    chosen = ticked(ada.send(NEW, **typed).text)
    answer = ada.send(SERIES, **typed, date=chosen[:1], do="book")
    assert problems(answer) == ["date: Keep at least two dates, or add a single appointment"]
    assert ticked(answer.text) == chosen[:1]


def address(page: str, number: int) -> str:
    """The page of another date of the series."""
    links = re.findall(r'<li[^>]*>(?:<a href="(/practice/appointments/[^"]+)"|<b aria-current)', page)
    return str(links[number])


def test_a_series_is_ended_after_a_date(ada: Person) -> None:
    third = address(book(ada), 2)
    assert "3 later dates are cancelled then" in ada.read(third)
    page = ada.done(f"{third}/series/end")
    assert days(page) == [*WEEKLY[:3], *(f"{day} cancelled" for day in WEEKLY[3:])]
    assert "later dates are cancelled then" not in page
    assert "No later date is left to cancel" in ada.done(f"{third}/series/end")


def test_a_date_and_all_later_ones_are_cancelled(ada: Person) -> None:
    third = address(book(ada), 2)
    page = ada.done(f"{third}/series/end", with_this="1")
    assert "This appointment is cancelled" in page
    assert days(page)[1:3] == [WEEKLY[1], f"{WEEKLY[2]} cancelled"]


def test_one_date_is_moved_and_the_others_stay(ada: Person) -> None:
    second = address(book(ada), 1)
    later = FIRST + timedelta(weeks=1, days=1)
    page = ada.done(f"{second}/move", day=later.isoformat(), time="20:00")
    assert days(page) == [WEEKLY[0], f"{spoken(later)} moved", *WEEKLY[2:]]


def test_nobody_else_sees_or_ends_a_series(ada: Person) -> None:
    third = address(book(ada), 2)
    for email in (BEN, CORA):
        other = Person(ada.app, email)
        other.read(third, 404)
        assert other.send(f"{third}/series/end").status_code == 404
    assert "3 later dates" in ada.read(third)
