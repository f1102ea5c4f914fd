"""What callers did in the menus, read from both databases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sqlalchemy import Engine

from ivr.dialogue.call import CallInfo, Step
from ivr.reports.menu import Choice
from ivr.store.journal import DirectJournal
from ivr.store.menu_report import menu_calls, menu_choices

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
CALLERS = ("hotline", "after_queue")


def call(
    engine: Engine, name: str, at: datetime, *steps: tuple[str, str, str | None, str], entry: str = "hotline"
) -> None:
    journal = DirectJournal(engine)
    journal.begin(CallInfo(name, caller="13800001234", entry=entry), "r1", at)
    for seq, (part, kind, keys, outcome) in enumerate(steps, 1):
        journal.step(name, Step(seq, at, part, kind, keys=keys, outcome=outcome))
    journal.end(name, at, "completed")


def test_what_was_keyed_and_where_calls_ended(engine: Engine) -> None:
    four, silence = ("main", "gather", "4", "digits"), ("main", "gather", "", "no_input")
    call(engine, "1", NOW, silence, four, four, ("tickets", "gather", "021", "digits"))
    call(engine, "2", NOW + DAY, four, ("tickets", "gather", "", "hung_up"))
    call(engine, "3", NOW + DAY, four, ("", "hangup", None, "completed"))
    call(engine, "3", NOW + DAY, ("hello", "say", None, "said"), entry="connected")
    call(engine, "4", NOW, four, entry="agent")
    call(engine, "5", NOW - DAY, four)
    call(engine, "6", NOW + timedelta(days=9), four)
    visits, choices = menu_choices(engine, NOW, NOW + DAY + timedelta(seconds=1), CALLERS)
    assert visits == {"main": 3, "tickets": 2}
    assert sorted(choices, key=lambda choice: (choice.part, choice.key)) == [
        Choice("main", "", 1),
        Choice("main", "4", 3),
        Choice("tickets", "…", 1),
    ]
    calls = menu_calls(engine, NOW, NOW + timedelta(seconds=1), CALLERS)
    assert [(found.began_at, found.last_part) for found in calls] == [
        (NOW, "tickets"),
        (NOW + DAY, "tickets"),
        (NOW + DAY, "main"),
    ]
    assert len({found.caller_key for found in calls}) == 1
