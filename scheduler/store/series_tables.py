"""Tables of appointments that repeat: one UID for the rhythm, one appointment for each of its dates."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.store.tables import Base, Id, Instant


class SeriesRow(Base):
    """A weekly rhythm: the first date, the weeks between two, how many dates; local time in `zone`.

    `uid` and `sequence` are those of the calendar entry as a whole; `ended_at` says when it was ended early.
    """

    __tablename__ = "series"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    practice_id: Mapped[str] = mapped_column(Id, ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    therapist_id: Mapped[str] = mapped_column(Id, ForeignKey("therapists.id", ondelete="CASCADE"), index=True)
    type_id: Mapped[str] = mapped_column(Id, ForeignKey("appointment_types.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    zone: Mapped[str] = mapped_column(String(60))
    start_at: Mapped[int] = mapped_column(Instant)
    duration: Mapped[int]
    weeks_between: Mapped[int]
    dates: Mapped[int]
    created_at: Mapped[int] = mapped_column(Instant)
    changed_at: Mapped[int] = mapped_column(Instant)
    ended_at: Mapped[int | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("weeks_between BETWEEN 1 AND 8", name="ck_series_known_rhythm"),
        CheckConstraint("dates BETWEEN 1 AND 60", name="ck_series_bounded"),
        CheckConstraint("duration > 0", name="ck_series_last_some_time"),
    )


class SeriesDateRow(Base):
    """One date of a series, named by its original start; without an appointment it was left out."""

    __tablename__ = "series_dates"
    series_id: Mapped[str] = mapped_column(Id, ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    recurrence_at: Mapped[int] = mapped_column(Instant, primary_key=True, autoincrement=False)
    appointment_id: Mapped[str | None] = mapped_column(Id, ForeignKey("appointments.id", ondelete="CASCADE"))
    __table_args__ = (UniqueConstraint("appointment_id", name="uq_series_dates_one_date_per_appointment"),)
