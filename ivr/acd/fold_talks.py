"""Talks: their ends, holds, what callers say of them afterwards, and the legs of colleagues (``ivr.acd.fold`` has the rules)."""

from __future__ import annotations

from datetime import datetime

from ivr.acd.fold_rows import Rows
from ivr.acd.lines import LogEvent
from ivr.acd.needs import ENDS, HANDED_OVER, LONGEST
from ivr.acd.record import SCORES, EntryRecord, LegRecord
from ivr.acd.talks import end_hold, talk_seconds, unhold


class Talks(Rows):
    """What changes an entry from its talk on, or a leg."""

    def _talk_ends(self, event: LogEvent) -> None:
        for entry in self._entries[event.call]:
            if entry.end_untold and (entry.queue, entry.agent) == (event.queue, event.agent):
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
