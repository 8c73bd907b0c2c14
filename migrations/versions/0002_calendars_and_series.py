"""Calendars of the therapists' own, and appointments that repeat.

Nothing is added to the appointments themselves: SQLite would build their
table anew, without the triggers that guard it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; they start empty."""
    op.create_table(
        "calendars",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("therapist_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("username_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("reads", sa.Boolean(), nullable=False),
        sa.Column("when_stale", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("troubled_events", sa.Integer(), nullable=False),
        sa.Column("found_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("empty_since", sa.BigInteger(), nullable=True),
        sa.Column("read_until", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("modified", sa.String(length=60), nullable=False),
        sa.Column("warned_at", sa.BigInteger(), nullable=True),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("write_due_at", sa.BigInteger(), nullable=False),
        sa.Column("write_leased_until", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=True),
        sa.Column("written_state", sa.String(length=80), nullable=False),
        sa.Column("write_failures", sa.Integer(), nullable=False),
        sa.Column("write_status", sa.String(length=20), nullable=False),
        sa.CheckConstraint("kind = 'caldav' OR NOT writes", name="ck_calendars_only_caldav_is_written"),
        sa.CheckConstraint("kind IN ('ics', 'caldav')", name="ck_calendars_known_kind"),
        sa.CheckConstraint("when_stale IN ('keep', 'stop')", name="ck_calendars_known_choice_when_stale"),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_calendars_due", "calendars", ["reads", "due_at"], unique=False)
    op.create_index(op.f("ix_calendars_therapist_id"), "calendars", ["therapist_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("therapist_id", sa.String(length=36), nullable=False),
        sa.Column("type_id", sa.String(length=36), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("weeks_between", sa.Integer(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("dates BETWEEN 1 AND 60", name="ck_series_bounded"),
        sa.CheckConstraint("duration > 0", name="ck_series_last_some_time"),
        sa.CheckConstraint("weeks_between BETWEEN 1 AND 8", name="ck_series_known_rhythm"),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["type_id"], ["appointment_types.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index(op.f("ix_series_practice_id"), "series", ["practice_id"], unique=False)
    op.create_index(op.f("ix_series_therapist_id"), "series", ["therapist_id"], unique=False)
    op.create_table(
        "calendar_answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("participant_id", sa.String(length=36), nullable=True),
        sa.Column("message_hash", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("partstat", sa.String(length=20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("whole_series", sa.Boolean(), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_hash"),
    )
    op.create_index(
        op.f("ix_calendar_answers_appointment_id"), "calendar_answers", ["appointment_id"], unique=False
    )
    op.create_index(
        op.f("ix_calendar_answers_practice_id"), "calendar_answers", ["practice_id"], unique=False
    )
    op.create_table(
        "answer_mailboxes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calendar_busy",
        sa.Column("calendar_id", sa.String(length=36), nullable=False),
        sa.Column("start_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("therapist_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("start_at < end_at", name="ck_calendar_busy_lasts_some_time"),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar_id", "start_at"),
    )
    op.create_index(
        "ix_calendar_busy_therapist_end",
        "calendar_busy",
        ["therapist_id", "end_at", "start_at"],
        unique=False,
    )
    op.create_table(
        "calendar_copies",
        sa.Column("calendar_id", sa.String(length=36), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar_id", "uid"),
    )
    op.create_table(
        "series_dates",
        sa.Column("series_id", sa.String(length=36), nullable=False),
        sa.Column("recurrence_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series_id", "recurrence_at"),
        sa.UniqueConstraint("appointment_id", name="uq_series_dates_one_date_per_appointment"),
    )


def downgrade() -> None:
    """Drop them: what was read from outside is gone, appointments of series stay as single ones."""
    op.drop_table("series_dates")
    op.drop_table("calendar_copies")
    op.drop_index("ix_calendar_busy_therapist_end", table_name="calendar_busy")
    op.drop_table("calendar_busy")
    op.drop_table("answer_mailboxes")
    op.drop_index(op.f("ix_calendar_answers_practice_id"), table_name="calendar_answers")
    op.drop_index(op.f("ix_calendar_answers_appointment_id"), table_name="calendar_answers")
    op.drop_table("calendar_answers")
    op.drop_index(op.f("ix_series_therapist_id"), table_name="series")
    op.drop_index(op.f("ix_series_practice_id"), table_name="series")
    op.drop_table("series")
    op.drop_index(op.f("ix_calendars_therapist_id"), table_name="calendars")
    op.drop_index("ix_calendars_due", table_name="calendars")
    op.drop_table("calendars")
