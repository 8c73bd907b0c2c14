"""What a practice offers, remembered by revision: types, therapists, their hours and what blocks them.

One statement tells whether what this process remembers is still true; that
statement's revisions are also the version of every answer built from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Row, bindparam, select

from scheduler.domain.availability import Hours
from scheduler.domain.errors import NotFound
from scheduler.domain.intake import Question
from scheduler.domain.intervals import Interval, merge
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.store import calendars, intake, outside, schedule, therapists, types
from scheduler.store import practice as practices
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
    """A practice with everything it offers. `revisions` is per therapist and rises with each booking.

    `outside` holds the busy spans of each therapist's own calendars, sorted and disjoint. The offers
    of those in `may_stop` end when such a calendar is out of date (`calendars.stops_at`).
    `questions` are the practice's own, also those switched off.
    """

    practice: Practice
    types: tuple[AppointmentType, ...]
    therapists: tuple[Therapist, ...]
    hours: Mapping[str, Hours]
    outside: Mapping[str, Sequence[Interval]]
    may_stop: frozenset[str]
    questions: tuple[Question, ...] = ()
    revision: int = 0
    revisions: Mapping[str, int] = field(default_factory=dict)

    @property
    def active_therapists(self) -> list[Therapist]:
        """Those who work here, in their fixed order."""
        return [one for one in self.therapists if one.active]

    def type_of_slug(self, slug: str, *, key: str = "") -> AppointmentType:
        """The enabled type, if it is for everybody or opens with this key. **Raises** `NotFound`."""
        named = (kind for kind in self.types if kind.slug == slug and kind.enabled and kind.opens_with(key))
        return _only(named, "appointment type")

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
    return replace(remembered[1], revision=rows[0].revision, revisions=revisions)


def _read(tx: Transaction, practice_id: str) -> Catalogue:
    practice = practices.find(tx, practice_id)
    people = tuple(therapists.of_practice(tx, practice_id, active_only=False))
    hours = {one.id: schedule.hours(tx, one.id, practice.zone, date.min, date.max) for one in people}
    return Catalogue(
        practice=practice,
        types=tuple(types.of_practice(tx, practice_id)),
        therapists=people,
        hours=hours,
        outside={one.id: merge(outside.busy_of_therapist(tx, one.id)) for one in people},
        may_stop=frozenset(calendars.may_stop(tx, practice_id)),
        questions=tuple(intake.of_practice(tx, practice_id)),
    )


def _only(found: Iterable[T], what: str) -> T:
    for one in found:
        return one
    raise NotFound(f"no such {what}")
