"""Reads the callers who left without an agent, what their numbers did later, and, noted, the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Subquery, func, or_, select
from sqlalchemy.orm import Session

from ivr.reports.abandoned import LEFT, WITHIN, Contact, Leaver
from ivr.store.audit import note
from ivr.store.database import reading, writing
from ivr.store.models.acd import QueueEntry
from ivr.store.models.calls import Call

#: Values in one statement; databases take only so many.
_AT_ONCE = 500


def leavers(
    engine: Engine, since: datetime, until: datetime, queue: str = ""
) -> tuple[list[Leaver], list[Contact]]:
    """The callers who came from ``since`` until before ``until`` (aware) and left without an agent, oldest first,
    of one queue or of all with ``""``; and what their numbers and calls did within a day after that."""
    wanted = [QueueEntry.entered_at >= since, QueueEntry.entered_at < until, QueueEntry.outcome.in_(LEFT)]
    if queue:
        wanted.append(QueueEntry.queue == queue)
    left = (
        select(
            QueueEntry.call_uniqueid,
            QueueEntry.number,
            QueueEntry.queue,
            _of_caller(QueueEntry.caller_masked, Call.caller_masked).label("caller_masked"),
            _of_caller(QueueEntry.caller_hash, Call.caller_hash).label("caller_hash"),
            QueueEntry.entered_at,
            func.coalesce(QueueEntry.left_at, QueueEntry.entered_at).label("left_at"),
            QueueEntry.outcome,
            QueueEntry.wait_s,
        )
        .outerjoin(Call, Call.uniqueid == QueueEntry.call_uniqueid)
        .where(*wanted)
    )
    in_order = left.order_by(QueueEntry.entered_at, QueueEntry.call_uniqueid, QueueEntry.number)
    with reading(engine) as session:
        found = [Leaver(*row) for row in session.execute(in_order)]
        if not found:
            return [], []
        end = max(leaver.left_at for leaver in found) + WITHIN
        return found, list(_contacts(session, left.subquery(), since, end))


def _of_caller(entry: Any, call: Any) -> ColumnElement[str]:
    """What the entry has, or, where it has nothing (the log names no number at a refused join), its call."""
    return func.coalesce(func.nullif(entry, ""), call, "")


def _contacts(session: Session, left: Subquery, since: datetime, end: datetime) -> Iterator[Contact]:
    numbers = select(left.c.caller_hash).where(left.c.caller_hash != "")
    calls = select(Call.uniqueid, Call.caller_hash, Call.began_at).where(
        Call.caller_hash.in_(numbers), Call.entry != "agent", Call.began_at >= since, Call.began_at <= end
    )
    for row in session.execute(calls):
        yield Contact(row.uniqueid, row.caller_hash, row.began_at)
    entries = select(
        QueueEntry.call_uniqueid,
        QueueEntry.caller_hash,
        QueueEntry.entered_at,
        func.coalesce(QueueEntry.left_at, QueueEntry.entered_at).label("left_at"),
        QueueEntry.outcome,
    ).where(
        or_(QueueEntry.caller_hash.in_(numbers), QueueEntry.call_uniqueid.in_(select(left.c.call_uniqueid))),
        QueueEntry.entered_at >= since,
        QueueEntry.entered_at <= end,
    )
    for entry in session.execute(entries):
        yield Contact(entry.call_uniqueid, entry.caller_hash, entry.entered_at)
        if entry.outcome == "answered":
            yield Contact(entry.call_uniqueid, entry.caller_hash, entry.left_at, answered=True)


def reveal_callers(
    engine: Engine, entries: Sequence[tuple[str, int]], details: Mapping[str, Any], *, by: str, now: datetime
) -> dict[tuple[str, int], str | None]:
    """The full numbers of queue entries, given as (call, number); ``None``: withheld. That ``by`` saw them, and
    ``details`` (the reason; nothing about callers), is in the audit log before this returns, or nothing is told."""
    numbers: dict[tuple[str, int], str | None] = {}
    wanted = set(entries)
    calls = sorted({call for call, _ in wanted})
    with writing(engine) as session:
        note(session, now, by, "numbers reveal", "queue entries", {**details, "entries": len(wanted)})
        for first in range(0, len(calls), _AT_ONCE):
            rows = session.execute(
                select(QueueEntry.call_uniqueid, QueueEntry.number, QueueEntry.caller, Call.caller)
                .outerjoin(Call, Call.uniqueid == QueueEntry.call_uniqueid)
                .where(QueueEntry.call_uniqueid.in_(calls[first : first + _AT_ONCE]))
            )
            for call, number, of_entry, of_call in rows:
                if (call, number) in wanted:
                    numbers[call, number] = of_entry or of_call or None
    return numbers
