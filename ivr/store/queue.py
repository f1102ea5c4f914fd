"""Reads queue entries, sessions and pauses for the reports and lists, plainly (``ivr.store.plain``).

A source is the address of the database, or an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from ivr.acd.callbacks import holder_of
from ivr.reports.queue_stats import Entry, Hour
from ivr.reports.spans import Span
from ivr.reports.summary import LIMITS_S, Summary
from ivr.reports.tally import Tally, spans, stretches, whole_hours
from ivr.store.plain import plainly

if TYPE_CHECKING:
    from ivr.store.plain import Reader, Source

#: The journal's clock and the log's whole seconds: a transfer may be stamped so much after the entry.
CLOCKS_APART = timedelta(seconds=1)
#: No caller stays longer in the menu before coming to a queue.
LONGEST_MENU = timedelta(days=1)


def _of(queue: str) -> str:
    return "AND queue = :queue" if queue else ""


def report_entries(source: Source, since: datetime, until: datetime, queue: str = "") -> Iterator[Entry]:
    """The entries of callers who came from ``since`` until before ``until``, oldest first; of one queue, or of all
    with ``""``. A year's are never in memory all at once."""
    with plainly(source) as reader:
        yield from _entries(reader, since, until, queue)


def report_hours(
    source: Source, since: datetime, until: datetime, queue: str, zone: tzinfo, limits: Sequence[int]
) -> list[Entry | Hour]:
    """The same as sums of whole hours, with the waits of at most each of ``limits``, and the entries before
    and after these; only entries where the zone's hours are not those of UTC."""
    with plainly(source) as reader:
        whole = whole_hours(since, until, zone)
        if whole is None:
            return [*_entries(reader, since, until, queue)]
        first, last = whole
        return [
            *_entries(reader, since, first, queue),
            *_hours(reader, first, last, queue, limits),
            *_entries(reader, last, until, queue),
        ]


def report_sums(
    source: Source,
    since: datetime,
    until: datetime,
    queue: str,
    kind: str,
    zone: tzinfo,
    peak: Callable[[date], bool] | None = None,
) -> list[Entry | Hour]:
    """The same by agent, option, area or skill, as sums of whole hours and of days of UTC, none of which has both peak days of
    ``zone`` and others; with the limits :data:`ivr.reports.summary.LIMITS_S`."""
    with plainly(source) as reader:
        whole = whole_hours(since, until, zone)
        if whole is None:
            return [*_entries(reader, since, until, queue)]
        first, last = whole
        hours, days = spans(stretches(first, last, zone, peak))
        return [
            *_entries(reader, since, first, queue),
            *(one for begin, end in hours for one in _sums(reader, kind, 1, begin, end, queue)),
            *_all_days(reader, kind, days, queue),
            *_entries(reader, last, until, queue),
        ]


def _all_days(reader: Reader, kind: str, days: Sequence[datetime], queue: str) -> Iterator[Hour]:
    if days:
        wanted = set(days)
        for one in _sums(reader, kind, 24, days[0], days[-1] + timedelta(days=1), queue):
            if one.entered_at in wanted:
                yield one


def _sums(
    reader: Reader, kind: str, hours: int, since: datetime, until: datetime, queue: str
) -> Iterator[Hour]:
    wanted = f"""
        SELECT hour, queue, name, summary FROM figure_hours
        WHERE kind = :kind AND hours = :hours AND hour >= :since AND hour < :until {_of(queue)}"""  # noqa: S608
    for hour, of, name, document in reader.rows(
        wanted, kind=kind, hours=hours, since=since, until=until, queue=queue
    ):
        yield Hour(reader.moment(hour), of, Summary.from_json(document), name)


def _hours(
    reader: Reader, since: datetime, until: datetime, queue: str, limits: Sequence[int]
) -> Iterator[Hour]:
    stored = tuple(limits) == LIMITS_S
    text = "summary" if stored else "tally"
    wanted = (
        f"SELECT hour, queue, {text} FROM queue_hours WHERE hour >= :since AND hour < :until {_of(queue)}"  # noqa: S608
    )
    for hour, name, document in reader.rows(wanted, since=since, until=until, queue=queue):
        summary = Summary.from_json(document) if stored else Tally.from_json(document).summary(limits)
        yield Hour(reader.moment(hour), name, summary)


def _entries(reader: Reader, since: datetime, until: datetime, queue: str) -> Iterator[Entry]:
    if since >= until:
        return
    wanted = f"""
        SELECT entered_at, queue, outcome, agent, option, caller_area, wait_s, talk_s, hold_s, wrapup_s, skill,
            call_uniqueid
        FROM queue_entries WHERE entered_at >= :since AND entered_at < :until {_of(queue)}
        ORDER BY entered_at, call_uniqueid, number"""  # noqa: S608
    for row in reader.rows(wanted, since=since, until=until, queue=queue):
        entered_at, name, outcome, agent, *rest, call = row
        if holder_of(call) is not None:
            continue  # the caller was counted when asking for the callback
        # While the caller is told who answered, the agent is there before the outcome.
        agent = agent if outcome == "answered" else ""
        yield Entry(reader.moment(entered_at), name, outcome, agent, *rest)


def report_spans(
    source: Source, since: datetime, until: datetime, queue: str = ""
) -> tuple[list[Span], list[Span]]:
    """The agents' sessions and pauses that touch the time from ``since`` until ``until``."""
    with plainly(source) as reader:
        return (
            list(_spans(reader, "agent_sessions", "''", since, until, queue)),
            list(_spans(reader, "agent_pauses", "reason", since, until, queue)),
        )


def _spans(
    reader: Reader, table: str, reason: str, since: datetime, until: datetime, queue: str
) -> Iterator[Span]:
    wanted = f"""
        SELECT agent, queue, began_at, ended_at, {reason} FROM {table}
        WHERE began_at < :until AND (ended_at IS NULL OR ended_at > :since) {_of(queue)} ORDER BY began_at"""  # noqa: S608
    for agent, name, began_at, ended_at, why in reader.rows(wanted, since=since, until=until, queue=queue):
        ended = None if ended_at is None else reader.moment(ended_at)
        yield Span(agent, name, reader.moment(began_at), ended, why)


class LastEntry(NamedTuple):
    """A queue entry as lists show it, the caller's number masked."""

    entered_at: datetime
    call: str
    number: int
    queue: str
    caller: str
    outcome: str
    wait_s: int | None
    agent: str
    talk_s: int | None
    ended_by: str
    attempts: int


def last_entries(source: Source, limit: int, queue: str = "") -> list[LastEntry]:
    """The entries that came last, newest first."""
    wanted = f"""
        SELECT entered_at, call_uniqueid, number, queue, caller_masked, outcome, wait_s, agent, talk_s, ended_by, attempts
        FROM queue_entries WHERE 1 = 1 {_of(queue)} ORDER BY entered_at DESC, call_uniqueid DESC, number DESC LIMIT :most"""  # noqa: S608
    with plainly(source) as reader:
        rows: Iterator[Any] = reader.rows(wanted, queue=queue, most=limit)
        return [LastEntry(reader.moment(at), *rest) for at, *rest in rows]
