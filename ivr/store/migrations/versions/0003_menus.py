"""Published menus and which of them was on air when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "menu_revisions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "menu_switches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cancels", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["revision"], ["menu_revisions.number"]),
        sa.ForeignKeyConstraint(["cancels"], ["menu_switches.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cancels"),
    )
    op.create_index("ix_menu_switches_live_from", "menu_switches", ["live_from"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("menu_switches", "menu_revisions"):
        op.drop_table(table)
