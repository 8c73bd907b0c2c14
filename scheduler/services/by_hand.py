"""What staff do to appointments: add one, move, cancel. The same guard, no opening hours and no notice.

The therapist decides outside the offered hours too, but never over another
appointment: the database has the last word.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import audit, forms, manage, notices, people, placing
from scheduler.services.forms import CheckedBooking
from scheduler.store import appointments, catalogue
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, retried, transaction

Agreed = Callable[[Appointment], Appointment]


@retried
def book_by_hand(
    practice: Practice,
    kind: AppointmentType,
    *,
    therapist: Therapist,
    start: int,
    raw: Mapping[str, Any],
    notify: bool,
    by: str,
    now: int,
) -> Appointment:
    """Add a confirmed appointment. `raw` as in a visitor's form; `by` is the account's id.

    **Raises** `Refused` with a sentence per field, `SlotTaken` when it would overlap.
    """
    form = check_form(practice, kind, raw)
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        wanted = kind.rule(stock.practice.rules).busy(start)
        placing.clear(tx, stock, therapist, wanted, now=now)
        fresh = enter(tx, stock, kind, therapist, start, form, now=now)
        if notify:
            notices.booked(tx, therapist, fresh, now=now)
        _record(tx, fresh, "appointment.add", by, now)
        return fresh


@retried
def move(practice: Practice, appointment_id: str, start: int, *, by: str, now: int) -> Appointment:
    """Move to any time that is not taken; everybody is told.

    **Raises** `SlotTaken`, `WrongState`, `NotFound`.
    """
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        before = appointments.find(tx, practice.id, appointment_id)
        therapist = stock.therapist_of_id(before.therapist_id)
        kind = stock.type_of_id(before.type_id)
        length = before.busy[1] - before.busy[0]
        lead = before.start - before.busy[0]
        placing.clear(tx, stock, therapist, (start - lead, start - lead + length), now=now)
        before = _open(appointments.find(tx, practice.id, appointment_id))
        after = manage.relocate(tx, stock.practice, kind, therapist, before, start, by_practice=True, now=now)
        _record(tx, after, "appointment.move", by, now)
        return after


@retried
def cancel(practice: Practice, appointment_id: str, *, by: str, now: int) -> Appointment:
    """Cancel and tell everybody. **Raises** `WrongState`, `NotFound`."""
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        before = appointments.find(tx, practice.id, appointment_id)
        therapist = stock.therapist_of_id(before.therapist_id)
        placing.clear(tx, stock, therapist, now=now)
        after = manage.call_off(
            tx,
            therapist,
            _open(appointments.find(tx, practice.id, appointment_id)),
            by_practice=True,
            now=now,
        )
        _record(tx, after, "appointment.cancel", by, now)
        return after


def check_form(practice: Practice, kind: AppointmentType, raw: Mapping[str, Any]) -> CheckedBooking:
    """What is typed for staff's own booking, checked. **Raises** `Refused` with a sentence per field."""
    return forms.check({"consents": list(forms.needed_consents(kind)), **raw}, practice, kind)


def enter(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    start: int,
    form: CheckedBooking,
    *,
    agreed: Agreed | None = None,
    now: int,
) -> Appointment:
    """Insert a confirmed appointment with its people; the caller has locked the calendar and made room.

    `agreed` adds what the client was shown or agreed to.

    **Raises** `SlotTaken` through the overlap guard.
    """
    fresh = placing.new_appointment(
        tx,
        stock,
        kind,
        therapist,
        start,
        status=Status.CONFIRMED,
        language=form.language,
        zone=form.zone,
        mode=form.mode,
        now=now,
    )
    fresh = replace(fresh, by_hand=True, note=form.note)
    fresh = agreed(fresh) if agreed else fresh
    appointments.add(tx, fresh)
    return replace(fresh, participants=people.add(tx, fresh, form.people, now=now))


def _open(found: Appointment) -> Appointment:
    if found.status not in manage.OPEN:
        raise WrongState("it is cancelled or over")
    return found


def _record(tx: Transaction, appointment: Appointment, action: str, by: str, now: int) -> None:
    audit.note(tx, action, actor=by, now=now, practice_id=appointment.practice_id, object_id=appointment.id)
