"""The practice's questions from the visitor's side, and the answers as the therapist reads them.

Each person answers by a link of their own; nobody reads another's answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduler.domain import intake
from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import Refused, WrongState
from scheduler.domain.intake import Answer, Asked, Question
from scheduler.domain.practice import AppointmentType, Practice, text
from scheduler.services import directory, manage
from scheduler.services.desk import Desk
from scheduler.store import catalogue, participants, series
from scheduler.store import intake as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction


@dataclass(frozen=True, slots=True)
class Sheet:
    """The questions to one person about one appointment, and what this person answered so far, by id.

    No questions: there are none, or none any more.
    """

    questions: tuple[Question, ...]
    answers: Mapping[str, Answer]

    @property
    def is_new(self) -> bool:
        """Whether something is asked after booking and this person has answered nothing of it yet."""
        later = [question.id in self.answers for question in self.questions if question.asked is Asked.AFTER]
        return bool(later) and not any(later)

    @property
    def may_skip_all(self) -> bool:
        """Whether nothing has to be answered any more."""
        return not any(one.required and one.id not in self.answers for one in self.questions)


NOTHING = Sheet((), {})


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as the therapist reads it. `answered_at` is an instant."""

    question: Question
    asked: str
    words: str
    answered_at: int


def at_booking(practice: Practice, kind: AppointmentType) -> tuple[Question, ...]:
    """What is asked on the way to booking this type, in order."""
    return intake.at_booking(directory.of_id(practice.id).questions, kind.id)


def sheet(appointment: Appointment, person_id: str, *, now: int) -> Sheet:
    """What this person of the appointment may answer now, and has answered."""
    with reading() as tx:
        stock = catalogue.by_id(tx, appointment.practice_id)
        return sheet_of(tx, stock, appointment, person_id, now=now)


def sheet_of(
    tx: Transaction, stock: Catalogue, appointment: Appointment, person_id: str, *, now: int
) -> Sheet:
    """The same inside a transaction. The dates of a series bring no questions: those people are known."""
    asked = intake.open_now(stock.questions, appointment.type_id, appointment.status)
    if not asked or appointment.is_over(now):
        return NOTHING
    if series.of_appointment(tx, appointment.practice_id, appointment.id) is not None:
        return NOTHING
    given = store.answers(tx, [person_id]).get(person_id, [])
    return Sheet(asked, {answer.question_id: answer for answer in given})


@retried
def answer(token: str, given: Mapping[str, str], *, language: str, now: int) -> None:
    """Keep what the person of this link answered; an empty answer takes an earlier one back.

    **Raises** `Refused` with every problem at once, keyed `answers.<id>`; `WrongState` once nothing is
    asked any more; `NotFound`.
    """
    with transaction() as tx:
        managed = manage.find_in(tx, token, now)
        stock = catalogue.by_id(tx, managed.practice.id)
        asked = sheet_of(tx, stock, managed.appointment, managed.participant.id, now=now)
        if not asked.questions:
            raise WrongState("nothing is asked any more")
        problems: dict[str, str] = {}
        kept = {question_id: one.words for question_id, one in asked.answers.items()}
        answers = intake.checked(asked.questions, given, problems, kept=kept)
        if problems:
            raise Refused(problems)
        labels = {question.id: text(question.labels, language) for question in asked.questions}
        participants.mark_used(tx, managed.participant.id)
        told = {question_id: (labels[question_id], words) for question_id, words in answers.items()}
        store.keep(tx, managed.participant.id, told, now=now)


def told(desk: Desk, appointment: Appointment, language: str) -> dict[str, Sequence[Told]]:
    """Participant id -> what they answered, in the order of the questions; the desk has the appointment."""
    with reading() as tx:
        questions = {one.id: one for one in catalogue.by_id(tx, desk.practice.id).questions}
        if not questions:
            return {}
        found = store.answers(tx, [person.id for person in appointment.participants])
    return {
        person_id: [_told(questions[one.question_id], one, language) for one in answers]
        for person_id, answers in found.items()
    }


def _told(question: Question, given: Answer, language: str) -> Told:
    """In the reader's language where the question still is as it was asked."""
    is_same = given.asked in question.labels.values()
    return Told(
        question=question,
        asked=text(question.labels, language) if is_same else given.asked,
        words=intake.in_language(question, given.words, language),
        answered_at=given.answered_at,
    )
