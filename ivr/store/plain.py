"""Reads by the database's own driver, for reports that are to be there at once: to import SQLAlchemy takes longer than
to answer most of them.

A source is the address of a database, or an engine, where one is there anyway. Statements are SQL that SQLite and
PostgreSQL share, with values as ``:name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Union

from ivr.errors import IvrError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    Source = Union[str, Engine]

_AT_ONCE = 5000
_SQLITE = re.compile(r"sqlite:///([^?]+)")
_POSTGRESQL = re.compile(r"postgresql\+psycopg://")
_NAME = re.compile(r":([a-z_]+)")


class Reader:
    """A connection in one transaction that reads. Rows are tuples; for moments see :meth:`moment`."""

    def __init__(self, connection: Any, kind: str, where: str) -> None:
        self._connection, self._sqlite, self._where = connection, kind == "sqlite", where
        if self._sqlite:
            connection.isolation_level = None
            connection.execute("BEGIN")

    def rows(self, statement: str, **values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows, a few thousand of them in memory at a time. Raises :class:`IvrError`."""
        given = {name: self._stored(value) for name, value in values.items()}
        try:
            if self._sqlite:
                cursor = self._connection.execute(statement, given)
            else:  # with a name the rows stay on the server until they are wanted
                cursor = self._connection.cursor("rows")
                cursor.itersize = _AT_ONCE
                cursor.execute(_NAME.sub(r"%(\1)s", statement), given)
            while some := cursor.fetchmany(_AT_ONCE):
                yield from some
            cursor.close()
        except self._fault as fault:
            raise _described(fault, self._where) from fault

    def moment(self, value: Any) -> datetime:
        """A moment as a row has it, aware, in UTC."""
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=timezone.utc)
        found: datetime = value.astimezone(timezone.utc)
        return found

    def _stored(self, value: Any) -> Any:
        """As the database has it: SQLite has moments as text in UTC."""
        if not isinstance(value, datetime):
            return value
        utc = value.astimezone(timezone.utc)
        return utc.strftime("%Y-%m-%d %H:%M:%S.%f") if self._sqlite else utc

    @property
    def _fault(self) -> type[Exception]:
        found: type[Exception] = _faults(self._sqlite)
        return found


def _faults(sqlite: bool) -> Any:
    if sqlite:
        import sqlite3

        return sqlite3.Error
    import psycopg

    return psycopg.Error


def _described(fault: Exception, where: str) -> IvrError:
    told = (str(fault).splitlines() or [type(fault).__name__])[0]
    return IvrError(
        f"the database cannot be used: {told}",
        where=where,
        mend="ivr doctor says more; ivr db upgrade makes the tables",
    )


@contextmanager
def plainly(source: Source) -> Iterator[Reader]:
    """A reader of ``source``. Raises :class:`IvrError` when the database cannot be used."""
    if not isinstance(source, str):
        where = source.url.render_as_string(hide_password=True)
        pooled = source.raw_connection()
        try:
            yield Reader(pooled.driver_connection, source.dialect.name, where)
        finally:
            pooled.rollback()
            pooled.close()
    elif file := _SQLITE.fullmatch(source):
        yield from _of_sqlite(file[1], source)
    elif _POSTGRESQL.match(source):
        yield from _of_postgresql(source)
    else:  # written in a way that only SQLAlchemy knows
        from ivr.store.database import open_engine

        engine = open_engine(source)
        try:
            with plainly(engine) as reader:
                yield reader
        finally:
            engine.dispose()


def _of_sqlite(path: str, source: str) -> Iterator[Reader]:
    import sqlite3

    try:
        connection = sqlite3.connect(path, timeout=5)
    except sqlite3.Error as fault:
        raise _described(fault, source) from fault
    try:
        yield Reader(connection, "sqlite", source)
    finally:
        connection.close()


def _of_postgresql(source: str) -> Iterator[Reader]:
    import psycopg

    where = re.sub(r"(//[^:/@]*:)[^@]*@", r"\1***@", source)
    try:
        connection = psycopg.connect(source.replace("+psycopg", "", 1))
    except psycopg.Error as fault:
        raise _described(fault, where) from fault
    try:
        yield Reader(connection, "postgresql", where)
    finally:
        connection.close()
