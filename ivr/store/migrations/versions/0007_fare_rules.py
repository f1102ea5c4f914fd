"""The rules by which fares are reckoned, and kilometres between neighbouring stops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables; they are filled by the next import."""
    op.create_table(
        "rail_leg",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("one", sa.String(length=64), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=False),
        sa.Column("fast", sa.Boolean(), nullable=False),
        sa.Column("km", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["rail_dataset.id"]),
        sa.PrimaryKeyConstraint("dataset", "one", "other", "fast"),
    )
    op.create_table(
        "rail_fare_rules",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["rail_dataset.id"]),
        sa.PrimaryKeyConstraint("dataset"),
    )


def downgrade() -> None:
    """Forget both."""
    op.drop_table("rail_fare_rules")
    op.drop_table("rail_leg")
