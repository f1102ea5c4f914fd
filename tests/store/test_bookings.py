"""Bookings hold seats until their deadline, once, and for whom they were made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, text

from ivr.rail.answers import Answer
from ivr.rail.booking_number import is_booking_number
from ivr.rail.booking_queries import SPECS
from ivr.store.booking_orders import cancel, cancel_unasked, expire_due, order, pay
from ivr.store.bookings import Request, book, check_passengers
from ivr.store.cases import open_case
from ivr.store.database import reading, writing
from ivr.store.models.bookings import Booking, BookingPassenger, Case, OutgoingSms
from ivr.store.rail_inventory import release, sell
from ivr.store.rail_source import SqlRailSource

from .railway import SEATS, lay, resident_id

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)
DAY = "2026-11-24"
CALLER = "13800001234"
RIDE = {"from": "S1", "to": "S5", "date": DAY, "train": "G1", "class": "second"}
ADULT, SECOND = resident_id(1), resident_id(2)
CHILD = resident_id(3, "20150601")


@pytest.fixture
def railway(engine: Engine) -> Engine:
    lay(engine)
    return engine


@pytest.fixture
def small(sqlite: Engine) -> Engine:
    lay(sqlite)
    return sqlite


def request(*documents: str, call: str = "c1", caller: str = CALLER, **ride: str) -> Request:
    return Request({**RIDE, **ride}, documents or (ADULT,), call=call, caller=caller)


def left(engine: Engine, first: int = 1, last: int = 5, now: datetime = NOW, train: str = "G1") -> int:
    day = datetime.fromisoformat(DAY).date()
    with reading(engine) as session:
        sold = SqlRailSource(session, now).sold([(train, day, first, last)])
    return SEATS - sold.get(train, {}).get("second", 0)


def fits(name: str, answer: Answer) -> None:
    """The answer holds what its spec declares."""
    spec = SPECS[name]
    slots = set(spec.outcomes[answer.outcome])
    optional = {n.partition(".")[2] for n in spec.optional if n.startswith(f"{answer.outcome}.")}
    assert slots - optional <= set(answer.slots)


def test_a_booking_takes_its_seats_and_tells_number_price_and_deadline(railway: Engine) -> None:
    answer = book(railway, request(ADULT, SECOND), NOW)
    fits("book", answer)
    assert answer.outcome == "booked"
    assert is_booking_number(answer.slots["number"])
    assert answer.slots["total"] == "1106"
    # Booked before noon: held until noon of the next day.
    assert (answer.slots["until_day"], answer.slots["until_time"]) == ("2026-11-23", "12:00")
    assert left(railway) == SEATS - 2
    with reading(railway) as session:
        passengers = session.scalars(select(BookingPassenger).order_by(BookingPassenger.number)).all()
        assert [(p.document, p.kind, p.seat, p.fare_jiao) for p in passengers] == [
            (ADULT, "adult", 1, 5530),
            (SECOND, "adult", 2, 5530),
        ]


def test_rides_that_meet_share_a_seat(railway: Engine) -> None:
    assert book(railway, request(ADULT, to="S3"), NOW).outcome == "booked"
    assert book(railway, request(SECOND, **{"from": "S3"}), NOW).outcome == "booked"
    assert (left(railway, 1, 5), left(railway, 1, 3), left(railway, 3, 4)) == (SEATS - 1,) * 3
    with reading(railway) as session:
        assert session.scalars(select(BookingPassenger.seat)).all() == [1, 1]


def test_documents_and_callers_are_encrypted(small: Engine) -> None:
    book(small, request(ADULT), NOW)
    with reading(small) as session:
        for table in ("bookings", "booking_passengers", "booking_document_days", "sms_outbox", "seat_maps"):
            rows = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert rows != "[]"
            for secret in (ADULT, ADULT[:17], ADULT[6:14], CALLER):
                assert secret not in rows


def test_children_pay_by_their_age_on_the_day_of_travel(small: Engine) -> None:
    answer = check_passengers(small, request(ADULT, CHILD), NOW)
    fits("booking_passengers", answer)
    told = {name: answer.slots[name] for name in ("tickets", "adults", "children", "total")}
    assert told == {"tickets": 2, "adults": 1, "children": 1, "total": "829.5"}
    turns_14 = resident_id(4, "20121124")
    assert check_passengers(small, request(ADULT, turns_14), NOW).slots["adults"] == 2
    turns_14_later = resident_id(5, "20121125")
    assert check_passengers(small, request(ADULT, turns_14_later), NOW).slots["adults"] == 1
    assert check_passengers(small, request(CHILD), NOW).outcome == "child_alone"
    assert book(small, request(CHILD), NOW).outcome == "child_alone"
    two_free = replace(request(ADULT), free_children=2)
    assert check_passengers(small, two_free, NOW) == Answer("too_many_free", {"adults": 1})
    assert book(small, replace(two_free, free_children=1), NOW).outcome == "booked"


def test_one_document_one_train_a_day(railway: Engine) -> None:
    made = book(railway, request(ADULT), NOW)
    again = request(SECOND, ADULT, call="c2", train="G2")
    for answer in (check_passengers(railway, again, NOW), book(railway, again, NOW)):
        assert answer == Answer("booked_already", {"which": 2, "date": DAY})
    assert left(railway, train="G2") == SEATS
    # Another day is free, and so is this one when the booking has ended.
    assert book(railway, request(ADULT, call="c3", date="2026-11-25"), NOW).outcome == "booked"
    assert cancel(railway, made.slots["number"], ADULT[-4:], NOW) == Answer("done")
    assert book(railway, again, NOW).outcome == "booked"


def test_the_same_person_twice_is_refused(railway: Engine) -> None:
    assert book(railway, request(ADULT, ADULT), NOW).outcome == "booked_already"
    assert left(railway) == SEATS


def test_the_same_request_of_the_same_call_books_once(railway: Engine) -> None:
    first = book(railway, request(ADULT, SECOND), NOW)
    again = book(railway, request(SECOND, ADULT), NOW + timedelta(minutes=1))
    assert again == first
    assert check_passengers(railway, request(ADULT, SECOND), NOW).outcome == "fine"
    assert left(railway) == SEATS - 2
    with reading(railway) as session:
        assert len(session.scalars(select(OutgoingSms)).all()) == 1
    # After it was cancelled the same wish is a new one.
    cancel(railway, first.slots["number"], ADULT[-4:], NOW)
    renewed = book(railway, request(ADULT, SECOND), NOW)
    assert renewed.outcome == "booked"
    assert renewed.slots["number"] != first.slots["number"]


def test_a_hold_ends_at_its_deadline_though_nobody_sweeps(railway: Engine) -> None:
    number = book(railway, request(ADULT), NOW).slots["number"]
    deadline = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
    assert left(railway, now=deadline - timedelta(seconds=1)) == SEATS - 1
    assert left(railway, now=deadline) == SEATS
    assert order(railway, number, ADULT[-4:], deadline).outcome == "expired"
    assert cancel(railway, number, ADULT[-4:], deadline) == Answer("expired")
    # Its seat is sold again, its passenger may book again.
    assert book(railway, request(ADULT, call="c2"), deadline).outcome == "booked"


def test_a_full_train_takes_the_place_of_a_hold_that_is_over(railway: Engine) -> None:
    book(railway, request(ADULT), NOW)
    with writing(railway) as session:
        assert sell(session, "G1", datetime.fromisoformat(DAY).date(), "second", 1, 5, SEATS - 1)
    assert book(railway, request(SECOND, call="c2"), NOW).outcome == "sold_out"
    later = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
    assert book(railway, request(SECOND, call="c2"), later).outcome == "booked"
    assert left(railway, now=later) == 0
    with reading(railway) as session:
        assert session.scalars(select(Booking.status).order_by(Booking.id)).all() == ["expired", "held"]


def test_sweeping_ends_what_is_over_and_nothing_else(railway: Engine) -> None:
    book(railway, request(ADULT), NOW)
    paid = book(railway, request(SECOND), NOW).slots["number"]
    assert pay(railway, paid, NOW) == "done"
    book(railway, request(resident_id(9), call="c9", train="G2"), NOW.replace(hour=13))
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
    assert expire_due(railway, noon - timedelta(seconds=1)) == 0
    assert expire_due(railway, noon) == 1
    assert expire_due(railway, noon) == 0
    assert left(railway, now=noon) == SEATS - 1
    assert left(railway, now=noon, train="G2") == SEATS - 1
    assert pay(railway, paid, noon) == "paid"
    assert cancel(railway, paid, SECOND[-4:], noon) == Answer("paid")
    assert pay(railway, "000000000", noon) == "unknown"


def test_more_tickets_than_seats(railway: Engine) -> None:
    with writing(railway) as session:
        sell(session, "G1", datetime.fromisoformat(DAY).date(), "second", 1, 5, SEATS - 1)
    answer = book(railway, request(ADULT, SECOND), NOW)
    fits("book", answer)
    assert (answer.outcome, answer.slots["left"]) == ("few", 1)
    assert book(railway, request(ADULT), NOW).outcome == "booked"
    assert book(railway, request(SECOND), NOW).outcome == "sold_out"


@pytest.mark.parametrize(
    ("ride", "now", "outcome"),
    [
        ({"date": "2026-11-21"}, NOW, "closed"),
        ({"date": "2026-12-07"}, NOW, "closed"),
        ({"train": "G9"}, NOW, "none"),
        ({"from": "S5", "to": "S1"}, NOW, "none"),
        ({"date": "2026-11-22"}, NOW, "gone"),
        ({"date": "2026-11-22", "from": "S3"}, NOW, "booked"),
        ({"class": "first"}, NOW, "sold_out"),
    ],
)
def test_what_cannot_be_booked(small: Engine, ride: dict, now: datetime, outcome: str) -> None:
    answer = book(small, request(ADULT, **ride), now)
    assert answer.outcome == outcome
    fits("book", answer)


def test_a_booking_is_held_at_most_until_its_train_leaves(small: Engine) -> None:
    answer = book(small, request(ADULT, date="2026-11-22", train="G2"), NOW)
    assert (answer.slots["until_day"], answer.slots["until_time"]) == ("2026-11-22", "14:02")


def test_an_order_is_told_to_who_knows_number_and_document(railway: Engine) -> None:
    number = book(railway, request(ADULT, SECOND), NOW).slots["number"]
    for tail in (ADULT[-4:], SECOND[-4:]):
        answer = order(railway, number, tail, NOW)
        fits("booking_order", answer)
        assert answer.outcome == "held"
        assert (answer.slots["tickets"], answer.slots["dep"], answer.slots["from"]["zh"]) == (
            2,
            "08:02",
            "站1",
        )
    assert order(railway, "825317097", ADULT[-4:], NOW) == Answer("wrong")


def test_five_wrong_tries_lock_a_booking_for_an_hour(railway: Engine) -> None:
    number = book(railway, request(ADULT), NOW).slots["number"]
    for _ in range(4):
        assert cancel(railway, number, "0000", NOW) == Answer("wrong")
    assert order(railway, number, "0000", NOW) == Answer("locked")
    assert order(railway, number, ADULT[-4:], NOW) == Answer("locked")
    assert cancel(railway, number, ADULT[-4:], NOW + timedelta(hours=1)) == Answer("done")
    assert cancel(railway, number, ADULT[-4:], NOW + timedelta(hours=1)) == Answer("cancelled")
    assert left(railway) == SEATS


def test_staff_cancel_without_a_document(railway: Engine) -> None:
    number = book(railway, request(ADULT), NOW).slots["number"]
    assert cancel_unasked(railway, number, NOW) == "done"
    assert cancel_unasked(railway, number, NOW) == "cancelled"
    assert cancel_unasked(railway, "000000000", NOW) == "unknown"


def test_seats_taken_by_hand_come_back_and_booked_ones_do_not(railway: Engine) -> None:
    day = datetime.fromisoformat(DAY).date()
    book(railway, request(ADULT), NOW)
    with writing(railway) as session:
        assert sell(session, "G1", day, "second", 1, 5, 2) == [2, 3]
        release(session, "G1", day, "second", 1, 5, 2)
    assert left(railway) == SEATS - 1
    from ivr.errors import IvrError

    with pytest.raises(IvrError, match="ivr booking cancel"), writing(railway) as session:
        release(session, "G1", day, "second", 1, 5, 1)


@pytest.mark.parametrize(
    ("caller", "recipient"),
    [("13800001234", "13800001234"), ("+8613800001234", "13800001234"), ("02112345678", ""), ("", "")],
)
def test_a_mobile_caller_gets_a_text_message(small: Engine, caller: str, recipient: str) -> None:
    answer = book(small, request(ADULT, caller=caller), NOW)
    with reading(small) as session:
        messages = session.scalars(select(OutgoingSms)).all()
        assert [message.recipient for message in messages] == [recipient] * bool(recipient)
        for message in messages:
            number = answer.slots["number"]
            spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
            assert message.text == (
                f"您已预订11月24日G1次，站1 08:02开，到站5，二等座1张，订单号{spaced}。"
                "请于11月23日12:00前凭身份证取票，逾期自动取消。"
            )


def test_a_case_is_opened_once_for_a_call(railway: Engine) -> None:
    details = {"people": "12", "from": "S1"}
    number = open_case(railway, "group", details, "c1", CALLER, NOW)
    assert open_case(railway, "group", details, "c1", CALLER, NOW) == number
    assert open_case(railway, "group", details, "c2", CALLER, NOW) != number
    with reading(railway) as session:
        case = session.get_one(Case, number)
        assert (case.kind, case.status, case.caller, case.caller_masked) == (
            "group",
            "open",
            CALLER,
            "138****1234",
        )
