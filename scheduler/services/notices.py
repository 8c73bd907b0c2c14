"""Whom to tell what: the outbox rows that a change of an appointment writes in its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.practice import Therapist, TherapistMail
from scheduler.domain.series import Series
from scheduler.store import outbox
from scheduler.store.database import Transaction

REMIND_BEFORE = 24 * 3600
REMIND_WHEN_AHEAD = 36 * 3600
"""Reminders go to those who booked at least this long before the start."""


def booked(tx: Transaction, therapist: Therapist, appointment: Appointment, *, now: int) -> None:
    """A visitor booked or asked."""
    waits = appointment.status is Status.REQUESTED
    visitors(tx, appointment, "request_received" if waits else "confirmation", now=now)
    _therapist(tx, therapist, appointment, "therapist_requested" if waits else "therapist_booked", now=now)
    _remind(tx, appointment, now=now)


def accepted(tx: Transaction, therapist: Therapist, appointment: Appointment, *, now: int) -> None:
    """The therapist accepted a request."""
    visitors(tx, appointment, "accepted", now=now)
    _therapist(tx, therapist, appointment, "therapist_booked", now=now)
    _remind(tx, appointment, now=now)


def declined(tx: Transaction, therapist: Therapist, appointment: Appointment, *, now: int) -> None:
    """A request was declined, or nobody answered it in time."""
    visitors(tx, appointment, "declined", now=now)
    _therapist(tx, therapist, appointment, "therapist_cancelled", now=now)


def moved(
    tx: Transaction, therapist: Therapist, before: Appointment, after: Appointment, *, now: int
) -> None:
    """The appointment has another time."""
    facts = {"old_start": before.start, "old_end": before.end}
    visitors(tx, after, "moved", now=now, facts=facts)
    _therapist(tx, therapist, after, "therapist_moved", now=now, facts=facts)
    _remind(tx, after, now=now)


def cancelled(
    tx: Transaction,
    therapist: Therapist,
    appointment: Appointment,
    *,
    now: int,
    has_note: bool = False,
    by_practice: bool = False,
) -> None:
    """The appointment was cancelled; `has_note` when the visitor left a line for the therapist."""
    visitors(tx, appointment, "cancelled", now=now, facts={"by": "practice"} if by_practice else {})
    facts = {"has_note": True} if has_note else {}
    _therapist(tx, therapist, appointment, "therapist_cancelled", now=now, facts=facts)


def series_booked(tx: Transaction, therapist: Therapist, series: Series, *, now: int) -> None:
    """A series was booked: one mail about all of it, and a reminder before each date."""
    _about_series(tx, therapist, series, "series_booked", "therapist_series", now=now)
    for one in series.standing:
        _remind(tx, one, now=now)


def series_ended(
    tx: Transaction,
    therapist: Therapist,
    series: Series,
    gone: Sequence[Appointment],
    *,
    by_visitor: bool = False,
    now: int,
) -> None:
    """The practice ended a series, or the visitor; `gone` are the dates that were cancelled by it."""
    kind = "series_ended" if series.coming(now) else "series_cancelled"
    facts: dict[str, object] = {"gone": [[one.start, one.end] for one in gone]}
    if by_visitor:
        facts["by"] = "visitor"
    _about_series(tx, therapist, series, kind, "therapist_ended", now=now, facts=facts)


def _about_series(
    tx: Transaction,
    therapist: Therapist,
    series: Series,
    kind: str,
    therapist_kind: str,
    *,
    now: int,
    facts: Mapping[str, object] | None = None,
) -> None:
    """One mail to each person, kept with the first date on which people are still known."""
    first = next((one for one in series.appointments if one.participants), series.appointments[0])
    spoken_of = replace(first, sequence=series.sequence)
    visitors(tx, spoken_of, kind, now=now, facts=facts)
    _therapist(tx, therapist, spoken_of, therapist_kind, now=now, facts=facts)


def answered(
    tx: Transaction, therapist: Therapist, appointment: Appointment, *, by: str, how: str = "", now: int
) -> None:
    """Somebody (`by` a participant's id) does not say yes; one mail of each for a SEQUENCE.

    `how` is empty for a calendar, `page` for "I cannot come", and `left` for "this was not me".
    """
    occasion = f"left-{by}" if how == "left" else by
    facts = {"how": how} if how else {}
    _therapist(tx, therapist, appointment, "therapist_answered", now=now, occasion=occasion, facts=facts)


def visitors(
    tx: Transaction,
    appointment: Appointment,
    kind: str,
    *,
    now: int,
    occasion: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    """One mail of this kind to each person of the visitor's side."""
    for person in appointment.participants:
        _add(tx, appointment, person.id, kind, now=now, occasion=occasion, facts=facts)


def remind_at(appointment: Appointment, *, booked_at: int) -> int | None:
    """When the reminder of an appointment with this time since `booked_at` goes; None when there is none."""
    is_ahead = appointment.start - booked_at >= REMIND_WHEN_AHEAD
    return appointment.start - REMIND_BEFORE if appointment.status is Status.CONFIRMED and is_ahead else None


def _remind(tx: Transaction, appointment: Appointment, *, now: int) -> None:
    due_at = remind_at(appointment, booked_at=now)
    if due_at is not None:
        for person in appointment.participants:
            _add(tx, appointment, person.id, "reminder", now=now, due_at=due_at)


def _therapist(
    tx: Transaction,
    therapist: Therapist,
    appointment: Appointment,
    kind: str,
    *,
    now: int,
    occasion: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    if therapist.mail is not TherapistMail.NOTHING:
        _add(tx, appointment, outbox.THERAPIST, kind, now=now, occasion=occasion, facts=facts)


def _add(
    tx: Transaction,
    appointment: Appointment,
    recipient: str,
    kind: str,
    *,
    now: int,
    due_at: int | None = None,
    occasion: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    mail = outbox.OutboxMail(
        practice_id=appointment.practice_id,
        appointment_id=appointment.id,
        recipient=recipient,
        kind=kind,
        sequence=appointment.sequence,
        due_at=now if due_at is None else due_at,
        now=now,
        occasion=occasion,
        facts=facts or {},
    )
    outbox.add(tx, mail)
