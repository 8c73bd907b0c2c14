"""Tables of what visitors leave beside appointments: wishes, answers, consents; and offers to them."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.store.tables import Base, Id, Instant


class ConsentTextRow(Base):
    """A text as people agreed to it, per language; versions are never changed."""

    __tablename__ = "consent_texts"
    practice_id: Mapped[str] = mapped_column(
        Id, ForeignKey("practices.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    since: Mapped[int] = mapped_column(Instant)


class QuestionRow(Base):
    """A question of the practice's own; for one type, or for all."""

    __tablename__ = "intake_questions"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    type_id: Mapped[str | None] = mapped_column(Id, ForeignKey("appointment_types.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(10))
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    purposes: Mapped[dict[str, str]] = mapped_column(JSON)
    choices: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    required: Mapped[bool] = mapped_column(default=False)
    asked: Mapped[str] = mapped_column(String(10), default="after")
    enabled: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        CheckConstraint("asked IN ('booking', 'after')", name="ck_intake_questions_asked_once"),
        CheckConstraint(
            "kind IN ('line', 'text', 'choice', 'yes_no')", name="ck_intake_questions_known_kind"
        ),
    )


class IntakeAnswerRow(Base):
    """What one person answered; the other person of the appointment never sees it."""

    __tablename__ = "intake_answers"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    participant_id: Mapped[str] = mapped_column(Id, ForeignKey("participants.id", ondelete="CASCADE"))
    question_id: Mapped[str] = mapped_column(Id, ForeignKey("intake_questions.id", ondelete="CASCADE"))
    answer_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    answered_at: Mapped[int] = mapped_column(Instant)
    __table_args__ = (
        UniqueConstraint("participant_id", "question_id", name="uq_intake_answers_one_per_question"),
    )


class NewsletterRow(Base):
    """Somebody who asked for news, apart from any appointment; counts once the link was pressed."""

    __tablename__ = "newsletter"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"))
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_lookup: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[int] = mapped_column(Instant)
    confirmed_at: Mapped[int | None] = mapped_column(Instant)
    text_version: Mapped[int]
    __table_args__ = (
        UniqueConstraint("practice_id", "email_lookup", name="uq_newsletter_one_row_per_address"),
    )


class WaitingRow(Base):
    """Somebody who waits for a time: wishes, how often a time was offered, and the offer that stands now."""

    __tablename__ = "waiting"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    type_id: Mapped[str] = mapped_column(Id, ForeignKey("appointment_types.id", ondelete="CASCADE"))
    therapist_id: Mapped[str | None] = mapped_column(Id, ForeignKey("therapists.id", ondelete="CASCADE"))
    mode: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(20))
    visitor_zone: Mapped[str] = mapped_column(String(60))
    wishes: Mapped[dict[str, Any]] = mapped_column(JSON)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_lookup: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    created_at: Mapped[int] = mapped_column(Instant)
    changed_at: Mapped[int] = mapped_column(Instant)
    offers: Mapped[int] = mapped_column(default=0)
    offer_id: Mapped[str | None] = mapped_column(Id, ForeignKey("appointments.id", ondelete="SET NULL"))
    offer_ends_at: Mapped[int | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'offered', 'booked', 'left', 'over')", name="ck_waiting_known_state"
        ),
        Index("ix_waiting_turn", "practice_id", "state", "created_at"),
    )


class SeriesOfferRow(Base):
    """A rhythm that a therapist offers to one person, who accepts the dates in one go."""

    __tablename__ = "series_offers"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    therapist_id: Mapped[str] = mapped_column(Id, ForeignKey("therapists.id", ondelete="CASCADE"))
    type_id: Mapped[str] = mapped_column(Id, ForeignKey("appointment_types.id", ondelete="CASCADE"))
    series_id: Mapped[str | None] = mapped_column(Id, ForeignKey("series.id", ondelete="SET NULL"))
    language: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    start_at: Mapped[int] = mapped_column(Instant)
    weeks_between: Mapped[int]
    dates: Mapped[int]
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="offered")
    created_at: Mapped[int] = mapped_column(Instant)
    expires_at: Mapped[int] = mapped_column(Instant)
    zone: Mapped[str] = mapped_column(String(60))
    left_out: Mapped[list[int]] = mapped_column(JSON, default=list)
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'over')", name="ck_series_offers_state"
        ),
    )
