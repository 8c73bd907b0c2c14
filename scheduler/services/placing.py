"""Putting an appointment at a time: the steps that every booking transaction shares.

Order matters: the therapist's revision is raised first (it locks the row),
then lapsed holds in the way are expired, then the one rule is asked, and last
the database's guard has its say.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import uuid4

from scheduler.domain import appointment as lifecycle
from scheduler.domain.appointment import Action, Appointment, Status
from scheduler.domain.errors import SlotTaken
from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import day_interval, local_day
from scheduler.domain.practice import AppointmentType, Mode, Therapist
from scheduler.services import notices, numbers, one_rule
from scheduler.store import appointments, catalogue, claims, occupancy, therapists
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, default_sender

NOWHERE = (0, 0)
"""An empty interval: lock the calendar, and leave lapsed holds to those who need their time."""


def clear(
    tx: Transaction, stock: Catalogue, therapist: Therapist, interval: Interval = NOWHERE, *, now: int
) -> None:
    """Lock the therapist's calendar, then expire the lapsed holds and requests in the interval."""
    therapists.raise_revision(tx, therapist.id, now=now, hours=False)
    make_room(tx, stock, therapist, interval, now=now)


def make_room(
    tx: Transaction, stock: Catalogue, therapist: Therapist, interval: Interval, *, now: int
) -> None:
    """Expire the lapsed holds and requests in the interval; the caller has locked the calendar."""
    for lapsed in appointments.lapsed(tx, now=now, therapist_id=therapist.id, interval=interval):
        expire(tx, stock, lapsed, now=now)


def expire(tx: Transaction, stock: Catalogue, lapsed: Appointment, *, now: int) -> None:
    """End a hold or request whose time ran out; a request counts as declined and is answered by mail.

    What was typed stays on the hold for a while: its visitor may come back and take another time.
    """
    after = replace(
        lapsed,
        status=lifecycle.after(lapsed.status, Action.EXPIRE),
        sequence=numbers.after(tx, lapsed, Action.EXPIRE, now=now),
        expires_at=None,
        changed_at=now,
    )
    appointments.change(tx, lapsed, after)
    if after.status is Status.DECLINED:
        claims.release(tx, after.id)
        notices.declined(tx, stock.therapist_of_id(after.therapist_id), after, now=now)


def is_offered(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    start: int,
    *,
    now: int,
    rule_now: int | None = None,
    without: str | None = None,
) -> bool:
    """Whether the one rule offers this start; notice and horizon count from `rule_now`."""
    day = local_day(start, stock.practice.zone)
    window = one_rule.days_window(day, day, stock.practice.zone, kind, stock.practice)
    taken = occupancy.taken(tx, [therapist.id], window, now=now, without=without)
    rule_now = now if rule_now is None else rule_now
    if one_rule.stops_at(tx, stock, [therapist]).get(therapist.id, now + 1) <= now:
        return False
    return start in one_rule.starts_of(stock, kind, therapist.id, day, day, taken=taken, now=rule_now)


def place(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    start: int,
    therapist: Therapist | None,
    *,
    now: int,
    among: Collection[str] | None = None,
) -> tuple[Therapist, Catalogue]:
    """The therapist whose calendar is locked and in whom the start is offered, and the catalogue as locked.

    "Any therapist" is the one with fewest appointments that day, then the fixed
    order; the next one if that race is lost. `among` names those who may take it
    by their ids. **Raises** `SlotTaken`.
    """
    kind = stock.type_of_id(kind.id)
    day = local_day(start, stock.practice.zone)
    people = one_rule.candidates(stock, kind, therapist)
    people = [one for one in people if among is None or one.id in among]
    for person in _by_load(tx, people, day, stock.practice.zone):
        clear(tx, stock, person, kind.rule(stock.practice.rules).busy(start), now=now)
        locked = catalogue.by_id(tx, stock.practice.id)
        if is_offered(tx, locked, locked.type_of_id(kind.id), person, start, now=now):
            return person, locked
    raise SlotTaken("this time is not offered")


def new_appointment(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    start: int,
    *,
    status: Status,
    language: str,
    zone: str,
    now: int,
    mode: Mode | None = None,
) -> Appointment:
    """A fresh appointment value; everything but the person's wishes comes from the stored type."""
    return Appointment(
        id=str(uuid4()),
        practice_id=stock.practice.id,
        therapist_id=therapist.id,
        type_id=kind.id,
        uid=str(uuid4()),
        sequence=0,
        status=status,
        start=start,
        end=start + kind.duration,
        busy=kind.rule(stock.practice.rules).busy(start),
        mode=mode or kind.modes[0],
        language=language,
        visitor_zone=zone,
        organizer=stock.practice.sender or default_sender(tx),
        created_at=now,
        changed_at=now,
        expires_at=now + lifecycle.HOLD_SECONDS if status is Status.HELD else None,
    )


def _by_load(tx: Transaction, people: list[Therapist], day: date, zone: str) -> list[Therapist]:
    if len(people) < 2:
        return people
    loads = occupancy.therapist_loads(tx, [person.id for person in people], day_interval(day, zone))
    return sorted(people, key=lambda person: loads[person.id])
