from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from ivr.dialogue.call import CallInfo, Step
from ivr.store.database import open_engine
from ivr.store.journal import DirectJournal

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)
DAY = ("report", "menu", "--from", "2026-02-10", "--to", "2026-02-10")


def test_what_callers_do_in_the_menu(ivr, home: Path) -> None:
    assert ivr("db", "upgrade").code == 0
    assert ivr(*DAY).out == "No callers from 2026-02-10 00:00 to 2026-02-11 00:00.\n"
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    for number, key in enumerate("4449", 1):
        at = NOW + timedelta(minutes=number)
        journal = DirectJournal(engine)
        journal.begin(CallInfo(f"1.{number}", caller="13800001234"), "r1", at)
        journal.step(f"1.{number}", Step(1, at, "main", "gather", keys=key, outcome="digits"))
        journal.step(f"1.{number}", Step(2, at, "end", "gather", keys="", outcome="no_input"))
        journal.end(f"1.{number}", at, "completed")
    engine.dispose()
    report = ivr(*DAY, "--json").document
    assert (report["from"], report["to"]) == ("2026-02-10T00:00:00+08:00", "2026-02-11T00:00:00+08:00")
    assert report["calls"] == 4
    assert report["repeated"] == 3
    assert [(part["part"], part["calls"]) for part in report["parts"]] == [("end", 4), ("main", 4)]
    assert report["parts"][1]["choices"][0] == {"key": "4", "calls": 3, "share": 0.75}
    lines = ivr(*DAY).out.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[3] == "called again  3  75.0% within 24 h"
    assert [line.split()[:2] for line in lines[6:]] == [
        ["end", "4"],
        ["none", "4"],
        ["main", "4"],
        ["4", "3"],
        ["9", "1"],
    ]
