"""Whole calls that book, look up and cancel, against the database: what is held afterwards, and what is written down."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, text

from ivr.authoring.loader import load_trees
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Action
from ivr.dialogue.call import CallInfo
from ivr.dialogue.engine import converse
from ivr.dialogue.events import Event
from ivr.dialogue.steps import step_of
from ivr.query_service import QueryService
from ivr.rail.booking_number import is_booking_number
from ivr.settings import PROJECT
from ivr.simulator import Caller, lines_before, perform
from ivr.store.database import open_engine, reading, writing
from ivr.store.journal import DirectJournal
from ivr.store.models.bookings import Booking, BookingPassenger, Case, OutgoingSms, SeatMap
from ivr.store.secrets import use_key
from tests.store.railway import resident_id

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TREE = load_trees(PROJECT / "menus")["hotline"]
JOURNEY = "1 2 1 7447# 656# 1124 102# 1 1"
DIGITS = dict(zip("零幺二三四五六七八九", "0123456789", strict=True))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[Engine]:
    home = tmp_path_factory.mktemp("home")
    use_key(home)
    engine = open_engine(f"sqlite:///{shutil.copy(railway, home / 'ivr.db')}")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(loaded: Engine) -> Engine:
    with writing(loaded) as session:
        for table in (
            "sms_outbox",
            "cases",
            "booking_document_days",
            "booking_passengers",
            "bookings",
            "seat_maps",
            "call_steps",
        ):
            session.execute(text(f"DELETE FROM {table}"))
    return loaded


def call(engine: Engine, keys: str, call_id: str = "call-1") -> list[str]:
    """One call; what was said, its steps written as the drivers write them."""
    info = CallInfo(call_id, caller="13800001234", called="12306")
    service, clock = QueryService(engine, fixed_clock(NOW)), fixed_clock(NOW)
    journal = DirectJournal(engine)
    journal.begin(info, "1", NOW)
    said: list[str] = []
    conversation = converse(TREE, info, clock)
    action: Action
    event: Event | None
    for seq, (action, event) in enumerate(perform(conversation, Caller(iter(keys.split())), service)):
        if event is None:
            said += lines_before(action)
        else:
            journal.step(call_id, step_of(seq, NOW, action, event))
    journal.end(call_id, NOW, "completed")
    return said


def number_told(said: list[str]) -> str:
    words = [line for line in said if "订单号是" in line]
    numbers = {"".join(DIGITS[sign] for sign in line if sign in DIGITS) for line in words}
    assert len(words) == 2
    assert len(numbers) == 1, "told twice, the same"
    return numbers.pop()


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            table.__tablename__: len(session.scalars(select(table)).all())
            for table in (Booking, BookingPassenger, OutgoingSms)
        }


def test_a_call_books_and_another_one_cancels(engine: Engine) -> None:
    first, second = resident_id(1), resident_id(7)
    said = call(engine, f"{JOURNEY} 2 {first} {second.replace('X', '*')} 1 1")
    number = number_told(said)
    assert is_booking_number(number)
    assert counts(engine) == {"bookings": 1, "booking_passengers": 2, "sms_outbox": 1}
    with reading(engine) as session:
        booking = session.scalars(select(Booking)).one()
        assert (booking.number, booking.call_uniqueid, booking.status) == (number, "call-1", "held")
        assert session.scalars(select(SeatMap.train)).all() == ["G102"]
    said = call(engine, f"1 3 {number} {second[-4:].replace('X', '*')}", "call-2")
    assert any("尚未取票" in line for line in said)
    said = call(engine, f"1 4 {number} {first[-4:]} 1", "call-3")
    assert "< 订单已经取消。" in said
    with reading(engine) as session:
        assert session.scalars(select(Booking.status)).all() == ["cancelled"]


def test_documents_stand_in_no_step(engine: Engine) -> None:
    document = resident_id(1)
    number = number_told(call(engine, f"{JOURNEY} 1 {document} 1 1"))
    call(engine, f"1 4 {number} {document[-4:]} 1", "call-2")
    with reading(engine) as session:
        steps = session.execute(text("SELECT said, keys FROM call_steps")).all()
    assert steps
    assert any(step.keys == "*" * 18 for step in steps)
    for step in steps:
        keyed, said = step.keys or "", step.said
        assert document not in keyed
        assert keyed != document[-4:]
        assert not re.search("八零零幺零幺|幺九八零|零零幺零", said), said


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_caller_who_hangs_up_in_the_middle_holds_nothing(engine: Engine, cut: int) -> None:
    keys = f"{JOURNEY} 1 {resident_id(1)} 1 1".split()[:-cut]
    call(engine, " ".join(keys))
    assert counts(engine) == {"bookings": 0, "booking_passengers": 0, "sms_outbox": 0}


def test_a_retry_in_the_same_call_books_once(engine: Engine) -> None:
    wish = f"2 1 7447# 656# 1124 102# 1 1 1 {resident_id(1)} 1 1"
    said = call(engine, f"1 {wish} 1 1 {wish}")
    assert len({line for line in said if line.startswith("< 您的订单号是")}) == 1
    assert sum(line.startswith("< 您的订单号是") for line in said) == 2
    assert counts(engine)["bookings"] == 1


def test_the_same_person_may_not_book_another_train_that_day(engine: Engine) -> None:
    call(engine, f"{JOURNEY} 1 {resident_id(1)} 1 1")
    said = call(engine, f"1 2 1 7447# 656# 1124 2# 1 1 1 {resident_id(1)} 1", "call-2")
    assert any("已经订过车票" in line for line in said)
    assert counts(engine)["bookings"] == 1


def test_a_group_becomes_a_case(engine: Engine) -> None:
    said = call(engine, "1 2 3 7447# 656# 1124 25# 1")
    assert "= transferred operator" in said
    with reading(engine) as session:
        case = session.scalars(select(Case)).one()
        assert (case.kind, case.call_uniqueid) == ("group", "call-1")
        assert case.details == {"from": "AOH", "to": "NKH", "date": "2026-11-24", "people": "25"}
        assert any(f"登记号{word}" in line for line in said for word in ("幺", "二", "三"))


def test_a_database_that_is_gone_is_told_and_an_agent_is_offered(engine: Engine, tmp_path: Path) -> None:
    gone = open_engine(f"sqlite:///{tmp_path / 'missing' / 'ivr.db'}")
    service, clock = QueryService(engine, fixed_clock(NOW)), fixed_clock(NOW)
    lost = QueryService(gone, fixed_clock(NOW))
    conversation = converse(TREE, CallInfo("call-1", caller="13800001234"), clock)
    keys = f"{JOURNEY} 1 {resident_id(1)} 1 1".split()
    said = [
        line
        for action, event in perform(
            conversation,
            Caller(iter(keys)),
            lambda ask: (lost if ask.query == "book" else service)(ask),
        )
        if event is None
        for line in lines_before(action)
    ]
    assert "< 对不起，系统没有确认您的订票，由人工为您核实。" in said
    assert said[-1] == "= transferred operator"
    gone.dispose()
