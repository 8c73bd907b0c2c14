"""Offering a series to one person: made by the therapist, listed, withdrawn, forgotten.

See docs/decisions/0019-offered-series.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from scheduler.domain.errors import DatesTaken, NotFound, Refused
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.domain.series import Rhythm, occurrences, without
from scheduler.domain.series_offer import KEPT_SECONDS, OfferState, SeriesOffer, expires_at
from scheduler.services import by_hand, proposing, series, series_offer_mails
from scheduler.services.desk import Desk
from scheduler.services.proposing import Standing
from scheduler.services.series_offers import note
from scheduler.store import catalogue, limits
from scheduler.store import series as series_store
from scheduler.store import series_offers as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of
from scheduler.store.secrets import new_token


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer in the practice's list; `appointment_id` is the first date that came of it, or empty."""

    offer: SeriesOffer
    kind: AppointmentType
    therapist: Therapist
    appointment_id: str


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
        note(tx, offer, "series.offer", desk.actor, now)
        return offer


def listed(desk: Desk) -> list[Listed]:
    """The offers made for this desk's calendars, the newest first."""
    with reading() as tx:
        offers = store.of_therapists(tx, desk.practice.id, desk.therapist_ids)
        first = series_store.first_appointments(tx, [one.series_id for one in offers if one.series_id])
    return [
        Listed(
            one,
            desk.type_of_id(one.type_id),
            desk.therapist_of_id(one.therapist_id),
            first.get(one.series_id or "", ""),
        )
        for one in offers
    ]


@retried
def withdraw(desk: Desk, offer_id: str, *, now: int) -> SeriesOffer:
    """Take an offer back; its page says so. **Raises** `NotFound`, `WrongState` once it was answered."""
    with transaction() as tx:
        offer = store.find(tx, offer_id)
        if offer.practice_id != desk.practice.id or offer.therapist_id not in desk.therapist_ids:
            raise NotFound("no such offer")
        store.settle(tx, offer, OfferState.OVER)
        note(tx, offer, "series.withdraw", desk.actor, now)
        return offer


def forget(*, now: int) -> int:
    """Delete offers past their term (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, expired_before=now - KEPT_SECONDS)


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
