"""A time is gone when it is pressed or booked: what is said, what stays, and how few presses remain."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.local_time import local_day
from scheduler.services import directory
from scheduler.store import schedule, therapists
from scheduler.store.database import transaction
from tests.web.visitor.walking import Page, Visitor

ADA = "?therapist=ada"
TYPED = {"name": "Vera", "email": "vera@visitor.example", "mode": "phone", "phone": "514 555 0189"}
NOTE = "I come by wheelchair."
MINUTE = 60


@pytest.fixture
def rival(demo_app: Flask) -> Visitor:
    """Somebody else, who is quicker."""
    return Visitor(demo_app.test_client(use_cookies=False))


@pytest.fixture
def close_ada(demo_app: Flask) -> Callable[[date], None]:
    """Ada takes a day off."""

    def close(day: date) -> None:
        with demo_app.app_context(), transaction() as tx:
            ada = directory.find_therapist(directory.practice("demo"), "ada")
            therapists.raise_revision(tx, ada.id, now=utcnow())
            schedule.add_time_off(tx, ada.id, TimeOff(str(uuid4()), TimeOffKind.HOLIDAY, day, day))

    return close


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time of day; it stands still until it is shifted."""
    with time_machine.travel(utcnow(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def lose(vera: Visitor, rival: Visitor, clock: time_machine.Traveller) -> Callable[..., Page]:
    """Vera types for 16 minutes, the rival books her time, Vera presses the button."""

    def run(**typed: str) -> Page:
        form = vera.hold_first(query=ADA).form_with("email")
        clock.shift(16 * MINUTE)
        rival.book(query=ADA, email="rival@visitor.example", mode="video")
        assert rival.page.headings[0] == "You are booked"
        return vera.send(form, action="book", **typed)

    return run


def notice(page: Page) -> str:
    """The tag of what is read first, and its heading."""
    found = re.search(r'<div class="note warn"[^>]*>.*?</h2>', page.source, re.S)
    assert found is not None, page.text
    return found[0]


def test_everything_typed_is_booked_at_another_time_with_two_presses(
    vera: Visitor, lose: Callable[..., Page]
) -> None:
    page = lose(**TYPED, note=NOTE)
    assert page.status == 409
    assert page.title.startswith("Someone else has just booked ")
    assert "We kept it for you for 15 minutes" in page.text
    assert "Vera · vera@visitor.example · phone ending in 89 · your note" in page.text
    booked = vera.press_time(page.starts()[0])
    assert booked.headings[0] == "You are booked"
    assert "on the number ending in 89" in booked.text


def test_what_happened_gets_the_focus_and_is_named_by_its_heading(
    vera: Visitor, lose: Callable[..., Page]
) -> None:
    tag = notice(lose(**TYPED))
    assert 'role="group" aria-labelledby="note-says" tabindex="-1" data-focus autofocus' in tag
    assert '<h2 id="note-says">Someone else has just booked' in tag


def test_pressing_twice_after_a_loss_books_once(vera: Visitor, lose: Callable[..., Page]) -> None:
    page = lose(**TYPED)
    form, start = page.form_with("start"), page.starts()[0]
    first = vera.send(form, start=start)
    assert first.headings[0] == "You are booked"
    assert vera.send(form, start=start).address == first.address


def test_a_second_loss_says_so_and_offers_fresh_times(
    vera: Visitor, rival: Visitor, lose: Callable[..., Page]
) -> None:
    page = lose(**TYPED)
    form, start = page.form_with("start"), page.starts()[0]
    rival.open(f"/book/demo/consultation{ADA}&day={start[:10]}")
    rival.press_time(start)
    page = vera.send(form, start=start)
    assert page.status == 409
    assert "Someone else has just booked" in page.text
    assert "We kept it for you" not in page.text
    assert start not in page.starts()
    assert vera.press_time(page.starts()[0]).headings[0] == "You are booked"


def test_details_can_be_changed_where_the_time_was_lost(vera: Visitor, lose: Callable[..., Page]) -> None:
    page = lose(**TYPED)
    booked = vera.send(page.form_with("start"), start=page.starts()[0], email="new@visitor.example")
    assert "We have written to new@visitor.example" in booked.text


def test_a_wrong_answer_is_named_together_with_the_loss(vera: Visitor, lose: Callable[..., Page]) -> None:
    page = lose(**{**TYPED, "email": "vera@"})
    assert page.status == 409
    assert "Check the email address: the part after @ is missing" in page.text
    page = vera.press_time(page.starts()[0])
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert page.form_with("email").fields["name"] == "Vera"
    assert vera.fill(email="vera@visitor.example").headings[0] == "You are booked"


def test_a_press_without_a_time_asks_for_one(vera: Visitor, lose: Callable[..., Page]) -> None:
    page = lose(**TYPED)
    page = vera.send(page.form_with("start"))
    assert page.status == 422
    assert page.headings[0] == "No time is chosen yet"
    assert vera.press_time(page.starts()[0]).headings[0] == "You are booked"


def test_all_days_keep_what_was_typed(vera: Visitor, lose: Callable[..., Page]) -> None:
    page = lose(**TYPED, note=NOTE)
    vera.send(page.form_with("start"), action="other")
    vera.press_later_day(2)
    page = vera.press_time(vera.page.starts()[0])
    assert page.form_with("email").fields.items() >= {**TYPED, "note": NOTE}.items()
    assert vera.fill().headings[0] == "You are booked"


def test_a_time_pressed_on_a_stale_page_is_two_presses_from_another(vera: Visitor, rival: Visitor) -> None:
    vera.open(f"/book/demo/consultation{ADA}")
    start = vera.press_day(vera.page.days()[0]).starts()[-1]
    rival.hold_first(query=ADA)
    page = vera.press_time(start)
    assert page.status == 409
    assert 'role="group"' in notice(page)
    assert vera.press_time(page.starts()[0]).headings[0] == "Who is this appointment for?"
    assert vera.fill(**TYPED).headings[0] == "You are booked"


def test_losing_another_time_keeps_the_first_and_what_was_typed(vera: Visitor, rival: Visitor) -> None:
    form = vera.hold_first(query=ADA).form_with("email")
    start = vera.send(form, action="back", **TYPED).starts()[0]
    rival.open(f"/book/demo/consultation{ADA}&day={start[:10]}")
    rival.press_time(start)
    page = vera.press_time(start)
    assert page.status == 409
    assert "Nothing you typed is lost." in page.text
    assert "is still kept for you." in page.text
    assert vera.follow("Go on with this time").form_with("email").fields["name"] == "Vera"
    assert vera.fill().headings[0] == "You are booked"


def test_a_day_that_vanished_blames_nobody_and_offers_times_close_by(
    vera: Visitor, close_ada: Callable[[date], None]
) -> None:
    vera.open(f"/book/demo/consultation{ADA}")
    day = vera.page.days()[0]
    start = vera.press_day(day).starts()[-1]
    close_ada(date.fromisoformat(day))
    page = vera.press_time(start)
    assert page.status == 409
    assert "is no longer free" in notice(page)
    assert "Someone else" not in page.text
    assert len(page.starts()) == 6
    assert all(start[:10] > day for start in page.starts())
    assert len({start[:10] for start in page.starts()}) > 3
    assert vera.press_time(page.starts()[0]).headings[0] == "Who is this appointment for?"


def test_a_day_that_vanished_while_typing_keeps_every_answer(
    vera: Visitor, close_ada: Callable[[date], None]
) -> None:
    vera.open(f"/book/demo/consultation{ADA}")
    day = vera.page.days()[0]
    vera.press_day(day)
    form = vera.press_time(vera.page.starts()[0]).form_with("email")
    close_ada(date.fromisoformat(day))
    page = vera.send(form, action="book", **TYPED)
    assert page.status == 409
    assert "is no longer free" in notice(page)
    assert "We kept it for you" not in page.text
    assert vera.press_time(page.starts()[0]).headings[0] == "You are booked"


def test_a_day_that_vanished_while_moving_leaves_the_appointment(
    vera: Visitor, close_ada: Callable[[date], None]
) -> None:
    vera.book(query=ADA, mode="video")
    vera.follow("Change or cancel")
    vera.follow("Choose another time")
    start = vera.press_later_day(1).starts()[0]
    close_ada(date.fromisoformat(start[:10]))  # her hours lie within one day in UTC, too
    page = vera.press_time(start)
    assert page.status == 409
    assert "is no longer free" in notice(page)
    assert "Your appointment stays where it was" in page.text
    assert vera.press_time(page.starts()[0]).headings[0] == "Your appointment has a new time"


def test_who_asked_for_anyone_may_keep_the_hour_with_another_therapist(
    vera: Visitor, rival: Visitor, clock: time_machine.Traveller
) -> None:
    # Days ahead: else its notice may end within the quarter of an hour, and then nobody has that time.
    soon = local_day(utcnow(), "UTC") + timedelta(days=3)
    day = soon + timedelta(days=-soon.weekday() % 7)
    of_day = f"/book/demo/consultation?day={day}"
    both = {*vera.open(f"{of_day}&therapist=ada").starts()} & {*vera.open(f"{of_day}&therapist=ben").starts()}
    start = min(both)
    vera.open(of_day)
    form = vera.press_time(start).form_with("email")
    who = "ada" if "Ada" in vera.page.text else "ben"
    clock.shift(16 * MINUTE)
    rival.open(f"{of_day}&therapist={who}")
    rival.press_time(start)
    page = vera.send(form, action="book", **TYPED)
    assert page.status == 409
    assert "is no longer free at" in notice(page)
    assert "with another therapist" in page.text
    assert vera.press_time(start).headings[0] == "You are booked"


def test_one_s_own_time_is_not_lost_to_oneself(vera: Visitor) -> None:
    vera.open(f"/book/demo/consultation{ADA}")
    form = vera.press_day(vera.page.days()[0]).form_with("start")
    start = vera.page.starts()[-1]
    first = vera.send(form, start=start)
    vera.send(first.form_with("email"), action="keep", **TYPED)
    again = vera.send(form, start=start)
    assert again.address == first.address
    assert again.form_with("email").fields["name"] == "Vera"
    booked = vera.fill()
    assert vera.send(form, start=start).status == 303
    assert vera.open(vera.page.headers["Location"]).address == booked.address


def test_the_page_of_somebody_else_opens_nobody_s_hold(vera: Visitor, rival: Visitor) -> None:
    for visitor in (vera, rival):
        visitor.open(f"/book/demo/consultation{ADA}")
        visitor.press_day(visitor.page.days()[0])
    start = vera.page.starts()[-1]
    assert vera.press_time(start).status == 200
    assert rival.press_time(start).status == 409
