"""A practice's own questions, and the sealed answers of each person."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, delete, insert, select, update

from scheduler.domain.intake import Answer, Asked, Kind, Question
from scheduler.store import practice
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import table
from scheduler.store.visitor_tables import IntakeAnswerRow, QuestionRow

_questions = table(QuestionRow)
_answers = table(IntakeAnswerRow)


# ---- questions -------------------------------------------------------------


def of_practice(tx: Transaction, practice_id: str) -> list[Question]:
    """The practice's questions in their order, also those switched off."""
    query = select(_questions).where(_questions.c.practice_id == practice_id)
    return [_question(row) for row in tx.execute(query.order_by(_questions.c.position, _questions.c.id))]


def add(tx: Transaction, question: Question) -> None:
    """Store a new question."""
    tx.execute(
        insert(_questions).values(id=question.id, practice_id=question.practice_id, **_values(question))
    )
    practice.raise_revision(tx, question.practice_id)


def save(tx: Transaction, question: Question) -> None:
    """Store everything of a question that is there."""
    tx.execute(update(_questions).where(_its(question)).values(**_values(question)))
    practice.raise_revision(tx, question.practice_id)


def order(tx: Transaction, practice_id: str, question_ids: Sequence[str]) -> None:
    """Put the practice's questions into this order."""
    for position, question_id in enumerate(question_ids, 1):
        its = and_(_questions.c.id == question_id, _questions.c.practice_id == practice_id)
        tx.execute(update(_questions).where(its).values(position=position))
    practice.raise_revision(tx, practice_id)


def remove(tx: Transaction, question: Question) -> None:
    """Delete a question with everything that was answered to it."""
    tx.execute(delete(_questions).where(_its(question)))
    practice.raise_revision(tx, question.practice_id)


# ---- answers ---------------------------------------------------------------


def answers(tx: Transaction, participant_ids: Collection[str]) -> dict[str, list[Answer]]:
    """Participant id -> their answers in the order of the questions; nothing for who gave none."""
    rows = tx.execute(
        select(_answers)
        .join(_questions, _questions.c.id == _answers.c.question_id)
        .where(_answers.c.participant_id.in_(participant_ids))
        .order_by(_questions.c.position, _questions.c.id)
    )
    found: dict[str, list[Answer]] = {}
    for row in rows:
        asked, words = vault_of(tx).open_json(row.answer_sealed, _place(row.id))
        answer = Answer(row.question_id, asked, words, row.answered_at)
        found.setdefault(row.participant_id, []).append(answer)
    return found


def keep(tx: Transaction, participant_id: str, given: Mapping[str, tuple[str, str]], *, now: int) -> None:
    """Keep what one person answered: question id -> (the question as it stood, the answer).

    An empty answer deletes the earlier one; the same once more leaves it as it was. What was asked in a
    question that is deleted by now is nobody's business any more.
    """
    if not given:
        return
    theirs = and_(_answers.c.participant_id == participant_id, _answers.c.question_id.in_(list(given)))
    there = {row.question_id: row for row in tx.execute(select(_answers).where(theirs))}
    vault, stands = vault_of(tx), _standing(tx, given)
    for question_id, (asked, words) in given.items():
        if question_id not in stands:
            continue
        known = there.get(question_id)
        row_id = known.id if known else str(uuid4())
        if known and (not words or vault.open_json(known.answer_sealed, _place(row_id)) != [asked, words]):
            tx.execute(delete(_answers).where(_answers.c.id == row_id))
            known = None
        if words and not known:
            tx.execute(
                insert(_answers).values(
                    id=row_id,
                    participant_id=participant_id,
                    question_id=question_id,
                    answer_sealed=vault.seal_json([asked, words], _place(row_id)),
                    answered_at=now,
                )
            )


def _standing(tx: Transaction, question_ids: Collection[str]) -> set[str]:
    """Those of the questions that are there, and that nobody deletes before this transaction ends."""
    found = select(_questions.c.id).where(_questions.c.id.in_(list(question_ids)))
    return set(tx.execute(found.with_for_update(read=True, key_share=True)).scalars())


def _its(question: Question) -> Any:
    return and_(_questions.c.id == question.id, _questions.c.practice_id == question.practice_id)


def _values(question: Question) -> dict[str, Any]:
    return {
        "type_id": question.type_id,
        "position": question.position,
        "kind": question.kind,
        "labels": dict(question.labels),
        "purposes": dict(question.purposes),
        "choices": [dict(choice) for choice in question.choices],
        "required": question.required,
        "asked": question.asked,
        "enabled": question.enabled,
    }


def _question(row: Row[Any]) -> Question:
    return Question(
        id=row.id,
        practice_id=row.practice_id,
        kind=Kind(row.kind),
        labels=row.labels,
        purposes=row.purposes,
        type_id=row.type_id,
        choices=tuple(row.choices),
        required=row.required,
        asked=Asked(row.asked),
        enabled=row.enabled,
        position=row.position,
    )


def _place(answer_id: str) -> Place:
    return Place("intake_answers", "answer", answer_id)
