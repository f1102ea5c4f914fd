from __future__ import annotations

import functools
import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.reports.queue_stats import OF_HOURS, OF_SUMS, queue_stats
from ivr.reports.summary import LIMITS_S, limits_for
from ivr.store.database import open_engine, table_of
from ivr.store.models.acd import FigureHour, QueueHour
from ivr.store.queue import report_entries, report_hours, report_sums
from ivr.store.rebuild import rebuild_figure_hours, rebuild_queue_hours
from ivr.store.recorder import Recorder, ingest
from ivr.store.secrets import use_key
from ivr.telephony.queue_log import QueueLog
from tests.queue_logs.made import ZERO, line, logs

MadeUp = Callable[[int, int], list[str]]


def stored(engine: Engine, *, anew: bool = False) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The tallies of the queues, and the sums by other things; or what they are made anew, which is not stored."""
    with Session(engine) as session:
        if anew:
            rebuild_queue_hours(session)
            rebuild_figure_hours(session)
        hours, sums = (session.execute(select(table_of(model))) for model in (QueueHour, FigureHour))
        return sorted(map(tuple, hours)), sorted(map(tuple, sums))


@given(logs(), st.lists(st.integers(0, 40), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_hours_are_what_the_entries_give(
    sqlite: Engine, tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cuts: list[int]
) -> None:
    log = tmp_path_factory.mktemp("log") / "queue_log"
    recorder = Recorder(sqlite, QueueLog(log))
    borders = [0, *sorted(cuts), len(lines)]
    for begin, end in zip(borders, borders[1:], strict=False):
        with log.open("ab") as stream:
            stream.writelines(one + b"\n" for one in lines[begin:end])
        recorder.run_once()
        assert stored(sqlite) == stored(sqlite, anew=True)


def test_a_whole_log_and_its_hours_made_anew(engine: Engine, tmp_path: Path, made_up: MadeUp) -> None:
    log = tmp_path / "queue_log"
    # one holds a callback's place, the other is a call of a caller
    ids = "callback-1-1.2", "callback-1.2"
    others = [f"1770685300|{call}|elsewhere|NONE|ENTERQUEUE||139|1" for call in ids]
    log.write_text("".join(f"{one}\n" for one in [*made_up(5, 400), *others]))
    Recorder(engine, QueueLog(log), batch=97).run_once()
    hours, sums = kept = stored(engine)
    assert sums
    (elsewhere,) = (tally for _, queue, _, tally in hours if queue == "elsewhere")
    assert json.loads(elsewhere)["outcomes"] == {"waiting": 1}
    assert kept == stored(engine, anew=True)


def test_an_entry_of_an_earlier_hour_that_ends_later_is_counted_where_it_began(
    sqlite: Engine, tmp_path: Path
) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(line(0, "c", "a", "NONE", "ENTERQUEUE", "", "1", 1) + b"\n")
    recorder = Recorder(sqlite, QueueLog(log))
    recorder.run_once()
    with log.open("ab") as stream:  # two hours later; the clock was set back by three in between
        stream.write(line(7200, "c", "a", "1", "CONNECT", 7200, "x", 1) + b"\n")
        stream.write(line(-3600, "c", "a", "1", "COMPLETEAGENT", 7200, 5, 1) + b"\n")
    recorder.run_once()
    ((hour, queue, _, tally),), _ = stored(sqlite)
    assert (hour, queue) == (datetime.fromtimestamp(ZERO // 3600 * 3600, timezone.utc), "a")
    assert tally == ('{"outcomes":{"answered":1},"waits":{"answered":{"7200":1}},"parts":{"talk_s":[1,5]}}')


def some_days(day: date) -> bool:
    """Peak days that begin and end within days of UTC, whatever the zone."""
    return day.day % 2 == 0


@pytest.fixture(scope="module")
def three_hours(
    tmp_path_factory: pytest.TempPathFactory, with_tables: Path, made_up: MadeUp
) -> Iterator[Engine]:
    """The record of more than three hours: a second a call from 1770685200 on, which is a full hour."""
    home = tmp_path_factory.mktemp("hours")
    use_key(home)
    engine = open_engine(f"sqlite:///{shutil.copyfile(with_tables, home / 'ivr.db')}")
    log = home / "queue_log"
    log.write_text("".join(f"{one}\n" for one in made_up(6, 12_000)))
    ingest(engine, QueueLog(log, alone=True))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def entries_of(three_hours: Engine) -> Callable[[datetime, datetime], list[Any]]:
    """The entries of that record between two moments, read once for each."""
    return functools.cache(lambda begin, until: list(report_entries(three_hours, begin, until)))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize(("threshold_s", "short_s"), [(20, 10), (6, 3)])
def test_figures_by_the_hours_are_those_of_the_entries(
    three_hours: Engine,
    entries_of: Callable[[datetime, datetime], list[Any]],
    zone: str,
    threshold_s: int,
    short_s: int,
) -> None:
    begin = datetime.fromtimestamp(1770685200, timezone.utc)
    limits = limits_for(threshold_s, short_s)
    for since, until in ((0, 14_400), (600, 11_000), (100, 200), (3600, 7200)):
        ends = begin + timedelta(seconds=since), begin + timedelta(seconds=until)
        entries = entries_of(*ends)
        hours = report_hours(three_hours, *ends, "", ZoneInfo(zone), limits)
        for by in OF_HOURS:
            how: Any = {"by": by, "zone": ZoneInfo(zone), "threshold_s": threshold_s, "short_s": short_s}
            assert queue_stats(hours, **how) == queue_stats(entries, **how)
        for by in OF_SUMS if limits == LIMITS_S and since == 600 else ():
            sums = report_sums(three_hours, *ends, "", by, ZoneInfo(zone), some_days)
            how = {"by": by, "zone": ZoneInfo(zone), "peak": some_days}
            assert queue_stats(sums, **how) == queue_stats(entries, **how), by
        only = report_hours(three_hours, *ends, "nowhere", ZoneInfo(zone), limits)
        assert queue_stats(only, zone=ZoneInfo(zone)) == []
        assert entries
    assert len(hours) < len(entries) or zone == "Asia/Kolkata"


def test_sums_of_days_are_those_of_the_entries(sqlite: Engine, tmp_path: Path) -> None:
    begin, chance = 1770620400, random.Random(3)
    log = tmp_path / "queue_log"
    lines = []
    for number in range(3000):  # five days, a call every two minutes and a half
        at, call = begin + number * 144, f"{number}.1"
        option = chance.choice(["agent|", "tickets|tickets", "|"])
        lines.append(f"{at}|{call}|operator|NONE|OPTION|{option}")
        lines.append(
            f"{at}|{call}|operator|NONE|ENTERQUEUE||{chance.choice(['02112345678', '13800000000'])}|1"
        )
        if chance.random() < 0.7:
            agent = chance.choice(["1023", "1024"])
            lines.append(f"{at + 9}|{call}|operator|{agent}|CONNECT|9|{call}9|1")
            lines.append(f"{at + 30}|{call}|operator|{agent}|COMPLETEAGENT|9|21|1")
        else:
            lines.append(f"{at + 7}|{call}|operator|NONE|ABANDON|1|1|7")
    log.write_text("".join(f"{line}\n" for line in lines))
    ingest(sqlite, QueueLog(log, alone=True))
    zone = ZoneInfo("Asia/Shanghai")
    start = datetime.fromtimestamp(begin, timezone.utc)
    for since, until, peak in ((0, 130, None), (5, 100, some_days), (0.5, 119.25, lambda day: day.day == 11)):
        ends = start + timedelta(hours=since), start + timedelta(hours=until)
        entries = list(report_entries(sqlite, *ends))
        for by in OF_SUMS:
            sums = report_sums(sqlite, *ends, "", by, zone, peak)
            how: Any = {"by": by, "zone": zone, "peak": peak}
            assert queue_stats(sums, **how) == queue_stats(entries, **how), by
            assert len(sums) < len(entries) / 5
