"""Mails to people on the waiting list: that they are on it, a time that is kept for them, that it is over.

They are about no appointment yet: each is kept with the entry's id as its recipient.
"""

from collections.abc import Mapping
from typing import Any

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound
from scheduler.domain.practice import text
from scheduler.domain.waitlist import LIVE, State, Waiting
from scheduler.services import personal_mails, rendering, wording
from scheduler.services.personal_mails import PersonalMail
from scheduler.store import appointments, catalogue, outbox, waiting
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxEntry

JOINED = "waiting_joined"
OFFER = "waiting_offer"
OVER = "waiting_over"
KINDS = frozenset({JOINED, OFFER, OVER})


def send(tx: Transaction, entry: Waiting, kind: str, *, now: int, **facts: object) -> None:
    """Put a mail to somebody who waits into the outbox; an offer names the appointment kept for it."""
    personal_mails.send(tx, entry.practice_id, entry.id, kind, facts, now=now)


def compose(tx: Transaction, mail: OutboxEntry, public_url: str, *, now: int) -> PersonalMail:
    """The mail as it goes out now. **Raises** `NotFound`, with the reason, when it is of no use any more."""
    entry = waiting.find(tx, mail.recipient)
    stock = catalogue.by_id(tx, entry.practice_id)
    facts = outbox.facts(tx, mail.id)
    link = f"{public_url}/waiting/{waiting.token(tx, entry.id)}"
    values = _about(stock, entry, public_url, link)
    if mail.kind == OFFER:
        values |= _offer(stock, entry, _kept(tx, entry, facts, now))
    elif (mail.kind == OVER) != (entry.state is State.OVER) or entry.state not in (*LIVE, State.OVER):
        raise NotFound(f"the entry is {entry.state.value}")
    if mail.kind == OVER:
        values["why"] = str(facts.get("why", ""))
    written = rendering.write_from(mail.kind, entry.language, values)
    comes_again = mail.kind == OFFER and link.startswith("https://")  # RFC 8058 knows no other scheme
    leave = f"{link}/leave" if comes_again else ""
    return PersonalMail(stock.practice, entry.email, entry.language, written, unsubscribe=leave)


def _kept(tx: Transaction, entry: Waiting, facts: Mapping[str, Any], now: int) -> Appointment:
    """The time that stands offered. **Raises** `NotFound`."""
    if entry.offer_id is None or entry.offer_id != facts.get("offer"):
        raise NotFound("the offer is over")
    kept = appointments.find(tx, entry.practice_id, entry.offer_id)
    if kept.status is not Status.HELD or kept.expires_at is None or kept.expires_at <= now:
        raise NotFound("the offer is over")
    return kept


def _about(stock: Catalogue, entry: Waiting, public_url: str, link: str) -> dict[str, Any]:
    practice, kind = stock.practice, stock.type_of_id(entry.type_id)
    return {
        "name": entry.name,
        "practice": practice.name,
        "link": link,
        "type": text(kind.names, entry.language, kind.slug),
        "book_link": f"{public_url}/book/{practice.slug}/",
        "help": rendering.help_line(practice, entry.language),
        "phone": practice.phone,
        "address": rendering.one_line(practice.address),
    }


def _offer(stock: Catalogue, entry: Waiting, kept: Appointment) -> dict[str, Any]:
    zone, language = entry.zone(stock.practice.zone), entry.language
    ends_at = kept.expires_at or kept.start
    return {
        "therapist": stock.therapist_of_id(kept.therapist_id).name,
        "day": wording.day_full(kept.start, zone, language),
        "day_long": wording.day_long(kept.start, zone, language),
        "clock": wording.clock(kept.start, zone, language),
        "times": wording.time_range(kept.start, kept.end, zone, language),
        "zone": wording.zone_city(zone, language),
        "meeting": f"{wording.mode_word(kept.mode, language)}.",
        "video_link": "",
        "end_day": wording.day_full(ends_at, zone, language),
        "end_clock": wording.clock(ends_at, zone, language),
    }
