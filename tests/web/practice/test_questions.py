"""The owner writes questions to visitors: in every language, in order, off and deleted."""

import re

from flask import Flask

from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person, problems, visit
from tests.web.visitor.asking import DOOR, ask
from tests.web.visitor.walking import Visitor

TYPED = {
    "label-en": "How do you come?",
    "label-fr": "Comment venez-vous ?",
    "purpose-en": "Only to tell you the way.",
    "choices-en": "By bus\n\n On  foot ",
    "choices-fr": "En bus\nÀ pied",
    "kind": "choice",
    "type": "session",
    "asked": "after",
    "enabled": "1",
}


def test_a_fresh_practice_asks_nothing_and_the_owner_may(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    assert "Your questions" in owner.read("/practice/types")
    assert "Nothing is asked beside name and address" in owner.read("/practice/questions")
    assert re.search(r'name="asked" value="after"[^>]* checked', owner.read("/practice/questions/new"))
    ada = Person(demo_app, ADA)
    ada.read("/practice/questions", status=404)
    assert "Your questions" not in ada.read("/practice/types")


def test_a_question_is_written_changed_switched_off_and_deleted(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    listed = owner.done("/practice/questions/new", **TYPED)
    assert "How do you come?" in listed
    assert "One of several answers" in listed
    address = re.search(r"/practice/questions/[\w-]{36}", listed)
    assert address
    form = owner.read(address[0])
    assert "By bus\nOn foot</textarea>" in form
    assert "En bus\nÀ pied</textarea>" in form
    assert '<option value="session" selected>' in form
    off = owner.done(address[0], **{**TYPED, "enabled": "", "required": "1", "type": ""})
    assert "switched off" in off
    assert "has to be answered" in off
    assert "Nothing is asked" in owner.done(f"{address[0]}/delete")
    owner.read(address[0], status=404)


def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    answer = owner.send("/practice/questions/new", **{**TYPED, "purpose-en": "", "choices-en": "By bus"})
    assert answer.status_code == 422
    assert problems(answer) == [
        "purpose-en: Say what the answer is used for",
        "choices-en: Write two to twelve choices, one on each line",
        "choices-fr: Write as many choices as above, in the same order",
    ]
    assert "Comment venez-vous ?" in answer.text


def test_questions_are_put_in_order(demo_app: Flask) -> None:
    ids = [ask(demo_app, labels={"en": f"Number {number}"}).id for number in (1, 2)]
    owner = Person(demo_app, OWNER)
    owner.done(f"/practice/questions/{ids[1]}/order", to="up")
    owner.done(f"/practice/questions/{ids[1]}/order", to="nowhere")
    booked = visit(demo_app, "consultation")
    page = Visitor(demo_app.test_client()).open(f"/appointments/{booked.token}/questions").text
    assert page.index("Number 2") < page.index("Number 1")


def test_answers_stand_on_the_page_of_the_appointment_alone(demo_app: Flask) -> None:
    question = ask(demo_app)
    booked = visit(demo_app, "consultation")
    vera = Visitor(demo_app.test_client())
    vera.open(f"/appointments/{booked.token}/questions")
    vera.send(vera.page.form_with("form_token"), **{f"q-{question.id}": "Zimtschnecke"})
    ada = Person(demo_app, ADA)
    page = ada.read(f"/practice/appointments/{booked.appointment.id}")
    assert page.index("What Vera Moss answered") < page.index(DOOR) < page.index("Zimtschnecke")
    for path in ("/practice/", "/practice/requests", "/practice/mail"):
        assert "Zimtschnecke" not in ada.read(path)
