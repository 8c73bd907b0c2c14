"""Answers of calendar programs: who may have said it, kept once, shown to the therapist. They change nothing.

An answer counts as somebody's only when the mail is from the very address that the invitation
went to, and names that address itself. The UID, which only the two of them know, finds the appointment.
See docs/decisions/0012-answers-from-calendars.md.
"""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from scheduler.domain.answers import CalendarAnswer, Method, NotedAnswer, Reply
from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import NotFound
from scheduler.domain.mailbox import ascii_address
from scheduler.gateways import incoming
from scheduler.gateways.incoming import IncomingMail
from scheduler.ical import answer as calendar_text
from scheduler.services import audit, notices
from scheduler.services.appointments import find_in, note
from scheduler.services.contacts import mail_key
from scheduler.services.desk import Desk
from scheduler.store import appointments, catalogue, limits, outbox
from scheduler.store import calendar_answers as store
from scheduler.store.database import Transaction, reading, retried, transaction

log = logging.getLogger(__name__)

MOST_A_DAY = 10
"""Of one person about one appointment."""

KEPT_AFTER_END = 30 * 86400
_DAY = 86400


class Outcome(StrEnum):
    """What became of an answer. Only NOTED and AGAIN were meant for us and are who they say."""

    NOTED = "noted"
    AGAIN = "again"
    NO_ANSWER = "no answer"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown appointment"
    OVER = "over"
    NOT_THEIRS = "not theirs"
    TOO_MANY = "too many"


OURS = frozenset({Outcome.NOTED, Outcome.AGAIN})


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer beside its appointment."""

    answer: NotedAnswer
    appointment: Appointment


def take(content: bytes, *, now: int) -> Counter[Outcome]:
    """Read one mail and keep the answers in it; how many ended how. **Raises** `StoreBusy`."""
    mail = incoming.read(content)
    found = [one for part in mail.parts for one in calendar_text.answers(part.text, method=part.method)]
    if not found:
        return Counter([Outcome.NO_ANSWER])
    if mail.is_automatic:
        return Counter([Outcome.AUTOMATIC])
    return Counter(_take_one(one, mail, now) for one in found)


def of_appointment(desk: Desk, appointment_id: str) -> list[NotedAnswer]:
    """The newest answer of each person about an appointment of this desk. **Raises** `NotFound`."""
    with reading() as tx:
        find_in(tx, desk, appointment_id)
        return store.of_appointment(tx, appointment_id)


def unseen(desk: Desk, *, now: int) -> list[Shown]:
    """What the therapist should look at, in order of the appointments."""
    with reading() as tx:
        found = store.of_coming(tx, desk.practice.id, desk.therapist_ids, now=now)
        waiting = {one.appointment_id for one in found if one.word != "accepted" and one.seen_at is None}
        known = appointments.of_ids(tx, desk.practice.id, sorted(waiting)) if waiting else []
    by_appointment = {one.id: one for one in known}
    shown = [Shown(one, by_appointment[one.appointment_id]) for one in found if one.appointment_id in waiting]
    open_ones = [one for one in shown if one.answer.wants_attention(one.appointment.sequence)]
    return sorted(open_ones, key=lambda one: (one.appointment.start, one.answer.id))


def see(desk: Desk, answer_id: str, *, now: int) -> str:
    """The answer was looked at; returns the appointment's id. **Raises** `NotFound`."""
    with transaction() as tx:
        found = store.find(tx, desk.practice.id, answer_id)
        if found is None:
            raise NotFound("no such answer")
        appointment = find_in(tx, desk, found.appointment_id)
        if found.seen_at is None:
            store.mark_seen(tx, found, now=now)
            note(tx, desk, "answer.seen", appointment.id, now=now)
    return appointment.id


