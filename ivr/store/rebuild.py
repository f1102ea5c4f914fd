"""The sums of the queues' entries (``ivr.store.queue_hours``, ``ivr.store.figure_hours``) made anew by the database: of entries
that are there before the sums, and to check what was kept while they came.

The statements are SQL that SQLite and PostgreSQL share, but for :class:`_Sql`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from ivr.acd.callbacks import CALLBACK, HOLDER
from ivr.acd.record import OUTCOMES, WAITING
from ivr.reports.summary import LIMITS_S, PARTS, WAITED
from ivr.reports.tally import Tally
from ivr.store.bulk import Writer, insert_rows
from ivr.store.database import table_of
from ivr.store.models.acd import QueueHour

#: kind of figure → its column of the entries; while the caller is told who answered, the agent is there before the outcome
_NAMES = {
    "agent": "CASE WHEN outcome = 'answered' THEN agent ELSE '' END",
    "option": "option",
    "area": "caller_area",
    "skill": "skill",
}
_AT_ONCE = 400


class _Sql:
    """What the two databases say differently."""

    def __init__(self, dialect: str) -> None:
        sqlite = dialect == "sqlite"
        #: the hour and the day of UTC in which the moment ``{}`` lies
        self.hour = "substr({}, 1, 13) || ':00:00.000000'" if sqlite else "date_trunc('hour', {}, 'UTC')"
        self.day = "substr({}, 1, 10) || ' 00:00:00.000000'" if sqlite else "date_trunc('day', {}, 'UTC')"
        self._matches = "REGEXP" if sqlite else "~"
        self._format, self._place = ("printf", "%s") if sqlite else ("format", "%%s")

    @property
    def of_callers(self) -> str:
        """Whether an entry holds no callback's place: its caller was counted when asking for it."""
        other = f"substr(call_uniqueid, 1, {len(CALLBACK)}) <> '{CALLBACK}'"
        return f"({other} OR NOT call_uniqueid {self._matches} '^{HOLDER}$')"

    def json(self, numbers: Sequence[str]) -> str:
        """A list of whole numbers, of which only the first may be nothing, as ``json.dumps`` writes it."""
        longest, *others = numbers
        places = ",".join([self._place] * len(numbers))
        return f"{self._format}('[{places}]', coalesce(CAST({longest} AS TEXT), 'null'), {', '.join(others)})"


def rebuild_queue_hours(session: Writer) -> None:
    """Make the tallies of the queues anew."""
    connection, sql = _begun(session)
    connection.exec_driver_sql("DELETE FROM queue_hours")
    tallies = _tallies(connection, sql)
    while some := list(islice(tallies, _AT_ONCE)):
        rows = [(hour, queue, tally.summary().to_json(), tally.to_json()) for hour, queue, tally in some]
        insert_rows(connection, table_of(QueueHour), ("hour", "queue", "summary", "tally"), rows)


def _tallies(connection: Connection, sql: _Sql) -> Iterator[tuple[Any, str, Tally]]:
    """Hour, as the database has it, queue, and what is counted there."""
    parts = ", ".join(f"count({part}), coalesce(sum({part}), 0)" for part in PARTS)
    rows = connection.exec_driver_sql(
        f"""SELECT {sql.hour.format("entered_at")} AS hour, queue, outcome, wait_s, count(*), {parts}
        FROM queue_entries WHERE {sql.of_callers} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2""",  # noqa: S608
        execution_options={"yield_per": 5000},
    )
    for (hour, queue), alike in groupby(rows, lambda row: (row[0], row[1])):
        tally = Tally()
        for _, _, outcome, wait_s, entries, *known in alike:
            tally.count_alike(outcome, wait_s, entries, list(zip(known[::2], known[1::2], strict=True)))
        yield hour, queue, tally


def rebuild_figure_hours(session: Writer) -> None:
    """Make the sums by agent, menu option, area and skill anew."""
    connection, sql = _begun(session)
    connection.exec_driver_sql("DELETE FROM figure_hours")
    of_hour = [f"n{at}" for at in range(len(_NUMBERS))]
    of_day = ["max(n0)", *(f"sum({number})" for number in of_hour[1:])]
    numbers = ", ".join(f"{number} AS {name}" for number, name in zip(_NUMBERS, of_hour, strict=True))
    for kind, name in _NAMES.items():
        connection.exec_driver_sql(
            f"""INSERT INTO figure_hours (kind, hours, hour, name, queue, summary)
            WITH sums AS MATERIALIZED (
                SELECT {sql.hour.format("entered_at")} AS hour, {name} AS name, queue, {numbers}
                FROM queue_entries WHERE {sql.of_callers} GROUP BY 1, 2, 3)
            SELECT '{kind}', 1, hour, name, queue, {sql.json(of_hour)} FROM sums
            UNION ALL
            SELECT '{kind}', 24, {sql.day.format("hour")}, name, queue, {sql.json(of_day)} FROM sums GROUP BY 3, 4, 5"""  # noqa: S608
        )


def _known(seconds: str, outcome: str) -> tuple[str, str]:
    """Of how many entries with that outcome they are known, and how many altogether."""
    such = f"FILTER (WHERE outcome = '{outcome}')"
    return f"count({seconds}) {such}", f"coalesce(sum({seconds}) {such}, 0)"


#: The numbers of a ``ivr.reports.summary.Summary``, in the order of its JSON.
_NUMBERS = [
    f"max(wait_s) FILTER (WHERE outcome <> '{WAITING}')",
    *(f"count(*) FILTER (WHERE outcome = '{outcome}')" for outcome in (*OUTCOMES, WAITING)),
    *(number for part in PARTS for number in _known(part, "answered")),
    *(
        number
        for outcome in WAITED
        for number in (
            *_known("wait_s", outcome),
            *(f"count(*) FILTER (WHERE outcome = '{outcome}' AND wait_s <= {limit})" for limit in LIMITS_S),
        )
    ),
]


def _begun(session: Writer) -> tuple[Connection, _Sql]:
    connection = session.connection() if isinstance(session, Session) else session
    return connection, _Sql(connection.dialect.name)
