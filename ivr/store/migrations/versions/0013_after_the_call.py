"""After the call: whether callers were asked how it was, and the answer; what agents say it was about; the
agent whom a caller knows; callers who are served first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ASKED = sa.text("survey_asked")


def upgrade() -> None:
    """Add the columns, an index of who was asked, and the table of codes."""
    op.add_column(
        "queue_entries", sa.Column("survey_asked", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "queue_entries", sa.Column("first_agent", sa.String(length=20), nullable=False, server_default="")
    )
    op.add_column("queue_entries", sa.Column("first_s", sa.Integer(), nullable=True))
    op.add_column("queue_entries", sa.Column("survey_score", sa.Integer(), nullable=True))
    op.create_index(
        "ix_queue_entries_surveyed",
        "queue_entries",
        ["entered_at", "queue", "agent", "survey_score", "survey_asked"],
        sqlite_where=_ASKED,
        postgresql_where=_ASKED,
    )
    op.create_table(
        "call_codes",
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=150), nullable=False),
        sa.Column("agent", sa.String(length=150), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("seat", sa.String(length=40), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_uniqueid", "number"),
    )
    op.create_index("ix_call_codes_entered", "call_codes", ["entered_at", "queue", "agent", "code"])
    op.create_table(
        "caller_marks",
        sa.Column("caller_hash", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=20), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_masked", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_hash", "mark"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("caller_marks")
    op.drop_table("call_codes")
    op.drop_index("ix_queue_entries_surveyed", "queue_entries")
    op.drop_column("queue_entries", "survey_score")
    op.drop_column("queue_entries", "first_s")
    op.drop_column("queue_entries", "first_agent")
    op.drop_column("queue_entries", "survey_asked")
