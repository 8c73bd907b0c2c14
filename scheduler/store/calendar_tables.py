"""Tables of the therapists' own calendars: what is read from them, written into them and answered by them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.store.tables import Base, Id, Instant


class CalendarRow(Base):
    """A calendar of the therapist's own: address and password sealed, how the last read and write went.

    `read_at` is the last good read, `tried_at` the last attempt. `status` names the outcome of the
    last read, `write_status` that of the last write; both are words of `domain/calendars.py`.
    """

    __tablename__ = "calendars"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"))
    therapist_id: Mapped[str] = mapped_column(Id, ForeignKey("therapists.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(10))
    address_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    username_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    password_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(Instant)
    reads: Mapped[bool]
    when_stale: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[int] = mapped_column(Instant)
    leased_until: Mapped[int | None] = mapped_column(Instant)
    tried_at: Mapped[int | None] = mapped_column(Instant)
    read_at: Mapped[int | None] = mapped_column(Instant)
    failures: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(20))
    troubled_events: Mapped[int] = mapped_column(default=0)
    found_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    empty_since: Mapped[int | None] = mapped_column(Instant)
    read_until: Mapped[int | None] = mapped_column(Instant)
    etag: Mapped[str] = mapped_column(String(200), default="")
    modified: Mapped[str] = mapped_column(String(60), default="")
    warned_at: Mapped[int | None] = mapped_column(Instant)
    writes: Mapped[bool]
    level: Mapped[str] = mapped_column(String(12))
    write_due_at: Mapped[int] = mapped_column(Instant)
    write_leased_until: Mapped[int | None] = mapped_column(Instant)
    written_at: Mapped[int | None] = mapped_column(Instant)
    written_state: Mapped[str] = mapped_column(String(80), default="")
    write_failures: Mapped[int] = mapped_column(default=0)
    write_status: Mapped[str] = mapped_column(String(20))
    __table_args__ = (
        CheckConstraint("kind IN ('ics', 'caldav')", name="ck_calendars_known_kind"),
        CheckConstraint("kind = 'caldav' OR NOT writes", name="ck_calendars_only_caldav_is_written"),
        CheckConstraint("when_stale IN ('keep', 'stop')", name="ck_calendars_known_choice_when_stale"),
        Index("ix_calendars_due", "reads", "due_at"),
    )


class CalendarBusyRow(Base):
    """A busy span of an outside calendar, `[start_at, end_at)`: a time, and nothing about it."""

    __tablename__ = "calendar_busy"
    calendar_id: Mapped[str] = mapped_column(
        Id, ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True
    )
    start_at: Mapped[int] = mapped_column(Instant, primary_key=True, autoincrement=False)
    end_at: Mapped[int] = mapped_column(Instant)
    therapist_id: Mapped[str] = mapped_column(Id, ForeignKey("therapists.id", ondelete="CASCADE"))
    __table_args__ = (
        CheckConstraint("start_at < end_at", name="ck_calendar_busy_lasts_some_time"),
        Index("ix_calendar_busy_therapist_end", "therapist_id", "end_at", "start_at"),
    )


class CalendarCopyRow(Base):
    """An entry that we wrote into a therapist's calendar: where it lies, and which version of it."""

    __tablename__ = "calendar_copies"
    calendar_id: Mapped[str] = mapped_column(
        Id, ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True
    )
    uid: Mapped[str] = mapped_column(String(36), primary_key=True)
    path: Mapped[str] = mapped_column(String(500))
    etag: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    end_at: Mapped[int] = mapped_column(Instant)


class CalendarAnswerRow(Base):
    """What a calendar program answered to an invitation; shown to the therapist, acted on by nobody.

    Without participant it is the therapist's own calendar that answered. `stated_at` is the time
    that the program states, never later than `received_at`.
    """

    __tablename__ = "calendar_answers"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    appointment_id: Mapped[str] = mapped_column(
        Id, ForeignKey("appointments.id", ondelete="CASCADE"), index=True
    )
    participant_id: Mapped[str | None] = mapped_column(Id, ForeignKey("participants.id", ondelete="CASCADE"))
    message_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    method: Mapped[str] = mapped_column(String(10))
    partstat: Mapped[str] = mapped_column(String(20))
    sequence: Mapped[int]
    whole_series: Mapped[bool]
    stated_at: Mapped[int] = mapped_column(Instant)
    received_at: Mapped[int] = mapped_column(Instant)
    seen_at: Mapped[int | None] = mapped_column(Instant)


class AnswerMailboxRow(Base):
    """How far the mailbox of answers was read: one row for each address that was ever set.

    `last_uid` holds under one `uid_validity`; `begun_at` is the first attempt, `read_at` the last good
    one, and `trouble` the class of what went wrong in the last one, empty when nothing did.
    """

    __tablename__ = "answer_mailboxes"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[int] = mapped_column(Instant)
    uid_validity: Mapped[int] = mapped_column(Instant)
    last_uid: Mapped[int] = mapped_column(Instant)
    begun_at: Mapped[int] = mapped_column(Instant)
    tried_at: Mapped[int] = mapped_column(Instant)
    read_at: Mapped[int | None] = mapped_column(Instant)
    trouble: Mapped[str] = mapped_column(String(20))
