"""What goes on in the queues at one moment, from what Asterisk says of its members and waiting callers.

An agent's state is the first of these that is so:

=============  ====================================================================================
``talking``    in a call of a queue, or the phone is busy otherwise
``ringing``    the phone rings
``paused``     in all queues in which the agent is
``away``       the phone is not there: not registered, or not reachable
``wrap_up``    the time after a call is not over
``free``       none of these
=============  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.acd.roster import HOME, seat_of

#: Asterisk's device states.
_BUSY, _GONE, _RINGING = (2, 3, 7, 8), (4, 5), (6,)
STATES = ("talking", "ringing", "paused", "away", "wrap_up", "free")


@dataclass(frozen=True)
class QueueMember:
    """A seat in a queue. ``name``: the staff number; ``status``: Asterisk's device state (1 free,
    2 busy, 5 unavailable, 6 ringing); ``in_call``; ``paused`` with its ``reason``; ``calls`` taken; ``penalty``.
    ``last_call``, ``last_pause``: when they ended or began, in seconds since 1970, 0 for never."""

    queue: str
    interface: str
    name: str
    status: int
    in_call: bool
    paused: bool
    reason: str
    calls: int
    penalty: int = 0
    last_call: int = 0
    last_pause: int = 0


@dataclass(frozen=True)
class QueueCaller:
    """A caller who waits: the place in the queue from 1, and the seconds waited so far; the ``channel``."""

    queue: str
    call_id: str
    position: int
    wait_s: int
    channel: str = ""


@dataclass(frozen=True)
class AgentNow:
    """An agent at a seat, or at ``home``. ``queues``: queue → level. ``since_s``: for how long the agent is paused, or without a call;
    ``None`` where Asterisk does not tell. ``calls``: taken since signing in."""

    staff: str
    seat: str
    state: str
    reason: str
    since_s: int | None
    calls: int
    queues: Mapping[str, int]


@dataclass(frozen=True)
class QueueNow:
    """A queue: the callers who ``waiting``, the longest of their waits, and how many of its agents are in each state."""

    name: str
    waiting: int
    longest_wait_s: int | None
    agents: Mapping[str, int] = field(default_factory=dict)


def agents_now(members: Sequence[QueueMember], now: int, wrapup_s: Mapping[str, int]) -> list[AgentNow]:
    """The agents by staff number. ``now``: seconds since 1970; ``wrapup_s``: the time after a call by queue."""
    found = []
    for seat, staff in sorted({(one.interface, one.name) for one in members}, key=lambda key: key[::-1]):
        mine = [one for one in members if (one.interface, one.name) == (seat, staff)]
        state = _state(mine, now, wrapup_s)
        since = max(one.last_pause if state == "paused" else one.last_call for one in mine)
        found.append(
            AgentNow(
                staff,
                HOME if seat_of(seat).startswith(HOME) else seat_of(seat),
                state,
                mine[0].reason if state == "paused" else "",
                max(0, now - since) if since and state in ("paused", "wrap_up", "free") else None,
                sum(one.calls for one in mine),
                {one.queue: one.penalty for one in mine},
            )
        )
    return found


def _state(mine: Sequence[QueueMember], now: int, wrapup_s: Mapping[str, int]) -> str:
    status = {one.status for one in mine}
    if any(one.in_call for one in mine) or status & {*_BUSY}:
        return "talking"
    if status & {*_RINGING}:
        return "ringing"
    if all(one.paused for one in mine):
        return "paused"
    if status & {*_GONE}:
        return "away"
    resting = any(now - one.last_call < wrapup_s.get(one.queue, 0) for one in mine)
    return "wrap_up" if resting else "free"


def queues_now(
    names: Collection[str], callers: Iterable[QueueCaller], agents: Sequence[AgentNow]
) -> list[QueueNow]:
    """The queues in the order of ``names``."""
    waits: dict[str, list[int]] = {}
    for caller in callers:
        waits.setdefault(caller.queue, []).append(caller.wait_s)
    return [
        QueueNow(
            name,
            len(waits.get(name, ())),
            max(waits.get(name, ()), default=None),
            {
                state: sum(agent.state == state for agent in agents if name in agent.queues)
                for state in STATES
            },
        )
        for name in names
    ]
