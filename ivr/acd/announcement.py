"""What a waiting caller is told, as the names of Asterisk's sounds (:mod:`ivr.voice.system_sounds`), and when it is broken off.

The place is told as a number up to :data:`FAR`, beyond it only that it is far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from ivr.acd.board import AgentNow, QueueCaller
from ivr.acd.wait import Told

#: Places beyond this are not counted aloud.
FAR = 99
#: What is told where no notice is on air.
COMFORT = "ivr-patience"
#: The keys are told in one such time of waiting, notices in the next.
IN_TURN_S = 60


def tells_keys(wait_s: int) -> bool:
    """Whether a caller who has waited so long is told the keys now, or else a notice or a word of comfort."""
    return wait_s // IN_TURN_S % 2 == 0


def place_sounds(position: int, language: str) -> list[str]:
    """The place in the queue, from 1."""
    if position <= 1:
        return ["queue-youarenext"]
    if position > FAR:
        return ["ivr-far-behind"]
    return ["queue-thereare", *number_sounds(position, language), "queue-callswaiting"]


def number_sounds(number: int, language: str) -> list[str]:
    """A number from 1 to 99 as ``digits/…``. English has words of its own up to 19."""
    if number < (20 if language == "en" else 10):
        return [f"digits/{number}"]
    ones = number % 10
    return [f"digits/{number - ones}", *([f"digits/{ones}"] if ones else [])]


def wait_sound(told: Told) -> str:
    """The wait in words that people use."""
    return f"ivr-wait-{told.minutes}"


def broken_off(
    callers: Iterable[QueueCaller],
    agents: Iterable[AgentNow],
    free_before: Collection[str],
    longest_wait_s: Mapping[str, float],
) -> list[QueueCaller]:
    """The callers who are to hear no more of it now. ``free_before``: the staff numbers of the agents who were free at the last
    look; ``longest_wait_s``: call → after how long its caller leaves the queue.

    app_queue rings nobody for a caller, and lets none go, while it plays: so it plays no longer once an agent has become
    free for who is next, or the caller's time in the queue is over.
    """
    agents = [agent for agent in agents if agent.state == "free"]
    free, served = _by_queue(agents), set(_by_queue(a for a in agents if a.staff not in free_before))
    return [
        caller
        for caller in callers
        if (caller.queue in served and caller.position <= free[caller.queue])
        or caller.wait_s >= longest_wait_s.get(caller.call_id, float("inf"))
    ]


def _by_queue(agents: Iterable[AgentNow]) -> Counter[str]:
    return Counter(queue for agent in agents for queue in agent.queues)
