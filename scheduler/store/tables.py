"""All tables. Instants are UTC epoch seconds; `..._sealed` columns are encrypted (`secrets.py`).

The overlap guard (an exclusion constraint on PostgreSQL, triggers on SQLite) and
the partial index of live appointments are in the migrations: they differ
between the two databases.
"""

from datetime import date
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = String(36)
Instant = BigInteger


class Base(DeclarativeBase):
    """Base of every table."""


def _id() -> Mapped[str]:
    return mapped_column(Id, primary_key=True)


def _references(target: str, **options: Any) -> Mapped[str]:
    return mapped_column(Id, ForeignKey(target, ondelete="CASCADE"), **options)


class PracticeRow(Base):
    """A practice and its settings."""

    __tablename__ = "practices"
    id: Mapped[str] = _id()
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    tagline: Mapped[dict[str, str]] = mapped_column(JSON)
    zone: Mapped[str] = mapped_column(String(60))
    languages: Mapped[list[str]] = mapped_column(JSON)
    country: Mapped[str] = mapped_column(String(2))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(300))
    website: Mapped[str] = mapped_column(String(300))
    sender: Mapped[str] = mapped_column(String(254))
    sender_name: Mapped[str] = mapped_column(String(120))
    calendar_title: Mapped[dict[str, str]] = mapped_column(JSON)
    privacy: Mapped[dict[str, str]] = mapped_column(JSON)
    privacy_version: Mapped[int] = mapped_column(default=1)
    help_line: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    embed_origins: Mapped[list[str]] = mapped_column(JSON)
    buffer_after: Mapped[int]
    notice: Mapped[int]
    horizon_days: Mapped[int]
    step: Mapped[int]
    answer_within: Mapped[int]
    per_day_at_most: Mapped[int | None]
    paused_until: Mapped[int | None] = mapped_column(Instant)
    published: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(BigInteger, default=1)
    newsletter: Mapped[bool] = mapped_column(default=False)
    asks_safe_contact: Mapped[bool] = mapped_column(default=False)
    tells_website: Mapped[bool] = mapped_column(default=False)
    waiting_list: Mapped[bool] = mapped_column(default=True)


class TherapistRow(Base):
    """A therapist; `calendar_revision` is the cache key and the feed's ETag."""

    __tablename__ = "therapists"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id", index=True)
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    position: Mapped[int] = mapped_column(default=0)
    calendar_revision: Mapped[int] = mapped_column(BigInteger, default=1)
    calendar_changed_at: Mapped[int] = mapped_column(Instant)
    hours_revision: Mapped[int] = mapped_column(BigInteger, default=1)
    active: Mapped[bool] = mapped_column(default=True)
    mail: Mapped[str] = mapped_column(String(12))
    video_link_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    credentials: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    approach: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    spoken: Mapped[list[str]] = mapped_column(JSON, default=list)
    practising_since: Mapped[int | None]
    places: Mapped[list[str]] = mapped_column(JSON, default=list)
    __table_args__ = (UniqueConstraint("practice_id", "slug", name="uq_therapists_one_slug_per_practice"),)


class AppointmentTypeRow(Base):
    """What can be booked."""

    __tablename__ = "appointment_types"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id", index=True)
    slug: Mapped[str] = mapped_column(String(60))
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    descriptions: Mapped[dict[str, str]] = mapped_column(JSON)
    duration: Mapped[int]
    modes: Mapped[list[str]] = mapped_column(JSON)
    approval: Mapped[str] = mapped_column(String(10))
    one_per_client: Mapped[bool] = mapped_column(default=False)
    price_cents: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    participants: Mapped[int] = mapped_column(default=1)
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int | None]
    step: Mapped[int | None]
    notice: Mapped[int | None]
    horizon_days: Mapped[int | None]
    per_day_at_most: Mapped[int | None]
    policy: Mapped[dict[str, str]] = mapped_column(JSON)
    policy_version: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    audience: Mapped[str] = mapped_column(String(10), default="all")
    access_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    cancel_window: Mapped[int] = mapped_column(default=0)
    grace: Mapped[int] = mapped_column(default=0)
    late_fee_cents: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("practice_id", "slug", name="uq_appointment_types_one_slug_per_practice"),
        CheckConstraint("duration > 0", name="ck_appointment_types_last_some_time"),
    )


class TypeTherapistRow(Base):
    """Who offers which type."""

    __tablename__ = "type_therapists"
    type_id: Mapped[str] = _references("appointment_types.id", primary_key=True)
    therapist_id: Mapped[str] = _references("therapists.id", primary_key=True)


class WeeklyHoursRow(Base):
    """Open every week; local minutes of the day in the practice's zone."""

    __tablename__ = "weekly_hours"
    id: Mapped[str] = _id()
    therapist_id: Mapped[str] = _references("therapists.id", index=True)
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="ck_weekly_hours_iso_weekday"),
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name="ck_weekly_hours_within_a_day",
        ),
    )


class ExtraHoursRow(Base):
    """Open on one day beside the weekly hours."""

    __tablename__ = "extra_hours"
    id: Mapped[str] = _id()
    therapist_id: Mapped[str] = _references("therapists.id", index=True)
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    __table_args__ = (
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name="ck_extra_hours_within_a_day",
        ),
    )


