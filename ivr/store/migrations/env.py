"""Alembic's entry: runs the changes on the connection that ``ivr.store.migrate`` hands in."""

from __future__ import annotations

from alembic import context

from ivr.store.models import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
