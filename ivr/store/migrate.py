"""Bring the tables up to date. Safe to run at every start: quick when there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ivr.errors import IvrError

#: Two programs that start at once change the tables one after the other (PostgreSQL's advisory lock).
_LOCK = 12306
_LONGEST_MS = 6 * 3600 * 1000


def upgrade(engine: Engine) -> str:
    """Bring the tables to the newest revision, in one transaction, and return its name.

    Raises :class:`IvrError` when the database cannot be reached or written, or was made by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    head = ScriptDirectory.from_config(config).get_current_head() or ""
    try:
        with engine.connect() as connection:
            if current_revision(connection) == head:
                return head
        bound = engine.execution_options(sqlite_begin="IMMEDIATE")
        with bound.connect() as connection, _patiently(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _known(config, current_revision(connection), engine)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as fault:
        raise IvrError(
            f"the tables cannot be made: {str(fault.orig).splitlines()[0]}",
            where=engine.url.render_as_string(hide_password=True),
            mend="is the database there, and may this user write to it?",
        ) from fault
    return head


@contextmanager
def _patiently(connection: Connection) -> Iterator[None]:
    """However long another program takes to change the tables: PostgreSQL waits for its lock, SQLite is told to."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    ((before,),) = driver.execute("PRAGMA busy_timeout").fetchall()
    driver.execute(f"PRAGMA busy_timeout={_LONGEST_MS}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={before}")


def current_revision(connection: Connection) -> str:
    """The revision of the tables; "" when there are none yet."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _known(config: Config, revision: str, engine: Engine) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision and revision not in known:
        raise IvrError(
            f"the tables were made by a newer version (revision {revision})",
            where=engine.url.render_as_string(hide_password=True),
            mend="install the newer version, or restore the backup from before it",
        )
