"""What visitors leave beside appointments (wishes, answers, consents), and what types and people say.

New columns have a default in the database, so that rows from before are whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the columns."""
    op.create_table(
        "consent_texts",
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("practice_id", "key", "version"),
    )
    op.create_table(
        "newsletter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("practice_id", "email_lookup", name="uq_newsletter_one_row_per_address"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "intake_questions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("type_id", sa.String(length=36), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.String(length=10), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("asked IN ('booking', 'after')", name="ck_intake_questions_asked_once"),
        sa.CheckConstraint(
            "kind IN ('line', 'text', 'choice', 'yes_no')", name="ck_intake_questions_known_kind"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["type_id"], ["appointment_types.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_intake_questions_practice_id"), "intake_questions", ["practice_id"], unique=False
    )
    op.create_table(
        "series_offers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("therapist_id", sa.String(length=36), nullable=False),
        sa.Column("type_id", sa.String(length=36), nullable=False),
        sa.Column("series_id", sa.String(length=36), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("weeks_between", sa.Integer(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'over')", name="ck_series_offers_state"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["type_id"], ["appointment_types.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_series_offers_practice_id"), "series_offers", ["practice_id"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("type_id", sa.String(length=36), nullable=False),
        sa.Column("therapist_id", sa.String(length=36), nullable=True),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("visitor_zone", sa.String(length=60), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=True),
        sa.Column("offer_ends_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'booked', 'left', 'over')", name="ck_waiting_known_state"
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["appointments.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["type_id"], ["appointment_types.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_waiting_practice_id"), "waiting", ["practice_id"], unique=False)
    op.create_index("ix_waiting_turn", "waiting", ["practice_id", "state", "created_at"], unique=False)
    op.create_table(
        "intake_answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("participant_id", sa.String(length=36), nullable=False),
        sa.Column("question_id", sa.String(length=36), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["question_id"], ["intake_questions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("participant_id", "question_id", name="uq_intake_answers_one_per_question"),
    )
    op.add_column(
        "appointment_types",
        sa.Column("audience", sa.String(length=10), nullable=False, server_default=sa.text("'all'")),
    )
    op.add_column("appointment_types", sa.Column("access_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "appointment_types",
        sa.Column("cancel_window", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "appointment_types", sa.Column("grace", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "appointment_types",
        sa.Column("late_fee_cents", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "appointment_types", sa.Column("rhythms", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("appointments", sa.Column("terms", sa.JSON(), nullable=True))
    op.add_column("participants", sa.Column("extras_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "practices", sa.Column("newsletter", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "practices", sa.Column("asks_safe_contact", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "practices", sa.Column("tells_website", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "practices", sa.Column("waiting_list", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column(
        "therapists", sa.Column("credentials", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column(
        "therapists", sa.Column("approach", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column(
        "therapists", sa.Column("spoken", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("therapists", sa.Column("practising_since", sa.Integer(), nullable=True))
    op.add_column(
        "therapists", sa.Column("places", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )


def downgrade() -> None:
    """Drop them with what they hold."""
    op.drop_column("therapists", "places")
    op.drop_column("therapists", "practising_since")
    op.drop_column("therapists", "spoken")
    op.drop_column("therapists", "approach")
    op.drop_column("therapists", "credentials")
    op.drop_column("practices", "waiting_list")
    op.drop_column("practices", "tells_website")
    op.drop_column("practices", "asks_safe_contact")
    op.drop_column("practices", "newsletter")
    op.drop_column("participants", "extras_sealed")
    op.drop_column("appointments", "terms")
    op.drop_column("appointment_types", "rhythms")
    op.drop_column("appointment_types", "late_fee_cents")
    op.drop_column("appointment_types", "grace")
    op.drop_column("appointment_types", "cancel_window")
    op.drop_column("appointment_types", "access_sealed")
    op.drop_column("appointment_types", "audience")
    op.drop_table("intake_answers")
    op.drop_index("ix_waiting_turn", table_name="waiting")
    op.drop_index(op.f("ix_waiting_practice_id"), table_name="waiting")
    op.drop_table("waiting")
    op.drop_index(op.f("ix_series_offers_practice_id"), table_name="series_offers")
    op.drop_table("series_offers")
    op.drop_index(op.f("ix_intake_questions_practice_id"), table_name="intake_questions")
    op.drop_table("intake_questions")
    op.drop_table("newsletter")
    op.drop_table("consent_texts")
