"""How many mails visitors may bring upon one address.

Limits refuse actions; no mail of an accepted one is dropped. Booking, correcting
an address and moving make mails, and whoever does it need not be the one who reads them.

An action is unconfirmed while nobody has opened a link of its appointment by POST. The page after booking
shows that link as well, so that opening it proves little: for all actions together there is a wider limit.
"""

from collections.abc import Iterable

from scheduler.domain.appointment import Appointment, Participant
from scheduler.domain.errors import TooMany
from scheduler.services import notices
from scheduler.services.contacts import mail_key
from scheduler.store import limits, participants
from scheduler.store.database import Transaction, vault_of

HOUR, DAY = 3600, 24 * 3600
UNCONFIRMED = ((HOUR, 6), (DAY, 12))
"""In any window of so many seconds one address gets so many mails of unconfirmed actions, wherever."""

ALL = ((HOUR, 12), (DAY, 24))
"""The same for all actions of visitors. What the practice does is not counted."""


def count(
    tx: Transaction,
    appointment: Appointment,
    people: Iterable[Participant],
    *,
    now: int,
    reminder: bool = False,
    refuse: bool = True,
) -> None:
    """Count a mail to each of the people now, and a reminder where the appointment brings one.

    **Raises** `TooMany` when it would be too much for one of them, unless nothing is to be refused.
    """
    remind_at = notices.remind_at(appointment, booked_at=appointment.created_at) if reminder else None
    for person in people:
        for at in (now, *([remind_at] if remind_at else [])):
            _count(tx, appointment.id, mail_key(person.email), at, now=now, refuse=refuse)


def count_one(tx: Transaction, what: str, email: str, *, now: int) -> None:
    """Count a mail about something that is no appointment. **Raises** `TooMany`."""
    _count(tx, what, mail_key(email), now, now=now, refuse=True)


def _count(tx: Transaction, appointment_id: str, address: str, at: int, *, now: int, refuse: bool) -> None:
    address_hash = vault_of(tx).lookup("email", address)
    name = f"mail:{address_hash.hex()[:32]}"
    limits.take_turns(tx, address_hash)
    if refuse:
        earlier = [*limits.noted(tx, name, now=now), (at, appointment_id)]
        opened = participants.opened(tx, {one for _, one in earlier}, address)
        unconfirmed = [(when, one) for when, one in earlier if one not in opened]
        _check(unconfirmed if appointment_id not in opened else [], at, UNCONFIRMED)
        _check(earlier, at, ALL)
    limits.note(tx, name, appointment_id, at=at, keep=DAY, now=now)


def _check(mails: list[tuple[int, str]], at: int, most: tuple[tuple[int, int], ...]) -> None:
    """Mails before and after the instant count alike, so no window that holds it can hold more."""
    for window, allowed in most:
        if sum(abs(when - at) < window for when, _ in mails) > allowed:
            raise TooMany(window)
