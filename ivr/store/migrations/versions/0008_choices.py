"""What callers chose last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "caller_choices",
        sa.Column("caller_hash", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("station", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_hash", "field"),
    )
    op.create_index("ix_caller_choices_station", "caller_choices", ["station"])
    op.create_index("ix_caller_choices_until", "caller_choices", ["until"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("caller_choices")
