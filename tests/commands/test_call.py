from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ivr.dialogue.call import CallInfo, Step
from ivr.store.database import open_engine, writing
from ivr.store.journal import DirectJournal
from ivr.store.models.messages import Message

LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"
CALL = "1770685210.10"
AT = datetime(2026, 2, 10, 1, 0, 10, 300_000, tzinfo=timezone.utc)


@pytest.fixture
def filled(ivr, home: Path, tables: None):
    """The command line over a record of the hard cases, and one call's dialogue."""
    assert ivr("queue", "ingest", LOG).code == 0
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    journal = DirectJournal(engine)
    journal.begin(CallInfo(CALL, linked_id=CALL, caller="13812345678", called="12306"), "abc123", AT)
    menu = "您好，" * 40
    journal.step(CALL, Step(1, AT, "main", "gather", said=menu, keys="", outcome="no_input"))
    journal.step(
        CALL, Step(2, AT + timedelta(seconds=2), "main", "gather", said=menu, keys="4", outcome="digits")
    )
    journal.step(
        CALL, Step(3, AT + timedelta(seconds=3), "tickets", "ask", query="tickets", outcome="none_left")
    )
    journal.step(CALL, Step(4, AT + timedelta(seconds=3), "tickets", "say", said="没有余票", outcome="said"))
    journal.step(CALL, Step(5, AT + timedelta(seconds=5), "agent", "transfer", outcome="operator"))
    journal.end(CALL, AT + timedelta(seconds=5), "transferred")
    greeting = CallInfo(CALL, linked_id=CALL, caller="13812345678", called="12306", entry="connected")
    journal.begin(greeting, "", AT + timedelta(seconds=13))
    journal.step(CALL, Step(6, AT + timedelta(seconds=13), "hello", "hangup", outcome="completed"))
    engine.dispose()
    return ivr


def test_calls_are_listed_newest_first_and_masked(filled) -> None:
    rows = filled("call", "list", "--json").document
    assert [row["call"] for row in rows][:2] == ["1770685906.24", "1770685900.22"]
    assert rows[-1]["caller"] == "138****5678"
    assert (rows[-1]["outcome"], rows[-1]["menu_revision"]) == ("answered", "abc123")
    assert rows[-1]["began_at"] == "2026-02-10T09:00:10.250000+08:00"
    out = filled("call", "list").out
    assert len(out.splitlines()) == len(rows) + 1
    assert "13812345678" not in out


def test_calls_are_chosen_by_outcome_and_time(filled) -> None:
    lost = filled("call", "list", "--outcome", "lost", "--json").document
    assert [row["call"] for row in lost] == ["1770685906.24", "1770685900.22"]
    early = filled(
        "call", "list", "--from", "2026-02-10T09:00", "--to", "2026-02-10T09:01", "--json"
    ).document
    assert [row["call"] for row in early] == [CALL]
    assert filled("call", "list", "--from", "2026-02-11", "--limit", "1").out == "No calls.\n"


def test_the_story_of_a_call(filled) -> None:
    lines = filled("call", "show", CALL).out.splitlines()
    assert lines[0] == f"call {CALL}  2026-02-10  answered  menu abc123"
    told = [" ".join(line.split()) for line in lines[1:]]
    assert [line for line in told if " said " not in line] == [
        "09:00:10 138****5678 calls 12306",
        "09:00:10 main keys no_input",
        "09:00:12 main keys 4",
        "09:00:13 tickets answer tickets: none_left",
        "09:00:15 agent transfer operator",
        "09:00:15 operator enters at position 1",
        "09:00:20 ring agent 1024: no_answer, rang 0:05",
        "09:00:23 ring agent 1023: answered, rang 0:03",
        "09:00:23 operator answered by agent 1023 after 0:08",
        "09:01:23 operator talk ended by caller after a talk of 1:00",
        "09:01:23 the call ends: answered, cause 16",
    ]
    assert "09:00:13 tickets said 没有余票" in told


def test_the_story_as_json(filled) -> None:
    story = filled("call", "show", CALL, "--json").document
    assert (story["call"], story["caller"], story["outcome"]) == (CALL, "138****5678", "answered")
    assert [(step["seq"], step["kind"], step["keys"]) for step in story["steps"]] == [
        (1, "gather", ""), (2, "gather", "4"), (3, "ask", None), (4, "say", None), (5, "transfer", None),
        (6, "hangup", None),
    ]  # fmt: skip
    (entry,) = story["queue_entries"]
    assert (entry["queue"], entry["agent"], entry["wait_s"], entry["talk_s"]) == ("operator", "1023", 8, 60)
    assert [ring["outcome"] for ring in entry["attempts"]] == ["no_answer", "answered"]


