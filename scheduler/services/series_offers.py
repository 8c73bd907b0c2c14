"""Series offered to one person: made by the therapist, accepted in one go, declined, withdrawn.

An offer keeps no time: each date is looked at again when it is accepted.
See docs/decisions/0019-offered-series.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from scheduler.domain.appointment import Appointment
from scheduler.domain.cancellation import terms_of
from scheduler.domain.consents import POLICY
from scheduler.domain.errors import DatesTaken, NotFound, Refused, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.series import Rhythm, Series, occurrences, without
from scheduler.domain.series_offer import KEPT_SECONDS, OfferState, SeriesOffer, expires_at
from scheduler.services import (
    audit,
    by_hand,
    consents,
    forms,
    notices,
    placing,
    proposing,
    series,
    series_offer_mails,
)
from scheduler.services.desk import Desk
from scheduler.services.proposing import ProposedDate, Standing
from scheduler.store import catalogue, limits, participants
from scheduler.store import series as series_store
from scheduler.store import series_offers as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of
from scheduler.store.secrets import new_token

VISITOR = "visitor"
"""Who acts, in the audit log, where somebody used a link."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as its link shows it: `dates` while it stands, `booked` once it was accepted."""

    offer: SeriesOffer
    practice: Practice
    kind: AppointmentType
    therapist: Therapist
    dates: tuple[ProposedDate, ...] = ()
    booked: tuple["BookedDate", ...] = ()


@dataclass(frozen=True, slots=True)
class BookedDate:
    """One date of what was accepted, with the link of its own by which it is moved or cancelled."""

    appointment: Appointment
    token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer in the practice's list; `appointment_id` is the first date that came of it, or empty."""

    offer: SeriesOffer
    kind: AppointmentType
    therapist: Therapist
    appointment_id: str


# ---- the practice ----------------------------------------------------------


@retried
def make(
    desk: Desk,
    kind: AppointmentType,
    therapist: Therapist,
    rhythm: Rhythm,
    raw: Mapping[str, Any],
    *,
    left_out: Collection[int],
    now: int,
) -> SeriesOffer:
    """Offer all dates but those left out, and write to the person; the same once more is the same offer.

    **Raises** `Refused` with a sentence per field, `DatesTaken` with dates that are not free.
    """
    form = by_hand.check_form(desk.practice, kind, raw)
    with transaction() as tx:
        stock = catalogue.by_id(tx, desk.practice.id)
        limits.take_turns(tx, vault_of(tx).lookup("email", form.people[0].keys[0]))
        _check_dates(tx, stock, kind, therapist, rhythm, left_out, now)
        shorter, kept = without(rhythm, left_out)
        ends_at = expires_at(kept[0], now=now)
        if ends_at is None:
            raise Refused({"dates": "The first date is too close for an offer. Book it yourself"})
        dates = {one.start for one in occurrences(shorter)}
        offer = SeriesOffer(
            id=str(uuid4()),
            practice_id=desk.practice.id,
            therapist_id=therapist.id,
            type_id=kind.id,
            rhythm=shorter,
            left_out=tuple(sorted(dates - set(kept))),
            mode=form.mode,
            language=form.language,
            created_at=now,
            expires_at=ends_at,
            name=form.people[0].name,
            email=form.people[0].email,
            phone=form.people[0].phone,
            note=form.note,
        )
        same = _same(tx, desk, offer, now)
        if same is not None:
            return same
        store.add(tx, offer, token=new_token())
        series_offer_mails.send(tx, offer, series_offer_mails.OFFER, now=now)
        _record(tx, offer, "series.offer", desk.actor, now)
        return offer


def listed(desk: Desk) -> list[Listed]:
    """The offers made for this desk's calendars, the newest first."""
    with reading() as tx:
        return [
            Listed(
                one,
                desk.type_of_id(one.type_id),
                desk.therapist_of_id(one.therapist_id),
                _first_appointment(tx, one),
            )
            for one in store.of_therapists(tx, desk.practice.id, desk.therapist_ids)
        ]


