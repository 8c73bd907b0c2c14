"""A practice's own questions to its visitors: whom they are put to when, and what counts as an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.domain.appointment import Status
from scheduler.domain.practice import Texts, text
from scheduler.domain.text import clean, one_line

YES, NO = "yes", "no"
LINE_LENGTH, TEXT_LENGTH = 200, 1000


class Kind(StrEnum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"


class Asked(StrEnum):
    """When a question is put: on the way to the booking, or once the appointment stands."""

    BOOKING = "booking"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a practice; for one type, or for all where `type_id` is None.

    `purposes` say what the answer is used for. `choices` has one text per choice, in order.
    """

    id: str
    practice_id: str
    kind: Kind
    labels: Texts
    purposes: Texts
    type_id: str | None = None
    choices: tuple[Texts, ...] = ()
    required: bool = False
    asked: Asked = Asked.AFTER
    enabled: bool = True
    position: int = 0

    def is_for(self, type_id: str) -> bool:
        """Whether those who book this type are asked."""
        return self.enabled and self.type_id in (None, type_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person answered: the question as it stood then, the answer, the instant."""

    question_id: str
    asked: str
    words: str = field(repr=False)
    answered_at: int


def at_booking(questions: Iterable[Question], type_id: str) -> tuple[Question, ...]:
    """What is asked on the way to booking this type, in the given order."""
    return tuple(one for one in questions if one.is_for(type_id) and one.asked is Asked.BOOKING)


def open_now(questions: Iterable[Question], type_id: str, status: Status) -> tuple[Question, ...]:
    """What somebody with an appointment in this state may answer, in the given order."""
    if status is Status.REQUESTED:
        return at_booking(questions, type_id)
    if status is Status.CONFIRMED:
        return tuple(one for one in questions if one.is_for(type_id))
    return ()


def options(question: Question, language: str, kept: str = "") -> tuple[str, ...]:
    """The choices in a language; an answer given to earlier choices stays one of them."""
    words = tuple(text(choice, language) for choice in question.choices)
    chosen = in_language(question, kept, language)
    return words if not chosen or chosen in words else (*words, chosen)


def in_language(question: Question, words: str, language: str) -> str:
    """An answer by choice in another language, where the choice still exists; else as it was given."""
    if question.kind is Kind.CHOICE:
        for choice in question.choices:
            if words in choice.values():
                return text(choice, language)
    return words


def tidy(question: Question, given: str) -> str:
    """The answer as it is kept; empty for none."""
    return clean(given) if question.kind is Kind.TEXT else one_line(given)


def problem_of(question: Question, words: str, *, kept: str = "") -> str:
    """Why a tidied answer cannot be taken, as a sentence; empty where it can. `kept` is the earlier one."""
    if not words:
        return "Please answer this one" if question.required else ""
    if question.kind in (Kind.LINE, Kind.TEXT):
        longest = LINE_LENGTH if question.kind is Kind.LINE else TEXT_LENGTH
        return "Please make this shorter" if len(words) > longest else ""
    if question.kind is Kind.YES_NO:
        return "" if words in (YES, NO) else "Choose one of the answers"
    known = {words for choice in question.choices for words in choice.values()} | {kept}
    return "" if words in known else "Choose one of the answers"


def checked(
    questions: Iterable[Question],
    given: Mapping[str, str],
    problems: dict[str, str],
    *,
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Question id -> answer, empty for none; what is wrong goes into `problems` as `answers.<id>`."""
    answers = {}
    for question in questions:
        words = tidy(question, given.get(question.id, ""))
        wrong = problem_of(question, words, kept=(kept or {}).get(question.id, ""))
        if wrong:
            problems[f"answers.{question.id}"] = wrong
        answers[question.id] = words
    return answers
