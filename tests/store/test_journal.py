from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from ivr.dialogue.call import CallInfo, Step
from ivr.errors import IvrError
from ivr.store.database import open_engine, reading
from ivr.store.journal import BatchingJournal, DirectJournal
from ivr.store.migrate import upgrade
from ivr.store.models.calls import Call, CallStep
from ivr.store.recorder import Recorder
from ivr.telephony.queue_log import QueueLog

AT = datetime(2026, 2, 10, 1, 0, 10, tzinfo=timezone.utc)
CALL = CallInfo("1770685210.10", linked_id="1770685210.10", caller="13812345678", called="12306")


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def step(number: int, seconds: float = 0, **facts: Any) -> Step:
    return Step(**{"seq": number, "at": after(seconds), "part": "main", "kind": "gather", **facts})


def the_call(engine: Engine, uniqueid: str = CALL.call_id) -> Call:
    with reading(engine) as session:
        return session.scalars(select(Call).where(Call.uniqueid == uniqueid)).one()


def steps(engine: Engine, uniqueid: str = CALL.call_id) -> list[tuple[int, str, int]]:
    with reading(engine) as session:
        rows = session.scalars(
            select(CallStep).where(CallStep.call_uniqueid == uniqueid).order_by(CallStep.seq)
        )
        return [(row.seq, row.entry, row.number) for row in rows]


@pytest.fixture(params=[DirectJournal, BatchingJournal])
def journal(request: pytest.FixtureRequest, engine: Engine) -> Iterator[DirectJournal]:
    """A journal of each kind."""
    journal = request.param(engine)
    yield journal
    journal.close()


def test_a_call_its_steps_and_its_end(journal: DirectJournal, engine: Engine) -> None:
    journal.begin(CALL, "r1", AT)
    journal.step(CALL.call_id, step(1, said="您好", keys="4", outcome="digits"))
    journal.step(CALL.call_id, step(2, kind="ask", query="tickets", outcome="found"))
    journal.end(CALL.call_id, after(9), "completed")
    journal.close()
    call = the_call(engine)
    assert (call.caller, call.caller_masked, call.called) == ("13812345678", "138****5678", "12306")
    assert (call.entry, call.menu_revision, call.language, call.dialogue) == (
        "hotline",
        "r1",
        "zh",
        "completed",
    )
    assert (call.began_at, call.ended_at, call.outcome) == (AT, None, "open")
    assert steps(engine) == [(1, "hotline", 1), (2, "hotline", 2)]
    with reading(engine) as session:
        first = session.scalars(select(CallStep).order_by(CallStep.seq)).first()
        assert first is not None
        assert (first.part, first.kind, first.said, first.keys, first.outcome) == (
            "main",
            "gather",
            "您好",
            "4",
            "digits",
        )


def test_steps_after_the_queue_follow_those_before_it(journal: DirectJournal, engine: Engine) -> None:
    journal.begin(CALL, "r1", AT)
    journal.step(CALL.call_id, step(1, kind="transfer", outcome="operator"))
    journal.end(CALL.call_id, after(1), "transferred")
    journal.begin(CallInfo(CALL.call_id, entry="after_queue"), "r2", after(2))
    journal.step(CALL.call_id, step(1, 2, kind="say"))
    journal.step(CALL.call_id, step(2, 3, kind="hangup"))
    journal.end(CALL.call_id, after(4), "completed")
    journal.close()
    assert steps(engine) == [(1, "hotline", 1), (2, "after_queue", 1), (3, "after_queue", 2)]
    assert (the_call(engine).entry, the_call(engine).menu_revision) == ("hotline", "r1")


def test_what_is_played_when_an_agent_answers_is_not_the_end_of_the_dialogue(
    journal: DirectJournal, engine: Engine
) -> None:
    journal.begin(CALL, "r1", AT)
    journal.end(CALL.call_id, after(1), "transferred")
    journal.begin(CallInfo(CALL.call_id, entry="connected"), "r1", after(2))
    journal.end(CALL.call_id, after(3), "completed")
    journal.close()
    assert the_call(engine).dialogue == "transferred"


def test_a_seats_own_call_ends_with_its_dialogue(journal: DirectJournal, engine: Engine) -> None:
    journal.begin(CallInfo("seat.1", caller="1001", entry="agent"), "r1", AT)
    journal.end("seat.1", after(5), "completed")
    journal.close()
    call = the_call(engine, "seat.1")
    assert (call.outcome, call.ended_at) == ("seat", after(5))


LINES = b"""1770685210|1770685210.10|NONE|NONE|CALLBEGIN|13812345678|12306|1770685210.050
1770685230|1770685210.10|NONE|NONE|CALLEND|16|1770685230.500
"""


@pytest.mark.parametrize("order", ["log first", "journal first", "log between"])
def test_journal_and_recorder_may_come_in_any_order(engine: Engine, tmp_path: Path, order: str) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(LINES)
    recorder = Recorder(engine, QueueLog(log))
    journal = DirectJournal(engine)
    if order == "log first":
        recorder.run_once()
    journal.begin(CALL, "r1", AT)
    if order == "log between":
        recorder.run_once()
    journal.end(CALL.call_id, after(20), "completed")
    if order == "journal first":
        recorder.run_once()
    call = the_call(engine)
    assert (call.outcome, call.dialogue, call.menu_revision, call.hangup_cause) == (
        "self_service",
        "completed",
        "r1",
        16,
    )
    assert (call.linked_id, call.caller) == (CALL.linked_id, CALL.caller)
    assert call.began_at == AT.replace(microsecond=50_000)
    assert call.ended_at == after(20.5)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def test_a_note_is_written_within_200_ms(engine: Engine) -> None:
    journal = BatchingJournal(engine)
    try:
        journal.begin(CALL, "r1", AT)
        wait_for(lambda: _exists(engine), "the first write")
        took = []
        for number in range(5):
            begun = time.monotonic()
            journal.step(CALL.call_id, step(number))
            wait_for(lambda number=number: len(steps(engine)) == number + 1, "the step")  # type: ignore[misc]
            took.append(time.monotonic() - begun)
        assert min(took) < 0.2
    finally:
        journal.close()