def forget(*, now: int) -> int:
    """Delete answers about what is long over (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, ended_before=now - KEPT_AFTER_END)


# ---- one answer ------------------------------------------------------------


def _take_one(answer: CalendarAnswer, mail: IncomingMail, now: int) -> Outcome:
    with reading() as tx:
        if store.addressed(tx, answer.uid, answer.occurrence, now=now) is None:
            return Outcome.UNKNOWN
    return _note(answer, mail, now)


@retried
def _note(answer: CalendarAnswer, mail: IncomingMail, now: int) -> Outcome:
    with transaction() as tx:
        place = store.addressed(tx, answer.uid, answer.occurrence, now=now)
        if place is None:
            return Outcome.UNKNOWN
        practice_id, appointment_id, whole_series = place
        appointment = appointments.find(tx, practice_id, appointment_id)
        if appointment.status not in store.COMING or appointment.is_over(now):
            return Outcome.OVER
        key = _sender_key(mail)
        reply = _reply_of(answer, key)
        author = _author(tx, appointment, key) if reply is not None else None
        if reply is None or author is None:
            return Outcome.NOT_THEIRS
        if answer.method is not Method.CANCEL and reply is Reply.NONE:
            return Outcome.NO_ANSWER
        noted = NotedAnswer(
            id=store.new_id(),
            appointment_id=appointment.id,
            participant_id=None if author == outbox.THERAPIST else author,
            method=answer.method,
            reply=reply,
            sequence=answer.sequence,
            whole_series=whole_series,
            stated_at=max(min(answer.stated_at or now, now), appointment.created_at),
            received_at=now,
        )
        return _keep(tx, appointment, noted, message=_name_of(answer, mail, key), now=now)


def _keep(
    tx: Transaction, appointment: Appointment, noted: NotedAnswer, *, message: str, now: int
) -> Outcome:
    """Keep it unless it was kept, says nothing new, or is one of a flood."""
    newest = [
        one for one in store.of_appointment(tx, appointment.id) if one.participant_id == noted.participant_id
    ]
    if newest and _says(newest[0]) == _says(noted):
        return Outcome.AGAIN
    who = noted.participant_id or outbox.THERAPIST
    counted, _ = limits.add(tx, f"answers:{appointment.id}:{who}", amount=1, window=_DAY, now=now)
    if counted > MOST_A_DAY:
        return Outcome.TOO_MANY
    if not store.add(tx, appointment.practice_id, noted, message=message):
        return Outcome.AGAIN
    audit.note(
        tx,
        "answer.note",
        actor="calendar",
        now=now,
        practice_id=appointment.practice_id,
        object_id=appointment.id,
    )
    if noted.participant_id and noted.wants_attention(appointment.sequence):
        stock = catalogue.by_id(tx, appointment.practice_id)
        therapist = stock.therapist_of_id(appointment.therapist_id)
        notices.answered(tx, therapist, appointment, by=noted.participant_id, now=now)
    log.info("a calendar answered", extra={"uid": appointment.uid})
    return Outcome.NOTED


def _says(one: NotedAnswer) -> tuple[object, ...]:
    return one.method, one.reply, one.sequence, one.whole_series


def _sender_key(mail: IncomingMail) -> str:
    """The normal form of the one address in From; empty when it is none that could be invited."""
    try:
        return mail_key(ascii_address(mail.sender))
    except ValueError:
        return ""


def _reply_of(answer: CalendarAnswer, key: str) -> Reply | None:
    """What the sender says of the own attendance; None when the answer speaks for somebody else.

    A CANCEL may name its sender as organizer instead: some programs make the entry their own first.
    """
    for address, reply in answer.attendees:
        if key and _key(address) == key:
            return reply
    is_own_cancel = answer.method is Method.CANCEL and key != "" and _key(answer.organizer) == key
    return Reply.NONE if is_own_cancel else None


def _key(address: str) -> str:
    try:
        return mail_key(ascii_address(address))
    except ValueError:
        return ""


def _author(tx: Transaction, appointment: Appointment, key: str) -> str | None:
    """The participant of this address, or the therapist."""
    person = store.person_of(tx, appointment.id, key)
    if person is not None:
        return person
    therapist = catalogue.by_id(tx, appointment.practice_id).therapist_of_id(appointment.therapist_id)
    return outbox.THERAPIST if mail_key(therapist.email) == key else None


def _name_of(answer: CalendarAnswer, mail: IncomingMail, key: str) -> str:
    """What makes this answer of this message one of its own: without Message-ID, all that it says."""
    message = mail.message_id or hashlib.sha256(repr(answer).encode()).hexdigest()
    date = answer.occurrence.wall.isoformat() if answer.occurrence else ""
    return "\x1f".join((message, key, answer.uid, date))
