"""The seat inventory never oversells, whoever sells at once, and gives back just what was sold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ivr.errors import IvrError
from ivr.store.database import Engine, open_engine, reading, writing
from ivr.store.models import all_tables
from ivr.store.models.bookings import SeatMap
from ivr.store.rail_inventory import Segments, release, sell, written_taken
from ivr.store.rail_source import SqlRailSource

from .railway import SEATS, STOPS, lay

DAY = date(2026, 11, 23)


def make(url: str) -> Engine:
    engine = open_engine(url)
    all_tables().create_all(engine)
    lay(engine)
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make(f"sqlite:///{tmp_path / 'seats.db'}")
    yield engine
    engine.dispose()


def sold(engine: Engine) -> dict[int, int]:
    """How many seats are taken on each segment, where there are any."""
    with reading(engine) as session:
        row = session.scalars(select(SeatMap)).one_or_none()
        if row is None:
            return {}
        segments = Segments(row.seats, row.taken)
        counts = {s: segments.taken(s, s + 1).bit_count() for s in range(1, STOPS)}
        return {segment: count for segment, count in counts.items() if count}


def test_a_ride_takes_seats_on_its_segments_only(engine: Engine) -> None:
    with writing(engine) as session:
        assert sell(session, "G1", DAY, "second", 2, 4, 3)
        assert sell(session, "G1", DAY, "second", 1, 2, SEATS)
    assert sold(engine) == {1: SEATS, 2: 3, 3: 3}
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.sold([("G1", DAY, 2, 5)]) == {"G1": {"second": 3}}
        assert source.sold([("G1", DAY, 1, 5)]) == {"G1": {"second": SEATS}}
        assert source.sold([("G1", DAY, 4, 5)]) == {"G1": {"second": 0}}
        assert source.sold([("G1", date(2026, 11, 24), 1, 5)]) == {}


def test_one_full_segment_refuses_the_whole_ride(engine: Engine) -> None:
    with writing(engine) as session:
        assert sell(session, "G1", DAY, "second", 3, 4, SEATS)
        assert not sell(session, "G1", DAY, "second", 1, 5, 1)
    assert sold(engine) == {3: SEATS}


def test_a_transaction_that_fails_sells_nothing(engine: Engine) -> None:
    def fail_half_way() -> None:
        with writing(engine) as session:
            assert sell(session, "G1", DAY, "second", 1, 5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert sold(engine) == {}


def test_release_gives_back_and_never_more_than_was_sold(engine: Engine) -> None:
    with writing(engine) as session:
        sell(session, "G1", DAY, "second", 1, 3, 2)
        release(session, "G1", DAY, "second", 1, 2, 2)
    assert sold(engine) == {2: 2}
    for ride in ((1, 2, 1), (2, 3, 3), (2, 4, 1)):
        with pytest.raises(IvrError, match="are sold from stop"), writing(engine) as session:
            release(session, "G1", DAY, "second", *ride)
    assert sold(engine) == {2: 2}


@pytest.mark.parametrize(
    ("sale", "told"),
    [
        (("G9", "second", 1, 2, 1), "train G9: no seats of class second"),
        (("G1", "deck", 1, 2, 1), "no seats of class deck"),
        (("G1", "second", 2, 2, 1), "no ride from stop 2 to stop 2 of 5"),
        (("G1", "second", 3, 2, 1), "no ride"),
        (("G1", "second", 0, 2, 1), "no ride"),
        (("G1", "second", 1, 6, 1), "no ride"),
        (("G1", "second", 1, 2, 0), "must be 1 or more"),
        (("G1", "second", 1, 2, -5), "must be 1 or more"),
    ],
)
def test_what_cannot_be_sold_is_said(engine: Engine, sale: tuple, told: str) -> None:
    train, *rest = sale
    for change in (sell, release):
        with pytest.raises(IvrError, match=told), writing(engine) as session:
            change(session, train, DAY, *rest)
    assert sold(engine) == {}


RIDES = st.tuples(st.integers(1, STOPS - 1), st.integers(2, STOPS), st.integers(1, 12)).filter(
    lambda ride: ride[0] < ride[1]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.booleans(), RIDES), max_size=40))
def test_a_ride_is_refused_only_when_no_seat_is_free_all_the_way(steps: list) -> None:
    segments = Segments(1)
    held: list[tuple[int, int, list[int]]] = []
    for buy, (first, last, n) in steps:
        free = [
            seat
            for seat in range(1, SEATS + 1)
            if not any(seat in seats and a < last and first < b for a, b, seats in held)
        ]
        assert SEATS - segments.taken(first, last).bit_count() == len(free)
        if buy or not held:
            seats = segments.choose(SEATS, first, last, n)
            assert (seats is None) == (len(free) < n)
            if seats is not None:
                assert len(set(seats)) == n
                assert set(seats) <= set(free)
                segments.put(first, last, seats)
                held.append((first, last, seats))
        else:
            segments.free(*held.pop(0))
        written = segments.written()
        for a, b in ((1, STOPS), (first, last)):
            assert written_taken(segments.room, written, a, b) == segments.taken(a, b)
        segments = Segments(segments.room, written)


def test_neighbouring_rides_share_a_seat_and_long_rides_find_whole_ones(engine: Engine) -> None:
    with writing(engine) as session:
        for first, last in ((1, 2), (3, 5), (2, 3)):
            assert sell(session, "G1", DAY, "second", first, last) == [1]
        assert sell(session, "G1", DAY, "second", 1, 5, SEATS - 1) == list(range(2, SEATS + 1))
        assert sell(session, "G1", DAY, "second", 2, 3) == []


def rush(engine: Engine, rides: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sell each ride, one transaction each; the rides that were sold."""
    done = []
    for ride in rides:
        with writing(engine) as session:
            if sell(session, "G1", DAY, "second", *ride):
                done.append(ride)
    return done


def check(engine: Engine, done: list[tuple[int, int]]) -> None:
    expected = {s: sum(a <= s < b for a, b in done) for s in range(1, STOPS)}
    assert max(expected.values()) == SEATS
    assert sold(engine) == {segment: number for segment, number in expected.items() if number}


def test_sellers_in_threads_never_oversell(engine: Engine) -> None:
    rides = [(1, 3), (2, 4), (1, 5), (3, 5), (2, 3)] * 5
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: rush(engine, rides), range(4)))
    check(engine, [ride for part in done for ride in part])


SELLER = """
import sys
from datetime import date
from ivr.store.database import open_engine, writing
from ivr.store.rail_inventory import sell
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for first, last in [(1, 3), (2, 4), (1, 5), (3, 5), (2, 3)] * 4:
    with writing(engine) as session:
        if sell(session, "G1", date(2026, 11, 23), "second", first, last):
            print(first, last)
"""


def test_sellers_in_processes_never_oversell(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    root = Path(__file__).resolve().parents[2]
    sellers = [
        subprocess.Popen(
            [sys.executable, "-c", SELLER, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        for _ in range(3)
    ]
    try:
        for seller in sellers:
            assert seller.stdout.readline() == "ready\n"
        done = []
        for seller in sellers:
            seller.stdin.write("go\n")
            seller.stdin.flush()
        for seller in sellers:
            out, _ = seller.communicate(timeout=60)
            assert seller.returncode == 0
            done += [tuple(map(int, line.split())) for line in out.splitlines()]
    finally:
        for seller in sellers:
            seller.kill()
            seller.wait()
    check(engine, done)
