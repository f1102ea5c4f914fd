"""All figures of the queues, against an oracle that was written apart from the product (tests/queue_logs/oracle.py)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from ivr.reports.queue_stats import OF_HOURS, queue_stats
from ivr.reports.summary import LIMITS_S, limits_for
from ivr.store.database import open_engine, reading, writing
from ivr.store.migrate import upgrade
from ivr.store.models import all_tables
from ivr.store.models.acd import Leg
from ivr.store.queue import report_entries, report_hours, report_spans, report_sums
from ivr.store.recorder import ingest
from ivr.store.secrets import use_key
from ivr.telephony.queue_log import QueueLog
from tests.queue_logs import oracle
from tests.queue_logs.made import ZERO, logs

LOGS = Path(__file__).parent / "queue_logs"
GROUPS = ("queue", "agent", "hour", "day", "week", "option", "skill", "area")
RECORD = (
    "calls",
    "queue_entries",
    "queue_hours",
    "figure_hours",
    "legs",
    "attempts",
    "agent_sessions",
    "agent_pauses",
    "log_positions",
)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata")


def figures(
    engine: Engine, by: str, zone: ZoneInfo, threshold: int, short: int, until: int
) -> dict[Any, Any]:
    """As ``ivr queue stats`` computes them, with the keys that the oracle has."""
    end = datetime.fromtimestamp(until, timezone.utc)
    begin = end - timedelta(days=30)
    if by in OF_HOURS:
        entries: Any = report_hours(engine, begin, end, "", zone, limits_for(threshold, short))
    elif limits_for(threshold, short) == LIMITS_S:
        entries = report_sums(engine, begin, end, "", by, zone)
    else:
        entries = report_entries(engine, begin, end)
    sessions, pauses = report_spans(engine, begin, end)
    rows = queue_stats(
        entries, by=by, zone=zone, threshold_s=threshold, short_s=short,
        sessions=sessions, pauses=pauses, since=begin, until=end,
    )  # fmt: skip
    told = ("threshold_s", "short_s", by)
    return {row[by]: {key: value for key, value in row.items() if key not in told} for row in rows}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("threshold", "short"), [(20, 10), (3, 2)])
def test_the_figures_of_real_calls(
    real_calls: tuple[bytes, Engine], zone: str, threshold: int, short: int
) -> None:
    log, engine = real_calls
    until = int(log.splitlines()[-1].split(b"|")[0]) + 60
    for by in GROUPS if zone == ZONES[0] else ("hour", "day"):
        found = figures(engine, by, ZoneInfo(zone), threshold, short, until)
        how: Any = {"zone": ZoneInfo(zone), "threshold": threshold, "short": short, "until": until}
        assert found == oracle.figures(log, by, **how), by


@pytest.fixture(scope="module", params=["real_calls", "real_transfers"])
def real_calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = LOGS / f"{request.param}.log.gz"
    home = tmp_path_factory.mktemp("real")
    use_key(home)
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)
    ingest(engine, QueueLog(file, alone=True))
    yield gzip.decompress(file.read_bytes()), engine
    engine.dispose()


def test_the_legs_of_real_calls(real_calls: tuple[bytes, Engine]) -> None:
    log, engine = real_calls
    with reading(engine) as session:
        rows = session.scalars(select(Leg)).all()
        found = {
            row.leg: (row.call_uniqueid, row.kind, row.consult_s, row.talk_s, row.hold_s) for row in rows
        }
    assert found == oracle.legs_of(log)


@pytest.fixture(scope="module")
def emptied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Engine]]:
    """A database whose record is emptied at each call: much quicker than a new one for each."""
    home = tmp_path_factory.mktemp("chance")
    use_key(home)
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)

    def empty() -> Engine:
        with writing(engine) as session:
            for table in reversed(all_tables().sorted_tables):
                if table.name in RECORD:
                    session.execute(table.delete())
        return engine

    yield empty
    engine.dispose()


@given(
    logs(), st.sampled_from(GROUPS), st.sampled_from([(0, 1), (1, 1), (20, 10), (10, 5)]), st.integers(0, 40)
)
@settings(max_examples=50, deadline=None)
def test_the_figures_of_logs_made_by_chance(
    emptied: Callable[[], Engine],
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    by: str,
    limits: tuple[int, int],
    until: int,
) -> None:
    threshold, short = limits
    engine = emptied()
    log = b"".join(line + b"\n" for line in lines)
    file = tmp_path_factory.mktemp("log") / "queue_log"
    file.write_bytes(log)
    ingest(engine, QueueLog(file, alone=True))
    shanghai, end = ZoneInfo("Asia/Shanghai"), ZERO + 31 + until
    expected = oracle.figures(log, by, zone=shanghai, threshold=threshold, short=short, until=end)
    assert figures(engine, by, shanghai, threshold, short, end) == expected
