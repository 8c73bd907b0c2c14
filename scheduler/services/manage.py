"""What a visitor does with the link of the mail: see, move, cancel, correct, disown."""

from dataclasses import dataclass, replace
from datetime import date

from scheduler.domain import appointment as lifecycle
from scheduler.domain import eligibility
from scheduler.domain.appointment import (
    MANAGE_SECONDS_AFTER,
    Action,
    Appointment,
    Participant,
    Status,
    promised_answer,
)
from scheduler.domain.cancellation import Fee, Terms
from scheduler.domain.errors import NotFound, Refused, SlotTaken, TooMany, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import mail_limits, notices, numbers, offers, placing
from scheduler.services.contacts import BadContact, mail_address, mail_key, phone_key
from scheduler.services.offers import Offer
from scheduler.store import (
    appointments,
    catalogue,
    claims,
    outbox,
    outbox_history,
    participants,
    series,
    series_offers,
)
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction
from scheduler.store.secrets import new_token

DAY = 24 * 3600
CORRECTIONS = 3
"""How often a wrong address of one person may be corrected."""

OPEN = (Status.REQUESTED, Status.CONFIRMED)
NOT_HELD = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)
"""Statuses in which a consultation counts for nobody."""


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
    """Pages and mails to this person in another language of the practice. **Raises** `WrongState`."""
    with transaction() as tx:
        found = find_in(tx, token, now)
        if language not in found.practice.languages:
            raise WrongState("this language is not offered")
        participants.speak(tx, found.participant.id, language)


@retried
def cancel(token: str, *, note: str = "", now: int) -> Managed:
    """Cancel; doing it again changes nothing. **Raises** `NotFound`, `WrongState` once it has begun."""
    with transaction() as tx:
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


def correct_address(token: str, email: str, *, now: int) -> str:
    """Send everything to another address: a new link, the old one dies. Only before any link was used.

    Of a series that is every coming date; one mail tells of them all, each with a new link.
    The address that it has already changes nothing and sends nothing.
    **Raises** `Refused`, `WrongState`, `NotFound`, `TooMany` so that the page is no way to mail strangers.
    """
    try:
        address = mail_address(email)
    except BadContact as problem:
        raise Refused({"email": str(problem)}) from None
    with transaction() as tx:
        found = find_in(tx, token, now)
        if found.participant.link_used or found.appointment.status not in OPEN:
            raise WrongState("the address was used already")
        if address == found.participant.email:
            return token
        _check_correction(tx, found, mail_key(address), now)
        fresh, dates = new_token(), _coming_dates(tx, found, now)
        for one in dates:
            participants.correct(tx, one.id, email=address, key=mail_key(address), new_token=new_token())
        participants.correct(tx, found.participant.id, email=address, key=mail_key(address), new_token=fresh)
        stored = find_in(tx, fresh, now)
        _claim_again(tx, stored, now)
        _tell_again(tx, stored, now)
        theirs = replace(stored.appointment, participants=(stored.participant,))
        mail_limits.count(tx, theirs, theirs.participants, reminder=True, now=now)
        return fresh


def _coming_dates(tx: Transaction, found: Managed, now: int) -> list[Participant]:
    """This person on the other coming dates of the series. **Raises** `WrongState` where a link was used."""
    others = [one for one in _other_dates(tx, found, now) if one.can_cancel]
    if any(one.participant.link_used for one in others):
        raise WrongState("the address was used already")
    return [one.participant for one in others]


def _tell_again(tx: Transaction, found: Managed, now: int) -> None:
    """The first mail once more, to the address that is right."""
    theirs = replace(found.appointment, participants=(found.participant,))
    kind = "request_received" if theirs.status is Status.REQUESTED else "confirmation"
    whole = series.of_appointment(tx, found.practice.id, theirs.id)
    if whole is not None:
        kind, theirs = "series_booked", replace(theirs, sequence=whole.sequence)
    notices.visitors(tx, theirs, kind, now=now, occasion=f"address-{now}")


def _check_correction(tx: Transaction, found: Managed, key: str, now: int) -> None:
    corrections = outbox_history.occasions(tx, found.appointment.id, found.participant.id)
    if corrections >= CORRECTIONS or not eligibility.is_within_limits(
        live_unconfirmed=participants.live_unconfirmed(tx, found.practice.id, key, now=now),
        attempts_today=participants.bookings_since(tx, found.practice.id, key, since=now - DAY),
    ):
        raise TooMany(DAY)


