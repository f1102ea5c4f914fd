"""Callbacks in the queue (回电): whose number may be called, and what becomes of a callback after each try.

======================  ============================================================================
state                   means
======================  ============================================================================
``waiting``             asked for; not in Asterisk's queue (outside its hours, nobody there, to be tried later)
``placed``              a holder of its place waits in the queue, where the caller would have waited
``dialling``            an agent is there, and the number is being called
``connected``           agent and caller talk
``done``                they have talked
``failed``              not reached in all tries
``cancelled``           taken back
``expired``             not reached within the time
======================  ============================================================================

A try is one holder of the place; its number makes its channels' ids, so that it is never made twice. An attempt is a
try in which the caller's phone was called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

OPEN = ("waiting", "placed", "dialling", "connected")
STATES = (*OPEN, "done", "failed", "cancelled", "expired")

#: A holder that the queue did not take (full, nobody there), or that an agent let go before the call, comes again after this.
SOON = timedelta(seconds=5)

#: Mainland mobile numbers, and landlines with their area code: subscribers' numbers begin with 2 to 8. So no number of
#: a service (12306, 95588, 400…), none with a price of its own (168…), none abroad.
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:(?:10|2[0-9])[2-8][0-9]{7}|[3-9][0-9]{2}[2-8][0-9]{6,7})")
_CHINA = re.compile(r"(?:\+|00)86")
#: How the ids of a callback's channels begin, and those of what holds its place.
CALLBACK, HOLDER = "callback-", r"callback-([0-9]{1,15})-([0-9]{1,9})\.2"
_HOLDER = re.compile(HOLDER)


@dataclass(frozen=True)
class Rules:
    """``attempts``: calls at most; ``busy_after``, ``no_answer_after``: the next one not before; ``least_s``: a shorter
    talk is none (a mailbox, somebody who hung up at once); ``keep``: then it is given up."""

    attempts: int = 3
    busy_after: timedelta = timedelta(minutes=3)
    no_answer_after: timedelta = timedelta(minutes=10)
    least_s: int = 5
    keep: timedelta = timedelta(hours=24)


@dataclass(frozen=True)
class Verdict:
    """The state that follows, why, and when it may be tried again. ``reason``: busy, no_answer, short, unreachable,
    agent_left, not_dialled, restart; "" when they have talked."""

    state: str
    reason: str = ""
    due_at: datetime | None = None


def callable_number(text: str, refused: tuple[str, ...] = ()) -> str:
    """The number as it is dialled inside the country; "" for one that is never called: withheld, short, abroad, of
    another form, or beginning like one of ``refused``."""
    from_china = _CHINA.match(text)
    number = text[from_china.end() :] if from_china else text
    if from_china and not number.startswith(("0", "1")):
        number = f"0{number}"
    if from_china and re.fullmatch(r"10[2-8][0-9]{7}", number):  # Beijing without its 0
        number = f"0{number}"
    fits = _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number)
    return number if fits and not number.startswith(refused or ("-",)) else ""


def holder_id(callback: int, turn: int, half: int = 2) -> str:
    """The id of the channel that holds the place in the queue; ``half`` 1: of the one that dials."""
    return f"{CALLBACK}{callback}-{turn}.{half}"


def holder_of(call_id: str) -> tuple[int, int] | None:
    """The callback and the try whose place the call with that id holds; ``None`` for a caller's call."""
    found = _HOLDER.fullmatch(call_id)
    return (int(found[1]), int(found[2])) if found else None


def after_dial(status: str, talk_s: int | None, attempts: int, now: datetime, rules: Rules) -> Verdict:
    """What follows a call to the caller's number. ``status``: Dial()'s, "" when it was not called at all; ``attempts``:
    with this one."""
    if status == "ANSWER" and (talk_s or 0) >= rules.least_s:
        return Verdict("done")
    reason, pause = {
        "ANSWER": ("short", rules.no_answer_after),
        "BUSY": ("busy", rules.busy_after),
        "NOANSWER": ("no_answer", rules.no_answer_after),
        "CANCEL": ("agent_left", SOON),
        "": ("not_dialled", SOON),
    }.get(status, ("unreachable", rules.busy_after))
    return _again(reason, attempts, now + pause, rules)


def after_restart(state: str, attempts: int, now: datetime, rules: Rules) -> Verdict:
    """What follows when Asterisk was restarted. Of a call that was being made nobody knows whether the phone rang; who
    was talking has been served."""
    if state == "connected":
        return Verdict("done", "restart")
    if state == "dialling":
        return _again("restart", attempts, now + rules.busy_after, rules)
    return Verdict("waiting", "restart", now)


def _again(reason: str, attempts: int, due_at: datetime, rules: Rules) -> Verdict:
    return Verdict("failed", reason) if attempts >= rules.attempts else Verdict("waiting", reason, due_at)
