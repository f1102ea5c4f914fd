"""Spans of time in which agents were signed in or paused, and sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

#: Reasons of pauses in which an agent finishes the work on a call: work, not a break. 整理 is that of the seats' menu.
WRAP_UP = ("wrapup", "整理")


@dataclass(frozen=True)
class Span:
    """An agent's session or pause in one queue; ``ended_at`` is ``None`` while it lasts. Aware times."""

    agent: str
    queue: str
    began_at: datetime
    ended_at: datetime | None = None
    reason: str = ""


_Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class AgentTime:
    """Of one agent, in seconds: ``signed_in_s`` to at least one queue; of that ``ready_s`` in at least one queue without
    a pause there; and for each reason of a pause how long the agent was ready nowhere and paused for it somewhere."""

    signed_in_s: float
    ready_s: float
    pauses: dict[str, float]

    @property
    def wrap_up_s(self) -> float:
        """The time in pauses for :data:`WRAP_UP`."""
        return sum(self.pauses.get(reason, 0.0) for reason in WRAP_UP)

    @property
    def at_work_s(self) -> float:
        """Signed in and not on a break."""
        return self.ready_s + self.wrap_up_s


def agent_times(
    sessions: Iterable[Span], pauses: Iterable[Span], since: datetime | None, until: datetime | None
) -> dict[str, AgentTime]:
    """Agent → their time between ``since`` and ``until``, of all who were signed in. What is open counts to ``until``,
    or not at all."""
    sessions_of, pauses_of = _by_agent_and_queue(sessions), _by_agent_and_queue(pauses)
    times = {}
    for agent, queues in sessions_of.items():
        signed_in: list[_Interval] = []
        ready: list[_Interval] = []
        reasons: dict[str, list[_Interval]] = {}
        for queue, spans in queues.items():
            here = _bounded(spans, since, until)
            off = pauses_of.get(agent, {}).get(queue, [])
            signed_in += here
            ready += _without(here, _bounded(off, since, until))
            for reason in {span.reason for span in off}:
                for_it = _bounded((span for span in off if span.reason == reason), since, until)
                reasons.setdefault(reason, []).extend(_without(here, _without(here, for_it)))
        ready = _merged(ready)
        times[agent] = AgentTime(
            _seconds(_merged(signed_in)),
            _seconds(ready),
            {reason: _seconds(_without(_merged(spans), ready)) for reason, spans in sorted(reasons.items())},
        )
    return times


def _by_agent_and_queue(spans: Iterable[Span]) -> dict[str, dict[str, list[Span]]]:
    found: dict[str, dict[str, list[Span]]] = {}
    for span in spans:
        found.setdefault(span.agent, {}).setdefault(span.queue, []).append(span)
    return found


def _seconds(intervals: Iterable[_Interval]) -> float:
    return sum((end - begin).total_seconds() for begin, end in intervals)


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
