"""The history of the tables (Alembic); ``ivr.store.migrate`` runs it."""
