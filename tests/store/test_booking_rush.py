"""Sixty-four bookers on the last seats, while holds run out and processes are killed: no seat twice, nothing orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, update

from ivr.errors import GivenUp
from ivr.store.booking_orders import cancel, expire_due
from ivr.store.bookings import Request, book
from ivr.store.database import open_engine, reading, writing
from ivr.store.models.bookings import Booking, BookingPassenger, DocumentDay, OutgoingSms, SeatMap
from ivr.store.rail_inventory import Segments

from .railway import STOPS, lay, resident_id

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LATER = NOW + timedelta(days=1, hours=4)  # noon of the next day is past: what was held before is over
DAY = "2026-11-24"
SEATS = 12
BOOKERS = 64
RIDES = [("S1", "S3"), ("S3", "S5"), ("S1", "S5"), ("S2", "S4"), ("S4", "S5")]


def wish(n: int) -> Request:
    origin, destination = RIDES[n % len(RIDES)]
    args = {"from": origin, "to": destination, "date": DAY, "train": "G1", "class": "second"}
    return Request(args, [resident_id(2 * n), resident_id(2 * n + 1)][: 1 + n % 2], call=f"call-{n}")


def check(engine: Engine, now: datetime) -> int:
    """The map of seats is what the bookings say, no seat is taken twice on a segment; how many bookings there are."""
    with reading(engine) as session:
        rows = session.execute(
            select(Booking.from_seq, Booking.to_seq, BookingPassenger.seat)
            .join(BookingPassenger, BookingPassenger.booking_id == Booking.id)
            .where(Booking.ended_at.is_(None))
        ).all()
        row = session.scalars(select(SeatMap)).one()
        passengers = session.scalars(select(BookingPassenger.booking_id)).all()
        bookings = session.scalars(select(Booking.id)).all()
    assert set(passengers) == set(bookings)
    taken = [(segment, seat) for first, last, seat in rows for segment in range(first, last)]
    assert len(taken) == len(set(taken))
    assert all(1 <= seat <= SEATS for _, seat in taken)
    segments = Segments(row.seats, row.taken)
    for segment in range(1, STOPS):
        on_it = sum(1 << seat - 1 for place, seat in taken if place == segment)
        assert segments.taken(segment, segment + 1) == on_it
    return len(bookings)


def test_sixty_four_bookers_never_oversell_while_holds_run_out(engine: Engine) -> None:
    lay(engine, SEATS)
    early = [book(engine, wish(n), NOW) for n in range(BOOKERS, BOOKERS + 10)]
    assert {answer.outcome for answer in early} == {"booked"}

    def one(n: int) -> str:
        if n % 16 == 0:
            expire_due(engine, LATER)
        return book(engine, wish(n), LATER).outcome

    began = time.monotonic()
    with ThreadPoolExecutor(BOOKERS) as pool:
        outcomes = list(pool.map(one, range(BOOKERS)))
    assert time.monotonic() - began < 30
    assert set(outcomes) == {"booked", "few", "sold_out"} or set(outcomes) == {"booked", "sold_out"}
    expire_due(engine, LATER)
    assert check(engine, LATER) == 10 + outcomes.count("booked")
    # Nobody who could have had a seat was refused: what is refused now, too, does not fit.
    with reading(engine) as session:
        row = session.scalars(select(SeatMap)).one()
    segments = Segments(row.seats, row.taken)
    for n, outcome in enumerate(outcomes):
        if outcome != "booked":
            request = wish(n)
            first, last = (int(str(request.args[end])[1:]) for end in ("from", "to"))
            assert segments.choose(SEATS, first, last, len(request.documents)) is None


BOOKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ivr.errors import GivenUp
from ivr.store.booking_orders import cancel, expire_due
from ivr.store.bookings import book
from ivr.store.database import open_engine
from ivr.store.secrets import use_key
from tests.store.test_booking_rush import LATER, wish
use_key(Path(sys.argv[2]))
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()

def one(n):
    if n % 8 == 0:
        expire_due(engine, LATER)
    sys.stdout.write(f"{n} {book(engine, wish(n), LATER).outcome}\\n")
    sys.stdout.flush()

with ThreadPoolExecutor(16) as pool:
    list(pool.map(one, range(int(sys.argv[3]), int(sys.argv[3]) + 16)))
"""
#: A booker who stops for ever where all is written and nothing committed yet.
STUCK = """
import sys
from pathlib import Path
from ivr.store.bookings import book
from ivr.store.database import open_engine
from ivr.store.secrets import use_key
from tests.store.test_booking_rush import NOW, wish
use_key(Path(sys.argv[2]))
print(book(open_engine(sys.argv[1]), wish(1), NOW, lambda: print("inside", flush=True) or sys.stdin.readline()))
"""


