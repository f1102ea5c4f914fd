"""Reads calls and the whole story of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.errors import IvrError
from ivr.store.database import reading
from ivr.store.models.acd import Attempt, Leg, QueueEntry
from ivr.store.models.calls import Call, CallStep
from ivr.store.models.messages import Message


@dataclass(frozen=True)
class Story:
    """All that is recorded of one call. ``call`` is ``None`` for a call that is known from a queue only."""

    uniqueid: str
    call: Call | None
    steps: list[CallStep]
    entries: list[QueueEntry]
    attempts: list[Attempt]
    messages: list[Message]
    legs: list[Leg]


def list_calls(
    engine: Engine,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: str = "",
    limit: int = 50,
) -> list[Call]:
    """The callers' calls that began from ``since`` until before ``until``, newest first. The calls with which
    agents sign in and out are there only when asked for by their outcome, ``seat``."""
    wanted = select(Call).order_by(Call.began_at.desc(), Call.id.desc())
    if since is not None:
        wanted = wanted.where(Call.began_at >= since)
    if until is not None:
        wanted = wanted.where(Call.began_at < until)
    if outcome:
        wanted = wanted.where(Call.outcome == outcome)
    if outcome != "seat":
        wanted = wanted.where(Call.entry != "agent")
    with reading(engine) as session:
        return list(session.scalars(wanted.limit(limit)))


def story(engine: Engine, uniqueid: str) -> Story:
    """The story of the call with Asterisk's ``uniqueid``. Raises :class:`IvrError` when there is none."""
    with reading(engine) as session:
        call = session.scalar(select(Call).where(Call.uniqueid == uniqueid))
        found = Story(
            uniqueid,
            call,
            list(
                session.scalars(
                    select(CallStep).where(CallStep.call_uniqueid == uniqueid).order_by(CallStep.seq)
                )
            ),
            _entries(session, uniqueid),
            list(
                session.scalars(
                    select(Attempt)
                    .where(Attempt.call_uniqueid == uniqueid)
                    .order_by(Attempt.entry, Attempt.number)
                )
            ),
            list(
                session.scalars(
                    select(Message).where(Message.call_uniqueid == uniqueid).order_by(Message.at, Message.id)
                )
            ),
            list(
                session.scalars(
                    select(Leg).where(Leg.call_uniqueid == uniqueid).order_by(Leg.began_at, Leg.leg)
                )
            ),
        )
    if found.call is None and not found.entries and not found.legs:
        raise IvrError(f"no call has the id '{uniqueid}'", mend="ivr call list shows the last ones")
    return found


def _entries(session: Session, uniqueid: str) -> list[QueueEntry]:
    return list(
        session.scalars(
            select(QueueEntry).where(QueueEntry.call_uniqueid == uniqueid).order_by(QueueEntry.number)
        )
    )
