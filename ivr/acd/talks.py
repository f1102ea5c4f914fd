"""How long a talk was: with the greeting, without hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from ivr.acd.record import EntryRecord, LegRecord


def talk_seconds(wait_s: int | None, told_wait_s: int | None, told_talk_s: int | None) -> int | None:
    """The talk, with what app_queue took for wait after AGENTANSWER."""
    if told_talk_s is None or wait_s is None or told_wait_s is None:
        return told_talk_s
    return told_talk_s + max(0, told_wait_s - wait_s)


def unhold(talk: EntryRecord | LegRecord, at: datetime) -> None:
    if talk.held_since is not None:
        held = max(timedelta(), at - talk.held_since)
        talk.held_ms = (talk.held_ms or 0) + held // timedelta(milliseconds=1)
        talk.held_since = None


def end_hold(talk: EntryRecord | LegRecord, at: datetime) -> None:
    """At the end of a talk whose length is told with what was hold in it."""
    unhold(talk, at)
    if talk.held_ms is not None and talk.talk_s is not None:
        talk.hold_s = min(round(talk.held_ms / 1000), talk.talk_s)
        talk.talk_s -= talk.hold_s
