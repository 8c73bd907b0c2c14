"""What somebody does with the link of an offered series: look, accept in one go, decline.

An offer keeps no time: each date is looked at again when it is accepted (`services/offering.py` makes it).
See docs/decisions/0019-offered-series.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from scheduler.domain.appointment import Appointment
from scheduler.domain.cancellation import terms_of
from scheduler.domain.consents import POLICY
from scheduler.domain.errors import DatesTaken, Refused, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.series import Series
from scheduler.domain.series_offer import OfferState, SeriesOffer
from scheduler.services import (
    alternatives,
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
from scheduler.services.proposing import ProposedDate, Standing
from scheduler.store import catalogue, participants
from scheduler.store import series as series_store
from scheduler.store import series_offers as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction

VISITOR = "visitor"
"""Who acts, in the audit log, where somebody used a link."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as its link shows it: `dates` while it `stands`, `booked` once it was accepted.

    `instead` names a free start close to each date that was lost, where there is one.
    """

    offer: SeriesOffer
    practice: Practice
    kind: AppointmentType
    therapist: Therapist
    dates: tuple[ProposedDate, ...] = ()
    instead: Mapping[int, int] = field(default_factory=dict)
    booked: tuple["BookedDate", ...] = ()
    stands: bool = False


@dataclass(frozen=True, slots=True)
class BookedDate:
    """One date of what was accepted, with the link of its own by which it is moved or cancelled."""

    appointment: Appointment
    token: str


# ---- the person ------------------------------------------------------------


def show(token: str, *, now: int) -> Shown:
    """The offer of this link with how each date stands. **Raises** `NotFound`."""
    with reading() as tx:
        offer = store.by_token(tx, token)
        stock = catalogue.by_id(tx, offer.practice_id)
        shown = Shown(
            offer, stock.practice, stock.type_of_id(offer.type_id), stock.therapist_of_id(offer.therapist_id)
        )
        if _stands(stock, offer, now):
            dates = _dates(tx, stock, shown, now)
            others = _instead(tx, stock, shown, dates, now)
            return replace(shown, stands=True, dates=dates, instead=others)
        if offer.series_id:
            return replace(shown, booked=_booked(tx, offer, now))
        return shown


@retried
def accept(
    token: str,
    chosen: Collection[int],
    *,
    instead: Mapping[int, int] | None = None,
    agreed_to: int | None,
    zone: str,
    language: str,
    now: int,
) -> Series | None:
    """Book the chosen dates, all or none; what was accepted before stays as it is (None).

    `instead` names the close start that each lost date shall take (one that is chosen stays what it is).
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
        if not _stands(stock, offer, now):
            raise WrongState("the offer no longer stands")
        kind = stock.type_of_id(offer.type_id)
        moved = {start: other for start, other in (instead or {}).items() if start not in chosen}
        booked = _book(tx, stock, kind, offer, set(chosen), moved, agreed_to, zone, language, now=now)
        for one in booked.standing:
            for person in one.participants:
                participants.mark_used(tx, person.id)  # the mailed link led here: the address is theirs
        notices.series_booked(tx, therapist, booked, now=now)
        store.settle(tx, offer, OfferState.ACCEPTED, series_id=booked.id)
        note(tx, offer, "series.accept", VISITOR, now)
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
        note(tx, offer, "series.decline", VISITOR, now)


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
        note(tx, offer, "series.disown", VISITOR, now)


# ---- steps -----------------------------------------------------------------


def _book(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    offer: SeriesOffer,
    chosen: Collection[int],
    instead: Mapping[int, int],
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
    moved = {start: instead[start] for start in offer.starts if start in instead}
    if not chosen and not moved:
        raise Refused({"date": "Tick at least one date"})
    lost = [one.start for one in proposed if one.start in chosen and one.standing is not Standing.FREE]
    if lost:
        raise DatesTaken(tuple(lost))
    raw = {
        "mode": offer.mode.value, "name": offer.name, "email": offer.email, "phone": offer.phone,
        "note": offer.note, "language": language, "zone": zone,
    }  # fmt: skip
    form = by_hand.check_form(practice, replace(kind, modes=(offer.mode,)), raw)  # as it was offered

    def agreed(fresh: Appointment) -> Appointment:
        records = consents.recorded(tx, practice, kind, forms.needed_consents(kind), fresh, now=now)
        return replace(fresh, consents=records, terms=terms_of(kind))

    left_out = {one.start for one in proposed} - chosen - moved.keys()
    return series.book_all(
        tx,
        stock,
        kind,
        therapist,
        offer.rhythm,
        left_out,
        form,
        agreed=agreed,
        instead=moved,
        least=1,
        now=now,
    )


def _stands(stock: Catalogue, offer: SeriesOffer, now: int) -> bool:
    """Whether it can be accepted: it is open, its therapist works here and still offers its type."""
    therapist, kind = stock.therapist_of_id(offer.therapist_id), stock.type_of_id(offer.type_id)
    return offer.is_open(now) and therapist.active and kind.enabled and therapist.id in kind.therapist_ids


def _dates(tx: Transaction, stock: Catalogue, shown: Shown, now: int) -> tuple[ProposedDate, ...]:
    offer = shown.offer
    proposed = proposing.proposed(tx, stock, shown.kind, shown.therapist, offer.rhythm, now=now)
    return tuple(one for one in proposed if one.start in offer.starts)


def _instead(
    tx: Transaction, stock: Catalogue, shown: Shown, dates: Collection[ProposedDate], now: int
) -> Mapping[int, int]:
    lost = [one.start for one in dates if one.standing in (Standing.TAKEN, Standing.AWAY, Standing.BUSY)]
    kept = [one.start for one in dates if one.standing is Standing.FREE]
    return alternatives.instead_of(tx, stock, shown.kind, shown.therapist, lost, kept=kept, now=now)


def _booked(tx: Transaction, offer: SeriesOffer, now: int) -> tuple[BookedDate, ...]:
    whole = series_store.find(tx, offer.practice_id, offer.series_id or "")
    return tuple(
        BookedDate(one, participants.token(tx, one.participants[0].id))
        for one in whole.coming(now)
        if one.participants
    )


def note(tx: Transaction, offer: SeriesOffer, action: str, by: str, now: int) -> None:
    """An audit line about an offer, in the transaction of what happened."""
    audit.note(tx, action, actor=by, now=now, practice_id=offer.practice_id, object_id=offer.id)
