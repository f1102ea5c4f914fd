"""The queues of a site as its admins define them. Definitions only; ``queues.yaml`` is read into these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ivr.acd.roster import AGAIN, GENERAL, LEVELS
from ivr.dialogue.calendar import Calendar, Hours

#: So long, in seconds, does a caller wait for the agent of the last call before being one for all.
AGAIN_S = 15
#: Who comes first among the free agents of one level.
STRATEGIES = ("longest_idle", "fewest_calls", "in_turn", "random", "ring_all")


@dataclass(frozen=True)
class Queue:
    """One queue. Its agents are those with the skill of its name; all agents are in the general one.

    ``label``: its name for people. ``weight``: of two queues that wait for the same agent the heavier one is served.
    ``levels``: agents of levels 1 to this one are rung at first; ``widen``: (seconds waited, level), rising, from when on
    agents up to that level are rung too. ``most_waiting``: so many may wait, more are refused (0: any number).
    ``announce_s``: the caller is told the place in the queue every so often (0: never). ``hours``: when the queue
    is open, ``None`` for always. ``language``: callers who hear it come here first while agents are here. ``number``:
    0 to 8, an agent hands a caller over to this queue at ``*6`` and it. ``codes``: what a call
    may have been about, code → label, those of all queues included. ``sticky_s``: who calls again within
    so many seconds gets the agent of the last call first, if that one is free (0: nobody does). ``None`` of the other times: as the
    site's settings say.
    """

    name: str
    label: str = ""
    strategy: str = STRATEGIES[0]
    weight: int = 0
    levels: int = LEVELS
    widen: tuple[tuple[int, int], ...] = ()
    most_waiting: int = 0
    announce_s: int = 30
    ring_s: int | None = None
    wrapup_s: int | None = None
    longest_wait_s: int | None = None
    service_level_s: int | None = None
    hours: tuple[Hours, ...] | None = None
    language: str = ""
    number: int | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    sticky_s: int = 0

    def is_open(self, calendar: Calendar, now: datetime) -> bool:
        """Whether the queue takes callers at ``now`` (aware, in the site's zone). Days on which ``calendar`` makes an
        exception have the centre's hours."""
        if self.hours is None:
            return True
        return replace(calendar, hours=self.hours, holiday_hours=None).is_open(now)


def with_again(queues: Mapping[str, Queue]) -> Mapping[str, Queue]:
    """The queues that Asterisk has: where one of ``queues`` brings callers back to their agent, also that in which they
    wait for this one."""
    if any(queue.sticky_s for queue in queues.values()):
        return {**queues, AGAIN: Queue(AGAIN, announce_s=0, ring_s=AGAIN_S)}
    return queues


def wrapup_of(queues: Mapping[str, Queue], usual_s: int) -> dict[str, int]:
    """Queue → an agent's time after a call, in seconds."""
    return {name: usual_s if queue.wrapup_s is None else queue.wrapup_s for name, queue in queues.items()}


#: What there is without a ``queues.yaml``.
USUAL = {GENERAL: Queue(GENERAL)}
