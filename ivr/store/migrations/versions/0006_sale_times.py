"""The time of day at which a station opens the sale of a further day's tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rail_sale_time",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("telecode", sa.String(length=64), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "telecode"],
            ["rail_station.dataset", "rail_station.telecode"],
        ),
        sa.PrimaryKeyConstraint("dataset", "telecode"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("rail_sale_time")
