"""Who left without an agent, read from both databases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import Engine

from ivr.reports.abandoned import abandoned
from ivr.store.abandoned import leavers, reveal_callers
from ivr.store.audit import entries
from ivr.store.recorder import Recorder
from ivr.telephony.queue_log import QueueLog

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)
SECOND = 1770685200  # NOW


def record(engine: Engine, folder: Path, callers: int) -> None:
    """So many callers are refused, and every second one is answered a minute later; one withholds the number."""
    lines = [f"{SECOND}|9.{callers}|operator|NONE|FULL|"]
    for number in range(callers):
        caller = f"138{number:08}"
        lines.append(f"{SECOND}|1.{number}|NONE|NONE|CALLBEGIN|{caller}|12306|{SECOND}.000")
        lines.append(f"{SECOND}|1.{number}|operator|NONE|FULL|")
    for number in range(0, callers, 2):
        lines.append(f"{SECOND + 60}|2.{number}|operator|NONE|ENTERQUEUE||138{number:08}|1")
        lines.append(f"{SECOND + 61}|2.{number}|operator|1023|CONNECT|1|7.7|1")
    log = folder / "queue_log"
    log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    Recorder(engine, QueueLog(log)).run_once()


def test_the_number_of_a_refused_caller_is_that_of_the_call(engine: Engine, tmp_path: Path) -> None:
    record(engine, tmp_path, 4)
    found, contacts = leavers(engine, NOW, NOW + timedelta(seconds=1))
    rows = abandoned(found, contacts, timezone.utc)
    assert [(row["call"], row["caller"], row["called_again"], row["answered"]) for row in rows] == [
        ("1.0", "138****0000", True, True),
        ("1.1", "138****0001", False, False),
        ("1.2", "138****0002", True, True),
        ("1.3", "138****0003", False, False),
        ("9.4", "", None, None),
    ]
    assert leavers(engine, NOW, NOW + timedelta(seconds=1), "tickets") == ([], [])
    assert leavers(engine, NOW + timedelta(seconds=1), NOW + timedelta(days=1)) == ([], [])


def test_numbers_are_told_however_many_and_noted_once(engine: Engine, tmp_path: Path) -> None:
    record(engine, tmp_path, 3)
    many = [("1.0", 1), ("1.2", 1), ("9.3", 1), *((f"0.{number}", 1) for number in range(600))]
    numbers = reveal_callers(engine, many, {"reason": "because"}, by="lead", now=NOW)
    assert numbers == {("1.0", 1): "13800000000", ("1.2", 1): "13800000002", ("9.3", 1): None}
    (entry,) = entries(engine)
    assert (entry.at, entry.who, entry.action) == (NOW, "lead", "numbers reveal")
    assert entry.details == {"reason": "because", "entries": 603}
