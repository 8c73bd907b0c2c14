"""Questions of the demo practice, for those who look at its pages."""

from typing import Any

from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.intake import Asked, Kind, Question
from scheduler.domain.staff import Role, Staff
from scheduler.services import desk, directory, questions
from scheduler.services.questions import QuestionForm

DOOR = "Which door suits you best?"
PURPOSE = "Only to open the right one."


def ask(app: Flask, **changes: Any) -> Question:
    """The owner writes a question: one line, once it is booked, for all types, unless changed."""
    form = {
        "labels": {"en": DOOR, "fr": "Quelle porte vous convient ?"},
        "purposes": {"en": PURPOSE, "fr": "Pour ouvrir la bonne."},
        "choices": {},
        "kind": Kind.LINE,
        "type_slug": "",
        "required": False,
        "asked": Asked.AFTER,
        "enabled": True,
        **changes,
    }
    with app.app_context():
        owner = desk.of_staff(Staff("owner", directory.practice("demo").id, None, Role.OWNER, "Olive"))
        return questions.add(owner, QuestionForm(**form), now=utcnow())
