"""Who let the phone ring again and again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ivr.store.recorder import Recorder
from ivr.store.unanswered import unanswered
from ivr.telephony.queue_log import QueueLog

SECOND = 1770685200
NOW = datetime.fromtimestamp(SECOND, timezone.utc)
SIGNED_IN = ["-900|x|operator|1023|ADDMEMBER|", "-900|x|tickets|1023|ADDMEMBER|"]


def rings(first: int, count: int, event: str = "RINGNOANSWER|15000", call: str = "c1") -> list[str]:
    """A caller, and so many rings of agent 1023."""
    entered = f"{first - 1}|{call}|operator|NONE|ENTERQUEUE||138|1"
    return [entered, *(f"{first + 20 * n}|{call}|operator|1023|{event}" for n in range(count))]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (rings(-100, 3), ["1023"]),
        (rings(-100, 2), []),
        (rings(-100, 1) + rings(-80, 2, call="c2"), ["1023"]),
        (rings(-100, 3, "RINGNOANSWER|0"), []),  # refused: somebody is there
        (rings(-100, 2) + rings(-60, 1, "CONNECT|1|x|1", "c2") + rings(-40, 2, call="c3"), []),
        (rings(-100, 3) + ["-20|x|operator|1023|PAUSE|未接", "-20|x|tickets|1023|PAUSE|未接"], []),
        (rings(-100, 3) + ["-20|x|operator|1023|PAUSE|未接", "-10|x|operator|1023|UNPAUSE|"], []),
        (rings(-100, 3) + ["-20|x|operator|1023|REMOVEMEMBER|", "-20|x|tickets|1023|REMOVEMEMBER|"], []),
        (["-200|x|operator|1023|PAUSE|小休", "-150|x|operator|1023|UNPAUSE|"] + rings(-100, 3), ["1023"]),
    ],
)
def test_three_rings_in_a_row_since_the_agent_was_last_there(
    engine: Engine, tmp_path: Path, lines: list[str], found: list[str]
):
    log = tmp_path / "queue_log"
    dated = (
        f"{SECOND + int(at)}|{rest}\n" for at, _, rest in (line.partition("|") for line in SIGNED_IN + lines)
    )
    log.write_text("".join(dated), "utf-8")
    Recorder(engine, QueueLog(log)).run_once()
    assert unanswered(engine, 3, NOW) == found
    assert unanswered(engine, 3, NOW + timedelta(hours=1)) == []
