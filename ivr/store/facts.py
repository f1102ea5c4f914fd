"""What a menu's conditions ask: whether the number called before, and how long a queue is.

The recorder and the journal keep the record within a second of the calls; these read it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from ivr.acd.caller import is_number
from ivr.acd.wait import ASSUMED_HANDLE_S, Pace, expected_wait_s
from ivr.rail.answers import Answer
from ivr.store.models.acd import Agent, AgentPause, AgentSession, QueueEntry
from ivr.store.models.calls import Call
from ivr.store.secrets import keyed_hash

#: The mean handle time is that of so many calls that were answered last.
HANDLED = 50
#: How many callers give up is that of the callers of so long.
GIVING_UP = timedelta(minutes=30)


def caller_history(session: Session, caller: str, call: str, now: datetime) -> Answer:
    """The calls of the number ``caller`` before the one with the id ``call``, found by its keyed hash.

    ``known`` with ``calls``, how many, and ``days``, how long ago the last one began; else ``new``, also for a
    caller who withholds the number. ``now`` is aware.
    """
    if not caller:
        return Answer("new")
    count, last = session.execute(
        select(func.count(), func.max(Call.began_at)).where(
            Call.caller_hash == keyed_hash(caller),
            Call.uniqueid != call,
            Call.entry != "agent",
            Call.began_at <= now,
        )
    ).one()
    if not count:
        return Answer("new")
    return Answer("known", {"calls": count, "days": round((now - last).total_seconds() / 86_400, 4)})


def last_agent(session: Session, caller: str, queue: str, within_s: float, now: datetime) -> Answer:
    """``known`` with ``staff`` and ``number`` of the agent who answered the last call of ``caller`` in ``queue``, where that ended within
    ``within_s`` before ``now`` and the agent still works here; else ``none``."""
    if not is_number(caller):
        return Answer("none")
    last = session.execute(
        select(QueueEntry.agent, QueueEntry.ended_at)
        .where(
            QueueEntry.caller_hash == keyed_hash(caller),
            QueueEntry.queue == queue,
            QueueEntry.outcome == "answered",
            QueueEntry.ended_at >= now - timedelta(seconds=within_s),
        )
        .order_by(QueueEntry.ended_at.desc())
        .limit(1)
    ).first()
    if last is None:
        return Answer("none")
    number = session.scalar(select(Agent.id).where(Agent.staff_number == last.agent, Agent.active))
    return Answer("none") if number is None else Answer("known", {"number": number, "staff": last.agent})


def queue_state(session: Session, queue: str, now: datetime) -> Answer:
    """``known`` with the ``agents`` who are signed in to the queue and not paused, the callers ``waiting``, and
    ``wait_s``, the wait that one more caller has to expect (:mod:`ivr.acd.wait`). ``now`` is aware."""
    agents = _agents(session, queue)
    waiting = _count(session, QueueEntry.queue == queue, QueueEntry.outcome == "waiting")
    talking = _count(
        session,
        QueueEntry.outcome == "answered",  # in any queue: agents are in several
        QueueEntry.ended_at.is_(None),
        QueueEntry.agent.in_(agents),
    )
    handle_s, give_up = pace_of(session, queue, now)
    pace = Pace(len(agents), max(0, len(agents) - talking), handle_s, give_up)
    wait_s = round(expected_wait_s(waiting + 1, pace), 1)
    return Answer("known", {"agents": len(agents), "waiting": waiting, "wait_s": wait_s})


def pace_of(session: Session, queue: str, now: datetime) -> tuple[float, float]:
    """``handle_s`` and ``give_up`` of :class:`ivr.acd.wait.Pace`: the mean of the last :data:`HANDLED` answered calls, talk,
    hold and wrap-up; and of who left within :data:`GIVING_UP`."""
    left = select(
        func.coalesce(func.sum(case((QueueEntry.outcome == "abandoned", 1), else_=0)), 0),
        func.coalesce(func.sum(QueueEntry.wait_s), 0),
    ).where(
        QueueEntry.queue == queue, QueueEntry.entered_at > now - GIVING_UP, QueueEntry.wait_s.is_not(None)
    )
    given_up, waited = session.execute(left).one()
    return _handle_s(session, queue), given_up / waited if waited else 0.0


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(QueueEntry).where(*conditions)) or 0


def _agents(session: Session, queue: str) -> set[str]:
    signed_in = session.scalars(
        select(AgentSession.agent).where(AgentSession.queue == queue, AgentSession.ended_at.is_(None))
    )
    paused = session.scalars(
        select(AgentPause.agent).where(
            or_(AgentPause.queue == queue, AgentPause.queue == ""), AgentPause.ended_at.is_(None)
        )
    )
    return set(signed_in) - set(paused)


def _handle_s(session: Session, queue: str) -> float:
    last = (
        select(QueueEntry.talk_s, QueueEntry.hold_s, QueueEntry.wrapup_s)
        .where(QueueEntry.queue == queue, QueueEntry.outcome == "answered", QueueEntry.talk_s.is_not(None))
        .order_by(QueueEntry.entered_at.desc())
        .limit(HANDLED)
    )
    handled = [sum(part or 0 for part in row) for row in session.execute(last)]
    return sum(handled) / len(handled) if handled else ASSUMED_HANDLE_S
