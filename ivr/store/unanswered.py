"""Agents who let their phone ring again and again: they are away, and forgot to pause."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from ivr.store.database import reading
from ivr.store.models.acd import AgentPause, AgentSession, Attempt

#: Rings before this are another story.
RECENT = timedelta(minutes=30)


def unanswered(engine: Engine, rings: int, now: datetime) -> list[str]:
    """The agents whose last ``rings`` rings of the half hour before ``now`` (aware) all went unanswered, since they
    signed in or came back from a pause; those who are paused are left out. A ring that was refused, or that another
    phone or the caller ended, tells nothing."""
    with reading(engine) as session:
        signed_in = session.execute(
            select(AgentSession.agent, AgentSession.began_at).where(AgentSession.ended_at.is_(None))
        )
        since: dict[str, datetime] = {}
        for agent, began_at in signed_in:
            since[agent] = max(began_at, since.get(agent, began_at))
        for agent, ended_at in session.execute(
            select(AgentPause.agent, AgentPause.ended_at).where(
                AgentPause.ended_at.is_(None) | (AgentPause.ended_at > now - RECENT)
            )
        ):
            if ended_at is None:
                since.pop(agent, None)
            elif agent in since:
                since[agent] = max(since[agent], ended_at)
        outcomes: dict[str, list[str]] = {}
        for agent, at, outcome in session.execute(
            select(Attempt.agent, Attempt.at, Attempt.outcome)
            .where(
                Attempt.at > now - RECENT,
                Attempt.agent.in_(since),
                Attempt.outcome.in_(("no_answer", "answered")),
            )
            .order_by(Attempt.at)
        ):
            if at >= since[agent]:
                outcomes.setdefault(agent, []).append(outcome)
    return [agent for agent, last in outcomes.items() if last[-rings:] == ["no_answer"] * rings]
