"""Spans of time in which agents were signed in or paused, and sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Span:
    """An agent's session or pause in one queue; ``ended_at`` is ``None`` while it lasts. Aware times."""

    agent: str
    queue: str
    began_at: datetime
    ended_at: datetime | None = None
    reason: str = ""


_Interval = tuple[datetime, datetime]


def ready_seconds(
    sessions: Sequence[Span], pauses: Sequence[Span], since: datetime | None, until: datetime | None
) -> float:
    """Seconds in which the agents were signed in to at least one queue in which they were not paused,
    between ``since`` and ``until``, summed over agents. What is open counts to ``until``, or not at all."""
    total = 0.0
    for agent in {span.agent for span in sessions}:
        ready: list[_Interval] = []
        for queue in {span.queue for span in sessions if span.agent == agent}:
            here = [span for span in sessions if (span.agent, span.queue) == (agent, queue)]
            off = [span for span in pauses if (span.agent, span.queue) == (agent, queue)]
            ready += _without(_bounded(here, since, until), _bounded(off, since, until))
        total += sum((end - begin).total_seconds() for begin, end in _merged(ready))
    return total


def _bounded(spans: Iterable[Span], since: datetime | None, until: datetime | None) -> list[_Interval]:
    found = []
    for span in spans:
        begin = max(_utc(moment) for moment in (span.began_at, since) if moment is not None)
        ends = [_utc(moment) for moment in (span.ended_at, until) if moment is not None]
        if ends and min(ends) > begin:
            found.append((begin, min(ends)))
    return _merged(found)


def _utc(moment: datetime) -> datetime:
    """Two moments of one zone are subtracted as the clock on the wall tells them, also when it changed in between."""
    return moment.astimezone(timezone.utc)


def _merged(intervals: Iterable[_Interval]) -> list[_Interval]:
    merged: list[_Interval] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _without(intervals: Iterable[_Interval], holes: Sequence[_Interval]) -> list[_Interval]:
    left: list[_Interval] = []
    for begin, end in intervals:
        for hole_begin, hole_end in holes:
            if hole_begin >= end or hole_end <= begin:
                continue
            if hole_begin > begin:
                left.append((begin, hole_begin))
            begin = min(hole_end, end)
        if begin < end:
            left.append((begin, end))
    return left
