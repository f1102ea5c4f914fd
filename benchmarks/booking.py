"""How long availability and a booking take, and what numbered seats cost against counts.

    python benchmarks/booking.py [--url DATABASE_URL] [--queries 3000] [--bookings 2000]

Loads the project's data into a fresh database (default: SQLite in a temporary folder), takes many seats on all
trains of one day, and prints the machine, the day and the figures. An availability is the seats left in each class of each
train of a pair, in a transaction of its own; `tickets` is the whole answer to the caller, with fares; a booking is one of one
to three tickets, from the checks to the commit. Each is told as wall time and as CPU time of this process, since a
machine that does other things makes the first one longer; the load average stands at both ends. ``a commit`` is one row written
and committed on the same disk, with nothing else to it: what the database and the disk alone take.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select, text

from ivr.rail.booking_queries import BOOK
from ivr.rail.documents import check_sign
from ivr.rail.queries import ask
from ivr.rail.service_day import service_date
from ivr.rail.ticket_source import Inventory, Travel
from ivr.store.bookings import Request, book
from ivr.store.database import open_engine, reading, writing
from ivr.store.migrate import upgrade
from ivr.store.models import rail as tables
from ivr.store.models.bookings import SeatMap
from ivr.store.rail import load_rail_data
from ivr.store.rail_inventory import Segments
from ivr.store.rail_source import SqlRailSource
from ivr.store.secrets import use_key

SEED = 12306
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)
DAY = date(2026, 11, 24)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--url", default="")
    parser.add_argument("--queries", type=int, default=3000)
    parser.add_argument("--bookings", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        use_key(Path(folder))
        engine = open_engine(given.url or f"sqlite:///{folder}/ivr.db")
        upgrade(engine)
        load_rail_data(engine)
        load = os.getloadavg()[0]  # figures of a machine that does other things are of little worth
        print(f"{datetime.now(ZONE):%Y-%m-%d}  {machine()}, load {load:.1f}  {database(engine)}")
        chance = random.Random(SEED)
        fill(engine, chance)
        pairs = pairs_with_trains(engine, chance, given.queries)
        gc.collect()
        gc.freeze()  # as the AGI server does
        busiest = sorted(set(pairs), key=lambda pair: -len(rides(engine, pair)))[0]
        for name, measure in (
            ("availability of a pair on a date", availability),
            ("tickets, as told", tickets),
        ):
            told(name, measure(engine, pairs))
            told(
                f"  the busiest pair, {len(rides(engine, busiest))} trains", measure(engine, [busiest] * 300)
            )
        told("a commit", commits(engine, given.bookings))
        told("booking, checks to commit", bookings(engine, pairs, given.bookings, chance))
        told("a commit", commits(engine, given.bookings))
        engine.dispose()
    numbered_seats(chance)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


class Clock:
    """Takes the wall time and this process's CPU time of each piece of work, in seconds."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.cpu.append(time.process_time() - self._began[1])
        self.wall.append(time.perf_counter() - self._began[0])

    def forget(self) -> None:
        """The last piece does not count."""
        self.wall.pop()
        self.cpu.pop()


