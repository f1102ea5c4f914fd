"""Reads what the agents did: their rings, transfers and names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, func, or_, select

from ivr.acd.callbacks import CALLBACK, HOLDER
from ivr.reports.agents import Handled, Ring, TakenOver
from ivr.store.database import reading
from ivr.store.models.acd import Agent, Attempt, Leg, QueueEntry

_HANDED_OVER = ("blind", "attended")


def rings(engine: Engine, since: datetime, until: datetime, queue: str = "") -> list[Ring]:
    """The rings for callers who came from ``since`` until before ``until`` (aware), of one queue or of all with ""."""
    wanted = (
        select(Attempt.agent, Attempt.outcome, func.count())
        .join(
            QueueEntry,
            (QueueEntry.call_uniqueid == Attempt.call_uniqueid) & (QueueEntry.number == Attempt.entry),
        )
        .where(QueueEntry.entered_at >= since, QueueEntry.entered_at < until)
        .group_by(Attempt.agent, Attempt.outcome)
    )
    if queue:
        wanted = wanted.where(QueueEntry.queue == queue)
    with reading(engine) as session:
        return [Ring(*row) for row in session.execute(wanted)]


def handled(
    engine: Engine, since: datetime, until: datetime, queue: str = "", *, piece_s: int
) -> dict[str, Handled]:
    """Agent → how many of the callers who came in that time they transferred, and talked with for at least ``piece_s``."""
    transferred = func.count().filter(QueueEntry.ended_by.in_(_HANDED_OVER))
    call = QueueEntry.call_uniqueid
    # of what holds a callback's place the caller was counted when asking for it
    counted = or_(~call.startswith(CALLBACK), ~call.regexp_match(f"^{HOLDER}$"))
    pieces = func.count().filter(QueueEntry.talk_s >= piece_s, counted)
    wanted = (
        select(QueueEntry.agent, transferred, pieces)
        .where(
            QueueEntry.entered_at >= since, QueueEntry.entered_at < until, QueueEntry.outcome == "answered"
        )
        .group_by(QueueEntry.agent)
    )
    if queue:
        wanted = wanted.where(QueueEntry.queue == queue)
    with reading(engine) as session:
        return {agent: Handled(*counts) for agent, *counts in session.execute(wanted)}


def taken_over(engine: Engine, since: datetime, until: datetime) -> dict[str, TakenOver]:
    """Agent → the callers whom colleagues handed over to them from ``since`` until before ``until``: legs, blind and attended."""
    seconds = func.coalesce(Leg.talk_s, 0) + func.coalesce(Leg.hold_s, 0)
    wanted = (
        select(Leg.agent, func.count(), func.sum(seconds))
        .where(
            Leg.began_at >= since, Leg.began_at < until, Leg.agent != "", Leg.kind.in_(("blind", "attended"))
        )
        .group_by(Leg.agent)
    )
    with reading(engine) as session:
        return {agent: TakenOver(calls, int(spent)) for agent, calls, spent in session.execute(wanted)}


def agent_names(engine: Engine) -> dict[str, str]:
    """Staff number → name, of all agents that are known."""
    with reading(engine) as session:
        found = session.execute(select(Agent.staff_number, Agent.name))
        return {staff: name for staff, name in found}  # noqa: C416
