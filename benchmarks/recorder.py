"""How fast queue_log is taken in, and how fast figures are there when there are many entries.

    python -m benchmarks.recorder [--lines 200000] [--entries 300000] [--only sqlite|postgresql]

Taken in is a made-up log of whole calls (begin, queue, rings, talk, end; agents who pause), by one recorder, on
SQLite and, where it is installed, on a throw-away PostgreSQL that waits for the disk at each commit. A quarter of
it is taken in first, untimed, so that the tables are not empty. The figures are read by whole processes (``ivr queue stats``) from a year of
entries, written straight into the tables; the tallies are made of them by the same code that checks them.
``--entries 10000000`` is the size the hotline is made for; it takes some minutes and 5 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Engine, TextClause, bindparam, select, text

from benchmarks.booking import database, machine
from ivr.settings import PROJECT
from ivr.store.bulk import insert_rows
from ivr.store.database import Moment, open_engine, reading, table_of, writing
from ivr.store.migrate import upgrade
from ivr.store.models.acd import LogPosition, QueueEntry
from ivr.store.rebuild import rebuild_figure_hours, rebuild_queue_hours
from ivr.store.recorder import Recorder
from ivr.store.secrets import use_key
from ivr.telephony.queue_log import QueueLog
from tests.conftest import Cluster, postgresql_programs

BEGIN = 1_767_196_800  # 2026-01-01T00:00+08:00
YEAR_S = 365 * 86_400
QUEUES = ("operator", "tickets")
OPTIONS = ("agent", "tickets.sold_out", "fares.agent", "")
RUNS = 5
MADE = 100_000  #: entries of which the others are copies
LAGS = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--entries", type=int, default=300_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    given = parser.parse_args()
    print(f"{datetime.now():%Y-%m-%d}  {machine()}, load {os.getloadavg()[0]:.1f}")
    for kind in ("sqlite", "postgresql"):
        if given.only in ("", kind):
            with a_database(kind) as (engine, home):
                if engine is None:
                    print("PostgreSQL is not installed here")
                    continue
                print(database(engine))
                intake(engine, home, given.lines)
                lag(engine, home)
                figures(engine, home, given.entries)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


@contextmanager
def a_database(kind: str) -> Iterator[tuple[Engine | None, Path]]:
    """A fresh database with all tables, and the home it belongs to."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        home = Path(folder)
        use_key(home)
        cluster = None
        if kind == "postgresql":
            programs = postgresql_programs()
            if programs is None:
                yield None, home
                return
            cluster = Cluster(programs, durable=True)
        try:
            if cluster:
                cluster.start()
            engine = open_engine(cluster.new_database() if cluster else f"sqlite:///{home / 'ivr.db'}")
            upgrade(engine)
            yield engine, home
            engine.dispose()
        finally:
            if cluster:
                cluster.stop()


