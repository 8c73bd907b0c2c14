"""What a practice page does with one appointment: scoped by the desk, noted in the audit log.

Staff move under the overlap guard alone: opening hours and notice bind visitors, not the therapist.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.cancellation import Fee
from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.domain.series import Rhythm, Series
from scheduler.services import audit, by_hand, notices, series
from scheduler.services.desk import Desk
from scheduler.services.proposing import ProposedDate
from scheduler.store import appointments as store
from scheduler.store import therapists
from scheduler.store.database import Transaction, reading, transaction

KNOWN_CONTACT = "known_contact"

_OVER = "This time is over; choose a later one"


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


def add(
    desk: Desk,
    kind: AppointmentType,
    therapist: Therapist,
    start: int,
    raw: Mapping[str, str],
    *,
    notify: bool,
    now: int,
) -> Appointment:
    """Add one by hand. **Raises** `Refused` with a sentence per field, `SlotTaken` when it would overlap."""
    if start <= now:
        raise Refused({"time": _OVER})
    return by_hand.book_by_hand(
        desk.practice, kind, therapist=therapist, start=start, raw=raw, notify=notify, by=desk.actor, now=now
    )


def cancel(desk: Desk, appointment_id: str, *, now: int) -> Appointment:
    """Cancel before the start; the second press changes nothing. **Raises** `WrongState`, `NotFound`."""
    known = find(desk, appointment_id)
    if known.status is Status.CANCELLED:
        return known
    if known.is_over(now):
        raise WrongState("the appointment has begun")
    return by_hand.cancel(desk.practice, appointment_id, by=desk.actor, now=now)


def move(desk: Desk, appointment_id: str, start: int, *, now: int) -> Appointment:
    """Another time, the length and the pauses as booked.

    **Raises** `SlotTaken` when it would overlap, `Refused` for a time that is
    over, `WrongState`, `NotFound`.
    """
    known = find(desk, appointment_id)
    if start <= now:
        raise Refused({"time": _OVER})
    if known.is_over(now):
        raise WrongState("the appointment has begun")
    if start == known.start:
        return known
    return by_hand.move(desk.practice, appointment_id, start, by=desk.actor, now=now)


def add_series(
    desk: Desk,
    kind: AppointmentType,
    therapist: Therapist,
    rhythm: Rhythm,
    raw: Mapping[str, str],
    *,
    left_out: Collection[int],
    notify: bool,
    now: int,
) -> Series:
    """Add a series by hand, all dates but those left out. **Raises** `Refused`, `DatesTaken`."""
    return series.book_by_hand(
        desk.practice,
        kind,
        therapist=therapist,
        rhythm=rhythm,
        left_out=left_out,
        raw=raw,
        notify=notify,
        by=desk.actor,
        now=now,
    )


def series_of(desk: Desk, appointment_id: str) -> Series | None:
    """The series of an appointment of this desk, None for a single one. **Raises** `NotFound`."""
    return series.of_appointment(desk.practice.id, find(desk, appointment_id).id)


def end_series(desk: Desk, appointment_id: str, *, with_this: bool, now: int) -> Series:
    """End it after this date, or with it. **Raises** `WrongState` when nothing follows, `NotFound`."""
    known = find(desk, appointment_id)
    return series.end(desk.practice, known.id, with_this=with_this, by=desk.actor, now=now)


def propose_change(
    desk: Desk, appointment_id: str, start: int, weeks: int, dates: int, *, now: int
) -> tuple[ProposedDate, ...]:
    """Every date of another rhythm from this date on, with what stands in its way; the old ones do not.

    **Raises** `NotFound`, `WrongState` for an appointment of no series.
    """
    known = find(desk, appointment_id)
    whole = series_of(desk, appointment_id)
    if whole is None:
        raise WrongState("it does not repeat")
    freed = {one.start for one in whole.coming_from(whole.recurrence_of(known.id), now)}
    kind, therapist = desk.type_of_id(known.type_id), desk.therapist_of_id(known.therapist_id)
    return series.propose(desk.practice, kind, therapist, start, weeks, dates, now=now, freed=freed)


def change_series(
    desk: Desk,
    appointment_id: str,
    start: int,
    weeks: int,
    dates: int,
    *,
    left_out: Collection[int],
    now: int,
) -> Series:
    """Another rhythm from this date on; what followed is cancelled.

    **Raises** `DatesTaken`, `Refused`, `WrongState` when nothing follows, `NotFound`.
    """
    known = find(desk, appointment_id)
    rhythm = series.rhythm_of(desk.practice, start, weeks, dates)
    return series.change_rhythm(desk.practice, known.id, rhythm, left_out=left_out, by=desk.actor, now=now)


def answer_known(desk: Desk, appointment_id: str, *, now: int) -> None:
    """Write kindly to somebody who had the free call before; one mail, however often it is pressed."""
    with transaction() as tx:
        found = find_in(tx, desk, appointment_id)
        if found.known_since is None:
            raise WrongState("this contact is new")
        notices.visitors(tx, found, KNOWN_CONTACT, now=now, occasion=KNOWN_CONTACT)
        note(tx, desk, "appointment.answer", found.id, now=now)


def waive_fee(desk: Desk, appointment_id: str, *, now: int) -> None:
    """Let the late fee of a cancelled appointment go; doing it again changes nothing. **Raises** `NotFound`.

    **Raises** `WrongState` where no fee is due.
    """
    known = find(desk, appointment_id)
    with transaction() as tx:
        therapists.lock(tx, known.therapist_id)
        found = find_in(tx, desk, appointment_id)
        if found.terms is None or found.terms.fee is Fee.NONE:
            raise WrongState("no fee is due")
        if found.terms.fee is Fee.DUE:
            store.change(tx, found, replace(found, terms=replace(found.terms, fee=Fee.WAIVED)))
            note(tx, desk, "appointment.waive", found.id, now=now)


def note(tx: Transaction, desk: Desk, action: str, object_id: str, *, now: int) -> None:
    """An audit line in the transaction of a change."""
    audit.note(tx, action, actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=object_id)
