"""Reads queue entries, sessions and pauses for the reports and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from ivr.acd.callbacks import holder_of
from ivr.reports.queue_stats import Entry, Hour
from ivr.reports.spans import Span
from ivr.reports.tally import whole_hours
from ivr.store.database import reading, table_of
from ivr.store.models.acd import AgentPause, AgentSession, QueueEntry
from ivr.store.models.calls import CallStep
from ivr.store.queue_hours import hours

#: The journal's clock and the log's whole seconds: a transfer may be stamped so much after the entry.
CLOCKS_APART = timedelta(seconds=1)
#: No caller stays longer in the menu before coming to a queue.
LONGEST_MENU = timedelta(days=1)
_AT_ONCE = 5000


def report_entries(
    engine: Engine, since: datetime, until: datetime, queue: str = "", *, with_options: bool = False
) -> Iterator[Entry]:
    """The entries of callers who came from ``since`` until before ``until``, oldest first; of one queue, or of all
    with ``""``. ``with_options``: also the menu options they came by. A year's are never in memory all at once."""
    with reading(engine) as session:
        yield from _entries(session, since, until, queue, with_options)


def report_hours(
    engine: Engine, since: datetime, until: datetime, queue: str, zone: tzinfo, limits: Sequence[int]
) -> list[Entry | Hour]:
    """The same as sums of whole hours (``limits``: see :func:`ivr.store.queue_hours.hours`), with the entries before
    and after these; only entries where the zone's hours are not those of UTC."""
    with reading(engine) as session:
        whole = whole_hours(since, until, zone)
        if whole is None:
            return [*_entries(session, since, until, queue)]
        first, last = whole
        return [
            *_entries(session, since, first, queue),
            *hours(session, first, last, queue, limits),
            *_entries(session, last, until, queue),
        ]


def _entries(
    session: Session, since: datetime, until: datetime, queue: str, with_options: bool = False
) -> Iterator[Entry]:
    if since >= until:
        return
    entries = table_of(QueueEntry).c
    wanted = (
        select(
            entries.entered_at, entries.queue, entries.outcome, entries.agent, entries.caller_area,
            entries.wait_s, entries.talk_s, entries.hold_s, entries.wrapup_s, entries.call_uniqueid,
        )
        .where(entries.entered_at >= since, entries.entered_at < until)
        .order_by(entries.entered_at, entries.call_uniqueid, entries.number)
    )  # fmt: skip
    if queue:
        wanted = wanted.where(entries.queue == queue)
    transfers = _transfers(session, since, until) if with_options else {}
    for row in session.execute(wanted.execution_options(yield_per=_AT_ONCE)):
        at, name, outcome, agent, area, *seconds, call = row
        if holder_of(call) is not None:
            continue  # the caller was counted when asking for the callback
        # While the caller is told who answered, the agent is there before the outcome.
        agent = agent if outcome == "answered" else ""
        yield Entry(at, name, outcome, agent, option_of(transfers.get(call, ()), at), area, *seconds)


def option_of(transfers: Sequence[tuple[datetime, str]], entered_at: datetime) -> str:
    """The menu part of the last of a call's ``transfers`` before it came to the queue; "" when there
    was none (the fallback)."""
    before = [part for at, part in transfers if at < entered_at + CLOCKS_APART]
    return before[-1] if before else ""


def _transfers(session: Session, since: datetime, until: datetime) -> dict[str, list[tuple[datetime, str]]]:
    found: dict[str, list[tuple[datetime, str]]] = {}
    rows = session.execute(
        select(CallStep.call_uniqueid, CallStep.at, CallStep.part)
        .where(
            CallStep.kind == "transfer",
            CallStep.at >= since - LONGEST_MENU,
            CallStep.at < until + CLOCKS_APART,
        )
        .order_by(CallStep.call_uniqueid, CallStep.seq)
    )
    for uniqueid, at, part in rows:
        found.setdefault(uniqueid, []).append((at, part))
    return found


def report_spans(
    engine: Engine, since: datetime, until: datetime, queue: str = ""
) -> tuple[list[Span], list[Span]]:
    """The agents' sessions and pauses that touch the time from ``since`` until ``until``."""
    with reading(engine) as session:
        sessions = _spans(session, table_of(AgentSession).c, since, until, queue)
        pauses = _spans(session, table_of(AgentPause).c, since, until, queue)
        return (
            [Span(row.agent, row.queue, row.began_at, row.ended_at) for row in sessions],
            [Span(row.agent, row.queue, row.began_at, row.ended_at, row.reason) for row in pauses],
        )


def _spans(session: Session, spans: Any, since: datetime, until: datetime, queue: str) -> Sequence[Any]:
    wanted = select(*spans).where(
        spans.began_at < until, or_(spans.ended_at.is_(None), spans.ended_at > since)
    )
    if queue:
        wanted = wanted.where(spans.queue == queue)
    return session.execute(wanted.order_by(spans.began_at)).all()


def last_entries(engine: Engine, limit: int, queue: str = "") -> list[QueueEntry]:
    """The entries that came last, newest first."""
    wanted = select(QueueEntry).order_by(
        QueueEntry.entered_at.desc(), QueueEntry.call_uniqueid.desc(), QueueEntry.number.desc()
    )
    if queue:
        wanted = wanted.where(QueueEntry.queue == queue)
    with reading(engine) as session:
        return list(session.scalars(wanted.limit(limit)))
