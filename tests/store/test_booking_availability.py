"""The seats left, held against a second calculation from the bare rows of bookings, whatever happened before.

The second calculation is SQL text and a set for each ride: it shares nothing with the code under test.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ivr.store.booking_orders import cancel_unasked, expire_due, pay
from ivr.store.bookings import Request, book
from ivr.store.database import open_engine, reading, writing
from ivr.store.migrate import upgrade
from ivr.store.rail_source import SqlRailSource
from ivr.store.secrets import use_key

from .railway import STOPS, lay, resident_id

START = datetime(2026, 11, 20, 7, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
DAY = date(2026, 11, 24)
SEATS = 4
RIDES = list(combinations(range(1, STOPS + 1), 2))


@pytest.fixture(scope="module")
def railway(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    home: Path = tmp_path_factory.mktemp("home")
    use_key(home)
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)
    lay(engine, SEATS)
    return engine


def empty(engine: Engine) -> None:
    with writing(engine) as session:
        for table in ("sms_outbox", "booking_document_days", "booking_passengers", "bookings", "seat_maps"):
            session.execute(text(f"DELETE FROM {table}"))


def seats_left(engine: Engine, now: datetime) -> dict[tuple[int, int], int]:
    """Ride → seats that nobody has on any part of it, from the rows of bookings alone."""
    rows = "SELECT from_seq, to_seq, seat, status, deadline FROM bookings JOIN booking_passengers ON id = booking_id"
    taken: set[tuple[int, int]] = set()
    with engine.connect() as connection:
        for first, last, seat, status, until in connection.execute(text(rows)):
            over = datetime.fromisoformat(f"{until}+00:00") <= now
            if status == "paid" or (status == "held" and not over):
                of_this = {(segment, seat) for segment in range(first, last)}
                assert not of_this & taken, "a seat was sold twice"
                taken |= of_this
    return {
        (first, last): sum(
            all((segment, seat) not in taken for segment in range(first, last))
            for seat in range(1, SEATS + 1)
        )
        for first, last in RIDES
    }


def told(engine: Engine, now: datetime) -> dict[tuple[int, int], int]:
    """Ride → seats left, as callers hear it."""
    with reading(engine) as session:
        source = SqlRailSource(session, now)
        return {
            ride: SEATS - source.sold([("G1", DAY, *ride)]).get("G1", {}).get("second", 0) for ride in RIDES
        }


EVENTS = st.one_of(
    st.tuples(st.just("book"), st.sampled_from(RIDES), st.integers(1, 3)),
    st.tuples(st.just("book"), st.sampled_from(RIDES), st.integers(1, 3)),
    st.tuples(st.sampled_from(["cancel", "pay"]), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
    st.tuples(st.just("sweep")),
)


# What fails is short enough as it is: making it shorter would take minutes.
@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(EVENTS, min_size=4, max_size=20))
def test_availability_is_exact_whatever_was_booked_cancelled_and_ran_out(
    railway: Engine, events: list
) -> None:
    empty(railway)
    now, numbers = START, []
    for count, event in enumerate(events):
        before = seats_left(railway, now)
        if event[0] == "book":
            _, (first, last), tickets = event
            ride = {
                "from": f"S{first}",
                "to": f"S{last}",
                "date": DAY.isoformat(),
                "train": "G1",
                "class": "second",
            }
            documents = [resident_id(3 * count + n) for n in range(tickets)]
            answer = book(railway, Request(ride, documents, call=f"c{count}"), now)
            left = before[first, last]
            assert answer.outcome == ("booked" if left >= tickets else "few" if left else "sold_out")
            assert answer.slots.get("left", left) == left
            if answer.outcome == "booked":
                numbers.append(answer.slots["number"])
        elif event[0] in ("cancel", "pay") and numbers:
            number = numbers[event[1] % len(numbers)]
            (cancel_unasked if event[0] == "cancel" else pay)(railway, number, now)
        elif event[0] == "wait":
            now += timedelta(hours=event[1] / 2)
        elif event[0] == "sweep":
            expire_due(railway, now)
            assert seats_left(railway, now) == before
        assert told(railway, now) == seats_left(railway, now)
