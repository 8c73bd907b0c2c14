"""A close time instead of a date of a series that somebody else has now: what the one rule offers nearby.

See docs/decisions/0019-offered-series.md.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from scheduler.domain.intervals import overlaps
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.domain.slots import closest
from scheduler.services import offers, placing
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction

DAYS_AROUND = 3
"""Nearer to its own week than to the next, so that dates keep their order."""


def instead_of(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    lost: Iterable[int],
    *,
    kept: Collection[int],
    now: int,
) -> Mapping[int, int]:
    """For each lost start the closest free one, where there is one: of its own day, else of the days around.

    None meets another, nor a date of `kept`, which the same person may still take.
    """
    rule, zone = stock.type_of_id(kind.id).rule(stock.practice.rules), stock.practice.zone
    own = [rule.busy(start) for start in kept]
    around = timedelta(days=DAYS_AROUND)
    found: dict[int, int] = {}
    for start in lost:
        day = local_day(start, zone)
        offered = offers.offer_of(tx, stock, kind, day - around, day + around, therapist=therapist, now=now)
        free = [at for at in offered.starts if not any(overlaps(rule.busy(at), span) for span in own)]
        near = closest(free, start, zone=zone)
        if near is not None:
            found[start] = near
            own.append(rule.busy(near))
    return found


def is_instead(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    lost: int,
    start: int,
    *,
    now: int,
) -> bool:
    """Whether the start can be booked instead of the lost one; the caller has locked the calendar."""
    zone = stock.practice.zone
    away = abs((local_day(start, zone) - local_day(lost, zone)).days)
    return away <= DAYS_AROUND and placing.is_offered(tx, stock, kind, therapist, start, now=now)
