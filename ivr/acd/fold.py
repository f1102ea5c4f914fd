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
- CALLEND: an entry of that call which still waits is ``lost``. A talk that goes on ends, its length unknown; the line that tells it may come
  later, or never: app_queue has none for an agent who hangs up in the moment of the bridge.
- SEAT: from now on the agent's open sessions are at that seat; who is signed in there when a leg begins has the leg.
- A pause for another reason ends the one before; a PAUSE for the same reason changes nothing.
- A row made from another file is not made again by the same line (an old log taken in once more, a copy), and
  lines of another file that are older than an open session, pause or call do not end it.
- Of several nodes (Asterisks) each has files of its own, and ends only what began in them.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.acd.caller import area_of
from ivr.acd.fold_agents import Agents
from ivr.acd.fold_talks import Talks
from ivr.acd.fold_waits import Waits
from ivr.acd.lines import LogEvent
from ivr.acd.needs import AGENTS, ENDS, EXITS, OF_QUEUE, REFUSALS, RINGS, SIGN_IN, SIGN_OUT, concerns_rows
from ivr.acd.record import WAITING
from ivr.acd.roster import AGAIN


class Fold(Waits, Talks, Agents):
    """The rows of a log so far (``ivr.acd.fold_rows.Rows``), and :meth:`take` for its next event."""

    def __post_init__(self) -> None:
        super().__post_init__()
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
