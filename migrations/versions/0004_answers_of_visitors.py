"""Which dates an offered series names, which text a newsletter was asked with; types name no rhythms.

New columns have a default in the database, so that rows from before are whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add and drop the columns."""
    op.add_column(
        "series_offers",
        sa.Column("zone", sa.String(length=60), nullable=False, server_default=sa.text("'UTC'")),
    )
    op.add_column(
        "series_offers", sa.Column("left_out", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("series_offers", sa.Column("note_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "newsletter", sa.Column("text_version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.drop_column("appointment_types", "rhythms")


def downgrade() -> None:
    """Bring back what was dropped, empty; drop the rest with what it holds."""
    op.add_column(
        "appointment_types", sa.Column("rhythms", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.drop_column("newsletter", "text_version")
    op.drop_column("series_offers", "note_sealed")
    op.drop_column("series_offers", "left_out")
    op.drop_column("series_offers", "zone")
