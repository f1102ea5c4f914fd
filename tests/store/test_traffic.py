"""Calls through the menus, counted in SQL on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from sqlalchemy import Engine

from ivr.dialogue.call import CallInfo, Step
from ivr.reports.traffic import Passage
from ivr.store.journal import DirectJournal
from ivr.store.traffic import menu_traffic

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def call(
    engine: Engine,
    uniqueid: str,
    at: datetime,
    *steps: tuple[str, str, str | None, str],
    entry: str = "hotline",
):
    journal = DirectJournal(engine)
    info = replace(CallInfo(uniqueid, caller="13800001234"), entry=entry)
    journal.begin(info, "r1", at)
    for seq, (part, kind, keys, outcome) in enumerate(steps, 1):
        journal.step(uniqueid, Step(seq, at, part, kind, keys=keys, outcome=outcome))
    journal.end(uniqueid, at, "completed")


def test_each_way_counts_the_calls_that_took_it(engine: Engine):
    main4 = ("main", "gather", "4", "digits")
    call(engine, "1.1", NOW, main4, ("tickets", "gather", "", "hung_up"))
    call(
        engine,
        "1.2",
        NOW,
        main4,
        ("tickets", "gather", "#", "digits"),
        main4,
        ("tickets", "gather", "", "hung_up"),
    )
    call(engine, "1.3", NOW, ("main", "gather", "021", "digits"), ("agent", "transfer", None, "operator"))
    call(engine, "1.3", NOW, ("busy", "gather", "", "no_input"), entry="after_queue")
    call(engine, "1.4", NOW - 9 * DAY, main4)
    call(engine, "1.5", NOW, main4, entry="agent")
    calls, passages = menu_traffic(engine, NOW - DAY, NOW + DAY, ("hotline", "after_queue"))
    assert calls == 3
    assert set(passages) == {
        Passage("", "", "", "", "main", 3),
        Passage("main", "gather", "4", "digits", "tickets", 2),
        Passage("tickets", "gather", "#", "digits", "main", 1),
        Passage("tickets", "gather", "", "hung_up", "", 2),
        Passage("main", "gather", "…", "digits", "agent", 1),
        Passage("agent", "transfer", "", "operator", "busy", 1),
        Passage("busy", "gather", "", "no_input", "", 1),
    }


def test_an_empty_record(engine: Engine):
    assert menu_traffic(engine, NOW - DAY, NOW, ("hotline",)) == (0, [])
