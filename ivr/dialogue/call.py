"""Who calls, and what is written down about each step of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: How a dialogue ends when the caller hangs up: ``served`` after an answer or an announcement that they had chosen.
HUNG_UP = frozenset({"hung_up", "served"})


@dataclass(frozen=True)
class CallInfo:
    """What is known when a dialogue begins.

    ``call_id``: Asterisk's uniqueid; ``linked_id``: the id that all legs of the call share;
    ``caller``: the caller's number (personal data, never logged unmasked); ``entry``: which dialogue
    (``hotline``, ``after_queue``, ``connected``, ``agent``); ``facts``: further words from the
    dialplan, such as ``queue_status``, ``part``, ``staff``, ``seat``.
    """

    call_id: str
    linked_id: str = ""
    caller: str = ""
    called: str = ""
    channel: str = ""
    entry: str = "hotline"
    language: str = "zh"
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One action and the event that answered it, fit for the record: private keys are masked.

    ``kind``: say, gather, ask, member, record, survey, transfer, hangup. ``said``: the words played, joined with
    a space. ``keys``: what the caller pressed, ``None`` when nothing was asked for, "" for silence
    (``outcome`` tells ``no_input`` from a lone ``#``, ``digits``). ``query``: of an ask.
    ``remember``: what the caller chose, field → code, to be offered in the next call. ``outcome``: digits,
    no_input, hung_up, said, a query's outcome, the queue's name, or how the call ended.
    """

    seq: int
    at: datetime
    part: str
    kind: str
    said: str = ""
    keys: str | None = None
    query: str = ""
    outcome: str = ""
    remember: Mapping[str, str] = field(default_factory=dict)
