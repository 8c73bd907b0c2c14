"""Therapists, and the revision of each one's calendar."""

from typing import Any

from sqlalchemy import ColumnElement, Row, case, insert, select, update

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import Therapist, TherapistMail
from scheduler.store import practice
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import TherapistRow, table

_therapists = table(TherapistRow)


def find(tx: Transaction, practice_id: str, therapist_id: str) -> Therapist:
    """The practice's therapist. **Raises** `NotFound`."""
    return _one(tx, _therapists.c.practice_id == practice_id, _therapists.c.id == therapist_id)


def by_slug(tx: Transaction, practice_id: str, slug: str) -> Therapist:
    """The practice's active therapist of this slug. **Raises** `NotFound`."""
    here = _therapists.c.practice_id == practice_id
    return _one(tx, here, _therapists.c.slug == slug, _therapists.c.active)


def of_practice(tx: Transaction, practice_id: str, *, active_only: bool = True) -> list[Therapist]:
    """The practice's therapists in their fixed order."""
    query = select(_therapists).where(_therapists.c.practice_id == practice_id)
    if active_only:
        query = query.where(_therapists.c.active)
    rows = tx.execute(query.order_by(_therapists.c.position, _therapists.c.slug))
    return [_therapist(tx, row) for row in rows]


def add(tx: Transaction, therapist: Therapist, *, position: int, now: int) -> None:
    """Store a new therapist."""
    tx.execute(
        insert(_therapists).values(
            id=therapist.id,
            practice_id=therapist.practice_id,
            slug=therapist.slug,
            position=position,
            calendar_revision=therapist.calendar_revision,
            calendar_changed_at=now,
            **_values(tx, therapist),
        )
    )
    practice.raise_revision(tx, therapist.practice_id)


def save(tx: Transaction, therapist: Therapist) -> None:
    """Store everything of an existing therapist but slug, place in order and revision."""
    tx.execute(
        update(_therapists)
        .where(_therapists.c.id == therapist.id, _therapists.c.practice_id == therapist.practice_id)
        .values(**_values(tx, therapist))
    )
    practice.raise_revision(tx, therapist.practice_id)


def raise_revision(tx: Transaction, therapist_id: str, *, now: int, hours: bool = True) -> None:
    """Say that what can be booked changes; `hours=False` when only appointments do.

    Comes first in every such transaction: on PostgreSQL it locks the
    therapist's row, so that caps and claims beside the overlap guard hold too.
    """
    tx.execute(
        update(_therapists)
        .where(_therapists.c.id == therapist_id)
        .values(
            calendar_revision=_therapists.c.calendar_revision + 1,
            calendar_changed_at=_later(now),
            hours_revision=_therapists.c.hours_revision + int(hours),
        )
    )


def lock(tx: Transaction, therapist_id: str) -> None:
    """Lock the calendar as `raise_revision` does, when it is not known yet whether anything changes."""
    tx.execute(select(_therapists.c.id).where(_therapists.c.id == therapist_id).with_for_update())


def calendar_changed_at(tx: Transaction, therapist_id: str) -> int:
    """When the calendar last changed; never goes back, so it serves as Last-Modified."""
    query = select(_therapists.c.calendar_changed_at).where(_therapists.c.id == therapist_id)
    return int(tx.execute(query).scalar_one())


def _later(now: int) -> ColumnElement[int]:
    from_before = _therapists.c.calendar_changed_at
    return case((from_before < now, now), else_=from_before)


def _values(tx: Transaction, therapist: Therapist) -> dict[str, Any]:
    link = therapist.video_link
    place = Place("therapists", "video_link", therapist.id)
    return {
        "name": therapist.name,
        "email": therapist.email,
        "active": therapist.active,
        "mail": therapist.mail,
        "credentials": dict(therapist.credentials),
        "approach": dict(therapist.approach),
        "spoken": list(therapist.spoken),
        "practising_since": therapist.practising_since,
        "places": list(therapist.places),
        "video_link_sealed": vault_of(tx).seal(link, place) if link else None,
    }


def _one(tx: Transaction, *conditions: ColumnElement[bool]) -> Therapist:
    row = tx.execute(select(_therapists).where(*conditions)).first()
    if row is None:
        raise NotFound("no such therapist")
    return _therapist(tx, row)


def _therapist(tx: Transaction, row: Row[Any]) -> Therapist:
    sealed = row.video_link_sealed
    return Therapist(
        id=row.id,
        practice_id=row.practice_id,
        slug=row.slug,
        name=row.name,
        email=row.email,
        calendar_revision=row.calendar_revision,
        active=row.active,
        mail=TherapistMail(row.mail),
        video_link=vault_of(tx).open(sealed, Place("therapists", "video_link", row.id)) if sealed else "",
        credentials=row.credentials,
        approach=row.approach,
        spoken=tuple(row.spoken),
        practising_since=row.practising_since,
        places=tuple(row.places),
    )
