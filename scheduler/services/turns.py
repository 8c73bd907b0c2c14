"""Whose turn it is on the waiting list: a time that is free is kept for the first whom it suits.

The worker's errand. One offer at a time to each person; what was declined or left
unanswered goes on to the next. See docs/decisions/0018-waiting-list.md.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from scheduler.domain import waitlist
from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import SlotTaken, WrongState
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.domain.waitlist import State, Waiting
from scheduler.services import offers, placing, waiting_mails
from scheduler.services.offers import MOST_DAYS
from scheduler.store import appointments, catalogue, limits, waiting
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of

OFFERS_AT_ONCE = 10
"""So many times of one practice are kept for people on its list at most: the others stay for everybody."""


def tend(*, now: int) -> int:
    """End what is over, then offer what is free, in every practice; returns how many times were offered."""
    with reading() as tx:
        practice_ids = waiting.practices(tx)
    offered = 0
    for practice_id in practice_ids:
        settle(practice_id, now)
        for _ in range(OFFERS_AT_ONCE):
            try:
                if not _offer_one(practice_id, now):
                    break
            except (SlotTaken, WrongState):
                break  # somebody was quicker: the next errand sees what is left
            offered += 1
    return offered


def forget(*, now: int) -> int:
    """Delete entries that ended long ago (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return waiting.forget(tx, ended_before=now - waitlist.KEPT_SECONDS)


def hold_token(tx: Transaction, entry: Waiting) -> str:
    """The secret of the hold that stands offered: worked out from the entry, stored nowhere."""
    word = vault_of(tx).lookup("offer", f"{entry.id} {entry.offered[-1]}")
    return urlsafe_b64encode(word).decode().rstrip("=")


def end_offer(tx: Transaction, entry: Waiting, *, now: int) -> Waiting:
    """The offer did not suit, or nobody answered: wait on, or after the last one be told that it is over."""
    is_last = waitlist.has_had_all_offers(entry)
    after = replace(
        entry,
        state=State.OVER if is_last else State.WAITING,
        offer_id=None,
        offer_ends_at=None,
        changed_at=now,
    )
    waiting.change(tx, entry, after)
    if is_last:
        waiting_mails.send(tx, after, waiting_mails.OVER, now=now, why="offers")
    return after


def give_back(tx: Transaction, entry: Waiting, *, now: int) -> bool:
    """Let go of the time that is kept. False when it was booked meanwhile, and nothing is changed."""
    if entry.offer_id is None:
        return True
    stock = catalogue.by_id(tx, entry.practice_id)
    (kept,) = appointments.of_ids(tx, entry.practice_id, [entry.offer_id])
    placing.clear(tx, stock, stock.therapist_of_id(kept.therapist_id), now=now)
    (kept,) = appointments.of_ids(tx, entry.practice_id, [entry.offer_id])
    if kept.status is Status.HELD:
        placing.expire(tx, stock, kept, now=now)
    return kept.status in (Status.HELD, Status.EXPIRED)


@retried
def settle(practice_id: str, now: int) -> None:
    """Note what became of offers, and end the waiting of those who waited as long as one may."""
    with reading() as tx:
        entries = waiting.of_practice(tx, practice_id)
        kept = _kept(tx, practice_id, entries)
    for entry in entries:
        offer = kept.get(entry.offer_id or "")
        if entry.state is State.OFFERED and not _stands(offer, now):
            _note_end(entry, offer, now)
        elif entry.state is State.WAITING and waitlist.has_waited_too_long(entry, now):
            _note_end(entry, None, now)


def _note_end(entry: Waiting, offer: Appointment | None, now: int) -> None:
    try:
        with transaction() as tx:
            if offer is not None and offer.participants:
                waiting.change(tx, entry, replace(entry, state=State.BOOKED, changed_at=now))
            elif entry.state is State.OFFERED:
                end_offer(tx, entry, now=now)
            else:
                after = replace(entry, state=State.OVER, changed_at=now)
                waiting.change(tx, entry, after)
                waiting_mails.send(tx, after, waiting_mails.OVER, now=now, why="time")
    except WrongState:
        return  # answered at this very moment, or noted by another worker


@retried
def _offer_one(practice_id: str, now: int) -> bool:
    """Keep one time for whoever's turn it is, and write to them. **Raises** `SlotTaken`, `WrongState`."""
    with transaction() as tx:
        take_turns(tx, practice_id)
        stock = catalogue.by_id(tx, practice_id)
        practice = stock.practice
        is_open = practice.published and (practice.paused_until or 0) <= now
        entries = waiting.of_practice(tx, practice_id) if is_open else []
        if sum(one.state is State.OFFERED for one in entries) >= OFFERS_AT_ONCE:
            return False
        people = [one for one in entries if one.state is State.WAITING]
        turn = waitlist.next_turn(people, _free(tx, stock, people, now), practice.zone)
        if turn is None:
            return False
        entry, start = turn
        wanted = stock.therapist_of_id(entry.therapist_id) if entry.therapist_id else None
        keep(tx, stock, entry, start, wanted, now=now)
        return True


def take_turns(tx: Transaction, practice_id: str) -> None:
    """One after the other: nobody gets a time while somebody before them is being served."""
    limits.take_turns(tx, vault_of(tx).lookup("waiting", practice_id))


def keep(
    tx: Transaction, stock: Catalogue, entry: Waiting, start: int, therapist: Therapist | None, *, now: int
) -> Waiting:
    """Keep a start for somebody, with this therapist or anyone, and write to them. **Raises** `SlotTaken`."""
    kind = stock.type_of_id(entry.type_id)
    person, stock = placing.place(tx, stock, kind, start, therapist, now=now)
    notice = kind.rule(stock.practice.rules).notice
    ends_at = waitlist.offer_ends_at(start, notice=notice, now=now)
    fresh = placing.new_appointment(
        tx,
        stock,
        kind,
        person,
        start,
        status=Status.HELD,
        language=entry.language,
        zone=entry.visitor_zone,
        now=now,
        mode=entry.mode,
    )
    fresh = replace(fresh, expires_at=ends_at)
    after = replace(
        entry,
        state=State.OFFERED,
        offered=(*entry.offered, start),
        offer_id=fresh.id,
        offer_ends_at=ends_at,
        changed_at=now,
    )
    appointments.add(tx, fresh, hold_token=hold_token(tx, after))
    appointments.keep_answers(tx, fresh.id, answers_of(entry))
    waiting.change(tx, entry, after)
    waiting_mails.send(tx, after, waiting_mails.OFFER, now=now, offer=fresh.id)
    return after


def answers_of(entry: Waiting) -> dict[str, str]:
    """What the entry says already of the form that a booking fills in."""
    typed = {"name": entry.name, "email": entry.email, "phone": entry.phone, "mode": entry.mode.value}
    return {name: value for name, value in typed.items() if value}


def _free(
    tx: Transaction, stock: Catalogue, people: Iterable[Waiting], now: int
) -> dict[tuple[str, str | None], list[int]]:
    """What each kind of wish can be offered: starts that the one rule gives, with time enough to answer."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for wants in {one.wants: None for one in people}:
        therapist = stock.therapist_of_id(wants[1]) if wants[1] else None
        found[wants] = starts_to_offer(tx, stock, stock.type_of_id(wants[0]), therapist, now=now)
    return found


def starts_to_offer(
    tx: Transaction, stock: Catalogue, kind: AppointmentType, therapist: Therapist | None, *, now: int
) -> list[int]:
    """The starts that the one rule gives within the horizon, in order, with time enough left to answer."""
    today, rule = local_day(now, stock.practice.zone), kind.rule(stock.practice.rules)
    last = today + timedelta(days=min(rule.horizon_days, MOST_DAYS - 1))
    starts = offers.offer_of(tx, stock, kind, today, last, therapist=therapist, now=now).starts
    return [at for at in starts if waitlist.offer_ends_at(at, notice=rule.notice, now=now) is not None]


def _kept(tx: Transaction, practice_id: str, entries: Iterable[Waiting]) -> dict[str, Appointment]:
    ids = [one.offer_id for one in entries if one.offer_id]
    return {one.id: one for one in appointments.of_ids(tx, practice_id, ids)} if ids else {}


def _stands(offer: Appointment | None, now: int) -> bool:
    return (
        offer is not None
        and offer.status is Status.HELD
        and offer.expires_at is not None
        and offer.expires_at > now
    )