def intake(engine: Engine, home: Path, lines: int) -> None:
    """Take ``lines`` lines in."""
    log = home / "queue_log"
    recorder = Recorder(engine, QueueLog(log))
    made = made_up_log(random.Random(1))
    for part, timed in ((lines // 4, False), (lines, True)):
        with log.open("a") as stream:
            stream.writelines(next(made) for _ in range(part))
        before = time.perf_counter(), time.process_time(), _cpu_of_server(engine)
        taken = recorder.run_once()
        after = time.perf_counter(), time.process_time(), _cpu_of_server(engine)
        if timed:
            wall, ours, theirs = (end - begin for begin, end in zip(before, after, strict=True))
            print(
                f"  {taken:,} lines taken in {wall:.1f} s: {taken / wall:,.0f} lines/s, µs CPU a line: {ours / taken * 1e6:.0f} of"
                f" ours, {theirs / taken * 1e6:.0f} of the server's (load {os.getloadavg()[0]:.1f})"
            )


def _cpu_of_server(engine: Engine) -> float:
    """The seconds of CPU that the processes of PostgreSQL have had; 0 for SQLite, which is in ours."""
    if engine.dialect.name == "sqlite":
        return 0.0
    with reading(engine) as session:
        pids = session.scalars(text("SELECT pid FROM pg_stat_activity")).all()
    files = [Path(f"/proc/{pid}/schedstat") for pid in pids]
    return sum(int(file.read_text().split()[0]) for file in files if file.exists()) / 1e9


def lag(engine: Engine, home: Path) -> None:
    """How long after a line was written its row is there, while the recorder follows."""
    log, stop, waits = home / "queue_log", Event(), []
    follower = Thread(target=Recorder(engine, QueueLog(log)).follow, args=(stop,))
    follower.start()
    try:
        for number in range(LAGS):
            with log.open("a") as stream:
                stream.write(f"{BEGIN}|lag.{number}|operator|NONE|ENTERQUEUE||13900000000|1\n")
            written = time.perf_counter()
            while not _entered(engine, f"lag.{number}"):
                time.sleep(0.005)
            waits.append(time.perf_counter() - written)
    finally:
        stop.set()
        follower.join()
    print(f"  a line's row is there {sum(waits) / LAGS:.2f} s after it, at most {max(waits):.2f} s of {LAGS}")


def _entered(engine: Engine, call: str) -> bool:
    with reading(engine) as session:
        wanted = select(QueueEntry.number).where(QueueEntry.call_uniqueid == call)
        return session.scalar(wanted) is not None


def made_up_log(chance: random.Random) -> Iterator[str]:
    """Lines of calls, ten a second, for ever."""
    number = 0
    while True:
        number += 1
        at = BEGIN + number // 10
        call, caller = f"{at}.{number}", f"139{chance.randrange(10**8):08}"
        agent, queue = str(8000 + chance.randrange(60)), chance.choice(QUEUES)
        wait, talk = min(290, int(chance.expovariate(1 / 25))), int(chance.expovariate(1 / 120))
        yield f"{at}|{call}|NONE|NONE|CALLBEGIN|{caller}|12306|{at}.125\n"
        yield f"{at}|{call}|{queue}|NONE|OPTION|{queue}|\n"
        yield f"{at}|{call}|{queue}|NONE|ENTERQUEUE||{caller}|1\n"
        if chance.random() < 0.3:
            yield f"{at}|{call}|{queue}|{agent}|RINGNOANSWER|15000\n"
        if chance.random() < 0.15:
            yield f"{at}|{call}|{queue}|NONE|ABANDON|1|1|{wait}\n"
        else:
            yield f"{at}|{call}|{queue}|{agent}|AGENTANSWER|\n"
            yield f"{at}|{call}|{queue}|{agent}|CONNECT|{wait}|{call}1|3\n"
            yield f"{at}|{call}|{queue}|NONE|CALLERSTAYS|\n"
            yield f"{at}|{call}|{queue}|{agent}|COMPLETEAGENT|{wait}|{talk}|1\n"
        yield f"{at}|{call}|NONE|NONE|CALLEND|16|{at}.875\n"
        if number % 20 == 0:
            yield f"{at}|NONE|{queue}|{agent}|PAUSE|tea\n"
            yield f"{at}|NONE|{queue}|{agent}|UNPAUSE|\n"


def figures(engine: Engine, home: Path, entries: int) -> None:
    """Fill a year and ask for it."""
    began = time.perf_counter()
    fill(engine, entries)
    filled = time.perf_counter()
    with writing(engine) as session:
        rebuild_queue_hours(session)
        rebuild_figure_hours(session)
    print(
        f"  {entries:,} entries of a year written in {filled - began:.0f} s, their tallies in {time.perf_counter() - filled:.0f} s"
    )
    environ = {**os.environ, "IVR_HOME": str(home), "IVR_DATABASE_URL": engine.url.render_as_string(False), "PYTHONPATH": str(PROJECT)}  # fmt: skip
    print(f"  whole processes, the best of {RUNS}, load {os.getloadavg()[0]:.1f}:")
    stats = ("queue", "stats", "--json")
    day, year = (
        ("--from", first, "--to", last)
        for first, last in (("2026-06-01", "2026-06-01"), ("2026-01-01", "2026-12-31"))
    )
    asked = {
        "ivr --help": ("--help",),
        "a day": (*stats, *day),
        "a day by hour": (*stats, *day, "--by", "hour"),
        "a day by agent": (*stats, *day, "--by", "agent"),
        "a year by agent": (*stats, *year, "--by", "agent"),
        "a year by option": (*stats, *year, "--by", "option"),
        "a year by day": (*stats, *year, "--by", "day"),
        "a year by queue": (*stats, *year, "--by", "queue"),
        "report agent, a year": ("report", "agent", "--json", *year),
    }
    for name, words in asked.items():
        walls, cpus = [], []
        for _ in range(RUNS):
            wall, cpu = time.perf_counter(), _cpu_of_children()
            command = [sys.executable, str(PROJECT / "cli.py"), *words]
            subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            walls.append(time.perf_counter() - wall)
            cpus.append(_cpu_of_children() - cpu)
        print(
            f"    {name}: {min(walls):.2f} s, of which {min(cpus):.2f} s CPU of ours; at most {max(walls):.2f} s"
        )


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def fill(engine: Engine, entries: int) -> None:
    """Entries spread evenly over 2026, in two queues with 60 agents: some made here, which the database has again and again, each
    time later."""
    chance = random.Random(2)
    begin = datetime.fromtimestamp(BEGIN).astimezone()
    with writing(engine) as session:
        position = LogPosition(
            path="made up", offset=0, head_size=0, head="", tail_size=0, tail="", taken_at=begin
        )
        session.add(position)
        session.flush()
        log = position.id
    made = min(entries, MADE)
    rows = [
        _entry(number, begin + timedelta(seconds=number * YEAR_S // entries), chance, log)
        for number in range(made)
    ]
    columns = [*rows[0]]
    with writing(engine) as session:
        insert_rows(session, table_of(QueueEntry), columns, [[*row.values()] for row in rows])
    again = _again(engine, columns)
    until = begin + timedelta(seconds=made * YEAR_S // entries)
    for first in range(made, entries, made):
        values = {
            "name": f"y{first}.",
            "later": f"{first * YEAR_S // entries} seconds",
            "until": until,
            "most": min(made, entries - first),
        }
        with engine.begin() as connection:
            connection.execute(again, values)


def _again(engine: Engine, columns: list[str]) -> TextClause:
    """The entries that were made first, once more, so much ``later``."""
    sqlite = engine.dialect.name == "sqlite"
    moved = (
        "strftime('%Y-%m-%d %H:%M:%f', {0}, :later) || '000'" if sqlite else "{0} + CAST(:later AS interval)"
    )
    new = {"call_uniqueid": ":name || call_uniqueid"}
    new |= {name: moved.format(name) for name in ("entered_at", "left_at")}
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(new.get(name, f'"{name}"') for name in columns)
    statement = f"""INSERT INTO queue_entries ({names}) SELECT {values} FROM queue_entries
        WHERE entered_at < :until AND call_uniqueid LIKE 'y%' ORDER BY entered_at LIMIT :most"""  # noqa: S608
    return text(statement).bindparams(bindparam("until", type_=Moment()))


def _entry(number: int, at: datetime, chance: random.Random, log: int) -> dict[str, object]:
    outcome = chance.choices(("answered", "abandoned", "timed_out", "refused_full"), (80, 15, 3, 2))[0]
    answered = outcome == "answered"
    return {
        "call_uniqueid": f"y{number}.1", "number": 1, "queue": chance.choice(QUEUES), "entered_at": at,
        "outcome": outcome, "wait_s": min(300, int(chance.expovariate(1 / 25))), "left_at": at, "log_id": log,
        "caller_hash": f"{number % 10**6:032x}", "caller_masked": "139****0000", "caller_area": "mobile",
        "position": 1, "agent": str(8000 + chance.randrange(60)) if answered else "",
        "option": chance.choice(OPTIONS), "skill": "", "agent_uniqueid": "", "exit_key": "", "attempts": 1,
        "ended_by": "agent" if answered else "", "transfer_to": "",
        "talk_s": int(chance.expovariate(1 / 120)) if answered else None,
    }  # fmt: skip


if __name__ == "__main__":
    main()
