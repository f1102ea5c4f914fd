"""Callbacks that callers asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.store.database import Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("number_hash", sa.String(length=32), nullable=False),
        sa.Column("number_masked", sa.Text(), nullable=False),
        sa.Column("pending", sa.String(length=32), nullable=True),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("place_at", Moment(), nullable=False),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("dialled", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("talk_s", sa.Integer(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pending"),
    )
    op.create_index("ix_callbacks_state", "callbacks", ["state", "due_at"])
    op.create_index("ix_callbacks_number_hash", "callbacks", ["number_hash"])
    op.create_index("ix_callbacks_call_uniqueid", "callbacks", ["call_uniqueid"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("callbacks")
