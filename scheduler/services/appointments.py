"""What the practice does with an appointment: see it, move it, cancel it, answer a known contact.

Staff move under the overlap guard alone: opening hours and notice bind visitors, not the therapist.
"""

from dataclasses import replace

from scheduler.domain.appointment import Action, Appointment, Status, after, sequence_after
from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.services import audit, notices, placing
from scheduler.services.desk import Desk
from scheduler.store import appointments as store
from scheduler.store import catalogue, claims, therapists
from scheduler.store.database import Transaction, reading, retried, transaction

KNOWN_CONTACT = "known_contact"


def find(desk: Desk, appointment_id: str) -> Appointment:
    """An appointment of this desk. **Raises** `NotFound`, also for a colleague's or another practice's."""
    with reading() as tx:
        return find_in(tx, desk, appointment_id)


def look_at(desk: Desk, appointment_id: str, *, now: int) -> Appointment:
    """The same for reading a person's details, which the audit log notes."""
    found = find(desk, appointment_id)
    audit.note_alone(
        "appointment.read", actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=appointment_id
    )
    return found


def find_in(tx: Transaction, desk: Desk, appointment_id: str) -> Appointment:
    """The same inside a transaction; a hold is nobody's appointment yet."""
    found = store.find(tx, desk.practice.id, appointment_id)
    if found.therapist_id not in desk.therapist_ids or found.status in (Status.HELD, Status.EXPIRED):
        raise NotFound("no such appointment")
    return found


@retried
def cancel(desk: Desk, appointment_id: str, *, now: int) -> Appointment:
    """Cancel before the start; the second press changes nothing. **Raises** `WrongState`, `NotFound`."""
    known = find(desk, appointment_id)
    with transaction() as tx:
        therapists.raise_revision(tx, known.therapist_id, now=now, hours=False)
        before = find_in(tx, desk, appointment_id)
        if before.status is Status.CANCELLED:
            return before
        if before.is_over(now):
            raise WrongState("the appointment has begun")
        changed = replace(
            before,
            status=after(before.status, Action.CANCEL),
            sequence=sequence_after(before.sequence, before.status, Action.CANCEL),
            expires_at=None,
            changed_at=now,
        )
        store.change(tx, before, changed)
        claims.release(tx, changed.id)
        notices.cancelled(tx, desk.therapist_of_id(changed.therapist_id), changed, now=now)
        note(tx, desk, "appointment.cancel", changed.id, now=now)
    return changed


@retried
def move(desk: Desk, appointment_id: str, start: int, *, now: int) -> Appointment:
    """Another time, the length and the pauses as booked.

    **Raises** `SlotTaken` when it would overlap, `Refused` for a time that is
    over, `WrongState`, `NotFound`.
    """
    if start <= now:
        raise Refused({"time": "This time is over; choose a later one"})
    known = find(desk, appointment_id)
    with transaction() as tx:
        shift = start - known.start
        needed = known.busy[0] + shift, known.busy[1] + shift
        stock = catalogue.by_id(tx, desk.practice.id)
        placing.clear(tx, stock, desk.therapist_of_id(known.therapist_id), needed, now=now)
        before = find_in(tx, desk, appointment_id)
        if before.is_over(now):
            raise WrongState("the appointment has begun")
        if start == before.start:
            return before
        changed = _moved(before, start, now)
        store.change(tx, before, changed)
        notices.moved(tx, desk.therapist_of_id(changed.therapist_id), before, changed, now=now)
        note(tx, desk, "appointment.move", changed.id, now=now)
    return changed


def answer_known(desk: Desk, appointment_id: str, *, now: int) -> None:
    """Write kindly to somebody who had the free call before; one mail, however often it is pressed."""
    with transaction() as tx:
        found = find_in(tx, desk, appointment_id)
        if found.known_since is None:
            raise WrongState("this contact is new")
        notices.visitors(tx, found, KNOWN_CONTACT, now=now, occasion=KNOWN_CONTACT)
        note(tx, desk, "appointment.answer", found.id, now=now)


def note(tx: Transaction, desk: Desk, action: str, object_id: str, *, now: int) -> None:
    """An audit line in the transaction of a change."""
    audit.note(tx, action, actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=object_id)


def _moved(before: Appointment, start: int, now: int) -> Appointment:
    shift = start - before.start
    return replace(
        before,
        status=after(before.status, Action.MOVE),
        sequence=sequence_after(before.sequence, before.status, Action.MOVE),
        start=start,
        end=before.end + shift,
        busy=(before.busy[0] + shift, before.busy[1] + shift),
        expires_at=None if before.expires_at is None else min(before.expires_at, start),
        changed_at=now,
    )
