"""How long callers wait for answers about trains: the shipped data in SQLite, random pairs of stations.

    python benchmarks/rail_answers.py [PAIRS]

Each answer is a session of its own, as in a call. Prints the number of answers, then the median and the 99th percentile
of their time on the clock and of the processor time in it (which a busy machine changes less); first between any
stations, then between the 250 busiest, where the most trains meet.
"""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ivr.rail.queries import ask
from ivr.store.database import Engine, open_engine, reading
from ivr.store.migrate import upgrade
from ivr.store.models.rail import RailStation
from ivr.store.rail import load_rail_data
from ivr.store.rail_source import SqlRailSource

TODAY = date(2026, 11, 22)
SEED = 1


Times = tuple[float, float]


def timed(engine: Engine, name: str, origin: str, destination: str) -> tuple[Times, str]:
    """Milliseconds on the clock and of the processor, and the outcome."""
    began, worked = time.perf_counter(), time.process_time()
    with reading(engine) as session:
        args = {"from": origin, "to": destination, "date": "2026-11-23"}
        outcome = ask(SqlRailSource(session), name, args, TODAY).outcome
    return ((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000), outcome


def told(name: str, took: Sequence[Times]) -> None:
    clock, processor = ([times[which] for times in took] for which in (0, 1))
    print(f"{name:<34} {len(took):>5}  clock {_spread(clock)}  processor {_spread(processor)}")


def _spread(values: list[float]) -> str:
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:5.1f} p99 {ordered[int(len(ordered) * 0.99)]:5.1f} ms"


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'ivr.db'}")
        upgrade(engine)
        load_rail_data(engine)
        with reading(engine) as session:
            by_traffic = session.query(RailStation).where(RailStation.traffic > 0)
            stations = [row.telecode for row in by_traffic.order_by(RailStation.traffic.desc())]
        for where, among in (("", stations), (", 250 busiest stations", stations[:250])):
            rng = random.Random(SEED)
            chosen = [rng.sample(among, 2) for _ in range(pairs)]
            for pair in chosen[:20]:
                timed(engine, "connections", *pair)  # the first ones make what later ones find
            gc.collect()
            gc.freeze()  # as the AGI server does
            direct = [(timed(engine, "timetable", *pair), pair) for pair in chosen]
            told("timetable" + where, [took for (took, _), _ in direct])
            without = [pair for (_, outcome), pair in direct if outcome in ("none", "nearby")]
            told("connections" + where, [timed(engine, "connections", *pair)[0] for pair in without])
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
