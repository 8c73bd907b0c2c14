"""Which times are offered: answers for some days, remembered until a revision or time changes them."""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import Paused, Refused
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.slots import bookable_window, next_boundary
from scheduler.services import offer_memory
from scheduler.services.one_rule import candidates, days_window, starts_of, stops_at
from scheduler.store import catalogue, occupancy
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading
from scheduler.store.occupancy import Taken

MOST_DAYS = 92
_Entry = tuple[object, int, "Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """The free times of some local days. `free` maps each start to the slugs of who is free then."""

    zone: str
    duration: int
    starts: tuple[int, ...]
    free: Mapping[int, tuple[str, ...]] = field(repr=False)
    tag: str
    valid_until: int


def offer(
    practice: Practice,
    kind: AppointmentType,
    first: date,
    last: date,
    *,
    therapist: Therapist | None,
    now: int,
) -> Offer:
    """The free times of the practice's local days `first` to `last`, both included.

    **Raises** `Refused` for more than 92 days or a reversed range.
    """
    check_range(first, last)
    with reading() as tx:
        return offer_of(tx, catalogue.by_id(tx, practice.id), kind, first, last, therapist=therapist, now=now)


def offer_by_slug(
    practice: str, kind: str, first: date, last: date, *, therapist: str | None, now: int
) -> Offer:
    """Like `offer`, by slugs, in one transaction. **Raises** `NotFound`, `Refused`, `Paused`."""
    check_range(first, last)
    with reading() as tx:
        stock = catalogue.by_slug(tx, practice)
        check_open(stock.practice, now)
        chosen = stock.therapist_of_slug(therapist) if therapist else None
        return offer_of(tx, stock, stock.type_of_slug(kind), first, last, therapist=chosen, now=now)


def check_open(practice: Practice, now: int) -> None:
    """**Raises** `Paused` while the practice takes no bookings."""
    if not practice.published:
        raise Paused(None)
    if practice.paused_until is not None and practice.paused_until > now:
        raise Paused(practice.paused_until)


def check_range(first: date, last: date) -> None:
    """**Raises** `Refused` for more than 92 days or a reversed range."""
    if last < first:
        raise Refused({"to": "The last day lies before the first"})
    if (last - first).days >= MOST_DAYS:
        raise Refused({"to": "Ask for at most 92 days at a time"})


def offer_of(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    first: date,
    last: date,
    *,
    therapist: Therapist | None,
    now: int,
) -> Offer:
    """The offer from within a transaction, remembered by revision; `kind` is read anew as of it."""
    kind = stock.type_of_id(kind.id)
    people = candidates(stock, kind, therapist)
    version = (stock.revision, tuple(stock.revisions[person.id] for person in people))
    key = ("offer", kind.id, therapist.id if therapist else "", first, last)
    remembered: _Entry | None = offer_memory.recall(tx, key)
    if remembered is not None:
        known_as, since, answer = remembered
        if known_as == version and since <= now < answer.valid_until:
            return answer
    found = _compute(tx, stock, kind, first, last, people=people, now=now)
    offer_memory.remember(tx, key, (version, now, found))
    return found


def offer_without(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    first: date,
    last: date,
    *,
    therapist: Therapist,
    now: int,
    without: Appointment,
) -> Offer:
    """The offer to one who wants to move an appointment: as if it were not there, its own time left out."""
    people = candidates(stock, kind, therapist)
    found = _compute(tx, stock, kind, first, last, people=people, now=now, without=without.id)
    starts = tuple(start for start in found.starts if start != without.start)
    return replace(found, starts=starts)


def soonest(
    practice: Practice, kind: AppointmentType, *, therapist: Therapist | None, now: int, count: int = 3
) -> list[int]:
    """The first free starts within the horizon, at most `count`."""
    first = local_day(now, practice.zone)
    last = first + timedelta(days=min(kind.rule(practice.rules).horizon_days, MOST_DAYS - 1))
    return list(offer(practice, kind, first, last, therapist=therapist, now=now).starts[:count])


def next_free_day(
    practice: Practice, kind: AppointmentType, *, therapist: Therapist | None, now: int, after: date
) -> date | None:
    """The first local day after `after` with a free time, within the horizon."""
    end = local_day(now, practice.zone) + timedelta(days=kind.rule(practice.rules).horizon_days)
    day = after + timedelta(days=1)
    while day <= end:
        last = min(end, day + timedelta(days=MOST_DAYS - 1))
        starts = offer(practice, kind, day, last, therapist=therapist, now=now).starts
        if starts:
            return local_day(starts[0], practice.zone)
        day = last + timedelta(days=1)
    return None


def is_somebody_else_there(
    practice: Practice,
    kind: AppointmentType,
    start: int,
    *,
    therapist: Therapist | None,
    now: int,
    without: str | None = None,
) -> bool:
    """Whether a time that cannot be booked was lost to somebody who was quicker.

    If not, the day is closed, full, or too near by now. `without` is the appointment to be moved.
    """
    with reading() as tx:
        stock = catalogue.by_id(tx, practice.id)
        kind = stock.type_of_id(kind.id)
        people = [person.id for person in candidates(stock, kind, therapist)]
        day, wanted = local_day(start, practice.zone), kind.rule(stock.practice.rules).busy(start)
        return any(
            start in starts_of(stock, kind, one.therapist_id, day, day, taken=(), now=now)
            for one in occupancy.taken(tx, people, wanted, now=now, without=without)
        )


def _compute(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    first: date,
    last: date,
    *,
    people: Sequence[Therapist],
    now: int,
    without: str | None = None,
) -> Offer:
    practice = stock.practice
    rule = kind.rule(practice.rules)
    opens, closes = bookable_window(rule, zone=practice.zone, now=now)
    low = max(first, local_day(opens, practice.zone))
    high = min(last, local_day(closes - 1, practice.zone))
    stops = stops_at(tx, stock, people)
    found: dict[str, list[int]] = {}
    taken: list[Taken] = []
    if people and low <= high:
        window = days_window(low, high, practice.zone, kind, practice)
        taken = occupancy.taken(tx, [person.id for person in people], window, now=now, without=without)
        for person in people:
            if stops.get(person.id, now + 1) > now:
                found[person.slug] = starts_of(stock, kind, person.id, low, high, taken=taken, now=now)
    free = _who_is_free(found)
    starts = tuple(sorted(free))
    ends = [one.expires_at for one in taken if one.expires_at is not None]
    ends += [at for at in stops.values() if at > now]
    return Offer(
        zone=practice.zone,
        duration=kind.duration,
        starts=starts,
        free=free,
        tag=_tag(stock, kind, people, found, first, last),
        valid_until=min([next_boundary(rule, starts, zone=practice.zone, now=now), *ends]),
    )


def _who_is_free(found: Mapping[str, Sequence[int]]) -> dict[int, tuple[str, ...]]:
    """Slug -> starts, turned round: start -> slugs, in the same order of people."""
    free: dict[int, tuple[str, ...]] = {}
    for slug, starts in found.items():
        mine: dict[int, tuple[str, ...]] = dict.fromkeys(starts, (slug,))
        for start in free.keys() & mine.keys():
            mine[start] = (*free[start], slug)
        free = free | mine if free else mine
    return free


def _tag(
    stock: Catalogue,
    kind: AppointmentType,
    people: Sequence[Therapist],
    found: Mapping[str, Sequence[int]],
    first: date,
    last: date,
) -> str:
    """A strong tag over everything that enters the answer, who is free at each time included."""
    revisions = [(person.id, stock.revisions[person.id]) for person in people]
    sizes = [(slug, len(starts)) for slug, starts in found.items()]
    parts = (kind.id, kind.duration, first, last, stock.practice.zone, revisions, sizes)
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=12)
    for starts in found.values():
        digest.update(array("q", starts))
    return digest.hexdigest()
