"""What calls were about, as the agents who answered them say: a code for each answered queue entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from ivr.rail.answers import Answer
from ivr.store.database import reading, writing
from ivr.store.models.acd import CallCode, QueueEntry


@dataclass(frozen=True)
class Coded:
    """``calls`` answered calls of a queue that an agent gave the same code."""

    queue: str
    agent: str
    code: str
    label: str
    calls: int


def note_code(
    engine: Engine, staff: str, seat: str, code: str, codes: Mapping[str, Mapping[str, str]], now: datetime
) -> Answer:
    """Note what the last call that the agent ``staff`` answered was about; a code noted before is replaced.

    ``codes``: queue → code → label. ``noted`` with ``code`` and ``label``; ``missing`` without a ``code``; ``unknown`` for
    one that the queue of that call does not have; ``no_call``; ``nobody`` when ``staff`` is "".
    """
    if not staff:
        return Answer("nobody")
    with writing(engine) as session:
        entry = _last_answered(session, staff)
        if entry is None:
            return Answer("no_call")
        if not code:
            return Answer("missing")
        label = codes.get(entry.queue, {}).get(code)
        if label is None:
            return Answer("unknown", {"code": code})
        session.merge(
            CallCode(
                call_uniqueid=entry.call_uniqueid,
                number=entry.number,
                queue=entry.queue,
                agent=staff,
                entered_at=entry.entered_at,
                code=code,
                label=label,
                seat=seat,
                noted_at=now,
            )
        )
        return Answer("noted", {"code": code, "label": label})


def _last_answered(session: Session, staff: str) -> QueueEntry | None:
    return session.scalar(
        select(QueueEntry)
        .where(QueueEntry.agent == staff, QueueEntry.outcome == "answered")
        .order_by(QueueEntry.left_at.desc(), QueueEntry.entered_at.desc())
        .limit(1)
    )


def coded(engine: Engine, since: datetime, until: datetime, queue: str = "") -> list[Coded]:
    """The codes of callers who came from ``since`` until before ``until`` (aware), of one queue or of all with ""."""
    label = func.max(CallCode.label)
    wanted = (
        select(CallCode.queue, CallCode.agent, CallCode.code, label, func.count())
        .where(CallCode.entered_at >= since, CallCode.entered_at < until)
        .group_by(CallCode.queue, CallCode.agent, CallCode.code)
        .order_by(CallCode.queue, CallCode.code, CallCode.agent)
    )
    if queue:
        wanted = wanted.where(CallCode.queue == queue)
    with reading(engine) as session:
        return [Coded(*row) for row in session.execute(wanted)]
