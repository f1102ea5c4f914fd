"""The rows that the fold keeps: calls, queue entries, attempts, legs, sessions and pauses of agents.

All times are aware, in UTC. ``log`` is the number of the log file from which a row was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: How an entry can end. The design's figures count each by its name; ``callback``: the caller asked to be called back
#: and gave the place up for that; ``lost``: Asterisk was restarted, or the call ended, and no line says what became of the caller.
OUTCOMES = (
    "answered",
    "abandoned",
    "timed_out",
    "left_by_key",
    "left_empty",
    "refused_full",
    "refused_empty",
    "withdrawn",
    "callback",
    "lost",
)

#: An entry that has not ended yet.
WAITING = "waiting"

#: What a caller can answer when asked how it was: 5 is the best.
SCORES = range(1, 6)


@dataclass
class CallRecord:
    """What the log knows of a call. ``lost``: Asterisk was restarted before it ended. ``option``, ``skill``: the menu
    part that transferred the caller last, and the skill it asked for."""

    uniqueid: str
    began_at: datetime
    log: int | None
    caller: str = ""
    called: str = ""
    ended_at: datetime | None = None
    hangup_cause: int | None = None
    fallback: bool = False
    lost: bool = False
    option: str = ""
    skill: str = ""


@dataclass
class EntryRecord:
    """A caller's try to be served by a queue; ``number`` counts from 1 within the call.

    ``outcome``: ``waiting`` or one of :data:`OUTCOMES`. ``left_at``/``wait_s``: when and after how long the
    waiting ended, one way or the other: when an agent took the call, not when the greeting was over. ``agent``…``transfer_to`` belong to an answered entry; ``ended_by``:
    caller, agent, blind, attended (a transfer), lost. ``hold_s``: how long the agent held the caller, no part of ``talk_s``; ``None``
    where no line tells of a hold. ``wrapup_s``: ``None``, the log has it not. ``attempts``: rings so far. ``area``: see ``ivr.acd.caller``. ``option``, ``skill``: what
    the menu asked for (:class:`CallRecord`). ``held_since``, ``held_ms``: a hold that lasts, and those that are over. ``first_agent``: whom the caller knew and was to
    get first; ``first_s``: how long that was tried in vain, before the caller was one for all agents. ``survey_asked``, ``survey_score``:
    whether the caller was asked afterwards how it was, and the answer, 1 to 5.
    """

    call: str
    number: int
    queue: str
    entered_at: datetime
    log: int
    caller: str = ""
    area: str = ""
    position: int | None = None
    outcome: str = WAITING
    left_at: datetime | None = None
    wait_s: int | None = None
    exit_key: str = ""
    attempts: int = 0
    agent: str = ""
    agent_uniqueid: str = ""
    talk_s: int | None = None
    hold_s: int | None = None
    wrapup_s: int | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    transfer_to: str = ""
    option: str = ""
    skill: str = ""
    held_since: datetime | None = None
    held_ms: int | None = None
    first_agent: str = ""
    first_s: int | None = None
    survey_asked: bool = False
    survey_score: int | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the caller waits for all agents, after one in vain."""
        return self.outcome == WAITING and self.first_s is not None

    def waited(self, told: int | None) -> int | None:
        """The whole wait, where the log tells ``told``."""
        return None if told is None else told + (self.first_s or 0)

    @property
    def talking(self) -> bool:
        """Whether an agent took the call and it has not ended yet."""
        return self.outcome == "answered" and self.ended_at is None

    @property
    def end_untold(self) -> bool:
        """Whether an agent took the call, and no line has told yet how the talk ended."""
        return self.outcome == "answered" and self.talk_s is None and self.ended_by != "lost"


@dataclass
class LegRecord:
    """A seat's talk that did not come from a queue: with a caller who was handed over, or with another seat.

    ``leg``: the uniqueid of the seat's channel. ``call``: the call that it belongs to; after an attended transfer that
    of the caller. ``kind``: ``blind``, ``attended`` (both: a caller was handed over), ``direct`` (seat to seat). ``seat``, ``from_seat``: who took
    it, and who dialled or handed over; ``agent``: the staff number signed in at ``seat``, "" when nobody was. ``talk_s``: with the caller;
    without ``hold_s`` (``None``: no hold was told of). ``consult_s``: before an attended transfer, with the colleague. ``lost``: Asterisk was restarted
    meanwhile, lengths are unknown."""

    leg: str
    call: str
    kind: str
    began_at: datetime
    log: int
    from_seat: str = ""
    seat: str = ""
    agent: str = ""
    ended_at: datetime | None = None
    talk_s: int | None = None
    consult_s: int | None = None
    hold_s: int | None = None
    held_since: datetime | None = None
    held_ms: int | None = None
    lost: bool = False

    @property
    def talking(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None


@dataclass
class AttemptRecord:
    """A ring of one agent's phone. ``outcome``: answered; no_answer; refused (no ring at all: busy,
    refused or out of reach within the first second, the log tells no more); canceled (the caller left);
    dumped (the agent hung up before hearing the caller); incompatible (no common codec). ``at``: its end."""

    call: str
    entry: int
    number: int
    agent: str
    at: datetime
    ring_ms: int | None
    outcome: str


@dataclass
class SessionRecord:
    """An agent signed in to a queue, at ``seat`` where that is known. ``ended_by``: sign_out, restart, "" while it lasts."""

    agent: str
    queue: str
    began_at: datetime
    log: int
    ended_at: datetime | None = None
    ended_by: str = ""
    seat: str = ""
    id: int | None = None


@dataclass
class PauseRecord:
    """An agent's pause in a queue. ``ended_by``: unpause, next (a pause for another reason),
    sign_out, restart, "" while it lasts."""

    agent: str
    queue: str
    began_at: datetime
    log: int
    reason: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    id: int | None = None
