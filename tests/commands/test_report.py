from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from ivr.dialogue.call import CallInfo, Step
from ivr.store.database import open_engine
from ivr.store.journal import DirectJournal

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)
DAY = ("report", "menu", "--from", "2026-02-10", "--to", "2026-02-10")


def test_what_callers_do_in_the_menu(ivr, home: Path, tables: None) -> None:
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
    assert [line.split()[:2] for line in lines[7:]] == [
        ["end", "4"],
        ["none", "4"],
        ["main", "4"],
        ["4", "3"],
        ["9", "1"],
    ]


LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"
AGENTS = ("report", "agent", "--from", "2026-02-10", "--to", "2026-02-10")


def test_what_agents_did(ivr, tmp_path: Path, tables: None) -> None:
    assert ivr(*AGENTS).out == "No agent was signed in from 2026-02-10 00:00 to 2026-02-11 00:00.\n"
    assert ivr("queue", "ingest", LOG).code == 0
    ivr("agent", "add", "1023", "--name", "甲班", "--pin", "4711")
    rows = {row["agent"]: row for row in ivr(*AGENTS, "--json").document}
    assert list(rows) == ["1023", "1024", "1025"]
    first, second, third = rows.values()
    assert (first["name"], first["answered"], first["transferred"], first["pieces"]) == ("甲班", 3, 1, 2)
    assert first["pauses"] == {"lunch": 60, "training": 60}
    assert (second["missed"], second["refused"], second["answered"], second["signed_in_s"]) == (1, 1, 0, 690)
    assert (third["answered"], third["signed_in_s"], third["talk_s"]) == (1, 0, 40.0)
    assert ivr(*AGENTS, "--piece", "30", "--json").document[0]["pieces"] == 1
    assert [row["agent"] for row in ivr(*AGENTS, "--queue", "tickets", "--json").document] == ["1025"]
    lines = ivr(*AGENTS).out.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[-1] == "1024 paused: no reason 0:00:01"
    assert "1023 paused: lunch 0:01:00, training 0:01:00" in lines
    file = tmp_path / "pay.csv"
    ivr(*AGENTS, "--csv", file)
    assert '"{""lunch"": 60, ""training"": 60}"' in file.read_text("utf-8")
