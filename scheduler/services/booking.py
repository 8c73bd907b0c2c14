"""A visitor books: the time held before, or one taken on the spot. Each use case is one transaction."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduler.domain import appointment as lifecycle
from scheduler.domain import eligibility, intake, places
from scheduler.domain.appointment import Action, Appointment, Participant, Status
from scheduler.domain.cancellation import terms_of
from scheduler.domain.consents import POLICY
from scheduler.domain.eligibility import Outcome
from scheduler.domain.errors import AnotherRequest, NotFound, Refused, SlotTaken, TooMany, WrongState
from scheduler.domain.practice import AppointmentType, Approval, Practice, Therapist
from scheduler.services import (
    consents,
    directory,
    eligible_places,
    forms,
    holds,
    mail_limits,
    newsletter,
    notices,
    people,
    placing,
)
from scheduler.services.forms import CheckedBooking
from scheduler.services.offers import check_open
from scheduler.store import appointments, catalogue, claims, limits, occupancy, participants, waiting
from scheduler.store import intake as intake_store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of

BOOKINGS_PER_SOURCE_AND_HOUR = 20
KNOWN_ANSWERED_WITHIN = 4 * 3600
"""A known contact's request for a one-per-client type is declined by mail after this, as a person might."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as `person` may see it. `answer_by` is set while it waits for the therapist."""

    uid: str
    status: Status
    start: int
    end: int
    practice: Practice
    therapist: Therapist
    kind: AppointmentType
    token: str
    appointment: Appointment
    person: Participant
    answer_by: int | None


@dataclass(frozen=True, slots=True)
class _Request:
    """One attempt to book: the checked form, who may take it (None: anybody), and what identifies it.

    `waited_as` is the entry of the waiting list to which the time was offered, where its link is used.
    """

    form: CheckedBooking
    among: frozenset[str] | None
    key_hash: bytes
    body_hash: bytes
    source: str
    waited_as: str = ""


def book_held(
    practice: Practice,
    token: str,
    raw: Mapping[str, Any],
    *,
    key: str,
    source: str,
    now: int,
    limited: bool = True,
    waited_as: str = "",
) -> Booked:
    """Book the held time. A lapsed hold whose time is still free books anyway.

    `waited_as` is the entry of the waiting list whose link books what was offered to it.

    **Raises** `Refused`, `NotEligible`, `SlotTaken`, `TooMany`, `NotFound`, `AnotherRequest`, `Paused`.
    """
    held = holds.find(practice, token, now=now)
    request = _request(
        practice, held.kind, raw, key=key, source=source, start=held.start, therapist=held.therapist
    )
    request = replace(request, waited_as=waited_as)
    return _book(practice, held.kind, held.start, held.therapist, request, token, now=now, limited=limited)


def book(
    practice: Practice,
    kind: AppointmentType,
    *,
    start: int,
    therapist: Therapist | None,
    raw: Mapping[str, Any],
    key: str,
    source: str,
    now: int,
    limited: bool = True,
) -> Booked:
    """Book a time without holding it first; the same key and content give the same answer.

    **Raises** `Refused`, `NotEligible`, `SlotTaken`, `TooMany`, `AnotherRequest`, `Paused`.
    """
    request = _request(practice, kind, raw, key=key, source=source, start=start, therapist=therapist)
    return _book(practice, kind, start, therapist, request, None, now=now, limited=limited)


def find_booked(practice: Practice, token: str, *, now: int) -> Booked:
    """What the booked page shows, by manage token. **Raises** `NotFound`, also once the link has died."""
    with reading() as tx:
        practice_id, appointment_id, person_id = participants.by_token(tx, token)
        if practice_id != practice.id:
            raise NotFound("no such appointment")
        found = appointments.find(tx, practice.id, appointment_id)
        if found.end + lifecycle.MANAGE_SECONDS_AFTER < now:
            raise NotFound("this link has expired")
        return _booked(tx, catalogue.by_id(tx, practice.id), found, person_id, token=token)


def find_made(practice: Practice, appointment_id: str) -> Booked:
    """A booking that was made, for who made it. **Raises** `NotFound`, `WrongState` once they are erased."""
    with reading() as tx:
        found = appointments.find(tx, practice.id, appointment_id)
        return _booked_before(tx, catalogue.by_id(tx, practice.id), found)


