"""The database: one engine, short transactions, types that keep time zones and secrets right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cache
from time import monotonic, sleep
from typing import Any

from sqlalchemy import DateTime, Engine, Insert, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from ivr.errors import GivenUp, IvrError, UsageFault

#: Kept open once they are needed: more than the AGI server's threads for queries, its journal, menus and notices, so that
#: a lock that some wait for keeps nobody else from a connection.
_CONNECTIONS = 24
#: How long SQLite waits for a lock.
_LOCKED_S = 5.0


class Base(DeclarativeBase):
    """The base of all tables."""


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that need no objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_new(
    session: Session, model: type[Base], rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> None:
    """Insert one row or several; those whose key is there already stay as they are."""
    session.execute(_inserting_new(session.get_bind().dialect.name, model), rows)


@cache
def _inserting_new(dialect: str, model: type[Base]) -> Insert:
    if dialect == "postgresql":  # either takes its time to import, and a report is to be there at once
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert(table_of(model)).on_conflict_do_nothing()


class Moment(TypeDecorator[datetime]):
    """An aware datetime; stored in UTC on every database, read back aware in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def open_engine(url: str) -> Engine:
    """An engine for ``url``. SQLite gets WAL, foreign keys and a 5 s wait for locks.

    Raises :class:`UsageFault` for an address that cannot be understood.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(
            parsed, pool_size=_CONNECTIONS, pool_pre_ping=parsed.get_backend_name() != "sqlite"
        )
    except (ArgumentError, ImportError, ModuleNotFoundError) as fault:
        raise UsageFault(
            f"database address cannot be used: {fault}",
            where="IVR_DATABASE_URL",
            mend="e.g. postgresql+psycopg://user@host/ivr, or leave it out for SQLite",
        ) from None
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN below, not the driver's late one
    connection.execute(f"PRAGMA busy_timeout={_LOCKED_S * 1000:.0f}")
    _into_wal(connection)
    # What was acknowledged, a booking above all, outlives a loss of power, too: NORMAL would sync at checkpoints only.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _into_wal(connection: sqlite3.Connection) -> None:
    """Turn to the write-ahead log. While another program writes to a file that has none yet, as at the first start of two,
    SQLite refuses this at once and does not wait for the lock as it does elsewhere."""
    deadline = monotonic() + _LOCKED_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or monotonic() > deadline:
                raise
            sleep(0.01)


def _begin_sqlite(connection: Any) -> None:
    # A transaction that will write takes its lock at once, so that it can't fail half-way.
    mode = connection.get_execution_options().get("sqlite_begin", "")
    connection.exec_driver_sql(f"BEGIN {mode}".strip())


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for reading only."""
    with _described(engine), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine, wanted: Callable[[], bool] = lambda: True) -> Iterator[Session]:
    """One transaction: committed when the block ends well, rolled back otherwise.

    Raises :class:`GivenUp`, and changes nothing, when it is no longer ``wanted`` at the end: a lock may take longer
    than a caller waits.
    """
    bound = engine.execution_options(sqlite_begin="IMMEDIATE")
    with _described(engine), Session(bound, expire_on_commit=False) as session, session.begin():
        yield session
        if not wanted():
            raise GivenUp


@contextmanager
def _described(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as fault:
        # Damaged, away, without tables: the user's to mend. A row that is refused, or a statement
        # that makes no sense, is a fault of ours and keeps its traceback.
        if isinstance(fault, (IntegrityError, DataError, InterfaceError)):
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise IvrError(
            f"the database cannot be used: {str(fault.orig).splitlines()[0]}",
            where=where,
            mend="ivr doctor says more; ivr db upgrade makes the tables",
        ) from fault
