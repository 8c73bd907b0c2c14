"""A practice's own questions: who is asked when, and what counts as an answer."""

from dataclasses import replace

import pytest

from scheduler.domain.appointment import Status
from scheduler.domain.intake import (
    Asked,
    Kind,
    Question,
    at_booking,
    checked,
    in_language,
    open_now,
    options,
    problem_of,
    tidy,
)

LINE = Question("1", "demo", Kind.LINE, {"en": "Which door?", "fr": "Quelle porte ?"}, {"en": "To open it."})
CHOICE = replace(
    LINE,
    id="2",
    kind=Kind.CHOICE,
    choices=({"en": "By bus", "fr": "En bus"}, {"en": "On foot"}),
    required=True,
)


def test_everybody_is_asked_what_is_for_all_types_and_nobody_what_is_switched_off() -> None:
    own = replace(LINE, type_id="call")
    assert [question.is_for("call") for question in (LINE, own)] == [True, True]
    assert [question.is_for("session") for question in (LINE, own)] == [True, False]
    assert not replace(LINE, enabled=False).is_for("call")


def test_most_is_asked_once_the_appointment_stands() -> None:
    before = replace(LINE, id="3", asked=Asked.BOOKING)
    both = (LINE, before)
    assert at_booking(both, "call") == (before,)
    asked = {status: open_now(both, "call", status) for status in Status}
    assert {status: found for status, found in asked.items() if found} == {
        Status.REQUESTED: (before,),
        Status.CONFIRMED: both,
    }


def test_choices_are_read_in_ones_own_language_and_an_old_one_stays() -> None:
    assert options(CHOICE, "fr") == ("En bus", "On foot")
    assert options(CHOICE, "fr", "By bus") == ("En bus", "On foot")
    assert options(CHOICE, "fr", "By boat") == ("En bus", "On foot", "By boat")
    assert in_language(CHOICE, "En bus", "en") == "By bus"
    assert in_language(CHOICE, "By boat", "fr") == "By boat"
    assert in_language(LINE, "By bus", "fr") == "By bus"


def test_a_line_stays_one_line_and_a_text_keeps_its_lines() -> None:
    assert tidy(LINE, " left \n\u200bdoor ") == "left door"
    assert tidy(replace(LINE, kind=Kind.TEXT), " left\r\ndoor ") == "left\ndoor"


@pytest.mark.parametrize(
    ("question", "words", "problem"),
    [
        (LINE, "", ""),
        (CHOICE, "", "Please answer this one"),
        (LINE, "x" * 200, ""),
        (LINE, "x" * 201, "Please make this shorter"),
        (replace(LINE, kind=Kind.TEXT), "x" * 1000, ""),
        (replace(LINE, kind=Kind.TEXT), "x" * 1001, "Please make this shorter"),
        (replace(LINE, kind=Kind.YES_NO), "no", ""),
        (replace(LINE, kind=Kind.YES_NO), "maybe", "Choose one of the answers"),
        (CHOICE, "En bus", ""),
        (CHOICE, "By boat", "Choose one of the answers"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(question: Question, words: str, problem: str) -> None:
    assert problem_of(question, words) == problem


def test_an_answer_given_before_the_choices_changed_can_stay() -> None:
    assert problem_of(CHOICE, "By boat", kept="By boat") == ""


def test_all_problems_are_told_at_once_and_other_answers_are_not_looked_at() -> None:
    problems: dict[str, str] = {"name": "Tell us what to call you"}
    answers = checked([LINE, CHOICE], {"1": "x" * 300, "9": "?"}, problems, kept={"1": "left"})
    assert problems == {
        "name": "Tell us what to call you",
        "answers.1": "Please make this shorter",
        "answers.2": "Please answer this one",
    }
    assert answers == {"1": "x" * 300, "2": ""}
    assert checked([CHOICE], {"2": " By bus "}, {}) == {"2": "By bus"}