def _book(
    practice: Practice,
    kind: AppointmentType,
    start: int,
    therapist: Therapist | None,
    request: _Request,
    hold_token: str | None,
    *,
    now: int,
    limited: bool,
) -> Booked:
    try:
        return _book_once(practice, kind, start, therapist, request, hold_token, now=now, limited=limited)
    except (claims.KeyInUse, SlotTaken, TooMany):
        # Perhaps it was the same form, sent twice, that got here first: then give that answer.
        with reading() as tx:
            answered = _replay(tx, catalogue.by_id(tx, practice.id), request, now)
        if answered is None:
            raise
        return answered


@retried
def _book_once(
    practice: Practice,
    kind: AppointmentType,
    start: int,
    therapist: Therapist | None,
    request: _Request,
    hold_token: str | None,
    *,
    now: int,
    limited: bool,
) -> Booked:
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        replayed = _replay(tx, stock, request, now)
        if replayed is not None:
            return replayed
        check_open(stock.practice, now)
        kept, stock = _take(tx, stock, kind, start, therapist, hold_token, request, now=now)
        if isinstance(kept, Booked):
            return kept
        if limited:
            _check_limits(tx, practice.id, request, now)
        booked = _complete(tx, stock, kind, kept, request, now=now)
        if limited:
            mail_limits.count(tx, booked, booked.participants, reminder=True, now=now)
        if request.form.wants_news:
            email, language = booked.participants[0].email, booked.language
            newsletter.ask(tx, stock.practice, email, language, now=now, limited=limited)
        claims.remember(tx, practice.id, request.key_hash, request.body_hash, booked.id, now=now)
        if hold_token is not None:
            waiting.note_booked(tx, hold_token, booked.id, entry_id=request.waited_as, now=now)
        return _booked(tx, stock, booked, booked.participants[0].id)


def _take(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    start: int,
    therapist: Therapist | None,
    hold_token: str | None,
    request: _Request,
    *,
    now: int,
) -> tuple[Appointment | Booked, Catalogue]:
    """A held row that this booking may turn into an appointment, or the booking already made of it."""
    if hold_token is not None:
        held, _ = appointments.by_hold(tx, stock.practice.id, hold_token)
        placing.clear(tx, stock, stock.therapist_of_id(held.therapist_id), now=now)
        stock = catalogue.by_id(tx, stock.practice.id)
        held, _ = appointments.by_hold(tx, stock.practice.id, hold_token)
        if held.participants:
            return _booked_before(tx, stock, held), stock
        if held.status is Status.HELD:
            if not _may_keep(tx, stock, held, now=now):
                raise SlotTaken("the held time is no longer offered")
            return held, stock
    person, stock = placing.place(tx, stock, kind, start, therapist, now=now, among=request.among)
    fresh = placing.new_appointment(
        tx,
        stock,
        stock.type_of_id(kind.id),
        person,
        start,
        status=Status.HELD,
        language=request.form.language,
        zone=request.form.zone,
        now=now,
    )
    appointments.add(tx, fresh, source_hash=vault_of(tx).lookup("source", request.source))
    return fresh, stock


def _may_keep(tx: Transaction, stock: Catalogue, held: Appointment, *, now: int) -> bool:
    """Whether the rule still gives the held time: as when pressed, once lapsed as now, never the past."""
    is_running = held.expires_at is not None and now < held.expires_at
    return held.start > now and placing.is_offered(
        tx,
        stock,
        stock.type_of_id(held.type_id),
        stock.therapist_of_id(held.therapist_id),
        held.start,
        now=now,
        rule_now=held.created_at if is_running else now,
        without=held.id,
    )


def _complete(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    held: Appointment,
    request: _Request,
    *,
    now: int,
) -> Appointment:
    """Turn a held row into an appointment or request, with its people, claim and mails."""
    form = request.form
    read, kind = kind, stock.type_of_id(kind.id)
    has_agreed = POLICY in form.consents
    if kind.has_terms != has_agreed or (has_agreed and kind.policy_version != read.policy_version):
        raise Refused({POLICY: forms.NOT_AGREED})  # to these terms, which are new since the form was read
    contacts = [contact for person in form.people for contact in person.contacts]
    claim = claims.find(tx, stock.practice.id, contacts, now=now) if kind.one_per_client else None
    outcome = eligibility.consultation_outcome(kind, claim)
    action = Action.REQUEST if kind.approval is Approval.REQUEST else Action.CONFIRM
    booked = replace(
        held,
        status=lifecycle.after(held.status, action),
        mode=form.mode,
        language=form.language,
        visitor_zone=form.zone,
        note=form.note,
        terms=terms_of(kind),
        known_since=claim.claimed_at if claim else None,
        changed_at=now,
        expires_at=_expires_at(stock.practice, kind, held.start, outcome, now=now),
    )
    booked = replace(
        booked, consents=consents.recorded(tx, stock.practice, kind, form.consents, booked, now=now)
    )
    appointments.change(tx, held, booked)
    appointments.keep_answers(tx, held.id, None)
    booked = replace(booked, participants=people.add(tx, booked, form.people, now=now, extras=form.extras))
    intake_store.keep(tx, booked.participants[0].id, form.answers, now=now)
    if kind.one_per_client and claim is None:
        claims.claim(tx, stock.practice.id, contacts, booked.id, now=now)
    notices.booked(tx, stock.therapist_of_id(booked.therapist_id), booked, now=now)
    return booked