def _claim_again(tx: Transaction, found: Managed, now: int) -> None:
    """The consultation counts for the right address, not for the stranger's that was typed at first."""
    if not found.kind.one_per_client:
        return
    people = found.appointment.participants
    emails = [("email", mail_key(person.email)) for person in people]
    contacts = [*emails, *(("phone", phone_key(person.phone)) for person in people if person.phone)]
    claims.release(tx, found.appointment.id)
    if found.appointment.status in NOT_HELD:
        return
    earlier = claims.find(tx, found.practice.id, contacts, now=now)
    if earlier is None:
        claims.claim(tx, found.practice.id, contacts, found.appointment.id, now=now)
    elif found.appointment.known_since is None:
        known = replace(found.appointment, known_since=earlier.claimed_at)
        appointments.change(tx, found.appointment, known)


@retried
def disown(token: str, *, now: int) -> bool:
    """ "This was not me": cancel, tell the therapist, and erase the person. **Raises** `NotFound`.

    Where others are invited too it stands for them, and the answer is False. Of a series that is
    every date, for the same person is named on each.
    """
    with transaction() as tx:
        found = find_in(tx, token, now)
        others = _other_dates(tx, found, now)
        is_shared = len(found.appointment.participants) > 1
        if is_shared and found.can_cancel:
            notices.answered(
                tx, found.therapist, found.appointment, by=found.participant.id, how="left", now=now
            )
        for one in (found, *others):
            if len(one.appointment.participants) > 1:
                _leave(tx, one, now)
            else:
                _disown(tx, one, now)
        series_offers.erase_of_appointment(tx, found.appointment.id, found.participant.email)
        return not is_shared


def _leave(tx: Transaction, found: Managed, now: int) -> None:
    """Erase this person alone; what they had typed for all goes with them."""
    placing.clear(tx, catalogue.by_id(tx, found.practice.id), found.therapist, now=now)
    found = find_in(tx, found.token, now)
    before, gone = found.appointment, found.participant
    if before.note and before.participants[0].id == gone.id:
        before = replace(before, note="")
        appointments.change(tx, found.appointment, before)
    outbox.drop(tx, before.id, gone.id, now=now)
    participants.erase(tx, gone.id)
    stay = tuple(person for person in before.participants if person.id != gone.id)
    _claim_again(tx, replace(found, appointment=replace(before, participants=stay)), now)


def _disown(tx: Transaction, found: Managed, now: int) -> None:
    if found.appointment.status in OPEN and not found.is_past:
        placing.clear(tx, catalogue.by_id(tx, found.practice.id), found.therapist, now=now)
        found = find_in(tx, found.token, now)
        after = _cancelled(tx, found.appointment, now)
        appointments.change(tx, found.appointment, replace(after, note=""))
        found = replace(found, appointment=replace(after, note=""))
        others = tuple(person for person in after.participants if person.id != found.participant.id)
        notices.cancelled(tx, found.therapist, replace(after, participants=others), now=now)
    if found.appointment.note:
        appointments.change(tx, found.appointment, replace(found.appointment, note=""))
    claims.release(tx, found.appointment.id)
    outbox.drop(tx, found.appointment.id, found.participant.id, now=now)
    participants.erase(tx, found.participant.id)


def _other_dates(tx: Transaction, found: Managed, now: int) -> list[Managed]:
    """The other dates of the series on which this person is named."""
    whole = series.of_appointment(tx, found.practice.id, found.appointment.id)
    others = [one for one in whole.appointments if one.id != found.appointment.id] if whole else []
    people = [person for one in others for person in one.participants]
    same = [person.id for person in people if person.email == found.participant.email]
    return [_managed(tx, participants.token(tx, person_id), now) for person_id in same]


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
        terms=_terms_when_moved(before, by_practice, now),
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
    after = replace(_cancelled(tx, before, now), note=kept)
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


def _cancelled(tx: Transaction, before: Appointment, now: int) -> Appointment:
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


def _terms_when_moved(before: Appointment, by_practice: bool, now: int) -> Terms | None:
    """What was accepted, and whether a time was given up late; what the practice moves counts anew."""
    terms = before.terms
    if terms is None or before.status is not Status.CONFIRMED:
        return terms
    if by_practice:
        return replace(terms, given_up=None)
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
    found = _managed(tx, token, now)
    if found.appointment.end + MANAGE_SECONDS_AFTER < now:
        raise NotFound("this link has expired", practice_id=found.practice.id)
    return found


def _managed(tx: Transaction, token: str, now: int) -> Managed:
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
