"""What conditions ask, from a record that the recorder made of a log."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import Engine

from ivr.acd.wait import ASSUMED_HANDLE_S, ENDLESS_S
from ivr.dialogue.actions import Ask
from ivr.dialogue.call import CallInfo
from ivr.dialogue.conditions import CALLER_HISTORY, QUEUE_STATE
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.store.agents import add_agent
from ivr.store.database import reading
from ivr.store.facts import caller_history, last_agent, queue_state
from ivr.store.journal import DirectJournal
from ivr.store.recorder import Recorder
from ivr.telephony.queue_log import QueueLog

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)
SECOND = 1770685200  # NOW
NUMBER = "13800001234"


def record(engine: Engine, folder: Path, *lines: str) -> None:
    log = folder / "queue_log"
    log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    Recorder(engine, QueueLog(log)).run_once()


def state(engine: Engine) -> dict[str, object]:
    with reading(engine) as session:
        answer = queue_state(session, "operator", NOW)
    assert answer.outcome == "known"
    assert set(answer.slots) == set(QUEUE_STATE.outcomes["known"])
    return dict(answer.slots)


def call(engine: Engine, call_id: str, at: datetime, caller: str = NUMBER, entry: str = "hotline") -> None:
    journal = DirectJournal(engine)
    journal.begin(CallInfo(call_id, caller=caller, called="12306", entry=entry), "1", at)
    journal.end(call_id, at, "completed")


def history(engine: Engine, caller: str = NUMBER, call_id: str = "now") -> Answer:
    with reading(engine) as session:
        return caller_history(session, caller, call_id, NOW)


def test_a_number_that_calls_for_the_first_time(engine: Engine):
    assert history(engine) == Answer("new")
    call(engine, "now", NOW)  # the call itself
    call(engine, "other", NOW - timedelta(days=1), "13900000000")
    call(engine, "seat", NOW - timedelta(days=1), entry="agent")
    call(engine, "later", NOW + timedelta(minutes=1))
    assert history(engine) == Answer("new")


def test_a_number_that_called_before(engine: Engine):
    call(engine, "a", NOW - timedelta(days=9))
    call(engine, "b", NOW - timedelta(hours=36))
    call(engine, "now", NOW)
    answer = history(engine)
    assert answer == Answer("known", {"calls": 2, "days": 1.5})
    assert set(answer.slots) == set(CALLER_HISTORY.outcomes["known"])


def test_a_number_that_is_withheld_is_always_new(engine: Engine):
    call(engine, "a", NOW - timedelta(days=1), "")
    assert history(engine, "") == Answer("new")


def test_an_empty_queue_without_agents(engine: Engine):
    assert state(engine) == {"agents": 0, "waiting": 0, "wait_s": ENDLESS_S}


def test_agents_sign_in_pause_and_sign_out(engine: Engine, tmp_path: Path):
    record(
        engine,
        tmp_path,
        f"{SECOND}|NONE|operator|1023|ADDMEMBER|",
        f"{SECOND}|NONE|operator|1024|ADDMEMBER|",
        f"{SECOND}|NONE|operator|1025|ADDMEMBER|",
        f"{SECOND}|NONE|tickets|1026|ADDMEMBER|",
        f"{SECOND + 1}|NONE|operator|1024|PAUSE|lunch",
        f"{SECOND + 1}|NONE|operator|1025|REMOVEMEMBER|",
    )
    assert state(engine) == {"agents": 1, "waiting": 0, "wait_s": 0.0}


def test_the_wait_to_expect(engine: Engine, tmp_path: Path):
    lines = [f"{SECOND}|NONE|operator|{staff}|ADDMEMBER|" for staff in ("1023", "1024")]
    for number, (staff, talk) in enumerate((("1023", 100), ("1024", 200))):
        lines += [
            f"{SECOND}|1.{number}|operator|NONE|ENTERQUEUE||{NUMBER}|1",
            f"{SECOND + 1}|1.{number}|operator|{staff}|CONNECT|1|9.{number}|1",
            f"{SECOND + 1 + talk}|1.{number}|operator|{staff}|COMPLETEAGENT|1|{talk}|1",
        ]
    record(engine, tmp_path, *lines)
    assert state(engine) == {"agents": 2, "waiting": 0, "wait_s": 0.0}
    lines += [
        f"{SECOND + 300}|2.1|operator|NONE|ENTERQUEUE||{NUMBER}|1",
        f"{SECOND + 301}|2.1|operator|1023|CONNECT|1|9.2|1",
    ]
    record(engine, tmp_path, *lines)
    assert state(engine) == {"agents": 2, "waiting": 0, "wait_s": 0.0}  # 1024 is free
    lines += [
        f"{SECOND + 302}|2.2|operator|NONE|ENTERQUEUE||{NUMBER}|1",
        f"{SECOND + 303}|2.2|operator|1024|CONNECT|1|9.3|1",
    ]
    record(engine, tmp_path, *lines)
    assert state(engine) == {"agents": 2, "waiting": 0, "wait_s": 75.0}  # one place × 150 s / 2
    lines += [f"{SECOND + 304}|2.{n}|operator|NONE|ENTERQUEUE||{NUMBER}|{n - 2}" for n in (3, 4, 5)]
    record(engine, tmp_path, *lines)
    assert state(engine) == {"agents": 2, "waiting": 3, "wait_s": 300.0}
    record(engine, tmp_path, *lines, f"{SECOND + 305}|2.4|operator|NONE|ABANDON|2|2|1")
    assert state(engine)["waiting"] == 2


def test_before_the_first_answer_a_mean_is_assumed(engine: Engine, tmp_path: Path):
    record(
        engine,
        tmp_path,
        f"{SECOND}|NONE|operator|1023|ADDMEMBER|",
        f"{SECOND}|1.1|operator|NONE|ENTERQUEUE||{NUMBER}|1",
    )
    assert state(engine) == {"agents": 1, "waiting": 1, "wait_s": ASSUMED_HANDLE_S}


def test_the_dialogue_gets_them_from_the_answers(engine: Engine):
    call(engine, "a", NOW - timedelta(days=2))
    answers = QueryService(engine, lambda: NOW)
    asked = Ask("caller_history", {"caller": NUMBER, "call": "now"}, ("caller",))
    assert answers(asked) == Answer("known", {"calls": 1, "days": 2.0})
    assert answers(Ask("queue_state", {"queue": "operator"})).slots["agents"] == 0


def test_the_agent_of_the_last_call_in_the_queue(engine: Engine, tmp_path: Path):
    def last(caller: str = NUMBER, queue: str = "operator", within_s: float = 3600, late: int = 0) -> Answer:
        with reading(engine) as session:
            return last_agent(session, caller, queue, within_s, NOW + timedelta(seconds=late))

    lines = []
    for at, call_id, caller, queue, agent in (
        (-90, "1.1", NUMBER, "operator", "1023"),
        (-60, "1.2", NUMBER, "operator", "1024"),
        (-30, "1.3", NUMBER, "tickets", "1023"),
        (-30, "1.4", "anonymous", "operator", "1023"),
        (-20, "1.5", "13900000000", "operator", "1025"),  # who does not work here any more
    ):
        begun = SECOND + at
        lines += [
            f"{begun}|{call_id}|{queue}|NONE|ENTERQUEUE||{caller}|1",
            f"{begun + 1}|{call_id}|{queue}|{agent}|CONNECT|1|x|1",
            f"{begun + 9}|{call_id}|{queue}|{agent}|COMPLETEAGENT|1|8|1",
        ]
    record(engine, tmp_path, *lines)
    assert last() == Answer("none")  # no such agent yet
    add_agent(engine, "1023", "4711")
    add_agent(engine, "1024", "4711")
    assert last().slots["staff"] == "1024"
    assert last(queue="tickets").slots["staff"] == "1023"
    assert last().slots["number"] != last(queue="tickets").slots["number"]
    assert last(queue="groups") == last("13900000000") == last("anonymous") == last("") == Answer("none")
    assert last(within_s=52).outcome == "known"
    assert last(within_s=50) == last(late=3600) == Answer("none")