def machine() -> str:
    """The processor and how many of them."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    count = Path("/proc/cpuinfo").read_text("utf-8").count("processor\t")
    return f"{count} × {cpu}, Python {platform.python_version()}"


def database(engine: Engine) -> str:
    """Which database, in which version."""
    if engine.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}, WAL"
    with engine.connect() as connection:
        return "PostgreSQL " + str(connection.execute(text("SHOW server_version")).scalar())


def fill(engine: Engine, chance: random.Random) -> None:
    """Take seats on every train and class of the day: a third to all of what each has."""
    with writing(engine) as session:
        stops: dict[str, int] = {}
        for train, seq in session.execute(select(tables.RailStop.train, tables.RailStop.seq)):
            stops[train] = max(seq, stops.get(train, 0))
        for train, name, seats in session.execute(
            select(tables.RailSeats.train, tables.RailSeats.seat_class, tables.RailSeats.seats)
        ).all():
            segments = Segments(seats)
            for _ in range(int(seats * chance.uniform(0.3, 1.5) / 3)):
                first, last = sorted(chance.sample(range(1, stops[train] + 1), 2))
                chosen = segments.choose(seats, first, last, chance.randint(1, 3))
                if chosen:
                    segments.put(first, last, chosen)
            row = {"train": train, "service_date": DAY, "seat_class": name}
            session.add(SeatMap(seats=segments.room, taken=segments.written(), **row))


def pairs_with_trains(engine: Engine, chance: random.Random, count: int) -> list[tuple[str, str]]:
    """Pairs of stations with a direct train: two stops of a train, a busy line as often as it has trains."""
    with reading(engine) as session:
        by_train: dict[str, list[str]] = {}
        query = select(tables.RailStop.train, tables.RailStop.station).order_by(
            tables.RailStop.train, tables.RailStop.seq
        )
        for train, station in session.execute(query):
            by_train.setdefault(train, []).append(station)
    trains = list(by_train.values())
    pairs = []
    for _ in range(count):
        stations = chance.choice(trains)
        first, last = sorted(chance.sample(range(len(stations)), 2))
        pairs.append((stations[first], stations[last]))
    return pairs


def rides(engine: Engine, pair: tuple[str, str]) -> Sequence[object]:
    """The trains between two stations."""
    with reading(engine) as session:
        return SqlRailSource(session).rides(*pair)


def availability(engine: Engine, pairs: Sequence[tuple[str, str]]) -> Clock:
    """How long until the seats left in each class of each train between two stations are known."""
    taken = Clock()
    for pair in pairs:
        with taken, reading(engine) as session:
            source = SqlRailSource(session, NOW)
            travels = [
                Travel(r.train, r.number, service_date(DAY, r.dep), DAY, *pair, r.from_seq, r.to_seq)
                for r in source.rides(*pair)
            ]
            left = Inventory(source).left(travels)
        assert len(left) == len(travels)
    return taken


def tickets(engine: Engine, pairs: Sequence[tuple[str, str]]) -> Clock:
    """How long the whole answer takes that a caller hears: times, classes, seats left, fares."""
    taken = Clock()
    for origin, destination in pairs:
        args = {"from": origin, "to": destination, "date": DAY.isoformat()}
        with taken, reading(engine) as session:
            ask(SqlRailSource(session, NOW), "tickets", args, NOW.date(), NOW.time())
    return taken


def commits(engine: Engine, count: int) -> Clock:
    """How long one row takes that is written and committed, without the product's code."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS bench_commits (text VARCHAR(500))"))
    taken = Clock()
    row = {"text": "x" * 500}
    with engine.connect() as connection:
        for _ in range(count):
            with taken, connection.begin():
                connection.execute(text("INSERT INTO bench_commits VALUES (:text)"), row)
    return taken


def bookings(engine: Engine, pairs: Sequence[tuple[str, str]], count: int, chance: random.Random) -> Clock:
    """How long each booking takes that is made."""
    taken = Clock()
    number = 0
    while len(taken.wall) < count:
        origin, destination = chance.choice(pairs)
        with reading(engine) as session:
            ride = chance.choice(list(SqlRailSource(session).rides(origin, destination)))
            seats = SqlRailSource(session).seats([ride.train]).get(ride.train, {})
        if not seats:
            continue
        args = {
            "from": origin,
            "to": destination,
            "date": (DAY + timedelta(days=ride.dep // 1440)).isoformat(),
            "train": ride.number,
            "class": chance.choice(sorted(seats)),
        }
        documents = []
        for _ in range(chance.randint(1, 3)):
            digits = f"{110101 + number // 1000}19800101{number % 1000:03}"
            documents.append(digits + check_sign(digits))
            number += 1
        request = Request(args, documents, call=f"bench-{number}", caller="13800001234")
        with taken:
            answer = book(engine, request, NOW)
        assert answer.outcome in BOOK.outcomes
        if answer.outcome != "booked":
            taken.forget()
    return taken


def told(name: str, taken: Clock) -> None:
    """Print median, 99th percentile and maximum in milliseconds."""
    print(f"{name:<34} n {len(taken.wall)}  wall {_spread(taken.wall)}  CPU {_spread(taken.cpu)}")


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    at = {p: ordered[min(len(ordered) - 1, int(len(ordered) * p))] * 1000 for p in (0.5, 0.99)}
    return f"p50 {at[0.5]:.2f} p99 {at[0.99]:.2f} max {ordered[-1] * 1000:.2f} ms"


def numbered_seats(chance: random.Random, seats: int = 518, stops: int = 12) -> None:
    """How many tickets a train sells when each has one seat all the way, against counts on each segment.

    The same wishes, of random rides and one to three tickets, until well past full; counts are the upper bound that nobody
    who has to sit down can reach."""
    segments, counts = Segments(seats), [0] * stops
    sold = {"seats": 0, "counts": 0}
    for _ in range(seats * 3):
        first, last = sorted(chance.sample(range(1, stops + 1), 2))
        n = chance.randint(1, 3)
        chosen = segments.choose(seats, first, last, n)
        if chosen:
            segments.put(first, last, chosen)
            sold["seats"] += n * (last - first)
        if all(counts[s] + n <= seats for s in range(first, last)):
            for s in range(first, last):
                counts[s] += n
            sold["counts"] += n * (last - first)
    share = 100 * sold["seats"] / sold["counts"]
    print(f"{'seat-segments sold, numbered seats':<34} {share:.1f} % of what counts alone would sell")


if __name__ == "__main__":
    main()
