"""The practice's questions as a visitor meets them: calm, optional, changeable, seen by nobody else."""

import re

import time_machine
from flask import Flask

from scheduler.domain.intake import Asked, Kind
from scheduler.services import messages
from scheduler.store import participants
from scheduler.store.database import reading
from tests.support.signing_in import ADA, BEN, OWNER
from tests.web.practice.staff import Person, visit, write_mails
from tests.web.visitor.asking import DOOR, PURPOSE, ask
from tests.web.visitor.walking import Visitor

CHOICES = {"en": ["By bus", "On foot"], "fr": ["En bus", "À pied"]}


def test_a_fresh_practice_has_no_questions_anywhere(demo_app: Flask, vera: Visitor) -> None:
    vera.book()
    assert "See the questions" not in vera.page.links
    vera.follow("Change or cancel")
    assert "question" not in vera.page.text
    assert (
        "There is nothing to answer now" in vera.open(f"{vera.page.address.partition('?')[0]}/questions").text
    )


def test_questions_follow_the_booking_and_every_one_says_what_it_is_for(
    demo_app: Flask, vera: Visitor
) -> None:
    question = ask(demo_app)
    booked = vera.book()
    assert (booked.headings[0], "A few questions before we talk" in booked.text) == ("You are booked", True)
    page = vera.follow("See the questions")
    assert (page.headings[0], page.headers["Cache-Control"]) == ("A few questions before we talk", "no-store")
    assert f"{DOOR} (optional)" in page.text
    assert re.search(rf'aria-describedby="q-{question.id}-l".*{PURPOSE}', page.source, re.DOTALL)
    saved = vera.send(page.form_with("form_token"), **{f"q-{question.id}": "The left one"})
    assert "Thank you. Your answers are kept." in saved.text
    assert saved.form_with("form_token").fields[f"q-{question.id}"] == "The left one"
    assert "Set-Cookie" not in saved.headers
    managed = vera.follow("Your appointment")
    assert "Change my answers" in managed.links
    assert "left" not in managed.text


def test_nothing_typed_is_lost_when_something_is_wrong(demo_app: Flask, vera: Visitor) -> None:
    line = ask(demo_app, required=True)
    text = ask(demo_app, kind=Kind.TEXT)
    way = ask(demo_app, kind=Kind.CHOICE, choices=CHOICES)
    step = ask(demo_app, kind=Kind.YES_NO)
    booked = visit(demo_app, "consultation")
    form = vera.open(f"/appointments/{booked.token}/questions").form_with("form_token")
    given = {f"q-{text.id}": "x" * 1200, f"q-{way.id}": "By bus", f"q-{step.id}": "no"}
    wrong = vera.send(form, **given)
    assert (wrong.status, wrong.title.startswith("Error:")) == (422, True)
    assert [name for name in wrong.links.values() if name.startswith("#q-")] == [
        f"#q-{line.id}",
        f"#q-{text.id}",
    ]
    assert wrong.form_with("form_token").fields.items() >= given.items()
    stale = vera.send(wrong.form_with("form_token"), form_token="old")
    assert (stale.status, "Nothing you typed is lost." in stale.text) == (400, True)
    kept = {**given, f"q-{text.id}": "short", f"q-{line.id}": "left"}
    saved = vera.send(stale.form_with("form_token"), **kept)
    assert "Your answers are kept" in saved.text
    french = vera.open(f"{vera.page.address.partition('?')[0]}?lang=fr")
    assert french.form_with("form_token").fields[f"q-{way.id}"] == "En bus"


def test_each_person_of_a_couple_answers_alone(demo_app: Flask, vera: Visitor) -> None:
    question = ask(demo_app)
    vera.book("couple", name_2="Wim", email_2="wim@visitor.example", mode="in_person", policy="1")
    page = vera.follow("See the questions")
    assert "The other person does not see them." in page.text
    vera.send(page.form_with("form_token"), **{f"q-{question.id}": "Zimtschnecke"})
    first = vera.page.address.partition("?")[0]
    with demo_app.app_context(), reading() as tx:
        _, appointment_id, _ = participants.by_token(tx, first.split("/")[2])
        both = participants.of_appointments(tx, [appointment_id])[appointment_id]
        second = f"/appointments/{participants.token(tx, both[1].id)}"
    for path in ("", "/questions"):
        assert "Zimtschnecke" not in vera.open(f"{second}{path}").source
    vera.send(vera.page.form_with("form_token"), **{f"q-{question.id}": "Quittenmus"})
    assert "Quittenmus" not in vera.open(first).source
    read = Person(demo_app, ADA).read(f"/practice/appointments/{appointment_id}")
    told = [read.index(words) for words in ("Vera answered", "Zimtschnecke", "Wim answered", "Quittenmus")]
    assert told == sorted(told)
    Person(demo_app, BEN).read(f"/practice/appointments/{appointment_id}", status=404)


def test_answers_close_when_the_appointment_begins(demo_app: Flask, vera: Visitor) -> None:
    question = ask(demo_app)
    booked = visit(demo_app, "consultation")
    page = f"/appointments/{booked.token}/questions"
    with time_machine.travel(booked.start - 60, tick=False) as clock:
        form = vera.open(page).form_with("form_token")
        clock.shift(60)
        late = vera.send(form, **{f"q-{question.id}": "left"})
        assert (late.status, "There is nothing to answer now" in late.text) == (409, True)
        assert "There is nothing to answer now" in vera.open(page).text


def test_what_is_asked_while_booking_stands_on_the_form_and_outlives_a_lost_time(
    demo_app: Flask, vera: Visitor
) -> None:
    way = ask(demo_app, kind=Kind.CHOICE, choices=CHOICES, asked=Asked.BOOKING, required=True)
    line = ask(demo_app, asked=Asked.BOOKING, type_slug="session")
    page = vera.hold_first()
    assert (f"q-{way.id}" in page.source, f"q-{line.id}" in page.source) == (True, False)
    person = {"name": "Vera", "email": "vera@visitor.example", "phone": "514 555 0189"}
    wrong = vera.fill(**person)
    assert (wrong.status, wrong.links[f"{DOOR} Please answer this one"]) == (422, f"#q-{way.id}")
    vera.send(wrong.form_with("email"), action="other", **{f"q-{way.id}": "On foot"})
    vera.press_later_day(1)
    moved = vera.press_time(vera.page.starts()[0])
    assert moved.form_with("email").fields[f"q-{way.id}"] == "On foot"
    booked = vera.fill()
    assert booked.headings[0] == "You are booked"
    assert "See the questions" not in booked.links
    managed = vera.follow("Change or cancel")
    assert "Change my answers" in managed.links


def test_the_mail_of_an_appointment_leads_to_the_questions_and_tells_none(
    demo_app: Flask, vera: Visitor
) -> None:
    ask(demo_app)
    booked = visit(demo_app, "intake")
    write_mails(demo_app)
    owner = Person(demo_app, OWNER)
    owner.done(f"/practice/requests/{booked.appointment.id}/accept")
    write_mails(demo_app)
    with demo_app.app_context():
        mails = {mail.kind: mail for mail in messages.previews(booked.practice.id)}
    assert "/questions" not in mails["request_received"].text
    accepted = mails["accepted"]
    assert f"/appointments/{booked.token}/questions" in accepted.text
    assert f"/appointments/{booked.token}/questions" in accepted.html
    assert "Answer what you like" in " ".join(accepted.text.split())
    assert not any(DOOR in mail.text + mail.html + mail.calendar for mail in mails.values())
