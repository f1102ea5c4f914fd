"""What the events of a log are about, and which rows a batch of them needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ivr.acd.lines import LogEvent

#: event → (outcome, index of the wait among its data)
EXITS = {
    "ABANDON": ("abandoned", 2),
    "EXITWITHTIMEOUT": ("timed_out", 2),
    "EXITEMPTY": ("left_empty", 2),
    "EXITWITHKEY": ("left_by_key", 3),
    "WITHDRAW": ("withdrawn", 2),
}
REFUSALS = {"FULL": "refused_full", "JOINEMPTY": "refused_empty"}
LONGEST = 150  # of a menu part, a skill, a channel
ENDS = {
    "COMPLETECALLER": "caller",
    "COMPLETEAGENT": "agent",
    "BLINDTRANSFER": "blind",
    "TRANSFER": "blind",  # Asterisk before 12
    "ATTENDEDTRANSFER": "attended",
}
RINGS = {"RINGCANCELED": "canceled", "AGENTDUMP": "dumped", "SYSCOMPAT": "incompatible"}
SIGN_IN = frozenset({"ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN"})
SIGN_OUT = frozenset({"REMOVEMEMBER", "AGENTLOGOFF", "AGENTCALLBACKLOGOFF"})
LEGS = frozenset({"LEGBEGIN", "LEGEND", "HOLD", "UNHOLD"})
SURVEY = frozenset({"SURVEYASKED", "SURVEYSCORE"})
HANDED_OVER = ("blind", "direct")
CALLS = frozenset({*EXITS, *REFUSALS, *ENDS, *RINGS, "RINGNOANSWER", "ENTERQUEUE", "CONNECT"}) | {
    "CALLBEGIN",
    "CALLEND",
    "FALLBACK",
    "AGENTANSWER",
    "CALLERSTAYS",
    "CONSULTATION",
    "CALLBACK",
    "OPTION",
    *LEGS,
    *SURVEY,
}
#: What is told of a caller in a queue, or of the talk that came from it.
OF_QUEUE = frozenset({*EXITS, *REFUSALS, *ENDS, *RINGS, *SURVEY, "RINGNOANSWER", "ENTERQUEUE", "CONNECT"}) | {
    "AGENTANSWER",
    "CALLERSTAYS",
}
AGENTS = SIGN_IN | SIGN_OUT | {"PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL", "SEAT"}
#: event → what it is about: call, agent, all
CONCERNS = {**dict.fromkeys(CALLS, "call"), **dict.fromkeys(AGENTS, "agent"), "QUEUESTART": "all"}


@dataclass(frozen=True)
class Needs:
    """The rows that a batch needs: all entries and the call of ``calls``; of ``agents`` the open sessions
    and pauses, and those begun at or after ``since``; the ``legs``, and the open sessions at ``seats``; with ``restart``
    all that is open."""

    calls: frozenset[str]
    agents: frozenset[str]
    since: datetime | None
    restart: bool
    legs: frozenset[str] = frozenset()
    seats: frozenset[str] = frozenset()


def needs(events: Iterable[LogEvent]) -> Needs:
    """Which rows the fold over ``events`` needs."""
    calls: set[str] = set()
    agents: set[str] = set()
    legs: set[str] = set()
    seats: set[str] = set()
    since: datetime | None = None
    restart = False
    for event in events:
        concern = CONCERNS.get(event.name)
        if concern == "call":
            calls.add(event.call)
            if event.name in LEGS:
                legs.add(event.text(0))
                if event.name == "LEGBEGIN":
                    seats.add(event.text(3))
        elif concern == "agent":
            agents.add(event.agent)
            since = event.at if since is None else min(since, event.at)
        elif concern == "all":
            restart = True
    nothing = {""}
    return Needs(
        frozenset(calls - nothing),
        frozenset(agents - nothing),
        since,
        restart,
        frozenset(legs - nothing),
        frozenset(seats - nothing),
    )


def concerns_rows(event: LogEvent) -> bool:
    """Whether an event may change anything: one about a call names it, one about an agent too."""
    concern = CONCERNS.get(event.name)
    return concern is not None and (
        concern == "all" or bool(event.call if concern == "call" else event.agent)
    )
