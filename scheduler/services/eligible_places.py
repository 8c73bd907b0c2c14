"""Which places a visitor is asked about, and who may see somebody there."""

from scheduler.domain import places
from scheduler.domain.errors import NotEligible
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import directory
from scheduler.services.forms import CheckedBooking
from scheduler.store.catalogue import Catalogue


def asked(practice: Practice, kind: AppointmentType) -> tuple[str, ...]:
    """The places to choose from, sorted; none: nobody is asked."""
    return places.asked(kind, directory.therapists(practice))


def who_may(practice: Practice, kind: AppointmentType, place: str) -> list[Therapist]:
    """Those who offer the type and may see somebody at this place."""
    return places.who_may(kind, directory.therapists(practice), place)


def who_may_take(
    stock: Catalogue, kind: AppointmentType, form: CheckedBooking, therapist: Therapist | None
) -> frozenset[str] | None:
    """The ids of those who may take this booking; None: whoever offers it.

    **Raises** `NotEligible` where the chosen therapist, or nobody, may see somebody at the place told.
    """
    if not form.place:
        return None
    allowed = frozenset(one.id for one in places.who_may(kind, stock.active_therapists, form.place))
    if not allowed or (therapist is not None and therapist.id not in allowed):
        raise NotEligible("the therapist may not see people there")
    return allowed
