"""Mails about an offered series: the dates with the way to accept them, and that they were declined.

They are about no appointment yet: each is kept with the offer's id as its recipient.
"""

from typing import Any

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import TherapistMail, text
from scheduler.domain.series_offer import OfferState, SeriesOffer
from scheduler.services import personal_mails, rendering, wording
from scheduler.services.personal_mails import PersonalMail
from scheduler.store import catalogue
from scheduler.store import series_offers as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxEntry

OFFER = "series_offer"
DECLINED = "therapist_declined"
KINDS = frozenset({OFFER, DECLINED})


def send(tx: Transaction, offer: SeriesOffer, kind: str, *, now: int) -> None:
    """Put a mail about an offer into the outbox."""
    personal_mails.send(tx, offer.practice_id, offer.id, kind, {}, now=now)


def compose(tx: Transaction, mail: OutboxEntry, public_url: str, *, now: int) -> PersonalMail:
    """The mail as it goes out now. **Raises** `NotFound`, with the reason, when it is of no use any more."""
    offer = store.find(tx, mail.recipient)
    stock = catalogue.by_id(tx, offer.practice_id)
    practice, therapist = stock.practice, stock.therapist_of_id(offer.therapist_id)
    if mail.kind == DECLINED:
        if offer.state is not OfferState.DECLINED:
            raise NotFound(f"the offer is {offer.state.value}")
        if therapist.mail is TherapistMail.NOTHING:
            raise NotFound("the therapist wants no mail")
        values = _values(stock, offer, practice.language)
        values |= {"name": therapist.name, "link": f"{public_url}/practice/series/offers"}
        values["settings_link"] = f"{public_url}/practice/settings"
        written = rendering.write_from(mail.kind, practice.language, values)
        return PersonalMail(practice, therapist.email, practice.language, written)
    if not offer.is_open(now):
        raise NotFound("the offer no longer stands")
    values = _values(stock, offer, offer.language)
    values["link"] = f"{public_url}/series/{store.token(tx, offer.id)}"
    written = rendering.write_from(mail.kind, offer.language, values)
    return PersonalMail(practice, offer.email, offer.language, written)


def _values(stock: Catalogue, offer: SeriesOffer, language: str) -> dict[str, Any]:
    practice, kind, zone = stock.practice, stock.type_of_id(offer.type_id), stock.practice.zone
    starts, first = offer.starts, offer.starts[0]
    city, letters = wording.zone_city(zone, language), wording.zone_abbreviation(first, zone)
    has_one_zone = len({wording.zone_abbreviation(at, zone) for at in starts}) == 1
    return {
        "name": offer.name,
        "practice": practice.name,
        "therapist": stock.therapist_of_id(offer.therapist_id).name,
        "type": text(kind.names, language, kind.slug),
        "rhythm": wording.rhythm(offer.rhythm.weeks, language),
        "count": len(starts),
        "day": wording.day_full(first, zone, language),
        "day_long": wording.day_long(first, zone, language),
        "clock": wording.clock(first, zone, language),
        "times": wording.time_range(first, first + kind.duration, zone, language),
        "zone": f"{city} ({letters})" if has_one_zone and letters != city else city,
        "meeting": f"{wording.mode_word(offer.mode, language)}.",
        "video_link": "",
        "dates": [
            {
                "day": wording.sentence(wording.day_long(at, zone, language)),
                "times": wording.time_range(at, at + kind.duration, zone, language),
                "link": "",
            }
            for at in starts
        ],
        "end_day": wording.day_full(offer.expires_at, zone, language),
        "end_clock": wording.clock(offer.expires_at, zone, language),
        "help": rendering.help_line(practice, language),
        "phone": practice.phone,
        "address": rendering.one_line(practice.address),
    }
