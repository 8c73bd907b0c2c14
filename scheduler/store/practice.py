"""Practices: reading and changing their settings."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import GroundRules, HelpLine, Practice
from scheduler.store.database import Transaction
from scheduler.store.tables import PracticeRow, table

_practices = table(PracticeRow)


def find(tx: Transaction, practice_id: str) -> Practice:
    """The practice. **Raises** `NotFound`."""
    return _one(tx.execute(select(_practices).where(_practices.c.id == practice_id)).first())


def by_slug(tx: Transaction, slug: str) -> Practice:
    """The practice of this slug. **Raises** `NotFound`."""
    return _one(tx.execute(select(_practices).where(_practices.c.slug == slug)).first())


def every(tx: Transaction) -> list[Practice]:
    """All practices, by slug."""
    return [_practice(row) for row in tx.execute(select(_practices).order_by(_practices.c.slug))]


def add(tx: Transaction, practice: Practice) -> None:
    """Store a new practice."""
    tx.execute(insert(_practices).values(id=practice.id, slug=practice.slug, **_values(practice)))


def save(tx: Transaction, practice: Practice) -> None:
    """Store all settings of an existing practice."""
    tx.execute(update(_practices).where(_practices.c.id == practice.id).values(**_values(practice)))
    raise_revision(tx, practice.id)


def raise_revision(tx: Transaction, practice_id: str) -> None:
    """Say that what the practice offers changed: its settings, types or therapists."""
    tx.execute(
        update(_practices).where(_practices.c.id == practice_id).values(revision=_practices.c.revision + 1)
    )


def _values(practice: Practice) -> dict[str, Any]:
    line = practice.help_line
    rules = practice.rules
    return {
        "name": practice.name,
        "tagline": dict(practice.tagline),
        "zone": practice.zone,
        "languages": list(practice.languages),
        "country": practice.country,
        "email": practice.email,
        "phone": practice.phone,
        "address": practice.address,
        "website": practice.website,
        "sender": practice.sender,
        "sender_name": practice.sender_name,
        "calendar_title": dict(practice.calendar_title),
        "privacy": dict(practice.privacy),
        "privacy_version": practice.privacy_version,
        "help_line": line
        and {
            "emergency": line.emergency,
            "talk": line.talk,
            "hours": dict(line.hours),
            "talks": dict(line.talks),
        },
        "embed_origins": list(practice.embed_origins),
        "buffer_after": rules.buffer_after,
        "notice": rules.notice,
        "horizon_days": rules.horizon_days,
        "step": rules.step,
        "answer_within": rules.answer_within,
        "per_day_at_most": rules.per_day_at_most,
        "paused_until": practice.paused_until,
        "published": practice.published,
        "tells_website": practice.tells_website,
        "waiting_list": practice.waiting_list,
        "newsletter": practice.newsletter,
        "asks_safe_contact": practice.asks_safe_contact,
    }


def _one(row: Row[Any] | None) -> Practice:
    if row is None:
        raise NotFound("no such practice")
    return _practice(row)


def _practice(row: Row[Any]) -> Practice:
    return Practice(
        id=row.id,
        slug=row.slug,
        name=row.name,
        tagline=row.tagline,
        zone=row.zone,
        languages=tuple(row.languages),
        country=row.country,
        email=row.email,
        phone=row.phone,
        address=row.address,
        website=row.website,
        sender=row.sender,
        sender_name=row.sender_name,
        calendar_title=row.calendar_title,
        privacy=row.privacy,
        privacy_version=row.privacy_version,
        help_line=HelpLine(**row.help_line) if row.help_line else None,
        embed_origins=tuple(row.embed_origins),
        rules=GroundRules(
            buffer_after=row.buffer_after,
            notice=row.notice,
            horizon_days=row.horizon_days,
            step=row.step,
            answer_within=row.answer_within,
            per_day_at_most=row.per_day_at_most,
        ),
        paused_until=row.paused_until,
        published=row.published and bool(row.help_line),  # no help line, no public pages
        tells_website=row.tells_website,
        waiting_list=row.waiting_list,
        newsletter=row.newsletter,
        asks_safe_contact=row.asks_safe_contact,
    )
