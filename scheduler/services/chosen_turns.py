"""A therapist chooses a free time for one person on the waiting list, before whose turn it is.

The offer is the same as the worker's (`services/turns.py`): under the one rule, kept for a day, one of three.
"""

from dataclasses import dataclass

from scheduler.domain import waitlist
from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.waitlist import LIVE, State, Waiting
from scheduler.services import audit, turns
from scheduler.services.desk import Desk
from scheduler.services.offers import check_open
from scheduler.services.waiting import is_of
from scheduler.store import catalogue, waiting
from scheduler.store.database import Transaction, reading, retried, transaction

ENDED = "This place on the list has ended already"
KEPT = "A time is kept for them already. Wait for their answer"
ALL_OFFERED = "Three times were offered already. No further time can be offered"
OFFERED_BEFORE = "This time was offered to them before. Choose another one"
TOO_CLOSE = "This time is too close: hardly any time would be left to answer"


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A start that can be offered, and whether it is one that suits the person."""

    start: int
    suits: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody of this desk can offer to one person: with whom, and the free times of `therapist`.

    `problem` is a sentence where nothing can be offered at all.
    """

    entry: Waiting
    kind: AppointmentType
    therapists: tuple[Therapist, ...]
    therapist: Therapist | None
    times: tuple[FreeTime, ...]
    problem: str


def choice(desk: Desk, entry_id: str, therapist_slug: str | None, *, now: int) -> Choice:
    """The free times for one person, in order. **Raises** `NotFound`, `Paused`."""
    with reading() as tx:
        entry = _find(tx, desk, entry_id)
        stock = catalogue.by_id(tx, desk.practice.id)
        check_open(stock.practice, now)
        kind, people = stock.type_of_id(entry.type_id), _who(desk, entry)
        chosen = next((one for one in people if therapist_slug in (None, "", one.slug)), None)
        if chosen is None and people:
            raise NotFound("no such therapist")
        problem = _problem(entry, now)
        starts = turns.starts_to_offer(tx, stock, kind, chosen, now=now) if chosen and not problem else []
        times = tuple(
            FreeTime(at, _suits(entry, at, stock.practice)) for at in starts if at not in entry.offered
        )
        return Choice(entry, kind, people, chosen, times, problem)


@retried
def offer(desk: Desk, entry_id: str, start: int, therapist: Therapist, *, now: int) -> Waiting:
    """Keep the start for this person and write to them.

    **Raises** `NotFound`, `Refused` with a sentence where it cannot be offered to them,
    `SlotTaken` where it is no longer free, `Paused`.
    """
    turns.settle(desk.practice.id, now)
    with transaction() as tx:
        turns.take_turns(tx, desk.practice.id)
        entry = _find(tx, desk, entry_id)
        stock = catalogue.by_id(tx, desk.practice.id)
        check_open(stock.practice, now)
        if therapist not in _who(desk, entry):
            raise NotFound("no such therapist")
        _check(
            entry, start, notice=stock.type_of_id(entry.type_id).rule(stock.practice.rules).notice, now=now
        )
        offered = turns.keep(tx, stock, entry, start, therapist, now=now)
        audit.note(
            tx, "waiting.offer", actor=desk.actor, practice_id=entry.practice_id, object_id=entry.id, now=now
        )
        return offered


def _find(tx: Transaction, desk: Desk, entry_id: str) -> Waiting:
    entry = waiting.find(tx, entry_id)
    if entry.practice_id != desk.practice.id or not is_of(desk, entry):
        raise NotFound("no such entry")
    return entry


def _who(desk: Desk, entry: Waiting) -> tuple[Therapist, ...]:
    """Whose times may be offered: of this desk, of the type, and whom the person waits for."""
    offering = desk.type_of_id(entry.type_id).therapist_ids
    wanted = (entry.therapist_id,) if entry.therapist_id else offering
    return tuple(one for one in desk.therapists if one.id in offering and one.id in wanted)


def _problem(entry: Waiting, now: int) -> str:
    """Why nothing can be offered to this person; empty where it can."""
    if entry.state not in LIVE:
        return ENDED
    if entry.state is State.OFFERED and (entry.offer_ends_at or 0) > now:
        return KEPT
    return ALL_OFFERED if waitlist.has_had_all_offers(entry) else ""


def _check(entry: Waiting, start: int, *, notice: int, now: int) -> None:
    problem = _problem(entry, now)
    if problem:
        raise Refused({"start": problem})
    if entry.state is not State.WAITING:
        raise WrongState("what became of the last offer is not noted yet")
    if start in entry.offered:
        raise Refused({"start": OFFERED_BEFORE})
    if waitlist.offer_ends_at(start, notice=notice, now=now) is None:
        raise Refused({"start": TOO_CLOSE})


def _suits(entry: Waiting, start: int, practice: Practice) -> bool:
    return waitlist.fits(entry.wishes, start, entry.zone(practice.zone))
