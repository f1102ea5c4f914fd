"""How long a caller still has to wait, and how it is told.

The model. *n* agents are signed in and not paused, a call keeps one for *h* seconds on average (talk, hold, wrap-up of the
calls that ended last), and *f* of them are free. Who waits gives up at the rate θ: callers who hung up for each second that
callers waited lately. A caller at position *p* (1: next) waits until *p − f* callers have left before or been served::

    W(p) = 0                                   where p ≤ f
    W(p) = Σ 1 / (n/h + (i − 1)·θ)             for i = 1 … p − f

The i-th last step in front of the agent has i − 1 callers ahead who may give up. It is the exact mean for calls with
exponential lengths and patience (Erlang A); with θ = 0 it is (p − f)·h/n.

What is told never rises without cause: while the caller has not been overtaken and no fewer agents are there than when it was
told last, a longer estimate is only an error of the one before, and the shorter one stays.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Taken for the mean while no call of the queue has been answered yet, in seconds.
ASSUMED_HANDLE_S = 180.0
#: The wait to expect where no agent is, in seconds: longer than anyone would ask for.
ENDLESS_S = 86_400.0
#: Longer waits are told as "more than" so many minutes.
MOST_MINUTES = 10


@dataclass(frozen=True)
class Pace:
    """How fast a queue is served. ``agents``: signed in and not paused; ``free`` of them; ``handle_s``: the mean time that a
    call keeps an agent; ``give_up``: θ, callers who hang up for each second that a caller waits."""

    agents: int
    free: int
    handle_s: float = ASSUMED_HANDLE_S
    give_up: float = 0.0


def expected_wait_s(position: int, pace: Pace) -> float:
    """The wait of who is at ``position``, from now on, in seconds; :data:`ENDLESS_S` without agents."""
    if pace.agents <= 0:
        return ENDLESS_S
    served = pace.agents / max(pace.handle_s, 1.0)
    return sum(1 / (served + ahead * pace.give_up) for ahead in range(max(0, position - pace.free)))


@dataclass(frozen=True)
class Told:
    """What a caller was told last: ``minutes`` (see :func:`told_minutes`), at which position and with how many agents."""

    minutes: int
    position: int
    agents: int


def told_minutes(wait_s: float) -> int:
    """The wait as it is told: 0 for less than a minute, whole minutes, ``MOST_MINUTES + 1`` for more."""
    if wait_s < 50:
        return 0
    return min(max(1, round(wait_s / 60)), MOST_MINUTES + 1)


def to_tell(position: int, pace: Pace, before: Told | None) -> Told:
    """What the caller is to be told now, after ``before``."""
    minutes = told_minutes(expected_wait_s(position, pace))
    if before is not None and position <= before.position and pace.agents >= before.agents:
        minutes = min(minutes, before.minutes)
    return Told(minutes, position, pace.agents)
