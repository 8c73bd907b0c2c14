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
    """The enabled types that somebody offers, in the practice's order."""
    return [kind for kind in of_id(practice.id).types if kind.enabled and kind.therapist_ids]


def find_type(practice: Practice, slug: str) -> AppointmentType:
    """The enabled type of this slug. **Raises** `NotFound`."""
    return of_id(practice.id).type_of_slug(slug)


def therapists(practice: Practice) -> list[Therapist]:
    """The active therapists in their fixed order."""
    return [therapist for therapist in of_id(practice.id).therapists if therapist.active]


def find_therapist(practice: Practice, slug: str) -> Therapist:
    """The active therapist of this slug. **Raises** `NotFound`."""
    return of_id(practice.id).therapist_of_slug(slug)
