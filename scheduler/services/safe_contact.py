"""In which ways it is safe to get in touch with somebody: said when booking, changed on the manage page."""

from collections.abc import Iterable
from dataclasses import replace

from scheduler.domain.appointment import Participant
from scheduler.domain.errors import NotFound
from scheduler.services import manage
from scheduler.services.forms import CONTACT_WAYS, contact_extras
from scheduler.services.manage import Managed
from scheduler.store import appointments, participants, series
from scheduler.store.database import transaction


def is_asked(managed: Managed) -> bool:
    """Whether this person can say it: the practice asks, and they gave a number."""
    return managed.practice.asks_safe_contact and bool(managed.participant.phone) and managed.can_cancel


def said(person: Participant) -> frozenset[str] | None:
    """The ways that are safe for the person; None where they were not asked."""
    if not any(way in person.extras for way in CONTACT_WAYS):
        return None
    return frozenset(way for way in CONTACT_WAYS if person.extras.get(way) == "yes")


def change(token: str, ways: Iterable[str], *, now: int) -> None:
    """Keep another answer, for all dates of a series. **Raises** `NotFound`, also where nobody is asked."""
    managed = manage.find(token, now=now)
    if not is_asked(managed):
        raise NotFound("nobody is asked")
    answer = contact_extras(tuple(ways))
    with transaction() as tx:
        practice_id, appointment_id = managed.practice.id, managed.appointment.id
        whole = series.of_appointment(tx, practice_id, appointment_id)
        dates = whole.appointments if whole else [appointments.find(tx, practice_id, appointment_id)]
        for person in (one for date in dates for one in date.participants):
            if person.id == managed.participant.id or person.email == managed.participant.email:
                changed = replace(person, extras={**person.extras, **answer})
                participants.keep_extras(tx, changed)
