"""What the engine wants done: its output. A driver performs one action at a time.

==============  ==================================================  =====================
action          meaning                                             event that answers it
==============  ==================================================  =====================
``Say``         play phrases, keys are ignored                      ``Answered("said")``
``Gather``      play phrases and collect keys, in one command       ``Digits``, ``NoInput``
``Ask``         a fact from outside                                 ``Answered``
``Member``      a seat joins, leaves, pauses in the queue           ``Answered``
``Record``      record a message                                    ``Answered``
``Survey``      note that the caller is asked, or the answer        ``Answered("noted")``
``Transfer``    hand the caller to a queue; the dialogue ends       none
``Hangup``      end the call                                        none
==============  ==================================================  =====================

``HungUp`` may answer any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ivr.speech.phrase import Phrase


@dataclass(frozen=True)
class Say:
    """``one_moment``: what the caller hears while a sound that is missing is made, where that takes long."""

    phrases: tuple[Phrase, ...]
    part: str = ""
    one_moment: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Gather:
    """``max_keys`` keys end the input at once, as does ``#``. ``first_wait_s``/``next_wait_s``:
    seconds to wait for the first key after the prompt, and between keys. ``private``: the keys
    are a secret and appear in no log. ``shorter``: inputs that begin with this key end after so many keys.
    ``fresh``: keys that were pressed before do not count, since it begins with what the caller has to hear: an answer,
    or what was wrong. ``one_moment``: as of ``Say``. ``slower``: the caller asked to hear it again."""

    phrases: tuple[Phrase, ...]
    max_keys: int = 1
    first_wait_s: float = 5.0
    next_wait_s: float = 3.0
    private: bool = False
    part: str = ""
    shorter: Mapping[str, int] = field(default_factory=dict)
    fresh: bool = False
    one_moment: tuple[Phrase, ...] = ()
    slower: bool = False

    def most(self, keys: str) -> int:
        """After how many keys an input ends that begins with ``keys``."""
        return self.shorter.get(keys[:1], self.max_keys)


@dataclass(frozen=True)
class Ask:
    """``args`` are JSON values by name. ``private`` names the ones that appear in no log. ``remember``: what the
    caller chose, field → code, to be offered in the next call."""

    query: str
    args: Mapping[str, Any] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    part: str = ""
    remember: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """``operation``: sign_in, sign_out, pause, unpause. ``staff``: the agent's staff number, "" for whoever is signed in at the seat.
    The driver answers with the outcome ``done``, ``already``, ``absent`` or ``error``."""

    operation: str
    staff: str
    reason: str = ""
    part: str = ""


@dataclass(frozen=True)
class Record:
    """Record what the caller says after a tone: at most ``limit_s`` seconds, until ``silence_s`` of
    silence or ``#``. The driver answers ``recorded``, ``empty`` or ``error``."""

    limit_s: int
    silence_s: int = 4
    part: str = ""


@dataclass(frozen=True)
class Survey:
    """About the talk that is just over: the caller is asked how it was (``score`` 0), or has answered 1 to 5."""

    score: int = 0
    part: str = ""


@dataclass(frozen=True)
class Transfer:
    """Leave the dialogue for a queue. ``priority``: higher is served earlier, 0 is normal.
    ``levels``: agents of levels 1 to this one are rung at first, 0 for all. ``longest_wait_s``: then the queue gives the caller back, 0 for the site's setting. ``language``: what the caller hears. ``skill``: what was asked for, whichever
    queue it is now; no part of what makes two transfers equal. ``agent``: whom the caller knows and gets first, if free, by the number
    ``again`` in the queue ``again``; 0 and "" for none. ``keys``: those that lead out of the queue; ``tell``: what the
    waiting caller is told of them."""

    queue: str
    priority: int = 0
    part: str = ""
    levels: int = 0
    longest_wait_s: int = 0
    language: str = ""
    skill: str = field(default="", compare=False)
    again: int = 0
    agent: str = ""
    keys: str = ""
    tell: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Hangup:
    """``outcome``: how the dialogue ended: completed, no_input, too_many_tries, too_long, failed."""

    outcome: str = "completed"
    part: str = ""


Action = Union[Say, Gather, Ask, Member, Record, Survey, Transfer, Hangup]
