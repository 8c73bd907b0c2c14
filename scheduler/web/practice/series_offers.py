"""Series that were offered to clients: how each offer stands, and taking one back."""

from flask import render_template
from werkzeug.wrappers import Response

from scheduler.domain.disclosure import initials
from scheduler.domain.errors import WrongState
from scheduler.domain.practice import text
from scheduler.domain.series_offer import OfferState, SeriesOffer
from scheduler.services import offering
from scheduler.services.offering import Listed
from scheduler.web.language import current_language, gettext
from scheduler.web.practice import by_hand
from scheduler.web.practice.shell import blueprint, desk, names_are_shown, now, say, to


@blueprint.get("/series/offers")
def series_offers_page() -> str:
    """The open offers, then those that have ended lately."""
    found = offering.listed(desk())
    return render_template(
        "practice/series_offers.html",
        here="requests",
        open=[_card(one) for one in found if one.offer.is_open(now())],
        ended=[_card(one) for one in found if not one.offer.is_open(now())],
    )


@blueprint.post("/series/offers/<offer_id>/withdraw")
def withdraw_series_offer(offer_id: str) -> Response:
    """Take an offer back; its page says so."""
    try:
        offering.withdraw(desk(), offer_id, now=now())
    except WrongState:
        say("This offer was answered already. Nothing was changed.", "warn")
    else:
        say("The offer is withdrawn. Its link says so from now on.")
    return to("series_offers_page")


def _card(one: Listed) -> dict[str, object]:
    offer, starts = one.offer, one.offer.starts
    return {
        "id": offer.id,
        "name": _name(offer.name),
        "type": text(one.kind.names, current_language(), one.kind.slug),
        "therapist": one.therapist.name if len(desk().therapists) > 1 else "",
        "mode": offer.mode,
        "rhythm": by_hand.rhythm(offer.rhythm.weeks),
        "count": len(starts),
        "first": starts[0],
        "until": offer.expires_at,
        "state": _state(offer),
        "accepted": offer.state is OfferState.ACCEPTED,
        "appointment": one.appointment_id,
    }


def _name(name: str) -> str:
    return (name if names_are_shown() else initials(name)) or gettext("Somebody")


def _state(offer: SeriesOffer) -> str:
    if offer.is_open(now()):
        return gettext("not answered yet")
    words = {
        OfferState.OFFERED: gettext("not answered in time"),
        OfferState.ACCEPTED: gettext("dates booked"),
        OfferState.DECLINED: gettext("dates declined"),
        OfferState.OVER: gettext("withdrawn"),
    }
    return words[offer.state]
