"""The practice's own questions as an owner edits them: checked, stored, put in order, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from scheduler.domain.errors import NotFound, Refused
from scheduler.domain.intake import Asked, Kind, Question
from scheduler.domain.practice import Texts
from scheduler.services import appointment_types, audit
from scheduler.services.desk import Desk
from scheduler.store import intake as store
from scheduler.store.database import Transaction, reading, transaction

MOST = 30
MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """A question as typed. `choices` per language, in the same order; `type_slug` is empty for all types."""

    labels: Texts
    purposes: Texts
    choices: Mapping[str, Sequence[str]]
    kind: Kind
    type_slug: str
    required: bool
    asked: Asked
    enabled: bool


def listed(desk: Desk) -> list[Question]:
    """The practice's questions in their order, also those switched off."""
    with reading() as tx:
        return store.of_practice(tx, desk.practice.id)


def find(desk: Desk, question_id: str) -> Question:
    """A question of this practice. **Raises** `NotFound`."""
    with reading() as tx:
        return _find(tx, desk, question_id)


def add(desk: Desk, form: QuestionForm, *, now: int) -> Question:
    """A new question, the last in order. **Raises** `Refused` with problems by field."""
    _check(desk, form)
    with transaction() as tx:
        known = store.of_practice(tx, desk.practice.id)
        if len(known) >= MOST:
            raise Refused({f"label-{desk.practice.language}": "These are many questions. Delete one first"})
        last = max((one.position for one in known), default=0)
        fresh = Question(str(uuid4()), desk.practice.id, form.kind, {}, {}, position=last + 1)
        question = _filled_in(desk, fresh, form)
        store.add(tx, question)
        _note(tx, desk, "question.add", question.id, now)
    return question


def save(desk: Desk, question_id: str, form: QuestionForm, *, now: int) -> None:
    """Change a question; what was answered before stays as it was asked. **Raises** `Refused`, `NotFound`."""
    _check(desk, form)
    with transaction() as tx:
        store.save(tx, _filled_in(desk, _find(tx, desk, question_id), form))
        _note(tx, desk, "question.save", question_id, now)


def shift(desk: Desk, question_id: str, places: int, *, now: int) -> None:
    """Move a question so many places down, or up where negative. **Raises** `NotFound`."""
    with transaction() as tx:
        _find(tx, desk, question_id)
        ids = [one.id for one in store.of_practice(tx, desk.practice.id)]
        place = ids.index(question_id)
        ids.insert(max(0, place + places), ids.pop(place))
        store.order(tx, desk.practice.id, ids)
        _note(tx, desk, "question.order", question_id, now)


def remove(desk: Desk, question_id: str, *, now: int) -> None:
    """Delete a question with every answer to it. **Raises** `NotFound`."""
    with transaction() as tx:
        store.remove(tx, _find(tx, desk, question_id))
        _note(tx, desk, "question.remove", question_id, now)


def _find(tx: Transaction, desk: Desk, question_id: str) -> Question:
    for question in store.of_practice(tx, desk.practice.id):
        if question.id == question_id:
            return question
    raise NotFound("no such question")


def _check(desk: Desk, form: QuestionForm) -> None:
    problems: dict[str, str] = {}
    first = desk.practice.language
    if not form.labels.get(first):
        problems[f"label-{first}"] = "Write the question"
    if not form.purposes.get(first):
        problems[f"purpose-{first}"] = "Say what the answer is used for"
    if form.kind is Kind.CHOICE:
        _check_choices(form.choices, first, problems)
    if problems:
        raise Refused(problems)


def _check_choices(choices: Mapping[str, Sequence[str]], first: str, problems: dict[str, str]) -> None:
    own = choices.get(first, ())
    if not 2 <= len(own) <= MOST_CHOICES:
        problems[f"choices-{first}"] = "Write two to twelve choices, one on each line"
    places: dict[str, int] = {}
    for language, given in choices.items():
        # A word that meant two choices, even in two languages, would tell the wrong one.
        if any(places.setdefault(words, place) != place for place, words in enumerate(given)):
            problems[f"choices-{language}"] = "Write each choice once"
        elif language != first and given and len(given) != len(own):
            problems[f"choices-{language}"] = "Write as many choices as above, in the same order"


def _filled_in(desk: Desk, question: Question, form: QuestionForm) -> Question:
    kind = appointment_types.find(desk, form.type_slug) if form.type_slug else None
    count = len(form.choices.get(desk.practice.language, ())) if form.kind is Kind.CHOICE else 0
    return replace(
        question,
        kind=form.kind,
        labels={language: words for language, words in form.labels.items() if words},
        purposes={language: words for language, words in form.purposes.items() if words},
        type_id=kind.id if kind else None,
        choices=tuple(
            {language: lines[index] for language, lines in form.choices.items() if lines}
            for index in range(count)
        ),
        required=form.required,
        asked=form.asked,
        enabled=form.enabled,
    )


def _note(tx: Transaction, desk: Desk, action: str, object_id: str, now: int) -> None:
    audit.note(tx, action, actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=object_id)
