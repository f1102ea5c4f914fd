from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import Engine, select

from ivr.store.call_codes import Coded, coded, note_code
from ivr.store.database import reading
from ivr.store.models.acd import CallCode
from ivr.store.recorder import ingest
from ivr.telephony.queue_log import QueueLog
from tests.queue_logs.made import ZERO, line

CODES = {"a": {"10": "余票", "21": "改签"}, "b": {"10": "余票"}}
NOW = datetime.fromtimestamp(ZERO + 900, timezone.utc)


def talks(engine: Engine, folder: Path) -> None:
    """Agent 1 answers in a and then in b, agent 2 in a only."""
    lines = []
    for at, call, queue, agent in ((0, "c1", "a", "1"), (60, "c2", "a", "2"), (120, "c3", "b", "1")):
        lines += [
            line(at, call, queue, "NONE", "ENTERQUEUE", "", "1", 1),
            line(at + 1, call, queue, agent, "CONNECT", 1, "x", 1),
            line(at + 9, call, queue, agent, "COMPLETEAGENT", 1, 8, 1),
        ]
    lines.append(line(180, "c4", "a", "NONE", "ENTERQUEUE", "", "1", 1))
    log = folder / "queue_log"
    log.write_bytes(b"".join(one + b"\n" for one in lines))
    ingest(engine, QueueLog(log, alone=True))


def test_a_code_belongs_to_the_last_call_that_the_agent_answered(engine: Engine, tmp_path: Path) -> None:
    talks(engine, tmp_path)
    assert note_code(engine, "", "1001", "10", CODES, NOW).outcome == "nobody"
    assert note_code(engine, "3", "1001", "10", CODES, NOW).outcome == "no_call"
    assert note_code(engine, "1", "1001", "", CODES, NOW).outcome == "missing"
    assert note_code(engine, "1", "1001", "21", CODES, NOW).outcome == "unknown"  # its last call was in b
    assert note_code(engine, "1", "1001", "10", CODES, NOW).slots == {"code": "10", "label": "余票"}
    assert note_code(engine, "2", "1002", "10", CODES, NOW).outcome == "noted"
    later = NOW + timedelta(minutes=5)
    assert note_code(engine, "2", "1003", "21", CODES, later).outcome == "noted"  # it replaces the other
    with reading(engine) as session:
        rows = session.scalars(select(CallCode).order_by(CallCode.call_uniqueid)).all()
        told = [(row.call_uniqueid, row.number, row.agent, row.code, row.seat, row.noted_at) for row in rows]
    assert told == [("c2", 1, "2", "21", "1003", later), ("c3", 1, "1", "10", "1001", NOW)]
    begin = NOW - timedelta(hours=1)
    both = [Coded("a", "2", "21", "改签", 1), Coded("b", "1", "10", "余票", 1)]
    assert coded(engine, begin, NOW) == both
    assert coded(engine, begin, NOW, "b") == both[1:]
    assert coded(engine, begin, begin) == []
