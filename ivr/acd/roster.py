"""Who sits where: from skills to memberships of queues, and what has to change for them.

The rules
- An agent with the skill of a queue is a member of it; the penalty is the level of the skill (1 best, 9 last), so
  that a lower level is rung only when no higher one is free.
- Every agent is in :data:`AGAIN`, where there is such a queue, with a penalty that nobody else has.
- Every agent is in the general queue, at level 1 unless a skill of that name says otherwise.
- One agent at one seat: who signs in at another seat leaves the one before, and whoever sat there leaves too. A seat may
  have several phones, and a home is a seat of its agent's own; either is one member.
- Who is paused stays paused, for the same reason, in the queues that come new.
- Queues of the site's own, which are in no ``queues.yaml``, are left alone, but a sign-out leaves them too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

#: The queue that takes whoever no other queue takes; all agents are in it.
GENERAL = "operator"
#: The queue in which a caller waits for one agent only, whom the caller knows; an agent's penalty there is a number of its own.
AGAIN = "again"
#: Levels of a skill: 1 is the best, this the last one.
LEVELS = 9


#: The seat of an agent who is rung at home, as an agent names it; Asterisk's has the staff number behind it.
HOME = "home"
_INTERFACE = re.compile(r"PJSIP/([\w.-]+)|Local/([\w.-]+)@phones|Local/([0-9]+)@home-agents/n")


def interface_of(seat: str, phones: int = 1) -> str:
    """The interface of a seat at which up to ``phones`` phones may register, or of ``home1023``."""
    if seat.startswith(HOME):
        return f"Local/{seat.removeprefix(HOME)}@home-agents/n"
    return f"PJSIP/{seat}" if phones == 1 else f"Local/{seat}@phones"


def seat_of(interface: str) -> str:
    """The seat (``1001``, ``home1023``) of an interface; the interface itself when it is none of ours."""
    found = _INTERFACE.fullmatch(interface)
    if not found:
        return interface
    return found[1] or found[2] or f"{HOME}{found[3]}"


def state_of(interface: str) -> str:
    """Whose state Asterisk is to look at for the interface: of a seat that of all its phones together."""
    found = _INTERFACE.fullmatch(interface)
    return f"PJSIP/{found[2]}" if found and found[2] else ""


@dataclass(frozen=True)
class Membership:
    """A seat (``interface``) with an agent (``staff``) in a queue. ``reason`` of the pause, if ``paused``."""

    queue: str
    interface: str
    staff: str
    penalty: int = 1
    paused: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Add:
    """The seat joins the queue."""

    membership: Membership


@dataclass(frozen=True)
class Remove:
    """The seat leaves the queue."""

    queue: str
    interface: str


@dataclass(frozen=True)
class SetPenalty:
    """The seat gets another penalty in the queue."""

    queue: str
    interface: str
    penalty: int


Change = Union[Add, Remove, SetPenalty]


def penalties(skills: Mapping[str, int], queues: Iterable[str]) -> dict[str, int]:
    """queue → penalty of an agent with these ``skills`` (skill → level), in the order of ``queues``."""
    known = {GENERAL: 1, **skills}
    return {queue: known[queue] for queue in queues if queue in known}


def sign_in(
    now: Sequence[Membership], staff: str, interface: str, skills: Mapping[str, int], queues: Collection[str]
) -> list[Change]:
    """What makes an agent with ``skills`` a member of those of ``queues`` that ask for them, at ``interface``. None for
    somebody who is signed in there already, as it should be."""
    leaving: list[Change] = [
        Remove(one.queue, one.interface)
        for one in now
        if (one.staff == staff) != (one.interface == interface)
        # the same seat, from when it had one phone, or more
        or (one.interface != interface and seat_of(one.interface) == seat_of(interface))
    ]
    return leaving + _adjusted(at_seat(now, staff, interface), staff, interface, skills, queues)


def at_seat(now: Iterable[Membership], staff: str, interface: str) -> list[Membership]:
    """The memberships of an agent at a seat, of whoever sits there when ``staff`` is ""."""
    return [one for one in now if one.interface == interface and staff in ("", one.staff)]


def reconcile(
    now: Sequence[Membership], skills: Mapping[str, Mapping[str, int]], queues: Collection[str]
) -> list[Change]:
    """What brings the agents who are signed in into line with their skills (staff → skill → level) and the queues
    there are. Members who are no agents of ours, and queues that are not among ``queues``, stay as they are."""
    changes: list[Change] = []
    for staff, interface in dict.fromkeys((one.staff, one.interface) for one in now):
        if staff in skills:
            changes += _adjusted(at_seat(now, staff, interface), staff, interface, skills[staff], queues)
    return changes


def _adjusted(
    mine: Sequence[Membership],
    staff: str,
    interface: str,
    skills: Mapping[str, int],
    queues: Collection[str],
) -> list[Change]:
    """The changes for one agent at one seat, who may leave ``queues`` only."""
    wanted = penalties(skills, queues)
    has = {one.queue: one.penalty for one in mine}
    paused = bool(mine) and all(one.paused for one in mine)
    reason = mine[0].reason if paused else ""
    changes: list[Change] = [
        Add(Membership(queue, interface, staff, penalty, paused, reason))
        for queue, penalty in wanted.items()
        if queue not in has
    ]
    changes += [
        SetPenalty(queue, interface, penalty)
        for queue, penalty in wanted.items()
        if has.get(queue, penalty) != penalty
    ]
    changes += [Remove(queue, interface) for queue in has if queue in queues and queue not in wanted]
    return changes
