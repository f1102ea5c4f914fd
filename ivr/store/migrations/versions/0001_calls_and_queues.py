"""Calls, steps, queue entries, attempts, agents and the positions in the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pin_salt", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff_number"),
    )
    op.create_table(
        "call_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_uniqueid", "run", "number"),
    )
    op.create_index("ix_call_steps_kind_at", "call_steps", ["kind", "at"])
    op.create_index("ix_call_steps_order", "call_steps", ["call_uniqueid", "seq"])
    op.create_table(
        "log_positions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("device", sa.String(length=20), nullable=False),
        sa.Column("inode", sa.String(length=20), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("head_size", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("tail_size", sa.Integer(), nullable=False),
        sa.Column("tail", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "agent_pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=150), nullable=False),
        sa.Column("queue", sa.String(length=150), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log_positions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agent_pauses_agent", "agent_pauses", ["agent", "queue", "began_at"])
    op.create_index("ix_agent_pauses_ended_at", "agent_pauses", ["ended_at"])
    op.create_table(
        "agent_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=150), nullable=False),
        sa.Column("queue", sa.String(length=150), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log_positions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agent_sessions_agent", "agent_sessions", ["agent", "queue", "began_at"])
    op.create_index("ix_agent_sessions_ended_at", "agent_sessions", ["ended_at"])
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uniqueid", sa.String(length=150), nullable=False),
        sa.Column("linked_id", sa.String(length=150), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_hash", sa.String(length=32), nullable=False),
        sa.Column("caller_masked", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("menu_revision", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.Column("dialogue", sa.String(length=40), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["log_id"], ["log_positions.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uniqueid"),
    )
    op.create_index("ix_calls_began_at", "calls", ["began_at"])
    op.create_index("ix_calls_caller_hash", "calls", ["caller_hash"])
    op.create_index("ix_calls_outcome", "calls", ["outcome"])
    op.create_table(
        "queue_entries",
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=150), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_hash", sa.String(length=32), nullable=False),
        sa.Column("caller_masked", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_s", sa.Integer(), nullable=True),
        sa.Column("exit_key", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=150), nullable=False),
        sa.Column("agent_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("talk_s", sa.Integer(), nullable=True),
        sa.Column("hold_s", sa.Integer(), nullable=True),
        sa.Column("wrapup_s", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=False),
        sa.Column("transfer_to", sa.Text(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log_positions.id"]),
        sa.PrimaryKeyConstraint("call_uniqueid", "number"),
    )
    op.create_index("ix_queue_entries_agent", "queue_entries", ["agent"])
    op.create_index("ix_queue_entries_caller_hash", "queue_entries", ["caller_hash"])
    op.create_index("ix_queue_entries_entered_at", "queue_entries", ["entered_at"])
    op.create_index("ix_queue_entries_open", "queue_entries", ["outcome", "ended_at"])
    op.create_index("ix_queue_entries_queue_entered", "queue_entries", ["queue", "entered_at"])
    op.create_table(
        "attempts",
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=150), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ring_ms", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_uniqueid", "entry"], ["queue_entries.call_uniqueid", "queue_entries.number"]
        ),
        sa.PrimaryKeyConstraint("call_uniqueid", "entry", "number"),
    )
    op.create_index("ix_attempts_agent", "attempts", ["agent"])


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "attempts",
        "queue_entries",
        "calls",
        "agent_sessions",
        "agent_pauses",
        "log_positions",
        "call_steps",
        "agents",
    ):
        op.drop_table(table)
