"""Legs, holds, seats; the menu part and the skill of a queue entry; sums by agent, option, area and skill."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.store.rebuild import rebuild_figure_hours

revision = "0015"
down_revision = "0014"

_MOMENT = sa.DateTime(timezone=True)
#: What the journal knows of entries from before: the last transfer of the call until a second after the entry.
_OPTIONS = """
UPDATE queue_entries SET option = COALESCE((
    SELECT s.part FROM call_steps s WHERE s.call_uniqueid = queue_entries.call_uniqueid AND s.kind = 'transfer'
    AND s.at < {a_second_after} ORDER BY s.seq DESC LIMIT 1), '')
"""
_A_SECOND_AFTER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', queue_entries.entered_at, '+1 second')",
    "postgresql": "queue_entries.entered_at + interval '1 second'",
}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=150), nullable=False, server_default="")


def upgrade() -> None:
    """Add them, and fill what is known of the entries that are there."""
    for table in ("calls", "queue_entries"):
        op.add_column(table, _text("option"))
        op.add_column(table, _text("skill"))
    op.add_column("queue_entries", sa.Column("held_since", _MOMENT))
    op.add_column("queue_entries", sa.Column("held_ms", sa.Integer()))
    op.add_column("agent_sessions", _text("seat"))
    op.create_table(
        "legs",
        sa.Column("leg", sa.String(length=150), primary_key=True),
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        _text("from_seat"),
        _text("seat"),
        _text("agent"),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("talk_s", sa.Integer()),
        sa.Column("consult_s", sa.Integer()),
        sa.Column("hold_s", sa.Integer()),
        sa.Column("held_since", _MOMENT),
        sa.Column("held_ms", sa.Integer()),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("log_id", sa.Integer(), sa.ForeignKey("log_positions.id"), nullable=False),
    )
    for column in ("call_uniqueid", "began_at", "ended_at"):
        op.create_index(op.f(f"ix_legs_{column}"), "legs", [column])
    op.create_table(
        "figure_hours",
        sa.Column("kind", sa.String(length=10), primary_key=True),
        sa.Column("hours", sa.Integer(), primary_key=True),
        sa.Column("hour", _MOMENT, primary_key=True),
        sa.Column("name", sa.String(length=150), primary_key=True),
        sa.Column("queue", sa.String(length=150), primary_key=True),
        sa.Column("summary", sa.Text(), nullable=False),
    )
    bind = op.get_bind()
    bind.execute(sa.text(_OPTIONS.format(a_second_after=_A_SECOND_AFTER[bind.dialect.name])))
    rebuild_figure_hours(bind)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("figure_hours")
    op.drop_table("legs")
    op.drop_column("agent_sessions", "seat")
    op.drop_column("queue_entries", "held_ms")
    op.drop_column("queue_entries", "held_since")
    for table in ("queue_entries", "calls"):
        op.drop_column(table, "skill")
        op.drop_column(table, "option")
