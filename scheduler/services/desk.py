"""What one signed-in person of a practice may see and change: the scope of every practice page."""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.staff import Staff
from scheduler.store import appointments, catalogue
from scheduler.store.database import reading


@dataclass(frozen=True, slots=True)
class Desk:
    """A practice and those of its therapists whose calendars this person keeps, in order.

    Owners keep all of them, therapists their own. `actor` names the person in the audit log.
    """

    practice: Practice
    therapists: tuple[Therapist, ...]
    types: tuple[AppointmentType, ...]
    actor: str
    is_owner: bool

    def therapist(self, slug: str | None) -> Therapist:
        """The one named, or the first. **Raises** `NotFound` for anybody else's calendar."""
        for therapist in self.therapists:
            if slug in (None, "", therapist.slug):
                return therapist
        raise NotFound("no such therapist")

    def therapist_of_id(self, therapist_id: str) -> Therapist:
        """The therapist of this id. **Raises** `NotFound` for anybody else's calendar."""
        for therapist in self.therapists:
            if therapist.id == therapist_id:
                return therapist
        raise NotFound("no such therapist")

    def type_of_id(self, type_id: str) -> AppointmentType:
        """The practice's type, also a disabled one. **Raises** `NotFound`."""
        for kind in self.types:
            if kind.id == type_id:
                return kind
        raise NotFound("no such appointment type")

    @property
    def therapist_ids(self) -> tuple[str, ...]:
        """The ids that bound every query of this person."""
        return tuple(therapist.id for therapist in self.therapists)


def of_staff(staff: Staff) -> Desk:
    """The desk of a signed-in person. **Raises** `NotFound` for a therapist who is no longer active."""
    with reading() as tx:
        known = catalogue.by_id(tx, staff.practice_id)
    everybody = tuple(therapist for therapist in known.therapists if therapist.active)
    own = tuple(therapist for therapist in everybody if therapist.id == staff.therapist_id)
    # An owner who sees clients finds the own calendar first.
    seen = (*own, *(one for one in everybody if one not in own)) if staff.is_owner else own
    if not seen and not staff.is_owner:
        raise NotFound("no such therapist")
    return Desk(known.practice, seen, known.types, staff.user_id, staff.is_owner)


def own_appointments(desk: Desk, appointment_ids: Sequence[str]) -> set[str]:
    """Those of the given appointments that lie in calendars of this desk."""
    with reading() as tx:
        return appointments.of_therapists(tx, desk.practice.id, desk.therapist_ids, appointment_ids)
