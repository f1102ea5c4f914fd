"""Trains with tickets left, each with its classes, over the small railway of conftest.py."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.rail.queries import ask
from tests.rail.conftest import FakeSource

TODAY = "2026-11-22"
TOMORROW = "2026-11-23"
ENDS = {"from_": "VNP", "to": "AOH"}
HOURS = range(6, 22, 2)


def told(answer: Answer) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(i["train"], [(c["class"]["code"], c["left"]) for c in i["classes"]]) for i in answer.items]


@pytest.fixture
def busy(source: FakeSource) -> FakeSource:
    """A train every two hours from 6 to 20, slower from hour to hour but the one at 16; none after it has seats."""
    source.runs = {
        f"G{hour}": (
            "G",
            [("VNP", None, hour * 60), ("AOH", hour * 60 + (100 if hour == 16 else 200 + hour), None)],
        )
        for hour in HOURS
    }
    source.seat_rows = {f"G{hour}": {"second": 9 if hour <= 16 else 0} for hour in HOURS}
    source.left_fares = {
        ("VNP", "AOH"): {f"G{hour}": {"second": 5000 if hour == 10 else 5530} for hour in HOURS}
    }
    return source


def test_one_item_for_a_train_with_all_its_classes_that_are_left(asked, source) -> None:
    source.seat_rows["G1"] = {"business": 10, "first": 0, "second": 518}
    answer = asked("trains_with_tickets", **ENDS, date=TODAY)
    assert answer.outcome == "many"
    assert answer.slots["count"] == 2
    assert told(answer) == [("G1", [("second", 518), ("business", 10)]), ("D2", [("second", 562)])]
    assert [c.get("fare") for c in answer.items[0]["classes"]] == ["553", None]


def test_the_fare_of_a_class_with_berths_is_that_of_the_cheapest(asked) -> None:
    answer = asked("trains_with_tickets", from_="VNP", to="SHH", date=TODAY)
    assert answer.outcome == "one"
    assert (answer.slots["train"], answer.slots["count"]) == ("K1", 1)
    fares = [(c.get("fare"), c.get("fare_from")) for c in answer.slots["classes"]]
    assert fares == [("177.5", None), (None, "304.5")]


def test_trains_without_tickets_are_counted_not_told(asked, source) -> None:
    source.seat_rows["G1"] = {"second": 0}
    answer = asked("trains_with_tickets", **ENDS, date=TODAY)
    assert (answer.outcome, answer.slots["count"], answer.slots["sold_out"]) == ("one", 1, 1)
    assert told(answer) == [("D2", [("second", 562)])]
    source.seat_rows["D2"] = {"second": 0}
    answer = asked("trains_with_tickets", **ENDS, date=TODAY)
    assert (answer.outcome, answer.slots["sold_out"]) == ("sold_out", 2)


def test_a_train_of_which_nothing_is_known_is_not_said_to_be_sold_out(asked, source) -> None:
    del source.seat_rows["G1"]
    answer = asked("trains_with_tickets", **ENDS, date=TODAY)
    assert (answer.outcome, "sold_out" in answer.slots) == ("one", False)
    source.seat_rows.clear()
    with pytest.raises(IvrError, match="nothing is known of the tickets"):
        asked("trains_with_tickets", **ENDS, date=TODAY)


def test_no_train_no_sale_and_all_have_left(asked) -> None:
    assert asked("trains_with_tickets", from_="AOH", to="VNP", date=TODAY).outcome == "none"
    assert asked("trains_with_tickets", **ENDS, date="2026-12-07").outcome == "closed"
    assert told(asked("trains_with_tickets", **ENDS, date=TODAY, now=time(9, 1)))[0][0] == "D2"
    answer = asked("trains_with_tickets", **ENDS, date=TODAY, now=time(10, 1))
    assert (answer.outcome, answer.slots["last"], answer.slots["last_dep"]) == ("gone", "D2", "10:00")
    assert asked("trains_with_tickets", **ENDS, date=TOMORROW, now=time(23, 0)).outcome == "many"


def test_many_trains_are_first_a_summary(asked, busy) -> None:
    answer = asked("trains_with_tickets", **ENDS, date=TOMORROW, now=time(9, 0))
    assert answer.outcome == "busy"
    slots = {name: answer.slots.get(name) for name in ("count", "sold_out", "first", "next", "fastest")}
    assert slots == {"count": 6, "sold_out": 2, "first": "G6", "next": None, "fastest": "G16"}
    assert answer.slots["fastest_duration"] == 100
    assert (answer.slots["lowest_fare"], answer.slots["cheapest"]) == ("500", "G10")
    today = asked("trains_with_tickets", **ENDS, date=TODAY, now=time(7, 0))
    assert (today.outcome, today.slots["next"], today.slots["count"]) == ("busy", "G8", 5)
    later = asked("trains_with_tickets", **ENDS, date=TODAY, now=time(9, 0))
    assert (later.outcome, later.slots["count"]) == ("many", 4), "four trains are told at once"


def test_the_cheapest_train_is_named_where_it_is_not_the_first(asked, busy) -> None:
    del busy.left_fares[("VNP", "AOH")]["G10"]
    answer = asked("trains_with_tickets", **ENDS, date=TOMORROW)
    assert (answer.slots["lowest_fare"], "cheapest" in answer.slots) == ("553", False)
    busy.left_fares.clear()
    assert "lowest_fare" not in asked("trains_with_tickets", **ENDS, date=TOMORROW).slots


@pytest.mark.parametrize(
    ("period", "outcome", "trains"),
    [
        ("morning", "many", ["G6", "G8", "G10"]),
        ("afternoon", "many", ["G12", "G14", "G16"]),
        ("evening", "sold_out", []),
        ("all", "many", ["G6", "G8", "G10", "G12", "G14", "G16"]),
    ],
)
def test_a_part_of_the_day(asked, busy, period, outcome, trains) -> None:
    answer = asked("trains_with_tickets", **ENDS, date=TOMORROW, period=period)
    assert (answer.outcome, [item["train"] for item in answer.items]) == (outcome, trains)


def test_a_part_of_the_day_without_trains(asked) -> None:
    answer = asked("trains_with_tickets", **ENDS, date=TOMORROW, period="evening")
    assert answer.outcome == "not_then"


def test_a_part_of_the_day_whose_trains_have_left(asked, busy) -> None:
    answer = asked("trains_with_tickets", **ENDS, date=TODAY, now=time(12, 0), period="morning")
    assert (answer.outcome, answer.slots["last"], answer.slots["last_dep"]) == ("left_then", "G10", "10:00")


@given(
    left=st.lists(st.integers(0, 2), min_size=len(HOURS), max_size=len(HOURS)),
    hour=st.integers(0, 23),
    period=st.sampled_from(["", "morning", "afternoon", "evening", "all"]),
)
def test_no_train_is_told_twice_left_out_or_without_tickets(left, hour, period) -> None:
    source = FakeSource()
    source.runs = {f"G{h}": ("G", [("VNP", None, h * 60), ("AOH", h * 60 + 300, None)]) for h in HOURS}
    source.seat_rows = {f"G{h}": {"second": number} for h, number in zip(HOURS, left, strict=True)}
    args = {"from": "VNP", "to": "AOH", "date": TODAY}
    whole = [args | ({"period": period} if period else {}), args]
    answer, tickets = (
        ask(source, name, given, date(2026, 11, 22), time(hour, 0))
        for name, given in zip(("trains_with_tickets", "tickets"), whole, strict=True)
    )
    begin, end = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24)}.get(period, (0, 24))
    then = [h for h in HOURS if hour <= h and begin <= h < end]
    there = {item["train"] for item in tickets.items}
    assert [item["train"] for item in answer.items] == [f"G{h}" for h in then if f"G{h}" in there]
    if then:
        assert answer.slots.get("count", 0) + answer.slots.get("sold_out", 0) == len(then)
    assert (answer.outcome == "busy") == (not period and len(answer.items) > 4)
