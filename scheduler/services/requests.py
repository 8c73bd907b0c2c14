"""Requests that wait for the therapist: who asks, what lies around, accept or decline."""

from dataclasses import dataclass, replace

from scheduler.domain.appointment import Action, Appointment, Status, after
from scheduler.domain.errors import WrongState
from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import day_interval, local_day
from scheduler.services import notices, numbers
from scheduler.services.appointments import find, find_in, note
from scheduler.services.desk import Desk
from scheduler.store import appointments, claims, therapists
from scheduler.store.database import Transaction, reading, retried, transaction

ANSWERED_SECONDS = 7 * 24 * 3600
"""How long an answered request stays on the page."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request with its neighbours of the same local day, if there are any."""

    request: Appointment
    before: Appointment | None
    after: Appointment | None


def waiting(desk: Desk, *, now: int) -> list[Waiting]:
    """The requests that still keep their time, in order of their start."""
    with reading() as tx:
        asked = appointments.with_status(
            tx, desk.practice.id, [Status.REQUESTED], therapist_ids=desk.therapist_ids
        )
        asked = [one for one in asked if not has_lapsed(one, now)]
        if not asked:
            return []
        window = day_of(desk, asked[0].start)[0], day_of(desk, asked[-1].start)[1]
        around = appointments.between(tx, desk.practice.id, desk.therapist_ids, window)
    booked = [one for one in around if one.status in (Status.REQUESTED, Status.CONFIRMED)]
    return [_with_neighbours(desk, one, booked) for one in asked]


def answered(desk: Desk, *, now: int) -> list[Appointment]:
    """What was accepted or declined within the last days, the newest first."""
    with reading() as tx:
        found = appointments.with_status(
            tx, desk.practice.id, [Status.CONFIRMED, Status.DECLINED], therapist_ids=desk.therapist_ids
        )
    by_request = {kind.id for kind in desk.types if kind.approval == "request"}
    recent = [
        one
        for one in found
        if one.changed_at > now - ANSWERED_SECONDS
        and (
            one.status is Status.DECLINED
            or (one.type_id in by_request and not one.by_hand and one.sequence > 0)
        )
    ]
    return sorted(recent, key=lambda one: one.changed_at, reverse=True)[:10]


@retried
def accept(desk: Desk, appointment_id: str, *, now: int) -> Appointment:
    """The request stands as an appointment; a second press changes nothing.

    **Raises** `WrongState` when it lapsed or was withdrawn, `NotFound`.
    """
    known = find(desk, appointment_id)
    with transaction() as tx:
        therapists.raise_revision(tx, known.therapist_id, now=now, hours=False)
        before = find_in(tx, desk, appointment_id)
        if before.status is Status.CONFIRMED:
            return before
        if has_lapsed(before, now):
            raise WrongState("the time for an answer is over")
        changed = _answered(tx, before, Action.ACCEPT, now)
        appointments.change(tx, before, changed)
        notices.accepted(tx, desk.therapist_of_id(changed.therapist_id), changed, now=now)
        note(tx, desk, "request.accept", changed.id, now=now)
    return changed


@retried
def decline(desk: Desk, appointment_id: str, *, now: int) -> Appointment:
    """The time is free again and the visitor gets a kind mail; a second press changes nothing.

    **Raises** `WrongState` when it was accepted or withdrawn, `NotFound`.
    """
    known = find(desk, appointment_id)
    with transaction() as tx:
        therapists.raise_revision(tx, known.therapist_id, now=now, hours=False)
        before = find_in(tx, desk, appointment_id)
        if before.status is Status.DECLINED:
            return before
        changed = _answered(tx, before, Action.DECLINE, now)
        appointments.change(tx, before, changed)
        claims.release(tx, changed.id)
        notices.declined(tx, desk.therapist_of_id(changed.therapist_id), changed, now=now)
        note(tx, desk, "request.decline", changed.id, now=now)
    return changed


def has_lapsed(one: Appointment, now: int) -> bool:
    """Whether the time kept for an answer is over."""
    return one.status is Status.REQUESTED and one.expires_at is not None and one.expires_at <= now


def day_of(desk: Desk, at: int) -> Interval:
    """The practice's local day around an instant."""
    return day_interval(local_day(at, desk.practice.zone), desk.practice.zone)


def _answered(tx: Transaction, before: Appointment, action: Action, now: int) -> Appointment:
    return replace(
        before,
        status=after(before.status, action),
        sequence=numbers.after(tx, before, action, now=now),
        expires_at=None,
        changed_at=now,
    )


def _with_neighbours(desk: Desk, one: Appointment, booked: list[Appointment]) -> Waiting:
    low, high = day_of(desk, one.start)
    same_day = [
        other
        for other in booked
        if other.therapist_id == one.therapist_id and other.id != one.id and low <= other.start < high
    ]
    earlier = [other for other in same_day if other.end <= one.start]
    later = [other for other in same_day if other.start >= one.end]
    return Waiting(one, earlier[-1] if earlier else None, later[0] if later else None)
