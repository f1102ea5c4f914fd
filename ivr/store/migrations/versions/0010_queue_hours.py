"""The tallies of the queues by the hour, filled from the entries that are there; the area of a queue's caller; the node
of a log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.store.rebuild import rebuild_queue_hours

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table and fill it. Entries from before have no area: what is in them cannot be read here."""
    op.add_column(
        "queue_entries", sa.Column("caller_area", sa.String(length=8), nullable=False, server_default="")
    )
    op.add_column("log_positions", sa.Column("node", sa.String(length=40), nullable=False, server_default=""))
    op.create_table(
        "queue_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queue", sa.String(length=150), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "queue"),
    )
    rebuild_queue_hours(op.get_bind())


def downgrade() -> None:
    """Drop it."""
    op.drop_table("queue_hours")
    op.drop_column("log_positions", "node")
    op.drop_column("queue_entries", "caller_area")
