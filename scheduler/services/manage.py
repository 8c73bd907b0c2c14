"""What a visitor does with the link of the mail: see, move, cancel."""

from dataclasses import dataclass, replace
from datetime import date

from scheduler.domain import appointment as lifecycle
from scheduler.domain.appointment import (
    MANAGE_SECONDS_AFTER,
    Action,
    Appointment,
    Participant,
    Status,
    promised_answer,
)
from scheduler.domain.cancellation import Fee, Terms
from scheduler.domain.errors import NotFound, SlotTaken, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import mail_limits, notices, numbers, offers, placing
from scheduler.services.offers import Offer
from scheduler.store import (
    appointments,
    catalogue,
    claims,
    participants,
    series,
)
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction

OPEN = (Status.REQUESTED, Status.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Managed:
    """An appointment as the person with this link may see it."""

    token: str
    practice: Practice
    kind: AppointmentType
    therapist: Therapist
    appointment: Appointment
    participant: Participant
    answer_by: int | None
    can_move: bool
    can_cancel: bool
    is_past: bool


def find(token: str, *, now: int) -> Managed:
    """The appointment of a manage link. **Raises** `NotFound`, also once the link has died."""
    with reading() as tx:
        return find_in(tx, token, now)


def opened(token: str, *, now: int) -> None:
    """A POST came through the link: the address belongs to whoever uses it."""
    with transaction() as tx:
        participants.mark_used(tx, find_in(tx, token, now).participant.id)


def speak(token: str, language: str, *, now: int) -> None:
    """Pages and mails to this person in another language of the practice, about all dates of a series.

    **Raises** `WrongState`, `NotFound`.
    """
    with transaction() as tx:
        found = find_in(tx, token, now)
        if language not in found.practice.languages:
            raise WrongState("this language is not offered")
        participants.speak(tx, found.participant.id, language)
        whole = series.of_appointment(tx, found.practice.id, found.appointment.id)
        for person in (one for date in (whole.appointments if whole else ()) for one in date.participants):
            if person.email == found.participant.email:
                participants.speak(tx, person.id, language)


@retried
def cancel(token: str, *, note: str = "", now: int) -> Managed:
    """Cancel; doing it again changes nothing. **Raises** `NotFound`, `WrongState` once it has begun."""
    with transaction() as tx:
        return cancel_in(tx, token, note=note, now=now)


def cancel_in(tx: Transaction, token: str, *, note: str = "", now: int) -> Managed:
    """The same, within a transaction."""
    found = find_in(tx, token, now)
    participants.mark_used(tx, found.participant.id)
    if found.appointment.status in OPEN:
        _cancel(tx, found, note=note, now=now)
    return find_in(tx, token, now)


@retried
def move(token: str, start: int, *, now: int, limited: bool = True) -> Managed:
    """Another time with the same therapist: one UPDATE under the same rule and guard.

    **Raises** `SlotTaken` (the old time stays), `WrongState`, `NotFound`, `TooMany`.
    """
    with transaction() as tx:
        found = find_in(tx, token, now)
        participants.mark_used(tx, found.participant.id)
        if not found.can_move:
            raise WrongState("it can no longer be moved")
        if start != found.appointment.start:
            stock = catalogue.by_id(tx, found.practice.id)
            wanted = _as_booked(found).rule(found.practice.rules).busy(start)
            placing.clear(tx, stock, found.therapist, wanted, now=now)
            fresh = find_in(tx, token, now)
            if not _can_be_moved(tx, fresh, start, now):
                raise SlotTaken("this time is not offered")
            relocate(tx, fresh.practice, fresh.kind, fresh.therapist, fresh.appointment, start, now=now)
            if limited:
                mail_limits.count(tx, fresh.appointment, fresh.appointment.participants, now=now)
        return find_in(tx, token, now)


def move_offer(token: str, first: date, last: date, *, now: int) -> Offer:
    """The times to which the appointment may be moved, its own excluded. **Raises** `NotFound`, `Refused`."""
    offers.check_range(first, last)
    with reading() as tx:
        found = find_in(tx, token, now)
        stock = catalogue.by_id(tx, found.practice.id)
        return offers.offer_without(
            tx,
            stock,
            _as_booked(found),
            first,
            last,
            therapist=found.therapist,
            now=now,
            without=found.appointment,
        )


def is_somebody_else_there(managed: Managed, start: int, *, now: int) -> bool:
    """Whether the time to which it cannot be moved was lost to somebody who was quicker."""
    booked = managed.appointment
    return offers.is_somebody_else_there(
        managed.practice, managed.kind, start, therapist=managed.therapist, now=now, without=booked.id
    )


def relocate(
    tx: Transaction,
    practice: Practice,
    kind: AppointmentType,
    therapist: Therapist,
    before: Appointment,
    start: int,
    *,
    by_practice: bool = False,
    now: int,
) -> Appointment:
    """Write the new time and tell everybody; the caller holds the calendar. **Raises** `SlotTaken`."""
    length = before.end - before.start
    after = replace(
        before,
        start=start,
        end=start + length,
        busy=(start - (before.start - before.busy[0]), start + length + before.busy[1] - before.end),
        status=lifecycle.after(before.status, Action.MOVE),
        sequence=numbers.after(tx, before, Action.MOVE, now=now),
        changed_at=now,
        expires_at=(
            promised_answer(practice, kind, start, since=now) if before.status is Status.REQUESTED else None
        ),
        terms=_terms_when_moved(before, start, by_practice, now),
    )
    appointments.change(tx, before, after)
    notices.moved(tx, therapist, before, after, now=now)
    return after


def call_off(
    tx: Transaction,
    therapist: Therapist,
    before: Appointment,
    *,
    note: str = "",
    by_practice: bool = False,
    now: int,
) -> Appointment:
    """Cancel and tell everybody; frees the time and the consultation. The caller holds the calendar.

    The visitor's line is kept with the appointment, where the therapist reads it: mails hold none.
    """
    kept = "\n".join(words for words in (before.note, note) if words)
    after = replace(cancelled(tx, before, now), note=kept)
    if not by_practice and before.status is Status.CONFIRMED:
        after = replace(after, terms=terms_when_cancelled(before, now))
    appointments.change(tx, before, after)
    claims.release(tx, before.id)
    notices.cancelled(tx, therapist, after, now=now, has_note=bool(note), by_practice=by_practice)
    return after


def _cancel(tx: Transaction, found: Managed, *, note: str, now: int) -> None:
    if found.is_past:
        raise WrongState("it has begun")
    placing.clear(tx, catalogue.by_id(tx, found.practice.id), found.therapist, now=now)
    fresh = find_in(tx, found.token, now)
    if fresh.appointment.status in OPEN:
        after = call_off(tx, fresh.therapist, fresh.appointment, note=note, now=now)
        mail_limits.count(tx, after, after.participants, now=now, refuse=False)


def cancelled(tx: Transaction, before: Appointment, now: int) -> Appointment:
    """The appointment as it stands once it is cancelled; nothing is written."""
    return replace(
        before,
        status=lifecycle.after(before.status, Action.CANCEL),
        sequence=numbers.after(tx, before, Action.CANCEL, now=now),
        changed_at=now,
        expires_at=None,
    )


def terms_when_cancelled(before: Appointment, now: int) -> Terms | None:
    """What was accepted, the fee due where the visitor cancels late; a mere request costs nothing."""
    terms = before.terms
    if terms is not None and terms.is_late(start=before.start, booked_at=before.created_at, at=now):
        return replace(terms, fee=Fee.DUE)
    return terms


def _terms_when_moved(before: Appointment, start: int, by_practice: bool, now: int) -> Terms | None:
    """What was accepted, and whether a time was given up late; what the practice moves counts anew."""
    terms = before.terms
    if terms is not None and by_practice:
        return terms.anew(start=start, at=now)
    if terms is None or before.status is not Status.CONFIRMED:
        return terms
    return terms.after_move(start=before.start, booked_at=before.created_at, at=now)


def _can_be_moved(tx: Transaction, found: Managed, start: int, now: int) -> bool:
    stock: Catalogue = catalogue.by_id(tx, found.practice.id)
    return found.can_move and placing.is_offered(
        tx, stock, _as_booked(found), found.therapist, start, now=now, without=found.appointment.id
    )


def _as_booked(found: Managed) -> AppointmentType:
    """The type with the length and buffers that were booked, whatever the type says by now."""
    booked = found.appointment
    return replace(
        found.kind,
        duration=booked.end - booked.start,
        buffer_before=booked.start - booked.busy[0],
        buffer_after=booked.busy[1] - booked.end,
    )


def find_in(tx: Transaction, token: str, now: int) -> Managed:
    """The appointment of a manage link, within a transaction. **Raises** `NotFound`."""
    found = managed(tx, token, now)
    if found.appointment.end + MANAGE_SECONDS_AFTER < now:
        raise NotFound("this link has expired", practice_id=found.practice.id)
    return found


def managed(tx: Transaction, token: str, now: int) -> Managed:
    """The appointment of any manage link, also of one that has expired. **Raises** `NotFound`."""
    practice_id, appointment_id, person_id = participants.by_token(tx, token)
    stock = catalogue.by_id(tx, practice_id)
    found = appointments.find(tx, practice_id, appointment_id)
    kind = stock.type_of_id(found.type_id)
    is_open = found.status in OPEN and not found.is_over(now)
    has_lapsed = found.expires_at is not None and found.expires_at <= now
    promised = promised_answer(stock.practice, kind, found.start, since=found.created_at)
    return Managed(
        token=token,
        practice=stock.practice,
        kind=kind,
        therapist=stock.therapist_of_id(found.therapist_id),
        appointment=found,
        participant=next(person for person in found.participants if person.id == person_id),
        answer_by=promised if found.status is Status.REQUESTED else None,
        can_move=is_open and kind.enabled and not has_lapsed,
        can_cancel=is_open,
        is_past=found.is_over(now),
    )
