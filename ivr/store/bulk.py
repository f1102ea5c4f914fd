"""Many rows at once.

They are written by the database's own driver within a session's transaction: SQLAlchemy takes longer to look through
the values than the database to store them. Rows are tuples of plain values (text, numbers, aware moments, ``None``), in the order of
the columns that are named.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Union

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, any_, func, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.types import ARRAY

from ivr.errors import IvrError

_Row = Sequence[Any]
#: In a transaction.
Writer = Union[Session, Connection]


def among(session: Session, column: Column[Any], texts: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column has one of the texts. They are one value to the statement, however many they are, so that it is
    always the same statement."""
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(list(texts))).table_valued("value").c.value))
    return column == any_(literal(list(texts), ARRAY(Text())))


def insert_rows(session: Writer, table: Table, columns: Sequence[str], rows: Sequence[_Row]) -> None:
    """Insert the rows. Raises :class:`IvrError`."""
    if not rows:
        return
    connection, sqlite = _driver(session)
    names = ", ".join(f'"{name}"' for name in columns)
    with _told(connection):
        if sqlite:
            marks = ", ".join("?" * len(columns))
            connection.executemany(
                f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
                rows,
            )
            return
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def update_rows(
    session: Session, table: Table, columns: Sequence[str], keys: Sequence[str], rows: Sequence[_Row]
) -> None:
    """Give the rows with these keys new values; a row has the columns' values, then those of the keys. Raises
    :class:`IvrError`."""
    if not rows:
        return
    connection, sqlite = _driver(session)
    mark = "?" if sqlite else "%s"
    sets = ", ".join(f'"{name}" = {mark}' for name in columns)
    where = " AND ".join(f'"{name}" = {mark}' for name in keys)
    _many(connection, sqlite, f"UPDATE {table.name} SET {sets} WHERE {where}", rows)  # noqa: S608


def delete_rows(session: Session, table: Table, keys: Sequence[str], rows: Sequence[_Row]) -> None:
    """Delete the rows with these keys. Raises :class:`IvrError`."""
    if rows:
        connection, sqlite = _driver(session)
        where = " AND ".join(f'"{name}" = {"?" if sqlite else "%s"}' for name in keys)
        _many(connection, sqlite, f"DELETE FROM {table.name} WHERE {where}", rows)  # noqa: S608


def _many(connection: Any, sqlite: bool, statement: str, rows: Iterable[_Row]) -> None:
    with _told(connection):
        if sqlite:
            connection.executemany(statement, rows)
        else:
            with connection.cursor() as cursor:
                cursor.executemany(statement, rows)


def _driver(session: Writer) -> tuple[Any, bool]:
    connection = session.connection() if isinstance(session, Session) else session
    return connection.connection.driver_connection, connection.dialect.name == "sqlite"


@lru_cache(8192)  # the moments of a log's lines, most of which come several times
def as_text(moment: datetime) -> str:
    """A moment as SQLite has it, and as SQLAlchemy writes it."""
    if moment.tzinfo is not timezone.utc:
        moment = moment.astimezone(timezone.utc)
    return moment.isoformat(" ", "microseconds")[:26]


sqlite3.register_adapter(datetime, as_text)


@contextmanager
def _told(connection: Any) -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        if type(fault).__module__.partition(".")[0] not in ("sqlite3", "psycopg"):
            raise
        told = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise IvrError(f"the record cannot be written: {told}", mend="ivr doctor says more") from fault
