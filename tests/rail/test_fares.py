"""Which fare a ride has and how callers hear of it, over the small railway of conftest.py."""

from __future__ import annotations

import json
from datetime import date

import pytest

from ivr.rail.answers import Answer
from ivr.rail.fare_choice import Priced, itemised, price, rules_of
from ivr.rail.fare_formula import Fare, Item
from ivr.rail.fare_rules import read_fare_book
from ivr.rail.queries import ask
from ivr.settings import PROJECT

BOOK = read_fare_book(json.loads((PROJECT / "data" / "fare_rules.json").read_text("utf-8")))
TODAY = date(2026, 11, 22)


@pytest.fixture
def measured(source):
    """Rules, and kilometres of every ride."""
    source.book = BOOK
    source.leg_lengths = {"G1": 1318.0, "D2": 1318.0, "K1": 1463.4}
    return source


def told(answer: Answer) -> list[tuple[str, ...]]:
    """(kind if named, class, slot, amount) of each item."""
    return [
        (
            *([item["kind"]["code"]] if "kind" in item else []),
            item["class"]["code"],
            *next((slot, item[slot]) for slot in item if slot not in ("kind", "class")),
        )
        for item in answer.items
    ]


def test_published_fares_by_kind_and_class(asked) -> None:
    answer = asked("fares", from_="VNP", to="SHH", date="2026-11-22")
    assert told(answer) == [("ordinary", "hard_seat", "fare", "177.5"), ("hard_sleeper", "fare", "304.5")]
    assert (answer.outcome, answer.slots["count"]) == ("found", 1)
    assert "estimates" not in answer.slots


def test_on_the_way_those_on_which_trains_agree(asked) -> None:
    assert told(asked("fares", from_="NKH", to="AOH")) == [("G", "second", "fare", "134.5")]
    assert asked("fares", from_="NKH", to="SHH").outcome == "none"
    assert asked("fares", from_="SHH", to="NKH").outcome == "none"


def test_what_is_reckoned_is_said_to_be(asked, measured) -> None:
    answer = asked("fares", from_="VNP", to="AOH")
    assert told(answer) == [("G", "second", "fare", "553"), ("D", "second", "about", "406.5")]
    assert (answer.slots["count"], answer.slots["estimates"]) == (2, 1)
    assert [item["class"]["code"] for item in asked("train_fares", train="D2").items] == ["second"]


def test_each_kind_of_train_has_its_own_basis(asked, measured) -> None:
    measured.left_fares["VNP", "AOH"] = {"D2": {"second": 3090}}
    assert told(asked("fares", from_="VNP", to="AOH")) == [
        ("G", "second", "about", "554"),
        ("D", "second", "fare", "309"),
    ]


def test_trains_that_differ_cost_from_the_cheapest_on_and_published_fares_silence_reckoned_ones(
    asked, measured
) -> None:
    measured.runs["G3"] = ("G", measured.runs["G1"][1])
    measured.seat_rows["G3"] = {"second": 5, "first": 5}
    measured.leg_lengths["G3"] = 1000.0
    assert told(asked("fares", from_="VNP", to="AOH"))[0] == ("G", "second", "fare", "553")
    measured.left_fares["VNP", "AOH"]["G3"] = {"second": 5000, "first": 9330}
    assert told(asked("fares", from_="VNP", to="AOH"))[:2] == [
        ("G", "second", "fare_from", "500"),
        ("first", "fare", "933"),
    ]
    del measured.left_fares["VNP", "AOH"]
    assert told(asked("fares", from_="VNP", to="AOH"))[0] == ("G", "second", "about_from", "437")


def test_fares_of_a_train_tell_each_berth(asked) -> None:
    answer = asked("train_fares", train="K1", date="2026-11-22")
    assert [i["class"]["zh"] for i in answer.items] == ["硬座", "硬卧上铺", "硬卧下铺"]
    assert asked("train_fares", train="D2").outcome == "unknown"
    assert asked("train_fares", train="K404").outcome == "none"


def test_fares_of_a_train_between_two_stations(asked, measured) -> None:
    answer = asked("ride_fares", train="K1", from_="NKH", to="SHH")
    assert [item["class"]["code"] for item in answer.items] == [
        "hard_seat",
        "hard_sleeper_upper",
        "hard_sleeper_middle",
        "hard_sleeper_lower",
    ]
    assert answer.slots["estimates"] == answer.slots["count"] == 4
    assert asked("ride_fares", train="K1", from_="SHH", to="NKH").outcome == "no_ride"
    assert asked("ride_fares", train="K1", from_="NKH", to="AOH").outcome == "no_ride"
    assert asked("ride_fares", train="K404", from_="NKH", to="AOH").outcome == "none"


def test_other_passengers(asked, measured) -> None:
    def of(passenger: str, **args: str) -> dict[str, str]:
        answer = asked("train_fares", passenger=passenger, **args)
        return {item["class"]["code"]: item["fare"] for item in answer.items}

    assert of("adult", train="K1")["hard_sleeper_lower"] == "326.5"
    assert of("child", train="K1") == {
        "hard_seat": "89",
        "hard_sleeper_upper": "216",
        "hard_sleeper_lower": "238",
    }
    assert of("disabled", train="K1")["hard_sleeper_upper"] == "157.5"
    assert of("student", train="G1") == {"second": "415"}
    assert of("child", train="G1") == {"second": "276.5"}


def test_without_rules_only_adults_have_fares(asked, source) -> None:
    assert asked("train_fares", train="K1", passenger="child").outcome == "unknown"
    source.book = BOOK
    assert asked("train_fares", train="K1", passenger="child", date="1990-01-01").outcome == "unknown"
    assert rules_of(source, date(1990, 1, 1)) is None


def test_a_train_that_no_rule_knows_has_its_published_fares_only(asked, measured) -> None:
    measured.runs["K1"] = ("X", measured.runs["K1"][1])
    assert told(asked("train_fares", train="K1"))[0] == ("hard_seat", "fare", "177.5")
    assert asked("train_fares", train="K1", passenger="child").outcome == "unknown"
    assert asked("ride_fares", train="K1", from_="NKH", to="SHH").outcome == "unknown"


def test_a_passenger_who_is_none_is_refused(source) -> None:
    with pytest.raises(ValueError, match="'baby' is no kind of passenger"):
        ask(source, "train_fares", {"train": "K1", "passenger": "baby"}, TODAY)


def test_a_ride_knows_its_basis_its_length_and_the_items_of_its_fares(measured) -> None:
    rides = [ride._replace(km=1463.4) for ride in measured.rides("VNP", "SHH")]
    (priced,) = price(measured, rides, "VNP", "SHH", TODAY)
    assert (priced.basis, priced.km) == ("table", 1463)
    assert priced.fares["hard_seat"] == Fare((Item("table", 1775),))
    shown = itemised(rules_of(measured, TODAY), priced)
    assert [item.what for item in shown.fares["hard_seat"].items][:3] == ["seat", "speed", "air_conditioning"]
    assert {place: fare.jiao for place, fare in shown.fares.items()} == {
        place: fare.jiao for place, fare in priced.fares.items()
    }
    reckoned = Priced(rides[0], "formula", priced.fares)
    assert itemised(rules_of(measured, TODAY), reckoned) == reckoned
    assert itemised(None, priced) == priced


def test_the_timetable_s_own_kilometres_come_first(measured) -> None:
    rides = [ride._replace(km=0.2) for ride in measured.rides("NKH", "SHH")]
    (priced,) = price(measured, rides, "NKH", "SHH", TODAY)
    assert (priced.basis, priced.km) == ("formula", 1)
