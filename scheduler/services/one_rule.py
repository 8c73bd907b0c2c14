"""The one rule applied to a practice's stored facts: offering and accepting both ask here."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from scheduler.domain.availability import open_spans
from scheduler.domain.intervals import Interval, touching
from scheduler.domain.local_time import day_interval
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.slots import bookable_starts, bookable_window, days_at_maximum
from scheduler.store import calendars
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction
from scheduler.store.occupancy import Taken

_open_spans = lru_cache(maxsize=512)(open_spans)
"""Hours change seldom, and every booking asks for them again; equal hours and days have equal spans."""


def candidates(stock: Catalogue, kind: AppointmentType, therapist: Therapist | None) -> list[Therapist]:
    """Who may take an appointment of this type, in the fixed order: a type names active therapists only."""
    return [
        person
        for person in stock.therapists
        if person.id in kind.therapist_ids and (therapist is None or person.id == therapist.id)
    ]


def stops_at(tx: Transaction, stock: Catalogue, people: Iterable[Therapist]) -> Mapping[str, int]:
    """From when on a therapist is not offered, because a calendar of theirs is out of date: id -> instant."""
    asked = stock.may_stop.intersection(person.id for person in people)
    return calendars.stops_at(tx, asked) if asked else {}


def starts_of(
    stock: Catalogue,
    kind: AppointmentType,
    therapist_id: str,
    first: date,
    last: date,
    *,
    taken: Iterable[Taken],
    now: int,
) -> list[int]:
    """The starts at which this therapist can be booked on these local days: the one rule.

    None for a type that is switched off, or that this therapist does not offer (any more).
    """
    if not kind.enabled or therapist_id not in kind.therapist_ids:
        return []
    rules, zone = stock.practice.rules, stock.practice.zone
    rule = kind.rule(rules)
    mine = [one for one in taken if one.therapist_id == therapist_id]
    full = days_at_maximum((one.start for one in mine), at_most=rules.per_day_at_most, zone=zone)
    busy = [one.busy for one in mine]
    if outside := stock.outside[therapist_id]:
        busy += touching(outside, days_window(first, last, zone, kind, stock.practice))
    same_type = (one.start for one in mine if one.type_id == kind.id)
    full_for_type = days_at_maximum(same_type, at_most=kind.per_day_at_most, zone=zone)
    return bookable_starts(
        _open_spans(stock.hours[therapist_id], first, last),
        busy,
        rule,
        bookable_window(rule, zone=zone, now=now),
        sorted({*full, *full_for_type}),
    )


def days_window(first: date, last: date, zone: str, kind: AppointmentType, practice: Practice) -> Interval:
    """The instants whose appointments matter for these local days, buffers included."""
    rule = kind.rule(practice.rules)
    margin = rule.buffer_before + rule.duration + rule.buffer_after
    return day_interval(first, zone)[0] - margin, day_interval(last, zone)[1] + margin