def test_the_menu_part_is_the_option_of_the_statistics(filled) -> None:
    rows = filled(
        "queue", "stats", "--from", "2026-02-10", "--to", "2026-02-10", "--by", "option", "--json"
    ).document
    assert [(row["option"], row["offered"]) for row in rows] == [("agent", 1), (None, 12)]


def test_a_transfer_a_fallback_and_a_call_known_from_the_queue_only(filled) -> None:
    assert (
        "talk ended by blind to tickets@transfers after a talk of 0:20"
        in filled("call", "show", "1770685320.16").out
    )
    assert "fallback: the dialogue was out of reach" in filled("call", "show", "1770685310.15").out
    only = filled("call", "show", "1770685430.20")
    assert "timed_out after 5:00" in only.out
    assert filled("call", "show", "1770685430.20", "--json").document["call"] == "1770685430.20"


def test_an_unknown_call_is_told_in_one_line(filled) -> None:
    fault = filled("call", "show", "1.1")
    assert (fault.code, fault.err.count("\n")) == (1, 1)


def test_the_story_mentions_the_messages(filled, home: Path) -> None:
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    with writing(engine) as session:
        at = AT + timedelta(seconds=4)
        path = f"messages/{CALL}-1.wav"
        session.add(Message(call_uniqueid=CALL, path=path, part="message", seconds=12.5, at=at))
    engine.dispose()
    assert filled("call", "show", CALL, "--json").document["messages"] == [
        {"at": "2026-02-10T09:00:14.300000+08:00", "part": "message", "seconds": 12.5, "path": path}
    ]
    assert (
        f"09:00:14  message        message  0:12 in {path}" in filled("call", "show", CALL).out.splitlines()
    )


def test_holds_and_legs_are_in_the_story(ivr, tmp_path: Path, tables: None) -> None:
    log = tmp_path / "queue_log"
    log.write_text(
        "1770685190|NONE|operator|1024|ADDMEMBER|\n1770685190|NONE|NONE|1024|SEAT|PJSIP/1002\n"
        "1770685200|c.1|NONE|NONE|CALLBEGIN|13812345678|12306|1770685200.250\n"
        "1770685201|c.1|operator|NONE|ENTERQUEUE||13812345678|1\n"
        "1770685205|c.1|operator|1023|CONNECT|4|c.2|2\n"
        "1770685210|c.1|NONE|NONE|HOLD|c.2|1770685210.500\n"
        "1770685212|c.3|NONE|NONE|LEGBEGIN|c.4|direct|PJSIP/1001|PJSIP/1002|1770685212.100\n"
        "1770685220|c.1|operator|1023|ATTENDEDTRANSFER|BRIDGE|b|4|15|1\n"
        "1770685240|c.1|NONE|NONE|LEGEND|c.4|1770685240.300\n"
        "1770685240|c.1|NONE|NONE|CALLEND|16|1770685240.400\n"
    )
    ivr("queue", "ingest", log)
    story = ivr("call", "show", "c.1", "--json").document
    (leg,) = story["legs"]
    assert (leg["kind"], leg["from"], leg["seat"], leg["agent"]) == ("attended", "1001", "1002", "1024")
    assert (leg["consult_s"], leg["talk_s"], leg["hold_s"], leg["lost"]) == (8, 20, None, False)
    assert leg["ended_at"] == "2026-02-10T09:00:40.300000+08:00"
    (entry,) = story["queue_entries"]
    assert (entry["talk_s"], entry["hold_s"]) == (5, 10)
    text = ivr("call", "show", "c.1").out
    assert "1002           takes a call from 1001, attended (agent 1024)" in text
    assert "1002           that talk ends after a talk of 0:20, 0:08 of consultation before" in text
    assert "talk ended by attended to b after a talk of 0:05 and 0:10 of hold" in text
    rows = {
        row["agent"]: row
        for row in ivr("report", "agent", "--from", "2026-02-10", "--to", "2026-02-10", "--json").document
    }
    assert (rows["1024"]["answered"], rows["1024"]["taken_over"], rows["1024"]["taken_over_s"]) == (0, 1, 20)
    assert (rows["1023"]["talk_s"], rows["1023"]["hold_s"], rows["1023"]["taken_over"]) == (5, 10, 0)
