"""Appointments that repeat: booked in one go, ended, given another rhythm.

Moving or cancelling one date is what it is for every appointment
(`services/manage.py`, `services/by_hand.py`); the number of the series rises
with it. Order matters here as everywhere: the therapist's calendar is locked
first, then the dates are inserted in the order of their starts.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import DatesTaken, Refused, WrongState
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.series import Rhythm, Series, SeriesDate, occurrences, until, without
from scheduler.services import alternatives, audit, by_hand, manage, notices, placing, proposing
from scheduler.services.by_hand import Agreed
from scheduler.services.forms import CheckedBooking, Person
from scheduler.services.proposing import propose, rhythm_of
from scheduler.store import appointments, catalogue, claims, participants
from scheduler.store import series as store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction

__all__ = [
    "book_all", "book_by_hand", "change_rhythm", "end", "end_in", "of_appointment", "propose", "rhythm_of",
]  # fmt: skip

LEAST_DATES = 2
"""Staff who want fewer add a single appointment."""


@retried
def book_by_hand(
    practice: Practice,
    kind: AppointmentType,
    *,
    therapist: Therapist,
    rhythm: Rhythm,
    left_out: Collection[int] = (),
    raw: Mapping[str, Any],
    notify: bool,
    by: str,
    now: int,
) -> Series:
    """Book all dates but those left out (named by their starts), or none. `raw` as in a visitor's form.

    **Raises** `Refused` with a sentence per field, `DatesTaken` with the dates that cannot be booked.
    """
    form = by_hand.check_form(practice, kind, raw)
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        placing.clear(tx, stock, therapist, now=now)
        booked = book_all(tx, stock, kind, therapist, rhythm, left_out, form, now=now)
        if notify:
            notices.series_booked(tx, therapist, booked, now=now)
        _record(tx, booked, "series.add", by, now)
        return booked


@retried
def end(practice: Practice, appointment_id: str, *, with_this: bool, by: str, now: int) -> Series:
    """End the series of an appointment after that date, or with it before; what follows is cancelled.

    **Raises** `WrongState` for an appointment of no series, and when nothing follows.
    """
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        found = _find(tx, practice, appointment_id)
        therapist = stock.therapist_of_id(found.therapist_id)
        placing.clear(tx, stock, therapist, now=now)
        ended, _ = end_in(tx, therapist, practice, appointment_id, with_this=with_this, now=now)
        _record(tx, ended, "series.end", by, now)
        return ended


@retried
def change_rhythm(
    practice: Practice,
    appointment_id: str,
    rhythm: Rhythm,
    *,
    left_out: Collection[int] = (),
    by: str,
    now: int,
) -> Series:
    """From this date on another rhythm: the old series ends, a new one with a UID of its own begins.

    **Raises** `DatesTaken` (then nothing has changed), `WrongState`, `Refused`.
    """
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        found = _find(tx, practice, appointment_id)
        therapist = stock.therapist_of_id(found.therapist_id)
        placing.clear(tx, stock, therapist, now=now)
        _, gone = end_in(tx, therapist, practice, appointment_id, with_this=True, now=now)
        kind = stock.type_of_id(found.type_id)
        form, agreed = _as_before(gone[0]), partial(_agreed_before, gone[0])
        booked = book_all(tx, stock, kind, therapist, rhythm, left_out, form, agreed=agreed, now=now)
        _say_again(tx, gone[0], booked)
        notices.series_booked(tx, therapist, booked, now=now)
        _record(tx, booked, "series.change", by, now)
        return booked


def of_appointment(practice_id: str, appointment_id: str) -> Series | None:
    """The series of an appointment with all its dates; None for a single one."""
    with reading() as tx:
        return store.of_appointment(tx, practice_id, appointment_id)


# ---- steps -----------------------------------------------------------------


def book_all(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    rhythm: Rhythm,
    left_out: Collection[int],
    form: CheckedBooking,
    *,
    agreed: Agreed | None = None,
    instead: Mapping[int, int] | None = None,
    least: int = LEAST_DATES,
    now: int,
) -> Series:
    """Insert the dates and the series; the caller has locked the calendar.

    `instead` names the start that each lost date takes, as the one rule offers it beside the others.
    **Raises** `Refused`, `DatesTaken`.
    """
    if kind.one_per_client:
        raise Refused({"repeat": "This type of appointment does not repeat"})
    proposed = proposing.proposed(tx, stock, kind, therapist, rhythm, now=now)
    elsewhere = instead or {}
    wrong = [
        one.start
        for one in proposed
        if one.start not in left_out and one.start not in elsewhere and not one.can_be_booked
    ]
    if wrong:
        raise DatesTaken(tuple(wrong))
    if sum(one.start not in left_out for one in proposed) < least:
        raise Refused({"dates": "Keep at least two dates, or add a single appointment"})
    shorter, kept = without(rhythm, left_out)
    rule, booked = kind.rule(stock.practice.rules), dict[int, Appointment]()
    for start in sorted(kept, key=lambda start: start in elsewhere):
        taken = elsewhere.get(start, start)
        placing.make_room(tx, stock, therapist, rule.busy(taken), now=now)
        if start in elsewhere and not alternatives.is_instead(
            tx, stock, kind, therapist, start, taken, now=now
        ):
            raise DatesTaken((start,))
        booked[start] = by_hand.enter(tx, stock, kind, therapist, taken, form, agreed=agreed, now=now)
    series = Series(
        id=str(uuid4()),
        practice_id=stock.practice.id,
        therapist_id=therapist.id,
        type_id=kind.id,
        uid=str(uuid4()),
        sequence=0,
        rhythm=shorter,
        duration=kind.duration,
        created_at=now,
        changed_at=now,
        dates=tuple(SeriesDate(one.start, booked.get(one.start)) for one in occurrences(shorter)),
    )
    store.add(tx, series)
    return series


def _as_before(one: Appointment) -> CheckedBooking:
    """The same people, mode and language as an appointment has; its note stays where it is."""
    same = [Person(who.name, who.email, who.phone, who.language) for who in one.participants]
    return CheckedBooking(one.mode, one.language, one.visitor_zone, note="", consents=(), people=tuple(same))


def _agreed_before(before: Appointment, fresh: Appointment) -> Appointment:
    """What the client agreed to holds for the new dates; no fee comes with them, nor for one too close."""
    terms = before.terms.anew(start=fresh.start, at=fresh.created_at) if before.terms else None
    return replace(fresh, consents=before.consents, terms=terms)


def _say_again(tx: Transaction, before: Appointment, series: Series) -> None:
    """What each person said of reaching them safely, and where they will be, holds for the new dates."""
    for one in series.standing:
        for known, fresh in zip(before.participants, one.participants, strict=True):
            participants.keep_extras(tx, replace(fresh, extras=known.extras))


def end_in(
    tx: Transaction,
    therapist: Therapist,
    practice: Practice,
    appointment_id: str,
    *,
    with_this: bool,
    by_visitor: bool = False,
    now: int,
) -> tuple[Series, tuple[Appointment, ...]]:
    """End it, tell everybody, and say what was cancelled; the caller has locked the calendar.

    A visitor owes what was accepted for those dates whose cancelling is no longer free.
    **Raises** `WrongState` for an appointment of no series, and when nothing follows.
    """
    series = _find(tx, practice, appointment_id)
    named = series.recurrence_of(appointment_id)
    gone = series.coming_from(named if with_this else named + 1, now)
    if not gone:
        raise WrongState("nothing follows")
    number = store.raise_sequence(tx, appointment_id, now=now) or series.sequence
    cancelled = tuple(_cancel(tx, one, number, now, by_visitor=by_visitor) for one in gone)
    left = {one.id for one in series.standing} - {one.id for one in gone}
    last = [one.recurrence for one in series.dates if one.appointment and one.appointment.id in left]
    rhythm = until(series.rhythm, last[-1]) if last else series.rhythm
    store.end(tx, series.id, dates=rhythm.dates, now=now)
    ended = store.find(tx, practice.id, series.id)
    notices.series_ended(tx, therapist, ended, cancelled, by_visitor=by_visitor, now=now)
    return ended, cancelled


def _cancel(tx: Transaction, before: Appointment, number: int, now: int, *, by_visitor: bool) -> Appointment:
    after = replace(
        before,
        status=Status.CANCELLED,
        sequence=number,
        changed_at=now,
        expires_at=None,
        terms=manage.terms_when_cancelled(before, now) if by_visitor else before.terms,
    )
    appointments.change(tx, before, after)
    claims.release(tx, before.id)
    return after


def _find(tx: Transaction, practice: Practice, appointment_id: str) -> Series:
    found = store.of_appointment(tx, practice.id, appointment_id)
    if found is None:
        raise WrongState("it does not repeat")
    return found


def _record(tx: Transaction, series: Series, action: str, by: str, now: int) -> None:
    audit.note(tx, action, actor=by, now=now, practice_id=series.practice_id, object_id=series.id)