@retried
def withdraw(desk: Desk, offer_id: str, *, now: int) -> SeriesOffer:
    """Take an offer back; its page says so. **Raises** `NotFound`, `WrongState` once it was answered."""
    with transaction() as tx:
        offer = store.find(tx, offer_id)
        if offer.practice_id != desk.practice.id or offer.therapist_id not in desk.therapist_ids:
            raise NotFound("no such offer")
        store.settle(tx, offer, OfferState.OVER)
        _record(tx, offer, "series.withdraw", desk.actor, now)
        return offer


def forget(*, now: int) -> int:
    """Delete offers past their term (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, expired_before=now - KEPT_SECONDS)


# ---- the person ------------------------------------------------------------


def show(token: str, *, now: int) -> Shown:
    """The offer of this link with how each date stands. **Raises** `NotFound`."""
    with reading() as tx:
        offer = store.by_token(tx, token)
        stock = catalogue.by_id(tx, offer.practice_id)
        shown = Shown(
            offer, stock.practice, stock.type_of_id(offer.type_id), stock.therapist_of_id(offer.therapist_id)
        )
        if offer.is_open(now):
            return replace(shown, dates=_dates(tx, stock, shown, now))
        if offer.series_id:
            return replace(shown, booked=_booked(tx, offer, now))
        return shown


@retried
def accept(
    token: str, chosen: Collection[int], *, agreed_to: int | None, zone: str, language: str, now: int
) -> Series | None:
    """Book the chosen dates, all or none; what was accepted before stays as it is (None).

    `agreed_to` is the version of the type's terms that was accepted; `zone` and `language` are the person's.
    **Raises** `NotFound`, `WrongState` when the offer no longer stands, `Refused`, `DatesTaken`.
    """
    with transaction() as tx:
        offer = store.by_token(tx, token)
        stock = catalogue.by_id(tx, offer.practice_id)
        therapist = stock.therapist_of_id(offer.therapist_id)
        placing.clear(tx, stock, therapist, now=now)
        offer, stock = store.by_token(tx, token), catalogue.by_id(tx, offer.practice_id)
        if offer.state is OfferState.ACCEPTED:
            return None
        if not offer.is_open(now) or not therapist.active:
            raise WrongState("the offer no longer stands")
        kind = stock.type_of_id(offer.type_id)
        booked = _book(tx, stock, kind, offer, set(chosen), agreed_to, zone, language, now=now)
        for one in booked.standing:
            for person in one.participants:
                participants.mark_used(tx, person.id)  # the mailed link led here: the address is theirs
        notices.series_booked(tx, therapist, booked, now=now)
        store.settle(tx, offer, OfferState.ACCEPTED, series_id=booked.id)
        _record(tx, offer, "series.accept", VISITOR, now)
        return booked


@retried
def decline(token: str, *, now: int) -> None:
    """No, thank you; the therapist is told. **Raises** `NotFound`, `WrongState` when it no longer stands."""
    with transaction() as tx:
        offer = store.by_token(tx, token)
        if not offer.is_open(now):
            raise WrongState("the offer no longer stands")
        store.settle(tx, offer, OfferState.DECLINED)
        series_offer_mails.send(tx, offer, series_offer_mails.DECLINED, now=now)
        _record(tx, offer, "series.decline", VISITOR, now)


@retried
def disown(token: str, *, now: int) -> None:
    """ "This was not me": the offer ends, and what it says of the person is deleted.

    What was accepted stays: there each date has a link of its own that says the same.
    **Raises** `NotFound`, `WrongState`.
    """
    with transaction() as tx:
        offer = store.by_token(tx, token)
        if offer.state is OfferState.ACCEPTED:
            raise WrongState("it was accepted")
        store.erase(tx, offer.id)
        _record(tx, offer, "series.disown", VISITOR, now)


# ---- steps -----------------------------------------------------------------


def _book(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    offer: SeriesOffer,
    chosen: Collection[int],
    agreed_to: int | None,
    zone: str,
    language: str,
    *,
    now: int,
) -> Series:
    """Insert what was chosen; the caller has locked the calendar. **Raises** `Refused`, `DatesTaken`."""
    practice, therapist = stock.practice, stock.therapist_of_id(offer.therapist_id)
    if kind.has_terms and agreed_to != kind.policy_version:
        raise Refused({POLICY: forms.NOT_AGREED})
    proposed = proposing.proposed(tx, stock, kind, therapist, offer.rhythm, now=now)
    chosen = {start for start in offer.starts if start in chosen}
    if not chosen:
        raise Refused({"date": "Tick at least one date"})
    lost = [one.start for one in proposed if one.start in chosen and one.standing is not Standing.FREE]
    if lost:
        raise DatesTaken(tuple(lost))
    raw = {
        "mode": offer.mode.value, "name": offer.name, "email": offer.email, "phone": offer.phone,
        "note": offer.note, "language": language, "zone": zone,
    }  # fmt: skip
    form = by_hand.check_form(practice, kind, raw)

    def agreed(fresh: Appointment) -> Appointment:
        records = consents.recorded(tx, practice, kind, forms.needed_consents(kind), fresh, now=now)
        return replace(fresh, consents=records, terms=terms_of(kind))

    left_out = {one.start for one in proposed} - chosen
    return series.book_all(
        tx, stock, kind, therapist, offer.rhythm, left_out, form, agreed=agreed, least=1, now=now
    )


def _check_dates(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    rhythm: Rhythm,
    left_out: Collection[int],
    now: int,
) -> None:
    """Whether these dates can be offered at all. **Raises** `Refused`, `DatesTaken`."""
    if kind.one_per_client:
        raise Refused({"repeat": "This type of appointment does not repeat"})
    proposed = proposing.proposed(tx, stock, kind, therapist, rhythm, now=now)
    wanted = [one for one in proposed if one.start not in left_out]
    if len(wanted) < series.LEAST_DATES:
        raise Refused({"dates": "Keep at least two dates, or add a single appointment"})
    lost = tuple(one.start for one in wanted if one.standing is not Standing.FREE)
    if lost:
        raise DatesTaken(lost)


def _same(tx: Transaction, desk: Desk, offer: SeriesOffer, now: int) -> SeriesOffer | None:
    """The open offer of these dates to this person, made by the first of two presses."""
    for one in store.of_therapists(tx, desk.practice.id, (offer.therapist_id,)):
        same = (one.email, one.type_id, one.rhythm, one.left_out)
        if one.is_open(now) and same == (offer.email, offer.type_id, offer.rhythm, offer.left_out):
            return one
    return None


def _dates(tx: Transaction, stock: Catalogue, shown: Shown, now: int) -> tuple[ProposedDate, ...]:
    offer = shown.offer
    proposed = proposing.proposed(tx, stock, shown.kind, shown.therapist, offer.rhythm, now=now)
    return tuple(one for one in proposed if one.start in offer.starts)


def _booked(tx: Transaction, offer: SeriesOffer, now: int) -> tuple[BookedDate, ...]:
    whole = series_store.find(tx, offer.practice_id, offer.series_id or "")
    return tuple(
        BookedDate(one, participants.token(tx, one.participants[0].id))
        for one in whole.coming(now)
        if one.participants
    )


def _first_appointment(tx: Transaction, offer: SeriesOffer) -> str:
    if offer.series_id is None:
        return ""
    return series_store.find(tx, offer.practice_id, offer.series_id).appointments[0].id


def _record(tx: Transaction, offer: SeriesOffer, action: str, by: str, now: int) -> None:
    audit.note(tx, action, actor=by, now=now, practice_id=offer.practice_id, object_id=offer.id)
