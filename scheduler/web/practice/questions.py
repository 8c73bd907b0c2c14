"""The practice's own questions to its visitors: list, write, order, switch off, delete. For the owner."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.errors import Refused
from scheduler.domain.intake import LINE_LENGTH, Asked, Kind, Question
from scheduler.domain.practice import text
from scheduler.domain.text import one_line
from scheduler.services import questions as service
from scheduler.services.questions import QuestionForm
from scheduler.web.language import current_language, gettext
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to

_STEPS = {"up": -1, "down": 1}


@blueprint.get("/questions")
@owners_only
def questions() -> str:
    """What visitors are asked, in order."""
    return render_template(
        "practice/questions.html",
        here="types",
        questions=service.listed(desk()),
        kinds={kind.id: text(kind.names, current_language(), kind.slug) for kind in desk().types},
        words={value: words for value, words, _ in _kinds()},
    )


@blueprint.get("/questions/new")
@owners_only
def new_question() -> str:
    """An empty question."""
    return _form({"kind": Kind.LINE, "asked": Asked.AFTER, "enabled": "1"}, {}, None)


@blueprint.post("/questions/new")
@owners_only
def add_question() -> ResponseReturnValue:
    """Keep a new one."""
    return _save(None)


@blueprint.get("/questions/<question_id>")
@owners_only
def edit_question(question_id: str) -> str:
    """A question, to change."""
    question = service.find(desk(), question_id)
    return _form(_values(question), {}, question)


@blueprint.post("/questions/<question_id>")
@owners_only
def save_question(question_id: str) -> ResponseReturnValue:
    """Keep the changes."""
    return _save(service.find(desk(), question_id))


@blueprint.post("/questions/<question_id>/order")
@owners_only
def order_question(question_id: str) -> Response:
    """One place up or down."""
    service.shift(desk(), question_id, _STEPS.get(request.form.get("to", ""), 0), now=now())
    return to("questions", _anchor=f"question-{question_id}")


@blueprint.post("/questions/<question_id>/delete")
@owners_only
def delete_question(question_id: str) -> Response:
    """Delete it, and every answer to it."""
    service.remove(desk(), question_id, now=now())
    say("The question and all answers to it are deleted.")
    return to("questions")


def _save(question: Question | None) -> ResponseReturnValue:
    answers = Answers()
    form = _read(answers)
    if not answers.problems:
        try:
            if question is None:
                service.add(desk(), form, now=now())
            else:
                service.save(desk(), question.id, form, now=now())
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Saved. Visitors see it from now on.")
            return to("questions")
    return _form(answers.values, answers.problems, question), 422


def _read(answers: Answers) -> QuestionForm:
    languages = desk().practice.languages
    choose = "Choose from the list"
    slugs = ["", *(kind.slug for kind in desk().types)]
    return QuestionForm(
        labels={tag: answers.line(f"label-{tag}", at_most=LINE_LENGTH) for tag in languages},
        purposes={tag: answers.line(f"purpose-{tag}", at_most=LINE_LENGTH) for tag in languages},
        choices={tag: _lines(answers.text(f"choices-{tag}")) for tag in languages},
        kind=Kind(answers.one_of("kind", list(Kind), problem=choose)),
        type_slug=answers.one_of("type", slugs, problem=choose),
        required=answers.values.get("required") == "1",
        asked=Asked(answers.one_of("asked", [Asked.AFTER, Asked.BOOKING], problem=choose)),
        enabled=answers.values.get("enabled") == "1",
    )


def _lines(given: str) -> list[str]:
    return [words for words in map(one_line, given.splitlines()) if words]


def _values(question: Question) -> dict[str, str]:
    slugs = {kind.id: kind.slug for kind in desk().types}
    values = {
        "kind": question.kind.value,
        "type": slugs.get(question.type_id or "", ""),
        "asked": question.asked.value,
        "required": "1" if question.required else "",
        "enabled": "1" if question.enabled else "",
    }
    for tag in desk().practice.languages:
        values[f"label-{tag}"] = question.labels.get(tag, "")
        values[f"purpose-{tag}"] = question.purposes.get(tag, "")
        values[f"choices-{tag}"] = "\n".join(choice.get(tag, "") for choice in question.choices).strip()
    return values


def _form(values: dict[str, str], problems: dict[str, str], question: Question | None) -> str:
    kinds = [(kind.slug, text(kind.names, current_language(), kind.slug)) for kind in desk().types]
    return render_template(
        "practice/question.html",
        here="types",
        values=values,
        problems=problems,
        question=question,
        kinds=_kinds(),
        types=[("", gettext("All of them")), *kinds],
        moments=[
            (
                Asked.AFTER.value,
                gettext("Once it is booked"),
                gettext("Best: people book without a long form, and only those who come are asked."),
            ),
            (
                Asked.BOOKING.value,
                gettext("While booking"),
                gettext("Makes the form longer. Only for what must be known before."),
            ),
        ],
    )


def _kinds() -> list[tuple[str, str, str]]:
    return [
        (Kind.LINE.value, gettext("One line"), ""),
        (Kind.TEXT.value, gettext("A few lines"), ""),
        (Kind.CHOICE.value, gettext("One of several answers"), ""),
        (Kind.YES_NO.value, gettext("Yes or no"), ""),
    ]
