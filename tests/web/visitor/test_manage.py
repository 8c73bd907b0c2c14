"""The page behind the link of the mail: see, move, cancel, calendar file."""

import time_machine

from scheduler.clock import utcnow
from tests.web.visitor.walking import Visitor


def managed(vera: Visitor, **answers: str) -> str:
    """Book, and go to the page of the appointment; returns its address."""
    vera.book(query="?therapist=ada", **answers)
    vera.follow("Change or cancel")
    return vera.page.address


def test_the_page_shows_the_appointment_and_no_more(vera: Visitor) -> None:
    managed(vera, note="step-free, please")
    page = vera.page
    assert page.headings[:2] == ["Your appointment", "Free first call"]
    assert "ending in 89" in page.text
    for private in ("Vera", "vera@visitor.example", "555 0189", "5550189", "step-free"):
        assert private not in page.source
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_opening_the_links_changes_nothing(vera: Visitor) -> None:
    address = managed(vera)
    before = vera.open(address).text
    vera.open(f"{address.split('?')[0]}/move")
    vera.client.head(address)
    assert vera.open(address).text == before


def test_cancelling_is_one_press_and_can_be_pressed_again(vera: Visitor) -> None:
    address = managed(vera)
    form = vera.page.form_with("note")
    page = vera.send(form, note="I am away")
    assert "Your appointment is cancelled" in page.text
    assert "Cancel this appointment" not in page.text
    assert vera.send(form).status == 200
    assert "Your appointment is cancelled" in vera.open(address).headings


def test_a_cancelled_time_is_free_again(vera: Visitor) -> None:
    vera.hold_first(query="?therapist=ada")
    day_page = vera.send(vera.page.form_with("email"), action="back")
    kept = day_page.text
    assert "is kept for you" in kept
    vera.follow("Go on with this time")
    vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    address = vera.page.links["Change or cancel"]
    vera.open("/book/demo/consultation?therapist=ada")
    taken = vera.press_day(vera.page.days()[0]).starts()
    vera.open(address)
    vera.send(vera.page.form_with("note"))
    vera.open("/book/demo/consultation?therapist=ada")
    assert len(vera.press_day(vera.page.days()[0]).starts()) > len(taken)


def test_moving_keeps_the_old_time_until_a_new_one_is_pressed(vera: Visitor) -> None:
    managed(vera)
    before = vera.page.text
    page = vera.follow("Choose another time")
    assert "This time stays yours until you press a new one" in page.text
    page = vera.press_later_day(1)
    moved = vera.press_time(page.starts()[0])
    assert moved.headings[0] == "Your appointment has a new time"
    assert moved.text != before


def test_a_time_taken_meanwhile_leaves_the_appointment_where_it_was(vera: Visitor) -> None:
    managed(vera)
    vera.follow("Choose another time")
    page = vera.press_later_day(1)
    start = page.starts()[-1]
    form = page.form_with("start")
    rival = Visitor(vera.client)
    rival.open("/book/demo/consultation?therapist=ada")
    rival.press_day(page.address.split("day=")[1].split("&")[0])
    rival.press_time(start)
    page = vera.send(form, start=start)
    assert page.status == 409
    assert "Your appointment stays where it was" in page.text


def test_this_was_not_me_erases_the_person(vera: Visitor) -> None:
    address = managed(vera)
    page = vera.send(vera.page.form_with("action"), action="disown")
    assert "what we had about you is erased" in page.text or page.headings == ["Thank you for telling us"]
    assert vera.open(address).status == 404


def test_a_form_without_our_token_changes_nothing(vera: Visitor) -> None:
    managed(vera)
    page = vera.send(vera.page.form_with("note"), form_token="forged")
    assert page.status == 400
    assert "Nothing has changed" in page.text
    assert "Cancel this appointment" in page.text


def test_the_calendar_file_is_one_event_without_the_link(vera: Visitor) -> None:
    address = managed(vera)
    answer = vera.client.get(f"{address.split('?')[0]}/invite.ics")
    assert answer.content_type.startswith("text/calendar")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert "/appointments/" not in answer.text


def test_the_booked_page_of_a_cancelled_appointment_does_not_say_booked(vera: Visitor) -> None:
    vera.book()
    booked = vera.page.address
    vera.follow("Change or cancel")
    vera.send(vera.page.form_with("note"))
    page = vera.open(booked)
    assert "You are booked" not in page.text
    assert "Your appointment is cancelled" in page.text


def test_a_cancellation_is_headed_titled_and_read_first(vera: Visitor) -> None:
    address = managed(vera)
    page = vera.send(vera.page.form_with("note"))
    assert page.headings[0] == page.title.partition(" – ")[0] == "Your appointment is cancelled"
    assert "We have let Ada know. You owe nothing. You are welcome to book again." in page.text
    assert page.source.count("data-focus autofocus") == 1
    assert page.source.count("<h1") == 1
    later = vera.open(address)
    assert "You owe nothing. You are welcome to book again." in later.text
    assert "We have let" not in later.text


def test_a_link_that_is_over_still_leads_to_its_practice(vera: Visitor) -> None:
    address = managed(vera)
    with time_machine.travel(utcnow() + 100 * 86_400, tick=False):
        page = vera.open(address)
    assert (page.status, page.headings[0]) == (404, "This link has done its work")
    assert "Book a new time" in page.links
    assert (page.source.count("tel:911"), page.source.count("tel:112")) == (1, 0)
    assert "Vera" not in page.source


def test_the_page_and_the_mails_speak_the_language_chosen_on_it(vera: Visitor) -> None:
    address = managed(vera)
    page = vera.send(vera.page.form_with("language"), language="fr")
    assert page.headings[0] == "Votre rendez-vous"
    assert vera.open(address.partition("?")[0]).headings[0] == "Votre rendez-vous"
    assert vera.send(vera.page.form_with("language"), language="tlh").status == 409
