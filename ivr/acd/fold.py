"""From log events to rows. The order of the lines counts, never their times (the log has whole seconds,
and clocks go back).

A fold over the batches of a log gives the same rows as one fold over all of it, wherever it is cut: all
that is needed to go on stands in the rows. :func:`ivr.acd.needs.needs` says which rows a batch needs, ``Fold`` takes them,
and ``Fold.changed`` gives back what is new or different.

Rules for the hard cases
- An entry begins with ENTERQUEUE, FULL or JOINEMPTY. An event for which no entry is open (a log that begins in
  mid-call, a line that comes twice) changes nothing.
- A call that comes back (a blind transfer into a queue, a second round) has one entry each time. An end of talk
  (COMPLETE…, …TRANSFER) belongs to the oldest entry of that call, queue and agent which is still talking: Asterisk
  may write it after the next ENTERQUEUE of the same call.
- A ring is an attempt only where the log has a line for it: RINGNOANSWER, RINGCANCELED, CONNECT, AGENTDUMP,
  SYSCOMPAT. Of several phones ringing at once, those that lost get none, so they miss nothing.
- AGENTDUMP: the caller goes on waiting.
- ABANDON that names an agent (the caller hung up while the agent heard the announcement) is an abandonment.
- AGENTANSWER ends the wait: the agent has taken the call, the caller is told who it is, and app_queue writes CONNECT only
  then. What it counts as wait after AGENTANSWER is talk. Without a CONNECT it came to nothing: the entry is no agent's.
- CALLERSTAYS: the caller came back from the queue, so an answered talk was not ended by the caller, whatever
  COMPLETECALLER says (app_queue does not see an agent hang up before the two are bridged). Either line may come first.
- SURVEYASKED, SURVEYSCORE: about the last answered entry of that call and queue. The first score counts; it tells by
  itself that the caller was asked.
- A caller who is to get an agent whom they know waits for that one in the queue ``again``, whose ENTERQUEUE names the queue and
  the agent (``tickets:1023``): an entry of that queue. When it is in vain, the ENTERQUEUE of the queue itself goes on with it, and so
  does a refusal. Members of ``again`` are signed in by their other queues.
- CONSULTATION ends a call that an agent made to a queue for a colleague. It names the caller who was handed over meanwhile, and
  whose entry it then was; without one, who went on waiting was nobody's caller: the entry was withdrawn, not abandoned.
- CALLBACK: the caller asked to be called back. The last entry of the call, in whatever way it ended without an agent, ended with
  that; a call that had none gets one. What holds the place of a callback has entries too, of calls of its own
  (``ivr.acd.callbacks.holder_of``), which are in no figure of the queues: the caller was counted.
- A transfer ends the agent's connection with the talk so far: what comes later is not that agent's. It is a leg of the
  colleague who took the call, or another entry. A leg begins when a seat answers (LEGBEGIN) and ends with that seat's channel (LEGEND). One
  whose call is another one at its end was a consultation that became an attended transfer: it is a talk with that caller from
  the end of the first agent's talk on.
- HOLD and UNHOLD name the channel that holds: that of an entry's agent, or a leg. Hold is no talk. A second HOLD changes nothing;
  a hold that nothing ends ends with the talk; one that is longer than the talk is cut to it.
- QUEUESTART: Asterisk was restarted. Waiting entries and calls are ``lost``; talks and legs end, their length unknown.
  Agents stay signed in and paused when Asterisk keeps members (``persistentmembers``), else they end too.
- CALLEND: an entry of that call which still waits is ``lost``.
- SEAT: from now on the agent's open sessions are at that seat; who is signed in there when a leg begins has the leg.
- A pause for another reason ends the one before; a PAUSE for the same reason changes nothing.
- A row made from another file is not made again by the same line (an old log taken in once more, a copy), and
  lines of another file that are older than an open session, pause or call do not end it.
- Of several nodes (Asterisks) each has files of its own, and ends only what began in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, Union

from ivr.acd.caller import area_of
from ivr.acd.lines import LogEvent
from ivr.acd.needs import (
    AGENTS,
    ENDS,
    EXITS,
    HANDED_OVER,
    LONGEST,
    OF_QUEUE,
    REFUSALS,
    RINGS,
    SIGN_IN,
    SIGN_OUT,
    concerns_rows,
)
from ivr.acd.record import (
    SCORES,
    WAITING,
    AttemptRecord,
    CallRecord,
    EntryRecord,
    LegRecord,
    PauseRecord,
    SessionRecord,
)
from ivr.acd.roster import AGAIN
from ivr.acd.talks import end_hold, talk_seconds, unhold

Row = Union[CallRecord, EntryRecord, AttemptRecord, LegRecord, SessionRecord, PauseRecord]
_AnyRow = TypeVar("_AnyRow", CallRecord, EntryRecord, AttemptRecord, LegRecord, SessionRecord, PauseRecord)
_Span = TypeVar("_Span", SessionRecord, PauseRecord)
#: (agent, queue) → what is open, and what other files have told
_Spans = defaultdict[tuple[str, str], list[_Span]]


@dataclass
class Fold:
    """The rows of a log so far, and :meth:`take` for its next event.

    ``log``: the number of the file that is read. ``members_persist``: whether agents stay signed in when
    Asterisk is restarted. ``foreign``: the numbers of the files of other nodes, whose rows this one does not end.
    The rows handed in are changed in place.
    """

    log: int
    calls: Mapping[str, CallRecord] = field(default_factory=dict)
    entries: Sequence[EntryRecord] = ()
    sessions: Sequence[SessionRecord] = ()
    pauses: Sequence[PauseRecord] = ()
    legs: Sequence[LegRecord] = ()
    members_persist: bool = True
    foreign: Collection[int] = ()

    def __post_init__(self) -> None:
        self._calls = dict(self.calls)
        self._entries: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda row: row.number):
            self._entries[entry.call].append(entry)
        self._sessions: _Spans[SessionRecord] = defaultdict(list)
        for session in self.sessions:
            self._sessions[session.agent, session.queue].append(session)
        self._pauses: _Spans[PauseRecord] = defaultdict(list)
        for pause in self.pauses:
            self._pauses[pause.agent, pause.queue].append(pause)
        self._legs = {leg.leg: leg for leg in self.legs}
        self._changed: dict[int, Row] = {}
        self._handlers: dict[str, Callable[[LogEvent], None]] = {
            "CALLBEGIN": self._call_begins,
            "CALLEND": self._call_ends,
            "FALLBACK": self._falls_back,
            "ENTERQUEUE": self._enters,
            "AGENTANSWER": self._is_taken,
            "CONNECT": self._connects,
            "CALLERSTAYS": self._comes_back,
            "SURVEYASKED": self._is_surveyed,
            "SURVEYSCORE": self._is_surveyed,
            "CONSULTATION": self._consulted,
            "CALLBACK": self._is_called_back,
            "RINGNOANSWER": self._rings,
            "OPTION": self._is_transferred,
            "HOLD": self._holds,
            "UNHOLD": self._unholds,
            "LEGBEGIN": self._leg_begins,
            "LEGEND": self._leg_ends,
            "SEAT": self._sits,
            "QUEUESTART": self._restarts,
            "PAUSE": self._pauses_in,
            "UNPAUSE": self._unpauses_in,
            "PAUSEALL": self._pauses_all,
            "UNPAUSEALL": self._unpauses_all,
            **dict.fromkeys(REFUSALS, self._is_refused),
            **dict.fromkeys(EXITS, self._leaves),
            **dict.fromkeys(ENDS, self._talk_ends),
            **dict.fromkeys(RINGS, self._rings),
            **dict.fromkeys(SIGN_IN, self._signs_in),
            **dict.fromkeys(SIGN_OUT, self._signs_out),
        }

    @property
    def changed(self) -> list[Row]:
        """The rows that are new or different, each once, in the order of their first change."""
        return list(self._changed.values())

    def take(self, event: LogEvent) -> None:
        """Take in one event. Unknown ones change nothing."""
        handler = self._handlers.get(event.name)
        if handler is None or not concerns_rows(event):
            return
        if event.queue == AGAIN and event.name in OF_QUEUE:
            self._take_again(event)
        elif event.queue != AGAIN or event.name not in AGENTS:
            handler(event)

    def _take_again(self, event: LogEvent) -> None:
        """An event of a caller who waits for an agent whom they know, or has got that agent."""
        if event.name == "ENTERQUEUE":
            queue, _, agent = event.text(0).partition(":")
            entry = self._enter(event._replace(queue=queue)) if queue and agent else None
            if entry is not None:
                entry.caller, entry.position, entry.first_agent = event.text(1), event.number(2), agent
                entry.area = area_of(entry.caller)
            return
        entry = next((one for one in reversed(self._entries[event.call]) if one.first_agent), None)
        if entry is None or entry.goes_on:
            return
        event = event._replace(queue=entry.queue)
        if event.name in ("EXITWITHTIMEOUT", "EXITEMPTY"):
            if entry.outcome == WAITING:
                self._touch(entry).first_s = event.number(2) or 0
                entry.left_at, entry.wait_s, entry.agent = None, None, ""
        elif event.name not in REFUSALS:
            self._handlers[event.name](event)

    # ---- calls

    def _call(self, event: LogEvent) -> CallRecord:
        call = self._calls.get(event.call)
        if call is None:
            call = self._calls[event.call] = CallRecord(event.call, event.at, self.log)
        elif call.log is None:  # the journal made the row
            call.log = self.log
        return self._touch(call)

    def _call_begins(self, event: LogEvent) -> None:
        call = self._call(event)
        call.began_at = event.moment(2)
        call.caller, call.called = event.text(0), event.text(1)

    def _is_transferred(self, event: LogEvent) -> None:
        call = self._call(event)
        call.option, call.skill = event.text(0)[:LONGEST], event.text(1)[:LONGEST]

    def _falls_back(self, event: LogEvent) -> None:
        self._call(event).fallback = True

    def _call_ends(self, event: LogEvent) -> None:
        call = self._call(event)
        if call.ended_at is None:
            call.ended_at, call.hangup_cause = event.moment(1), event.number(0)
        for entry in self._entries[event.call]:
            self._lose(entry, event.at)

    # ---- queue entries

    def _enter(self, event: LogEvent) -> EntryRecord | None:
        """A new entry; none when another file has told of it already."""
        before = self._entries[event.call]
        for entry in before:
            if entry.log != self.log and entry.queue == event.queue and _entered(entry, event.at):
                return None
        entry = EntryRecord(event.call, len(before) + 1, event.queue, event.at, self.log)
        if (call := self._calls.get(event.call)) is not None:
            entry.option, entry.skill = call.option, call.skill
        before.append(entry)
        return self._touch(entry)

    def _enters(self, event: LogEvent) -> None:
        entry = self._going_on(event) or self._enter(event)
        if entry is not None:
            entry.caller, entry.position = event.text(1), event.number(2)
            entry.area = area_of(entry.caller)

    def _going_on(self, event: LogEvent) -> EntryRecord | None:
        """The entry of a caller who waited in vain for one agent, and now comes to the queue itself."""
        found = (entry for entry in self._entries[event.call] if entry.goes_on and entry.queue == event.queue)
        entry = next(found, None)
        return entry and self._touch(entry)

    def _is_refused(self, event: LogEvent) -> None:
        entry = self._going_on(event) or self._enter(event)
        if entry is not None:
            entry.outcome, entry.left_at, entry.wait_s = REFUSALS[event.name], event.at, entry.first_s or 0

    def _is_called_back(self, event: LogEvent) -> None:
        before = self._entries[event.call]
        if any(entry.outcome == "callback" for entry in before):
            return
        entry = next((one for one in reversed(before) if one.outcome not in (WAITING, "answered")), None)
        if entry is None:
            entry = self._enter(event)
            if entry is None:
                return
            entry.left_at, entry.wait_s = event.at, 0
        self._touch(entry).outcome = "callback"

    def _waiting(self, event: LogEvent) -> EntryRecord | None:
        for entry in reversed(self._entries[event.call]):
            if entry.outcome == WAITING and entry.queue == event.queue:
                return self._touch(entry)
        return None

    def _leaves(self, event: LogEvent) -> None:
        entry = self._waiting(event)
        if entry is not None:
            outcome, wait = EXITS[event.name]
            entry.outcome, entry.left_at, entry.wait_s, entry.agent = (
                outcome,
                event.at,
                entry.waited(event.number(wait)),
                "",
            )
            if outcome == "left_by_key":
                entry.exit_key = event.text(0)

    def _is_taken(self, event: LogEvent) -> None:
        entry = self._waiting(event)
        if entry is not None:
            waited = int((event.at - entry.entered_at).total_seconds())
            entry.left_at, entry.wait_s, entry.agent = event.at, max(0, waited), event.agent

    def _connects(self, event: LogEvent) -> None:
        entry = self._waiting(event)
        if entry is not None:
            wait = entry.waited(event.number(0))
            if entry.agent != event.agent or entry.wait_s is None:
                entry.left_at, entry.wait_s = event.at, wait
            elif wait is not None:  # the log's clock may have been set meanwhile
                entry.wait_s = min(entry.wait_s, wait)
            entry.outcome = "answered"
            entry.agent, entry.agent_uniqueid = event.agent, event.text(1)[:150]
            seconds = event.number(2)
            ring_ms = seconds * 1000 if seconds is not None else None
            self._attempt(entry, event, ring_ms, "answered")

    def _rings(self, event: LogEvent) -> None:
        entry = self._waiting(event)
        if entry is not None:
            entry.left_at, entry.wait_s, entry.agent = None, None, ""  # AGENTANSWER came to nothing
            ring_ms = event.number(0)
            unanswered = "refused" if ring_ms == 0 else "no_answer"
            self._attempt(entry, event, ring_ms, RINGS.get(event.name, unanswered))

    def _attempt(self, entry: EntryRecord, event: LogEvent, ring_ms: int | None, outcome: str) -> None:
        entry.attempts += 1
        self._touch(
            AttemptRecord(entry.call, entry.number, entry.attempts, event.agent, event.at, ring_ms, outcome)
        )

    def _talk_ends(self, event: LogEvent) -> None:
        for entry in self._entries[event.call]:
            if entry.talking and (entry.queue, entry.agent) == (event.queue, event.agent):
                self._touch(entry)
                stayed, ended_by = entry.ended_by == "agent", ENDS[event.name]
                entry.ended_at, entry.ended_by = (
                    event.at,
                    "agent" if stayed and ended_by == "caller" else ended_by,
                )
                at = 1 if event.name.startswith("COMPLETE") else -2
                entry.talk_s = talk_seconds(
                    entry.wait_s, entry.waited(event.number(at - 1)), event.number(at)
                )
                end_hold(entry, event.at)
                if entry.ended_by == "blind":
                    entry.transfer_to = f"{event.text(0)}@{event.text(1)}"
                elif entry.ended_by == "attended":
                    entry.transfer_to = event.text(1)
                return

    def _comes_back(self, event: LogEvent) -> None:
        entry = self._answered(event)
        if entry is not None and entry.ended_by in ("", "caller"):
            self._touch(entry).ended_by = "agent"

    def _is_surveyed(self, event: LogEvent) -> None:
        entry, score = self._answered(event), event.number(0)
        if entry is None or (event.name == "SURVEYSCORE" and score not in SCORES):
            return
        self._touch(entry).survey_asked = True
        if event.name == "SURVEYSCORE" and entry.survey_score is None:
            entry.survey_score = score

    def _answered(self, event: LogEvent) -> EntryRecord | None:
        """The call's last entry in the event's queue that an agent took."""
        found = (
            entry
            for entry in reversed(self._entries[event.call])
            if entry.outcome == "answered" and entry.queue == event.queue
        )
        return next(found, None)

    def _consulted(self, event: LogEvent) -> None:
        for entry in self._entries[event.call]:
            self._touch(entry)
            if event.text(0):
                entry.caller = event.text(1)
                entry.area = area_of(entry.caller)
            elif entry.outcome == "abandoned":
                entry.outcome = "withdrawn"

    def _lose(self, entry: EntryRecord, at: datetime) -> None:
        if entry.outcome == WAITING:
            self._touch(entry)
            entry.outcome, entry.left_at, entry.wait_s, entry.agent = "lost", at, None, ""

    # ---- holds and legs

    def _holder(self, event: LogEvent) -> EntryRecord | LegRecord | None:
        """What talks on the channel that holds."""
        channel = event.text(0)
        leg = self._legs.get(channel)
        if leg is not None:
            return self._touch(leg) if leg.talking else None
        for entry in self._entries[event.call]:
            if entry.talking and channel and entry.agent_uniqueid == channel:
                return self._touch(entry)
        return None

    def _holds(self, event: LogEvent) -> None:
        talk = self._holder(event)
        if talk is not None and talk.held_since is None:
            talk.held_since = event.moment(1)

    def _unholds(self, event: LogEvent) -> None:
        talk = self._holder(event)
        if talk is not None:
            unhold(talk, event.moment(1))

    def _leg_begins(self, event: LogEvent) -> None:
        name = event.text(0)[:LONGEST]
        kind = event.text(1)
        if not name or name in self._legs or kind not in HANDED_OVER:
            return
        leg = LegRecord(name, event.call, kind, event.moment(4), self.log)
        leg.from_seat, leg.seat = event.text(2)[:LONGEST], event.text(3)[:LONGEST]
        leg.agent = self._agent_at(leg.seat, event.at)
        self._legs[name] = self._touch(leg)

    def _agent_at(self, seat: str, at: datetime) -> str:
        """Who is signed in at a seat: of two, whose session began last."""
        here = [
            (session.began_at, session.agent)
            for sessions in self._sessions.values()
            for session in sessions
            if seat and session.seat == seat and self._can_end(session, at)
        ]
        return max(here)[1] if here else ""

    def _leg_ends(self, event: LogEvent) -> None:
        leg = self._legs.get(event.text(0))
        if leg is None or leg.ended_at is not None:
            return
        self._touch(leg)
        leg.ended_at = max(event.moment(1), leg.began_at)
        since = leg.began_at
        if event.call != leg.call:
            ends = [entry.ended_at for entry in self._entries[event.call] if entry.ended_by == "attended"]
            since = max([leg.began_at, *(end for end in ends if end is not None and end <= leg.ended_at)])
            leg.call, leg.kind = event.call, "attended"
            leg.consult_s = round((since - leg.began_at).total_seconds())
        leg.talk_s = round((leg.ended_at - since).total_seconds())
        end_hold(leg, leg.ended_at)

    # ---- agents

    def _sits(self, event: LogEvent) -> None:
        for (agent, _), sessions in self._sessions.items():
            for session in sessions:
                if agent == event.agent and self._can_end(session, event.at):
                    self._touch(session).seat = event.text(0)[:LONGEST]

    def _signs_in(self, event: LogEvent) -> None:
        if self._told(self._sessions, event) or self._open(self._sessions, event):
            return
        session = SessionRecord(event.agent, event.queue, event.at, self.log)
        self._sessions[event.agent, event.queue].append(self._touch(session))
        if event.text(0) == "PAUSED":
            self._pauses_in(event._replace(data=()))

    def _signs_out(self, event: LogEvent) -> None:
        self._close(self._sessions, event, "sign_out")
        self._close(self._pauses, event, "sign_out")

    def _pauses_in(self, event: LogEvent) -> None:
        reason = event.text(0)
        if self._told(self._pauses, event):
            return
        if any(pause.reason == reason for pause in self._open(self._pauses, event)):
            return
        self._close(self._pauses, event, "next")
        pause = PauseRecord(event.agent, event.queue, event.at, self.log, reason=reason)
        self._pauses[event.agent, event.queue].append(self._touch(pause))

    def _unpauses_in(self, event: LogEvent) -> None:
        self._close(self._pauses, event, "unpause")

    def _pauses_all(self, event: LogEvent) -> None:
        for agent, queue in list(self._sessions):
            here = event._replace(queue=queue)
            if agent == event.agent and self._open(self._sessions, here):
                self._pauses_in(here)

    def _unpauses_all(self, event: LogEvent) -> None:
        for agent, queue in list(self._pauses):
            if agent == event.agent:
                self._unpauses_in(event._replace(queue=queue))

    def _open(self, rows: _Spans[_Span], event: LogEvent) -> list[_Span]:
        """The agent's open rows in the event's queue that the event can end."""
        return [row for row in rows[event.agent, event.queue] if self._can_end(row, event.at)]

    def _told(self, rows: _Spans[_Span], event: LogEvent) -> bool:
        """Whether another file has told of the same beginning."""
        return any(
            row.log != self.log and row.log not in self.foreign and row.began_at == event.at
            for row in rows[event.agent, event.queue]
        )

    def _close(self, rows: _Spans[_Span], event: LogEvent, why: str) -> None:
        for row in self._open(rows, event):
            self._touch(row)
            row.ended_at, row.ended_by = event.at, why
        here = rows[event.agent, event.queue]
        here[:] = [row for row in here if row.ended_at is None or row.log != self.log]

    # ---- all

    def _restarts(self, event: LogEvent) -> None:
        for call in self._calls.values():
            if self._can_end(call, event.at):
                self._touch(call)
                call.ended_at, call.lost = event.at, True
        for entries in self._entries.values():
            for entry in entries:
                if self._is_mine(entry.log, entry.entered_at, event.at):
                    self._lose(entry, event.at)
                    if entry.talking:
                        self._touch(entry)
                        entry.ended_at, entry.ended_by, entry.held_since = event.at, "lost", None
        for leg in self._legs.values():
            if leg.talking and self._is_mine(leg.log, leg.began_at, event.at):
                self._touch(leg)
                leg.ended_at, leg.lost, leg.held_since = event.at, True, None
        if not self.members_persist:
            for agent, queue in dict.fromkeys([*self._sessions, *self._pauses]):
                here = event._replace(agent=agent, queue=queue)
                self._close(self._sessions, here, "restart")
                self._close(self._pauses, here, "restart")

    def _can_end(self, row: CallRecord | SessionRecord | PauseRecord, at: datetime) -> bool:
        """Whether an event of this file, at that time, can end the row."""
        return row.ended_at is None and self._is_mine(row.log, row.began_at, at)

    def _is_mine(self, log: int | None, began_at: datetime, at: datetime) -> bool:
        """Whether a row of the file ``log`` is of this file, or of an older one of the same node."""
        if log is None or log in self.foreign:  # where there are other nodes, the journal's row may be theirs
            return not self.foreign and began_at <= at
        return log == self.log or began_at <= at

    def _touch(self, row: _AnyRow) -> _AnyRow:
        self._changed[id(row)] = row
        return row


def _entered(entry: EntryRecord, at: datetime) -> bool:
    """Whether that was when the entry began, or when its caller went on to the queue itself; it is told in whole seconds."""
    if entry.entered_at == at:
        return True
    return entry.first_s is not None and 0 <= (at - entry.entered_at).total_seconds() - entry.first_s <= 1
