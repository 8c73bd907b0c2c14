"""Reading what a practice offers."""

from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.store import catalogue
from scheduler.store import practice as practice_store
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import reading


def practice(slug: str) -> Practice:
    """The practice. **Raises** `NotFound`."""
    return of_slug(slug).practice


def practices() -> list[Practice]:
    """All practices of this installation, by slug."""
    with reading() as tx:
        return practice_store.every(tx)


def of_slug(slug: str) -> Catalogue:
    """The practice with everything it offers. **Raises** `NotFound`."""
    with reading() as tx:
        return catalogue.by_slug(tx, slug)


def of_id(practice_id: str) -> Catalogue:
    """The practice with everything it offers. **Raises** `NotFound`."""
    with reading() as tx:
        return catalogue.by_id(tx, practice_id)


def offered_types(practice: Practice) -> list[AppointmentType]:
    """The enabled types that somebody offers to everybody, in the practice's order."""
    return shown_types(of_id(practice.id))


def shown_types(stock: Catalogue) -> list[AppointmentType]:
    """The types that a stranger may know of, in the practice's order."""
    return [kind for kind in stock.types if kind.enabled and kind.therapist_ids and kind.is_shown]


def find_type(practice: Practice, slug: str, *, key: str = "") -> AppointmentType:
    """The enabled type of this slug. **Raises** `NotFound`, also where it wants another key than this."""
    return of_id(practice.id).type_of_slug(slug, key=key)


def link_to_type(public_url: str, practice: Practice, kind: AppointmentType) -> str:
    """Where visitors book this type; with its secret where it is for existing clients."""
    secret = "" if kind.is_shown else f"?key={kind.access_key}"
    return f"{public_url}/book/{practice.slug}/{kind.slug}{secret}"


def therapists(practice: Practice) -> list[Therapist]:
    """The active therapists in their fixed order."""
    return of_id(practice.id).active_therapists


def find_therapist(practice: Practice, slug: str) -> Therapist:
    """The active therapist of this slug. **Raises** `NotFound`."""
    return of_id(practice.id).therapist_of_slug(slug)
