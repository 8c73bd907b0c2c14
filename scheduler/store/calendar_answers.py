"""Answers of people and their calendars: kept once each, the newest of a person first. They hold no text."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.domain.answers import Method, NotedAnswer, Occurrence, Reply
from scheduler.domain.appointment import Status
from scheduler.store.calendar_tables import CalendarAnswerRow
from scheduler.store.database import Transaction, vault_of
from scheduler.store.series_tables import SeriesDateRow, SeriesRow
from scheduler.store.tables import AppointmentRow, ParticipantRow, table

_answers = table(CalendarAnswerRow)
_appointments = table(AppointmentRow)
_participants = table(ParticipantRow)
_series = table(SeriesRow)
_dates = table(SeriesDateRow)

COMING = (Status.REQUESTED, Status.CONFIRMED)
"""Statuses of appointments that an answer can still be about."""


def addressed(
    tx: Transaction, uid: str, occurrence: Occurrence | None, *, now: int
) -> tuple[str, str, bool] | None:
    """(practice id, appointment id, whether a whole series is meant) of a UID; None when it is nobody's.

    A whole series is spoken of by its next date.
    """
    columns = _appointments.c
    single = tx.execute(select(columns.practice_id, columns.id).where(columns.uid == uid)).first()
    if single is not None:
        return single.practice_id, single.id, False
    query = (
        select(columns.practice_id, columns.id, columns.start_at, _dates.c.recurrence_at, _series.c.zone)
        .select_from(_series.join(_dates, _dates.c.series_id == _series.c.id))
        .join(_appointments, columns.id == _dates.c.appointment_id)
        .where(_series.c.uid == uid)
        .order_by(columns.start_at)
    )
    for row in tx.execute(query):
        if row.start_at > now if occurrence is None else occurrence.names(row.recurrence_at, row.zone):
            return row.practice_id, row.id, occurrence is None
    return None


def person_of(tx: Transaction, appointment_id: str, email_key: str) -> str | None:
    """The id of the appointment's participant with this address, in its normal form."""
    query = (
        select(_participants.c.id)
        .where(
            _participants.c.appointment_id == appointment_id,
            _participants.c.email_lookup == vault_of(tx).lookup("email", email_key),
        )
        .order_by(_participants.c.position)
    )
    return tx.execute(query).scalars().first()


def add(tx: Transaction, practice_id: str, answer: NotedAnswer, *, message: str) -> bool:
    """Keep an answer; False when this message was kept before. `message` names it and its sender."""
    row = _row(tx, practice_id, answer, message)
    added = row.on_conflict_do_nothing(index_elements=["message_hash"]).returning(_answers.c.id)
    return tx.execute(added).first() is not None


def put(tx: Transaction, practice_id: str, answer: NotedAnswer, *, message: str) -> None:
    """Keep an answer in the place of what was kept under this `message` before."""
    row = _row(tx, practice_id, answer, message)
    renewed = ("partstat", "stated_at", "received_at", "seen_at")
    changes = {name: row.excluded[name] for name in renewed}
    tx.execute(row.on_conflict_do_update(index_elements=["message_hash"], set_=changes))


def _row(tx: Transaction, practice_id: str, answer: NotedAnswer, message: str) -> Any:
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    return insert(CalendarAnswerRow).values(
        id=answer.id,
        practice_id=practice_id,
        appointment_id=answer.appointment_id,
        participant_id=answer.participant_id,
        message_hash=vault_of(tx).lookup("answer", message),
        method=answer.method.value,
        partstat=answer.reply.value,
        sequence=answer.sequence,
        whole_series=answer.whole_series,
        stated_at=answer.stated_at,
        received_at=answer.received_at,
        seen_at=answer.seen_at,
    )


def of_appointment(tx: Transaction, appointment_id: str) -> list[NotedAnswer]:
    """The newest answer of each person, the newest first."""
    return _newest(tx, _answers.c.appointment_id == appointment_id)


def of_coming(
    tx: Transaction, practice_id: str, therapist_ids: Sequence[str], *, now: int
) -> list[NotedAnswer]:
    """The newest answer of each person about each coming appointment of these therapists, newest first."""
    columns = _appointments.c
    coming = select(columns.id).where(
        columns.practice_id == practice_id,
        columns.therapist_id.in_(therapist_ids),
        columns.status.in_(COMING),
        columns.start_at > now,
    )
    return _newest(tx, and_(_answers.c.practice_id == practice_id, _answers.c.appointment_id.in_(coming)))


def find(tx: Transaction, practice_id: str, answer_id: str) -> NotedAnswer | None:
    """The practice's answer of this id."""
    mine = and_(_answers.c.practice_id == practice_id, _answers.c.id == answer_id)
    return next(iter(_newest(tx, mine)), None)


def mark_seen(tx: Transaction, answer: NotedAnswer, *, now: int) -> None:
    """This answer, and whatever the same person answered about the appointment before, was looked at."""
    same_person = (
        _answers.c.participant_id.is_(None)
        if answer.participant_id is None
        else _answers.c.participant_id == answer.participant_id
    )
    about = (_answers.c.appointment_id == answer.appointment_id, same_person, _answers.c.seen_at.is_(None))
    tx.execute(update(_answers).where(*about).values(seen_at=now))


def forget(tx: Transaction, *, ended_before: int) -> int:
    """Delete the answers about appointments that ended before an instant; returns how many."""
    over = select(_appointments.c.id).where(_appointments.c.end_at < ended_before)
    return tx.execute(delete(_answers).where(_answers.c.appointment_id.in_(over))).rowcount


def new_id() -> str:
    """The id of a new answer."""
    return str(uuid4())


def _newest(tx: Transaction, condition: ColumnElement[bool]) -> list[NotedAnswer]:
    """One for each person and appointment. **Source** RFC 5546 section 2.1.5 for which is the newest."""
    columns = _answers.c
    order = columns.sequence.desc(), columns.stated_at.desc(), columns.received_at.desc(), columns.id
    rows = tx.execute(select(_answers).where(condition).order_by(*order))
    found: dict[tuple[str, str | None], NotedAnswer] = {}
    for row in rows:
        found.setdefault((row.appointment_id, row.participant_id), _answer(row))
    return sorted(found.values(), key=lambda one: (one.received_at, one.id), reverse=True)


def _answer(row: Row[Any]) -> NotedAnswer:
    return NotedAnswer(
        id=row.id,
        appointment_id=row.appointment_id,
        participant_id=row.participant_id,
        method=Method(row.method),
        reply=Reply(row.partstat),
        sequence=row.sequence,
        whole_series=row.whole_series,
        stated_at=row.stated_at,
        received_at=row.received_at,
        seen_at=row.seen_at,
    )
