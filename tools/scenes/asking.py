"""Scenes of the practice's own questions: asked of visitors, answered, read, written."""

from playwright.sync_api import Page

from scheduler.clock import utcnow
from scheduler.domain.intake import Asked, Kind, Question
from scheduler.services import intake as answers
from scheduler.store import intake
from scheduler.store.database import transaction
from tools.scenes.booking import press, type_in
from tools.scenes.registry import addresses, scene
from tools.scenes.stage import ADA, OWNER, Stage
from tools.scenes.worlds import WORLDS

_QUESTIONS = (
    ("d1", Kind.LINE, "Which door suits you best?", "Only to open the right one.", Asked.AFTER),
    (
        "d2",
        Kind.YES_NO,
        "Do you need a way in without steps?",
        "Only to give you the right room.",
        Asked.AFTER,
    ),
    (
        "d3",
        Kind.CHOICE,
        "How did you find the practice?",
        "To know where to tell others about it.",
        Asked.AFTER,
    ),
    (
        "d4",
        Kind.TEXT,
        "What should I know before we talk?",
        "I read it before the call, nobody else does.",
        Asked.AFTER,
    ),
    ("d5", Kind.CHOICE, "Which language shall we speak?", "To find the right person for you.", Asked.BOOKING),
)
_CHOICES = {"d3": ("A friend", "My doctor", "By searching"), "d5": ("English", "French")}

addresses(
    "asking",
    {
        "practice-questions-none": ("/practice/questions", "No questions: how every practice begins"),
        "practice-question-new": ("/practice/questions/new", "A new question"),
    },
    who=OWNER,
)


def asking(stage: Stage) -> None:
    """The practice asks a few questions of its own."""
    with transaction() as tx:
        for number, (name, kind, label, purpose, asked) in enumerate(_QUESTIONS, 1):
            question = Question(
                id=name,
                practice_id=stage.practice.id,
                kind=kind,
                labels={"en": label},
                purposes={"en": purpose},
                choices=tuple({"en": words} for words in _CHOICES.get(name, ())),
                required=name == "d5",
                asked=asked,
                position=number,
            )
            intake.add(tx, question)


WORLDS["asking"] = asking


def answered(stage: Stage) -> tuple[str, str]:
    """Vera has booked and answered; her link's secret, and the appointment's id."""
    booked = stage.book("consultation", answers={"d5": "English"})
    given = {
        "d1": "The one in the yard",
        "d2": "yes",
        "d4": "I may need a moment to begin.\nThat is all.",
        "d5": "English",
    }
    with stage.app.app_context():
        answers.answer(booked.token, given, language="en", now=utcnow())
    return booked.token, booked.appointment.id


@scene("asking")
def details_with_questions(stage: Stage) -> Page:
    """Who is this for, with a question that comes before booking"""
    page = type_in(press(stage))
    page.locator("#details .btn-1").click()
    page.locator("#problems").wait_for()
    return page


@scene("asking")
def done_with_questions(stage: Stage) -> Page:
    """Booked, and a few questions"""
    token = stage.book("consultation", answers={"d5": "English"}).token
    return stage.open(f"/book/demo/consultation/done/{token}")


@scene("asking")
def questions(stage: Stage) -> Page:
    """The questions, nothing answered yet"""
    token = stage.book("consultation", answers={"d5": "English"}).token
    return stage.open(f"/appointments/{token}/questions")


@scene("asking")
def questions_answered(stage: Stage) -> Page:
    """The questions, answered: they can be changed"""
    return stage.open(f"/appointments/{answered(stage)[0]}/questions?saved=1")


@scene("asking")
def manage_with_answers(stage: Stage) -> Page:
    """The appointment's page, with answers that can be changed"""
    return stage.open(f"/appointments/{answered(stage)[0]}")


@scene("asking")
def questions_over(stage: Stage) -> Page:
    """Nothing to answer any more"""
    token, appointment_id = answered(stage)
    stage.change(f"UPDATE appointments SET status = 'cancelled' WHERE id = '{appointment_id}'")  # noqa: S608 - our own values
    return stage.open(f"/appointments/{token}/questions")


@scene("asking")
def practice_questions(stage: Stage) -> Page:
    """The practice's questions, in order"""
    return stage.open("/practice/questions", stage.staff(OWNER))


@scene("asking")
def practice_question(stage: Stage) -> Page:
    """A question with choices, to change"""
    return stage.open("/practice/questions/d3", stage.staff(OWNER))


@scene("asking")
def practice_answers(stage: Stage) -> Page:
    """What a visitor answered, as the therapist reads it"""
    return stage.open(f"/practice/appointments/{answered(stage)[1]}", stage.staff(ADA))
