"""Callers in the queues, from the moment they come until an agent takes them or they leave (``ivr.acd.fold`` has the rules)."""

from __future__ import annotations

from datetime import datetime

from ivr.acd.caller import area_of
from ivr.acd.fold_rows import Rows
from ivr.acd.lines import LogEvent
from ivr.acd.needs import EXITS, LONGEST, REFUSALS, RINGS
from ivr.acd.record import WAITING, AttemptRecord, CallRecord, EntryRecord


class Waits(Rows):
    """What changes a call or an entry before its talk."""

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
            if entry.talking:
                self._touch(entry).ended_at = event.at

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


def _entered(entry: EntryRecord, at: datetime) -> bool:
    """Whether that was when the entry began, or when its caller went on to the queue itself; it is told in whole seconds."""
    if entry.entered_at == at:
        return True
    return entry.first_s is not None and 0 <= (at - entry.entered_at).total_seconds() - entry.first_s <= 1