def start(code: str, engine: Engine, home: Path, *more: object) -> subprocess.Popen[str]:
    url = engine.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", code, url, str(home), *map(str, more)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_killed_bookers_leave_whole_bookings_or_nothing(engine: Engine, home: Path) -> None:
    """Four processes of sixteen bookers each on the last seats, while the holds that have them run out; two of the
    processes are killed in the middle of it."""
    lay(engine, SEATS)
    early = [book(engine, wish(n), NOW).outcome for n in range(BOOKERS, BOOKERS + 10)]
    assert set(early) == {"booked"}
    victims = 2
    bookers = [start(BOOKER, engine, home, 16 * part) for part in range(4)]
    told = []
    try:
        for booker in bookers:
            assert booker.stdout.readline() == "ready\n"
        for booker in bookers:
            booker.stdin.write("go\n")
            booker.stdin.flush()
        for booker in bookers[:victims]:
            told.append(booker.stdout.readline())  # in the middle of its work
            booker.kill()
        for booker in bookers:
            told += booker.communicate(timeout=60)[0].splitlines()
        assert [booker.returncode for booker in bookers] == [-signal.SIGKILL] * victims + [0] * (4 - victims)
    finally:
        for booker in bookers:
            booker.kill()
            booker.wait()
    expire_due(engine, LATER)
    made = check(engine, LATER) - len(early)
    booked = sum(line.split()[1] == "booked" for line in told if len(line.split()) == 2)
    # What a victim's bookers did last may be there without having been told, and no more than that.
    assert booked <= made <= booked + 16 * victims
    assert {line.split()[1] for line in told if len(line.split()) == 2} <= {"booked", "few", "sold_out"}
    # Others go on at once: the dead hold no lock. A retry of the victims' calls finds what was made before.
    again = [book(engine, wish(n), LATER).outcome for n in range(16 * victims)]
    assert again.count("booked") >= 1
    assert check(engine, LATER) - len(early) >= made


def test_a_booker_killed_before_the_commit_holds_no_seat_no_document_and_no_lock(
    engine: Engine, home: Path
) -> None:
    lay(engine, SEATS)
    booker = start(STUCK, engine, home)
    try:
        assert booker.stdout.readline() == "inside\n"
    finally:
        booker.kill()
        booker.wait()
        booker.stdin.close()
        booker.stdout.close()
    with reading(engine) as session:
        for table in (Booking, BookingPassenger, DocumentDay, OutgoingSms):
            assert session.scalars(select(table)).all() == []
        maps = session.scalars(select(SeatMap)).all()
        assert sum(Segments(row.seats, row.taken).taken(1, STOPS) for row in maps) == 0
    began = time.monotonic()
    assert book(engine, wish(1), NOW).outcome == "booked"
    assert time.monotonic() - began < 4
    assert check(engine, NOW) == 1


def test_what_nobody_waits_for_is_not_booked_and_not_cancelled(engine: Engine) -> None:
    lay(engine, SEATS)
    with pytest.raises(GivenUp):
        book(engine, wish(1), NOW, lambda: False)
    with reading(engine) as session:
        assert session.scalars(select(Booking)).all() == []
    number = book(engine, wish(1), NOW).slots["number"]
    tail = wish(1).documents[0][-4:]
    with pytest.raises(GivenUp):
        cancel(engine, number, tail, NOW, lambda: False)
    assert check(engine, NOW) == 1
    assert cancel(engine, number, tail, NOW).outcome == "done"


def test_documents_crosswise_do_not_deadlock(engine: Engine) -> None:
    lay(engine, SEATS)
    people = [resident_id(n) for n in range(6)]

    def one(n: int) -> str:
        documents = [people[(n + k) % 6] for k in range(3)]
        documents = documents if n % 2 else documents[::-1]
        args = {"from": "S1", "to": "S5", "date": DAY, "train": ("G1", "G2")[n % 2], "class": "second"}
        return book(engine, Request(args, documents, call=str(n)), NOW).outcome

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(one, range(24)))
    assert set(outcomes) == {"booked", "booked_already"}
    assert 1 <= outcomes.count("booked") <= 2


def test_a_locked_database_is_told_and_nothing_is_held(sqlite: Engine) -> None:
    from ivr.errors import IvrError

    engine = sqlite
    lay(engine, SEATS)
    hasty = open_engine(str(engine.url))
    with hasty.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    with writing(engine) as session:
        session.execute(update(Booking).values(made_by="x"))
        with pytest.raises(IvrError, match="database is locked"):
            book(hasty, wish(1), NOW)
    assert book(hasty, wish(1), NOW).outcome == "booked"
    hasty.dispose()
    engine.dispose()
