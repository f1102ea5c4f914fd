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
from sqlalchemy import insert, select

from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.store.database import Base, Engine, open_engine, reading, writing
from ivr.store.models import rail as tables
from ivr.store.rail_inventory import release, sell
from ivr.store.rail_source import SqlRailSource
from ivr.store.rail_versions import switch

DAY = date(2026, 11, 23)
STOPS = 5
SEATS = 20


def make(url: str) -> Engine:
    """One train, G1, with five stops and twenty seats."""
    engine = open_engine(url)
    names = [name for name in Base.metadata.tables if name.startswith("rail_")]
    Base.metadata.create_all(engine, [Base.metadata.tables[name] for name in names])
    station = dict.fromkeys(
        ("former_name", "label", "pinyin", "initials", "city", "bureau", "keypad_initials", "keypad_pinyin"),
        "",
    )
    with writing(engine) as session:
        session.add(
            tables.RailDataset(
                id=1,
                loaded_at=utc_now(),
                counts={},
                files={},
                bundled=False,
                **dict.fromkeys(("version", "source", "as_of", "licence", "content_hash", "form"), ""),
            )
        )
        session.flush()
        switch(session, 1, utc_now())
        for seq in range(1, STOPS + 1):
            session.execute(
                insert(tables.RailStation).values(
                    dataset=1, telecode=f"S{seq}", name=f"站{seq}", closed=False, traffic=1, **station
                )
            )
        session.execute(insert(tables.RailTrain).values(dataset=1, train="G1", kind="G", formation="G"))
        session.execute(
            insert(tables.RailSeats).values(dataset=1, train="G1", seat_class="second", seats=SEATS)
        )
        for seq in range(1, STOPS + 1):
            arr, dep = 60 * seq if seq > 1 else None, 60 * seq + 2 if seq < STOPS else None
            session.execute(
                insert(tables.RailStop).values(
                    dataset=1, train="G1", seq=seq, station=f"S{seq}", arr=arr, dep=dep, number="G1"
                )
            )
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make(f"sqlite:///{tmp_path / 'seats.db'}")
    yield engine
    engine.dispose()


def sold(engine: Engine) -> dict[int, int]:
    with reading(engine) as session:
        rows = session.scalars(select(tables.RailSold))
        return {row.segment: row.sold for row in rows if row.sold}


def test_a_ride_takes_seats_on_its_segments_only(engine: Engine) -> None:
    with writing(engine) as session:
        assert sell(session, "G1", DAY, "second", 2, 4, 3)
        assert sell(session, "G1", DAY, "second", 1, 2, SEATS)
    assert sold(engine) == {1: SEATS, 2: 3, 3: 3}
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.sold([("G1", DAY, 2, 5)]) == {"G1": {"second": 3}}
        assert source.sold([("G1", DAY, 1, 5)]) == {"G1": {"second": SEATS}}
        assert source.sold([("G1", DAY, 4, 5)]) == {}
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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), RIDES), max_size=25))
def test_any_sequence_of_sales_and_returns_is_the_sum_of_its_rides(steps: list) -> None:
    engine = make("sqlite://")
    held: list[tuple[int, int, int]] = []
    for buy, ride in steps:
        with writing(engine) as session:
            if buy or not held:
                counts = [sum(n for a, b, n in held if a <= s < b) for s in range(ride[0], ride[1])]
                fits = max(counts) + ride[2] <= SEATS
                assert sell(session, "G1", DAY, "second", *ride) is fits
                if fits:
                    held.append(ride)
            else:
                release(session, "G1", DAY, "second", *held.pop(0))
        expected = {s: sum(n for a, b, n in held if a <= s < b) for s in range(1, STOPS)}
        assert sold(engine) == {segment: number for segment, number in expected.items() if number}
    engine.dispose()


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