class TimeOffRow(Base):
    """Closed days, or a closed part of one day."""

    __tablename__ = "time_off"
    id: Mapped[str] = _id()
    therapist_id: Mapped[str] = _references("therapists.id", index=True)
    kind: Mapped[str] = mapped_column(String(10))
    first_day: Mapped[date]
    last_day: Mapped[date]
    start_minute: Mapped[int | None]
    end_minute: Mapped[int | None]
    label_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (CheckConstraint("last_day >= first_day", name="ck_time_off_ends_after_it_begins"),)


class AppointmentRow(Base):
    """Holds, requests and appointments: one row for the whole life. `busy_*` include the buffers."""

    __tablename__ = "appointments"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id", index=True)
    therapist_id: Mapped[str] = _references("therapists.id")
    type_id: Mapped[str] = _references("appointment_types.id")
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(10))
    start_at: Mapped[int] = mapped_column(Instant)
    end_at: Mapped[int] = mapped_column(Instant)
    busy_start: Mapped[int] = mapped_column(Instant)
    busy_end: Mapped[int] = mapped_column(Instant)
    mode: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(20))
    visitor_zone: Mapped[str] = mapped_column(String(60))
    organizer: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[int] = mapped_column(Instant)
    changed_at: Mapped[int] = mapped_column(Instant)
    expires_at: Mapped[int | None] = mapped_column(Instant)
    by_hand: Mapped[bool] = mapped_column(default=False)
    known_since: Mapped[int | None] = mapped_column(Instant)
    consents: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    source_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hold_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    answers_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (
        CheckConstraint("start_at < end_at", name="ck_appointments_last_some_time"),
        CheckConstraint(
            "busy_start <= start_at AND busy_end >= end_at", name="ck_appointments_buffers_widen_the_time"
        ),
        Index("ix_appointments_therapist_start", "therapist_id", "start_at"),
        Index("ix_appointments_expiry", "expires_at"),
    )


class ParticipantRow(Base):
    """A person of the visitor's side with a manage link of their own."""

    __tablename__ = "participants"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id")
    appointment_id: Mapped[str] = _references("appointments.id", index=True)
    position: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(20))
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_lookup: Mapped[bytes] = mapped_column(LargeBinary)
    phone_lookup: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    link_used: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(Instant)
    extras_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (Index("ix_participants_email", "practice_id", "email_lookup", "created_at"),)


class ConsultationClaimRow(Base):
    """That a contact has had the one free consultation: an HMAC, no person."""

    __tablename__ = "consultation_claims"
    practice_id: Mapped[str] = _references("practices.id", primary_key=True)
    contact_lookup: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(Id)
    claimed_at: Mapped[int] = mapped_column(Instant)


class IdempotencyRow(Base):
    """A booking form or API call that was answered: the same key gives the same answer."""

    __tablename__ = "idempotency_keys"
    practice_id: Mapped[str] = _references("practices.id", primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    appointment_id: Mapped[str] = _references("appointments.id")
    created_at: Mapped[int] = mapped_column(Instant, index=True)


class OutboxRow(Base):
    """A mail to send: whom to tell what about which SEQUENCE of an appointment, or about their account."""

    __tablename__ = "outbox"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id", index=True)
    appointment_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("appointments.id", ondelete="CASCADE"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(20))
    sequence: Mapped[int]
    occasion: Mapped[str] = mapped_column(String(60), default="")
    message_id: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[int] = mapped_column(Instant)
    due_at: Mapped[int] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[int | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(String(120))
    finished_at: Mapped[int | None] = mapped_column(Instant)
    facts_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    preview_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        UniqueConstraint(
            "appointment_id",
            "recipient",
            "kind",
            "sequence",
            "occasion",
            name="uq_outbox_one_mail_per_occasion",
        ),
        Index("ix_outbox_due", "state", "due_at"),
    )


class SubscriptionRow(Base):
    """A calendar subscription (feed out); the token is known by its hash only."""

    __tablename__ = "subscriptions"
    id: Mapped[str] = _id()
    practice_id: Mapped[str] = _references("practices.id")
    therapist_id: Mapped[str] = _references("therapists.id", index=True)
    name: Mapped[str] = mapped_column(String(80))
    level: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[int] = mapped_column(Instant)
    revoked_at: Mapped[int | None] = mapped_column(Instant)
    last_used_day: Mapped[date | None]


class LimitRow(Base):
    """A counter of the rate limits, shared by all processes."""

    __tablename__ = "limits"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[int] = mapped_column(Instant, index=True)


class AuditRow(Base):
    """Who did what to which object, when; no values."""

    __tablename__ = "audit"
    id: Mapped[str] = _id()
    at: Mapped[int] = mapped_column(Instant, index=True)
    practice_id: Mapped[str | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str | None] = mapped_column(String(60))
    result: Mapped[str] = mapped_column(String(20))


class HeartbeatRow(Base):
    """When a background job last ran."""

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[int] = mapped_column(Instant)


def table(row: type[Base]) -> Table:
    """The Core table of a row class: what queries are written with."""
    return cast(Table, row.__table__)
