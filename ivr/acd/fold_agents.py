"""Agents: signed in, at a seat, on a pause (``ivr.acd.fold`` has the rules)."""

from __future__ import annotations

from ivr.acd.fold_rows import Rows, Span, Spans
from ivr.acd.lines import LogEvent
from ivr.acd.needs import LONGEST
from ivr.acd.record import PauseRecord, SessionRecord


class Agents(Rows):
    """What changes a session or a pause."""

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

    def _open(self, rows: Spans[Span], event: LogEvent) -> list[Span]:
        """The agent's open rows in the event's queue that the event can end."""
        return [row for row in rows[event.agent, event.queue] if self._can_end(row, event.at)]

    def _told(self, rows: Spans[Span], event: LogEvent) -> bool:
        """Whether another file has told of the same beginning."""
        return any(
            row.log != self.log and row.log not in self.foreign and row.began_at == event.at
            for row in rows[event.agent, event.queue]
        )

    def _close(self, rows: Spans[Span], event: LogEvent, why: str) -> None:
        for row in self._open(rows, event):
            self._touch(row)
            row.ended_at, row.ended_by = event.at, why
        here = rows[event.agent, event.queue]
        here[:] = [row for row in here if row.ended_at is None or row.log != self.log]
