"""Waiting for a time: join the list, take the time that is kept or not, leave; and who waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound, TooMany, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.waitlist import LIVE, State, Waiting
from scheduler.services import audit, booking, mail_limits, turns, waiting_mails, wishes
from scheduler.services.booking import Booked
from scheduler.services.contacts import mail_key
from scheduler.services.desk import Desk
from scheduler.services.offers import check_open
from scheduler.services.wishes import Wanted
from scheduler.store import appointments, catalogue, limits
from scheduler.store import waiting as store
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of
from scheduler.store.secrets import new_token

JOINS_PER_SOURCE_AND_HOUR = 20
MOST_WAITING = 500
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as its own link shows it; `offer` is the time that stands offered, `hold` its secret."""

    entry: Waiting
    practice: Practice
    kind: AppointmentType
    therapist: Therapist | None
    offer: Appointment | None
    hold: str


@retried
def join(
    practice: Practice,
    kind: AppointmentType,
    typed: Mapping[str, str],
    *,
    days: Sequence[str],
    parts: Sequence[str],
    therapist: Therapist | None,
    source: str,
    now: int,
    limited: bool = True,
) -> None:
    """Put somebody on the list and write to them. Who waits already keeps the place, and is written to again.

    **Raises** `Refused`, `TooMany`, `Paused`, `NotFound` where the practice keeps no list.
    """
    if not practice.waiting_list:
        raise NotFound("no waiting list")
    check_open(practice, now)
    wanted = wishes.check(typed, days, parts, practice, kind)
    with transaction() as tx:
        key = mail_key(wanted.email)
        limits.take_turns(tx, vault_of(tx).lookup("email", key))
        if limited:
            _check_limits(tx, practice, source, now)
        entry = store.live_of_address(tx, practice.id, kind.id, key)
        if entry is None:
            entry = _new_entry(practice, kind, therapist, wanted, now)
            store.add(tx, entry, token=new_token(), key=key)
        if limited:
            mail_limits.count_one(tx, entry.id, wanted.email, now=now)
        waiting_mails.send(tx, entry, waiting_mails.JOINED, now=now)


def show(token: str, *, now: int) -> Shown:
    """The entry of this link. **Raises** `NotFound`."""
    with reading() as tx:
        return _shown(tx, store.by_token(tx, token), now)


def accept(token: str, *, source: str, now: int) -> Booked:
    """Book the time that is kept, for the person and in the way that the entry says; again: the same booking.

    **Raises** `WrongState` when none is kept any more, `Refused` where a booking asks for more
    than the entry tells (the form of the hold has it), `SlotTaken`, `Paused`.
    """
    shown = show(token, now=now)
    entry = shown.entry
    if entry.state is State.BOOKED and entry.offer_id:
        return booking.find_made(shown.practice, entry.offer_id)
    if shown.offer is None:
        raise WrongState("no time is kept")
    form = {
        **turns.answers_of(entry),
        "language": entry.language,
        "zone": entry.visitor_zone,
        "consents": ["privacy"],
    }
    # The link proves the address, and brings one booking: nothing is counted against it.
    key = f"{entry.id} {shown.hold}"
    return booking.book_held(
        shown.practice,
        shown.hold,
        form,
        key=key,
        source=source,
        now=now,
        limited=False,
        waited_as=entry.id,
    )


@retried
def decline(token: str, *, now: int) -> None:
    """Another time, please: this one goes to the next. **Raises** `NotFound`, `WrongState`."""
    shown = show(token, now=now)
    if shown.offer is None:
        raise WrongState("no time is kept")
    with transaction() as tx:
        if not turns.give_back(tx, shown.entry, now=now):
            raise WrongState("the time is booked")
        turns.end_offer(tx, shown.entry, now=now)


@retried
def leave(token: str, *, now: int) -> None:
    """Wait no longer; what was kept is free again. Does nothing when it has ended. **Raises** `NotFound`."""
    with transaction() as tx:
        entry = store.by_token(tx, token)
        if entry.state in LIVE:
            _end(tx, entry, State.LEFT, now)


def listed(desk: Desk, *, now: int) -> list[Shown]:
    """Who waits for somebody of this desk, those who came first before the others."""
    with reading() as tx:
        entries = store.of_practice(tx, desk.practice.id)
        return [_shown(tx, entry, now) for entry in entries if is_of(desk, entry)]


@retried
def remove(desk: Desk, entry_id: str, *, now: int) -> Waiting:
    """Take somebody off the list; they get a kind mail. **Raises** `NotFound`, `WrongState`."""
    with transaction() as tx:
        entry = store.find(tx, entry_id)
        if entry.practice_id != desk.practice.id or not is_of(desk, entry):
            raise NotFound("no such entry")
        if entry.state not in LIVE:
            raise WrongState("the entry has ended")
        ended = _end(tx, entry, State.OVER, now)
        waiting_mails.send(tx, ended, waiting_mails.OVER, now=now, why="practice")
        audit.note(
            tx,
            "waiting.remove",
            actor=desk.actor,
            practice_id=desk.practice.id,
            object_id=entry_id,
            now=now,
        )
        return ended


def _new_entry(
    practice: Practice, kind: AppointmentType, therapist: Therapist | None, wanted: Wanted, now: int
) -> Waiting:
    return Waiting(
        id=str(uuid4()),
        practice_id=practice.id,
        type_id=kind.id,
        therapist_id=therapist.id if therapist else None,
        mode=wanted.mode,
        language=wanted.language,
        visitor_zone=wanted.zone,
        wishes=wanted.wishes,
        created_at=now,
        changed_at=now,
        name=wanted.name,
        email=wanted.email,
        phone=wanted.phone,
    )


def _end(tx: Transaction, entry: Waiting, state: State, now: int) -> Waiting:
    if not turns.give_back(tx, entry, now=now):
        state = State.BOOKED
    after = replace(entry, state=state, offer_ends_at=None, changed_at=now)
    store.change(tx, entry, after)
    return after


def _check_limits(tx: Transaction, practice: Practice, source: str, now: int) -> None:
    key = f"waiting:{vault_of(tx).lookup('source', source).hex()[:32]}"
    reached, starts_anew_at = limits.add(tx, key, amount=1, window=HOUR, now=now)
    if reached > JOINS_PER_SOURCE_AND_HOUR:
        raise TooMany(max(1, starts_anew_at - now))
    if store.count(tx, practice.id) >= MOST_WAITING:
        raise TooMany(HOUR)


def is_of(desk: Desk, entry: Waiting) -> bool:
    """Whether somebody of this desk could see the person."""
    own = desk.therapist_ids
    if entry.therapist_id is not None:
        return entry.therapist_id in own
    return desk.is_owner or any(one in own for one in desk.type_of_id(entry.type_id).therapist_ids)


def _shown(tx: Transaction, entry: Waiting, now: int) -> Shown:
    stock = catalogue.by_id(tx, entry.practice_id)
    offer = None
    if entry.state is State.OFFERED and entry.offer_id and (entry.offer_ends_at or 0) > now:
        kept = appointments.of_ids(tx, entry.practice_id, [entry.offer_id])
        offer = next((one for one in kept if one.status is Status.HELD), None)
    therapist_id = offer.therapist_id if offer else entry.therapist_id
    return Shown(
        entry=entry,
        practice=stock.practice,
        kind=stock.type_of_id(entry.type_id),
        therapist=stock.therapist_of_id(therapist_id) if therapist_id else None,
        offer=offer,
        hold=turns.hold_token(tx, entry) if offer else "",
    )