def _exists(engine: Engine) -> bool:
    with reading(engine) as session:
        return session.scalar(select(Call.id)) is not None


def test_while_the_database_is_away_nobody_waits_and_nothing_is_lost(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    engine = open_engine(f"sqlite:///{home / 'late.db'}")
    journal = BatchingJournal(engine)
    journal.begin(CALL, "r1", AT)
    begun = time.monotonic()
    for number in range(3000):
        journal.step(CALL.call_id, step(number, number / 1000))
    assert time.monotonic() - begun < 1
    wait_for(lambda: "the journal waits" in caplog.text, "a log line")
    upgrade(engine)
    wait_for(lambda: _exists(engine), "the first write")
    journal.end(CALL.call_id, after(9), "completed")
    journal.close()
    assert [number for _, _, number in steps(engine)] == list(range(3000))
    assert the_call(engine).dialogue == "completed"
    assert CALL.caller not in caplog.text
    engine.dispose()


def test_what_does_not_fit_is_counted_and_what_was_there_is_kept(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(f"sqlite:///{home / 'late.db'}")
    journal = BatchingJournal(engine, most=3)
    journal.begin(CALL, "r1", AT)
    wait_for(lambda: "the journal waits" in caplog.text, "a log line")
    for number in range(5):
        journal.step(CALL.call_id, step(number))
    upgrade(engine)
    journal.close()
    assert [number for _, _, number in steps(engine)] == [0, 1]
    assert "3 notes were lost" in caplog.text
    engine.dispose()


def test_closing_gives_up_after_its_time(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = open_engine(f"sqlite:///{home / 'never.db'}")
    journal = BatchingJournal(engine)
    journal.begin(CALL, "r1", AT)
    begun = time.monotonic()
    journal.close(timeout_s=0.3)
    assert time.monotonic() - begun < 3
    assert "1 notes of calls could not be written" in caplog.text
    upgrade(engine)
    wait_for(lambda: _exists(engine), "the thread's last write")
    engine.dispose()


def test_a_write_that_was_not_confirmed_is_not_repeated(engine: Engine) -> None:
    journal = BatchingJournal(engine)
    broken = threading.Event()

    def breaks_once(connection: Any) -> None:
        # the commit goes through, its confirmation does not
        if not broken.is_set():
            connection.connection.driver_connection.commit()
            broken.set()
            raise IvrError("the connection broke")

    event.listen(engine, "commit", breaks_once)
    journal.begin(CALL, "r1", AT)
    journal.step(CALL.call_id, step(1))
    journal.close()
    assert broken.is_set()
    assert [number for _, _, number in steps(engine)] == [1]


def test_a_note_that_no_database_takes_does_not_hold_up_the_others(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    journal = BatchingJournal(engine)
    journal.begin(CALL, "r1", AT)
    journal.step(CALL.call_id, step(1))
    journal.step(CALL.call_id, Step(2, datetime(2026, 2, 10), "main", "say"))
    journal.step(CALL.call_id, step(3))
    journal.close()
    assert [number for _, _, number in steps(engine)] == [1, 3]
    assert "cannot be written" in caplog.text


def test_an_end_without_a_beginning_is_nothing(journal: DirectJournal, engine: Engine) -> None:
    journal.step("unknown", step(1))
    journal.end("unknown", AT, "completed")
    journal.close()
    assert steps(engine, "unknown") == [(1, "", 1)]
    assert not _exists(engine)


def test_journal_and_recorder_at_the_same_time(engine: Engine, tmp_path: Path) -> None:
    calls = [f"1770685210.{number}" for number in range(60)]
    log = tmp_path / "queue_log"
    log.touch()
    stop = threading.Event()
    recorder = Recorder(engine, QueueLog(log), batch=7)
    thread = threading.Thread(target=recorder.follow, args=(stop,))
    thread.start()
    batching, direct = BatchingJournal(engine), DirectJournal(engine)
    try:
        for number, call in enumerate(calls):
            journal = (batching, direct)[number % 2]
            with log.open("a") as stream:
                stream.write(f"1770685210|{call}|NONE|NONE|CALLBEGIN|13812345678|12306|1770685210.050\n")
            journal.begin(CallInfo(call, linked_id=call, caller="13812345678"), "r1", AT)
            with log.open("a") as stream:
                stream.write(f"1770685220|{call}|NONE|NONE|CALLEND|16|1770685220.000\n")
            journal.end(call, after(9), "completed")

        def outcomes() -> set[tuple[str, str, str]]:
            with reading(engine) as session:
                rows = session.scalars(select(Call)).all()
                return {
                    (row.outcome, row.called, row.menu_revision) for row in rows if len(rows) == len(calls)
                }

        wait_for(lambda: outcomes() == {("self_service", "12306", "r1")}, "every call to be whole")
    finally:
        stop.set()
        thread.join(10)
        batching.close()
