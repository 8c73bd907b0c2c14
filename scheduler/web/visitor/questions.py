"""The practice's questions, behind the link of the mail: each person answers for themselves."""

from collections.abc import Mapping

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import Refused, WrongState
from scheduler.domain.intake import Question, in_language, options
from scheduler.services import intake
from scheduler.services.manage import Managed
from scheduler.web import form_token
from scheduler.web.visitor.answers import fields_of, typed_answers
from scheduler.web.visitor.blueprint import blueprint, to
from scheduler.web.visitor.manage import find
from scheduler.web.visitor.zones import clocks

PURPOSE = "questions"


@blueprint.get("/appointments/<token>/questions")
def questions(token: str) -> str:
    """The questions with what was answered before."""
    return questions_page(find(token), token, notice="saved" if request.args.get("saved") == "1" else "")


@blueprint.post("/appointments/<token>/questions")
def answer_questions(token: str) -> Response | tuple[str, int]:
    """Keep the answers."""
    managed, given = find(token), typed_answers(request.form)
    if not form_token.is_sent(PURPOSE, token):
        return questions_page(managed, token, given=given, notice="stale"), 400
    try:
        intake.answer(token, given, language=g.language, now=utcnow())
    except Refused as refused:
        return questions_page(managed, token, given=given, problems=fields_of(refused.problems)), 422
    except WrongState:
        return questions_page(find(token), token), 409
    return redirect(to("questions", token=token, saved="1"), 303)


def questions_page(
    managed: Managed,
    token: str,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    notice: str = "",
) -> str:
    """The page with what was typed, else with what was answered; `notice` is "saved" or "stale"."""
    now, zone = utcnow(), g.view.tz or managed.appointment.visitor_zone
    sheet = intake.sheet(managed.appointment, managed.participant.id, now=now)
    kept = {question_id: answer.words for question_id, answer in sheet.answers.items()}
    return render_template(
        "visitor/questions.html",
        managed=managed,
        appointment=managed.appointment,
        sheet=sheet,
        answers=kept if given is None else given,
        kept=kept,
        problems=problems or {},
        notice=notice,
        clocks=clocks(managed.practice, managed.kind, zone, now),
        link=token,
        token=form_token.issue(PURPOSE, token),
    )


@blueprint.app_template_filter("choices")
def choices(question: Question, kept: str = "") -> list[tuple[str, str]]:
    """The choices as (value, words) in the page's language; the earlier answer stays one of them."""
    return [(words, words) for words in options(question, g.language, kept)]


@blueprint.app_template_filter("in_words")
def in_words(question: Question, answer: str) -> str:
    """An answer as the page's choices have it."""
    return in_language(question, answer, g.language)
