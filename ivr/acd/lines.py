"""A line of Asterisk's ``queue_log`` as an event.

A line is ``epoch|callid|queue|agent|event|data1|data2|…``, the epoch in whole seconds. Any bytes give an
event: what is no such line has the name ``""``. Text is UTF-8, wrong bytes become U+FFFD, as do NULs (which
PostgreSQL cannot store). ``NONE`` in the call, queue and agent fields means none and becomes ``""``.

What Asterisk 22 writes as data (app_queue.c; read from its source)::

    ENTERQUEUE        url|caller|position            CONNECT         wait s|agent's uniqueid|ring s
    RINGNOANSWER      ring ms                        RINGCANCELED    ring ms
    ABANDON           position|entered at|wait s     EXITWITHTIMEOUT position|entered at|wait s
    EXITEMPTY         position|entered at|wait s     EXITWITHKEY     key|position|entered at|wait s
    WITHDRAW          position|entered at|wait s|info
    COMPLETECALLER    wait s|talk s|entered at       COMPLETEAGENT   wait s|talk s|entered at
    BLINDTRANSFER     exten|context|wait s|talk s|entered at
    ATTENDEDTRANSFER  method|where…|wait s|talk s|entered at   (BRIDGE, APP: one "where"; LINK: two)
    AGENTDUMP, SYSCOMPAT, REMOVEMEMBER, QUEUESTART, CONFIGRELOAD   nothing
    ADDMEMBER         PAUSED or nothing              PAUSE, UNPAUSE, PAUSEALL, UNPAUSEALL   reason
    AGENTLOGIN        channel                        AGENTLOGOFF     channel|signed-in s

In the queue ``again`` (:data:`ivr.acd.roster.AGAIN`) the url is ``queue:agent``. What the hotline's dialplan adds::

    CALLBEGIN  caller|called|epoch.milliseconds      CALLEND  hangup cause|epoch.milliseconds
    FALLBACK   AGISTATUS                             FULL, JOINEMPTY   nothing (a refused join)
    CALLBACK   the callback's number (the caller asked to be called back; ivr/store/callbacks.py has the rest)
    AGENTANSWER  nothing (an agent took the call)    CALLERSTAYS  nothing (the talk is over, the caller still there)
    SURVEYASKED  nothing (the caller is asked how the talk was)   SURVEYSCORE  1 to 5
    CONSULTATION  1, or nothing (a caller was handed over)|their number
    OPTION     menu part|skill wanted (before the queue is entered)
    LEGBEGIN   leg|blind or direct|from|to|epoch.milliseconds (a seat took a call that came not from a queue)
    LEGEND     leg|epoch.milliseconds; its call is the one that the leg belongs to by then

What our programs add by way of AMI::

    HOLD, UNHOLD  channel that holds|epoch.milliseconds
    SEAT       seat (that the agent sits at from now on)
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_THOUSANDTH = timedelta(milliseconds=1)
_LAST_SECOND = 253_402_300_799  # the year 9999 ends
_LONGEST_NAME = 150  # Asterisk's own limit for a uniqueid; queues and agents are shorter
_MOST = 2_000_000  # no wait, talk or ring is longer (23 days, or 33 minutes in milliseconds)


class LogEvent(NamedTuple):
    """One line. ``name`` is the event's name in capitals, "" for a line that is none."""

    at: datetime
    call: str
    queue: str
    agent: str
    name: str
    data: tuple[str, ...] = ()

    def text(self, index: int) -> str:
        """The datum at ``index`` (negative from the end), "" where there is none."""
        return self.data[index] if -len(self.data) <= index < len(self.data) else ""

    def number(self, index: int) -> int | None:
        """The datum at ``index`` as a whole number from 0, ``None`` where it is no such number."""
        return whole_number(self.text(index))

    def moment(self, index: int) -> datetime:
        """The datum at ``index`` as ``epoch.milliseconds``; the line's own time where it is none."""
        seconds, _, fraction = self.text(index).partition(".")
        at = _moment(seconds)
        if at is None:
            return self.at
        thousandths = whole_number((fraction + "000")[:3]) or 0
        return at + _THOUSANDTH * thousandths


NOTHING = LogEvent(_EPOCH, "", "", "", "")


def parse(line: bytes) -> LogEvent:
    """The event of a line (without or with its line end). Never raises."""
    text = line.decode("utf-8", "replace")
    if line.endswith((b"\n", b"\r")) or b"\0" in line:
        text = text.rstrip("\r\n").replace("\0", "\ufffd")
    fields = text.split("|")
    if len(fields) < 5:
        return NOTHING
    at = _moment(fields[0])
    _, call, queue, agent, name, *data = fields
    if at is None or not name or len(call) > _LONGEST_NAME or len(queue) > _LONGEST_NAME or len(agent) > _LONGEST_NAME:  # fmt: skip
        return NOTHING
    return LogEvent(
        at,
        "" if call == "NONE" else call,
        "" if queue == "NONE" else queue,
        "" if agent == "NONE" else agent,
        name,
        tuple(data),
    )


@lru_cache(8192)
def whole_number(text: str) -> int | None:
    """``text`` as a whole number from 0 to two millions, else ``None``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    value = int(text)
    return value if value <= _MOST else None


@lru_cache(4096)  # many lines share a second
def _moment(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    seconds = int(text)
    return _EPOCH + timedelta(seconds=seconds) if seconds <= _LAST_SECOND else None