def _expires_at(
    practice: Practice, kind: AppointmentType, start: int, outcome: Outcome, *, now: int
) -> int | None:
    if kind.approval is Approval.INSTANT:
        return None
    limit = lifecycle.promised_answer(practice, kind, start, since=now)
    return min(limit, now + KNOWN_ANSWERED_WITHIN) if outcome is Outcome.DECLINE_BY_MAIL else limit


def _request(
    practice: Practice,
    kind: AppointmentType,
    raw: Mapping[str, Any],
    *,
    key: str,
    source: str,
    start: int,
    therapist: Therapist | None = None,
) -> _Request:
    stock = directory.of_id(practice.id)
    asked = places.asked(kind, stock.active_therapists)
    questions = intake.at_booking(stock.questions, kind.id)
    form = forms.check(raw, practice, kind, places=asked, questions=questions)
    wanted = therapist.id if therapist else ""
    body = json.dumps([kind.id, start, wanted, dict(raw)], sort_keys=True, default=str)
    return _Request(
        form=form,
        among=eligible_places.who_may_take(stock, kind, form, therapist),
        key_hash=hashlib.sha256(key.encode()).digest(),
        body_hash=hashlib.sha256(body.encode()).digest(),
        source=source,
    )


def _replay(tx: Transaction, stock: Catalogue, request: _Request, now: int) -> Booked | None:
    answered = claims.answered(tx, stock.practice.id, request.key_hash, now=now)
    if answered is None:
        return None
    if answered.body_hash != request.body_hash:
        raise AnotherRequest("this key was used for another booking")
    found = appointments.find(tx, stock.practice.id, answered.appointment_id)
    return _booked_before(tx, stock, found)


def _booked_before(tx: Transaction, stock: Catalogue, found: Appointment) -> Booked:
    """The booking once more, for who made it alone. **Raises** `WrongState` once they are erased."""
    if found.booker is None:
        raise WrongState("that booking was deleted since")
    return _booked(tx, stock, found, found.booker.id)


def _check_limits(tx: Transaction, practice_id: str, request: _Request, now: int) -> None:
    vault = vault_of(tx)
    source_hash = vault.lookup("source", request.source)
    addresses = (vault.lookup("email", person.keys[0]) for person in request.form.people)
    # Forms sent at once want different therapists, whose calendars' locks know nothing of each other.
    limits.take_turns(tx, source_hash, *addresses)
    if occupancy.bookings_of_source(tx, source_hash, since=now - 3600) >= BOOKINGS_PER_SOURCE_AND_HOUR:
        raise TooMany(3600)
    for person in request.form.people:
        address = person.keys[0]
        if not eligibility.is_within_limits(
            live_unconfirmed=participants.live_unconfirmed(tx, practice_id, address, now=now),
            attempts_today=participants.bookings_since(tx, practice_id, address, since=now - 24 * 3600),
        ):
            raise TooMany(3600)


def _booked(
    tx: Transaction, stock: Catalogue, found: Appointment, participant_id: str, token: str | None = None
) -> Booked:
    kind = stock.type_of_id(found.type_id)
    promised = lifecycle.promised_answer(stock.practice, kind, found.start, since=found.created_at)
    return Booked(
        uid=found.uid,
        status=found.status,
        start=found.start,
        end=found.end,
        practice=stock.practice,
        therapist=stock.therapist_of_id(found.therapist_id),
        kind=kind,
        token=token or participants.token(tx, participant_id),
        appointment=found,
        person=next(person for person in found.participants if person.id == participant_id),
        answer_by=promised if found.status is Status.REQUESTED else None,
    )
