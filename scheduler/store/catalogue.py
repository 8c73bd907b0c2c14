"""What a practice offers, remembered by revision: practice, types, therapists and their hours.

One statement tells whether what this process remembers is still true; that
statement's revisions are also the version of every answer built from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Row, bindparam, select

from scheduler.domain.availability import Hours
from scheduler.domain.errors import NotFound
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.store import practice as practices
from scheduler.store import schedule, therapists, types
from scheduler.store.database import Transaction, memory_of
from scheduler.store.tables import PracticeRow, TherapistRow, table

T = TypeVar("T")

_practices = table(PracticeRow)
_therapists = table(TherapistRow)

_REVISIONS = (
    select(
        _practices.c.id.label("practice_id"),
        _practices.c.revision,
        _therapists.c.id,
        _therapists.c.calendar_revision,
        _therapists.c.hours_revision,
    )
    .outerjoin(_therapists, _therapists.c.practice_id == _practices.c.id)
    .order_by(_therapists.c.id)
)
# Built once: making a statement costs more than running this one.
_BY_SLUG = _REVISIONS.where(_practices.c.slug == bindparam("wanted"))
_BY_ID = _REVISIONS.where(_practices.c.id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A practice with everything it offers. `revisions` is per therapist and rises with each booking."""

    practice: Practice
    types: tuple[AppointmentType, ...]
    therapists: tuple[Therapist, ...]
    hours: Mapping[str, Hours]
    revision: int
    revisions: Mapping[str, int]

    def type_of_slug(self, slug: str) -> AppointmentType:
        """The enabled type. **Raises** `NotFound`."""
        return _only((kind for kind in self.types if kind.slug == slug and kind.enabled), "appointment type")

    def type_of_id(self, type_id: str) -> AppointmentType:
        """The type, also a disabled one. **Raises** `NotFound`."""
        return _only((kind for kind in self.types if kind.id == type_id), "appointment type")

    def therapist_of_slug(self, slug: str) -> Therapist:
        """The active therapist. **Raises** `NotFound`."""
        return _only((one for one in self.therapists if one.slug == slug and one.active), "therapist")

    def therapist_of_id(self, therapist_id: str) -> Therapist:
        """The therapist, also an inactive one. **Raises** `NotFound`."""
        return _only((one for one in self.therapists if one.id == therapist_id), "therapist")


def by_slug(tx: Transaction, slug: str) -> Catalogue:
    """The practice of this slug. **Raises** `NotFound`."""
    return _load(tx, ("slug", slug), tx.execute(_BY_SLUG, {"wanted": slug}).all())


def by_id(tx: Transaction, practice_id: str) -> Catalogue:
    """The practice of this id. **Raises** `NotFound`."""
    return _load(tx, ("id", practice_id), tx.execute(_BY_ID, {"wanted": practice_id}).all())


def _load(tx: Transaction, key: tuple[str, str], rows: Sequence[Row[*tuple[Any, ...]]]) -> Catalogue:
    if not rows:
        raise NotFound("no such practice")
    version = (rows[0].revision, tuple(row.hours_revision for row in rows))
    revisions = {row.id: row.calendar_revision for row in rows if row.id}
    remembered = memory_of(tx).get(key)
    if remembered is None or remembered[0] != version:
        remembered = (version, _read(tx, rows[0].practice_id))
        memory_of(tx)[key] = remembered
    practice, kinds, people, hours = remembered[1]
    return Catalogue(practice, kinds, people, hours, rows[0].revision, revisions)


def _read(
    tx: Transaction, practice_id: str
) -> tuple[Practice, tuple[AppointmentType, ...], tuple[Therapist, ...], Mapping[str, Hours]]:
    practice = practices.find(tx, practice_id)
    people = tuple(therapists.of_practice(tx, practice_id, active_only=False))
    hours = {one.id: schedule.hours(tx, one.id, practice.zone, date.min, date.max) for one in people}
    return practice, tuple(types.of_practice(tx, practice_id)), people, hours


def _only(found: Iterable[T], what: str) -> T:
    for one in found:
        return one
    raise NotFound(f"no such {what}")
