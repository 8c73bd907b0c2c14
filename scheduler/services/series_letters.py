"""What a mail about a whole series speaks of. Its row stands with the series' first date.

A mail about one date alone is a mail like every other (`services/composing.py`).
"""

from collections.abc import Mapping
from typing import Any

from scheduler.domain.appointment import Appointment, Participant
from scheduler.domain.series import Series
from scheduler.store import outbox, outbox_history, participants
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxEntry

KINDS = frozenset(
    {"series_booked", "series_ended", "series_cancelled", "therapist_series", "therapist_ended"}
)
_OF_WHAT_STAYS = frozenset({"series_booked", "therapist_series", "series_ended"})


def why_outdated(tx: Transaction, entry: OutboxEntry, series: Series, now: int) -> str | None:
    """Why the mail must not go any more. A date changed since does not outdate it: it tells what is so."""
    if outbox_history.is_superseded(tx, entry, KINDS):
        return "a later mail tells of the whole series"
    if max(one.end for one in series.appointments) <= now:
        return "the series is over"
    if entry.kind in _OF_WHAT_STAYS and not series.coming(now):
        return "no date of the series lies ahead"
    return None


def spoken_of(kind: str, series: Series, facts: Mapping[str, Any], now: int) -> Appointment:
    """The date that the subject names: the next, the last, or the first that was cancelled."""
    coming = series.coming(now)
    if kind in _OF_WHAT_STAYS and coming:
        return coming[-1] if kind == "series_ended" else coming[0]
    gone = {start for start, _ in facts.get("gone", ())}
    return next((one for one in series.appointments if one.start in gone), series.appointments[0])


def links(
    tx: Transaction, series: Series, person: Participant, public_url: str, *, now: int
) -> dict[str, str]:
    """Appointment id -> this person's manage link, for the dates ahead: each date has a link of its own."""
    found = {}
    for one in series.coming(now):
        mine = next((other for other in one.participants if other.email == person.email), None)
        if mine is not None:
            found[one.id] = f"{public_url}/appointments/{participants.token(tx, mine.id)}"
    return found


def first_message_id(
    tx: Transaction, entry: OutboxEntry, series: Series | None, person: Participant | None
) -> str | None:
    """The mail that told this reader of the whole series, for a later one about a single date to answer."""
    if series is None or entry.kind in KINDS:
        return None
    for one in series.appointments:
        known = [other.id for other in one.participants if person and other.email == person.email]
        for recipient in known if person else [outbox.THERAPIST]:
            found = outbox_history.message_id_of(tx, one.id, recipient, KINDS)
            if found:
                return found
    return None
