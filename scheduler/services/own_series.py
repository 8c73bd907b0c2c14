"""What a visitor sees of the series that an appointment is a date of, and ending it with one press."""

from dataclasses import dataclass

from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import WrongState
from scheduler.services import audit, mail_limits, manage, placing, series
from scheduler.services.manage import Managed
from scheduler.store import catalogue, participants
from scheduler.store import series as store
from scheduler.store.database import Transaction, reading, retried, transaction


@dataclass(frozen=True, slots=True)
class OwnDate:
    """A coming date with this person's link to it, where each is moved or cancelled by itself.

    `is_late` says that cancelling it now costs what was accepted.
    """

    appointment: Appointment
    token: str
    is_this: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """`count` dates take place or took place; `dates` are the coming ones, `rest` those from this one on."""

    weeks: int
    count: int
    dates: tuple[OwnDate, ...]
    rest: tuple[OwnDate, ...]


def of(managed: Managed, *, now: int) -> OwnSeries | None:
    """The series of this appointment as the person may see it; None for a single one."""
    with reading() as tx:
        whole = store.of_appointment(tx, managed.practice.id, managed.appointment.id)
        if whole is None:
            return None
        found = [_own(tx, managed, one, now) for one in whole.coming(now)]
        dates = tuple(one for one in found if one is not None)
        named = whole.recurrence_of(managed.appointment.id)
        later = {one.id for one in whole.coming_from(named, now)}
        rest = tuple(one for one in dates if one.appointment.id in later)
        return OwnSeries(whole.rhythm.weeks, len(whole.standing), dates, rest)


@retried
def cancel_rest(token: str, *, now: int) -> Managed:
    """Cancel this date and all later ones; one mail tells of it. Done again, it changes nothing.

    **Raises** `NotFound`, `WrongState` for an appointment of no series.
    """
    with transaction() as tx:
        found = manage.find_in(tx, token, now)
        participants.mark_used(tx, found.participant.id)
        stock = catalogue.by_id(tx, found.practice.id)
        placing.clear(tx, stock, found.therapist, now=now)
        whole = store.of_appointment(tx, found.practice.id, found.appointment.id)
        if whole is None:
            raise WrongState("it does not repeat")
        if whole.coming_from(whole.recurrence_of(found.appointment.id), now):
            _, gone = series.end_in(
                tx,
                found.therapist,
                found.practice,
                found.appointment.id,
                with_this=True,
                by_visitor=True,
                now=now,
            )
            audit.note(
                tx, "series.end", actor="visitor", now=now, practice_id=found.practice.id, object_id=whole.id
            )
            mail_limits.count(tx, gone[0], gone[0].participants, now=now, refuse=False)
        return manage.find_in(tx, token, now)


def _own(tx: Transaction, managed: Managed, one: Appointment, now: int) -> OwnDate | None:
    mine = next((other for other in one.participants if other.email == managed.participant.email), None)
    if mine is None:
        return None
    is_late = one.terms is not None and one.terms.is_late(start=one.start, booked_at=one.created_at, at=now)
    return OwnDate(one, participants.token(tx, mine.id), one.id == managed.appointment.id, is_late)
