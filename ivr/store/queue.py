"""Reads queue entries, sessions and pauses for the reports and lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from ivr.reports.queue_stats import Entry
from ivr.reports.spans import Span
from ivr.store.database import reading
from ivr.store.models.acd import AgentPause, AgentSession, QueueEntry
from ivr.store.models.calls import CallStep

#: The journal's clock and the log's whole seconds: a transfer may be stamped so much after the entry.
CLOCKS_APART = timedelta(seconds=1)
#: No caller stays longer in the menu before coming to a queue.
LONGEST_MENU = timedelta(days=1)


def report_entries(engine: Engine, since: datetime, until: datetime, queue: str = "") -> list[Entry]:
    """The entries of callers who came from ``since`` until before ``until``, oldest first; of one
    queue, or of all with ``""``."""
    wanted = select(
        QueueEntry.call_uniqueid,
        QueueEntry.entered_at,
        QueueEntry.queue,
        QueueEntry.outcome,
        QueueEntry.agent,
        QueueEntry.wait_s,
        QueueEntry.talk_s,
        QueueEntry.hold_s,
        QueueEntry.wrapup_s,
    ).where(QueueEntry.entered_at >= since, QueueEntry.entered_at < until)
    if queue:
        wanted = wanted.where(QueueEntry.queue == queue)
    with reading(engine) as session:
        transfers = _transfers(session, since, until)
        rows = session.execute(wanted.order_by(QueueEntry.entered_at, QueueEntry.call_uniqueid)).all()
    return [
        Entry(
            entered_at=row.entered_at,
            queue=row.queue,
            outcome=row.outcome,
            agent=row.agent,
            option=option_of(transfers.get(row.call_uniqueid, ()), row.entered_at),
            wait_s=row.wait_s,
            talk_s=row.talk_s,
            hold_s=row.hold_s,
            wrapup_s=row.wrapup_s,
        )
        for row in rows
    ]


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
        return (
            [
                Span(row.agent, row.queue, row.began_at, row.ended_at)
                for row in _spans(session, AgentSession, since, until, queue)
            ],
            [
                Span(row.agent, row.queue, row.began_at, row.ended_at)
                for row in _spans(session, AgentPause, since, until, queue)
            ],
        )


def _spans(
    session: Session,
    model: type[AgentSession] | type[AgentPause],
    since: datetime,
    until: datetime,
    queue: str,
) -> Sequence[AgentSession | AgentPause]:
    wanted = select(model).where(
        model.began_at < until, or_(model.ended_at.is_(None), model.ended_at > since)
    )
    if queue:
        wanted = wanted.where(model.queue == queue)
    rows: Sequence[Any] = session.scalars(wanted.order_by(model.began_at)).all()
    return rows


def last_entries(engine: Engine, limit: int, queue: str = "") -> list[QueueEntry]:
    """The entries that came last, newest first."""
    wanted = select(QueueEntry).order_by(
        QueueEntry.entered_at.desc(), QueueEntry.call_uniqueid.desc(), QueueEntry.number.desc()
    )
    if queue:
        wanted = wanted.where(QueueEntry.queue == queue)
    with reading(engine) as session:
        return list(session.scalars(wanted.limit(limit)))
