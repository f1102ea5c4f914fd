"""The fare formula: the worked example step by step, and what holds for every distance."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.rail.fare_formula import (
    LONGEST_KM,
    Fare,
    Item,
    billing_km,
    emu_fares,
    explained,
    ordinary_fares,
    reduced,
    reduced_emu,
    tapered_km,
)
from ivr.rail.fare_rules import PASSENGERS, FareRules, Service, read_fare_book
from ivr.rail.seats import BERTHS, class_of
from ivr.settings import PROJECT

BOOK = read_fare_book(json.loads((PROJECT / "data" / "fare_rules.json").read_text("utf-8")))
RULES = BOOK.on(date(2026, 11, 22))

km = st.integers(1, LONGEST_KM)
services = st.builds(
    Service,
    kinds=st.just(()),
    numbers=st.none(),
    trains=st.just(frozenset()),
    emu=st.just(""),
    speed=st.integers(0, 2),
    air=st.sampled_from(["none", "plain", "new"]),
)


def service(train: str, rules: FareRules = RULES) -> Service:
    found = rules.service(train, train[0] if train[0].isalpha() else "0")
    assert found is not None
    return found


def fares(train: str, distance: int, rules: FareRules = RULES) -> dict[str, Fare]:
    return ordinary_fares(rules, service(train, rules), distance)


def test_t109_from_beijing_to_shanghai_step_by_step() -> None:
    assert billing_km(1463, RULES.distance.bands) == 1475
    assert tapered_km(Decimal(1475), RULES.distance.taper) == Decimal("1202.5")
    hard = fares("T109", 1463)["hard_seat"]
    assert [(item.what, item.jiao) for item in hard.items] == [
        ("seat", 1080),
        ("speed", 420),
        ("air_conditioning", 270),
        ("fund", 10),
        ("waiting_room", 10),
        ("insurance_off", -15),
    ]
    seat = hard.items[0]
    assert (seat.rate, seat.km) == (Decimal("0.05861"), Decimal("1202.5"))
    assert seat.how == "1202.5 km × 0.05861 = 70.48 + 1.5 insurance → 72 × 150 % → 108"
    assert hard.jiao == 1775


def test_the_real_fares_of_t109_are_met_but_for_berths_that_float() -> None:
    reckoned = {place: fare.jiao for place, fare in fares("T109", 1463).items()}
    assert reckoned["hard_sleeper_upper"] == 3045
    assert reckoned["soft_sleeper_upper"] == 4765
    assert (reckoned["hard_sleeper_lower"], reckoned["soft_sleeper_lower"]) == (
        3255,
        4975,
    )  # published: 344, 537


@pytest.mark.parametrize(
    ("distance", "billed"),
    [(1, 5), (10, 5), (11, 15), (200, 195), (201, 210), (221, 230), (734, 720), (1100, 1080), (1463, 1475)]
    + [(4601, 4650), (9999, 9950)],
)
def test_billing_distance_is_the_middle_of_its_band(distance: int, billed: int) -> None:
    assert billing_km(distance, RULES.distance.bands) == billed


def test_short_rides_pay_least_distances_and_a_yuan_an_item() -> None:
    hard = fares("K1", 5)
    assert [(i.what, i.jiao) for i in hard["hard_seat"].items][:4] == [
        ("seat", 20),
        ("speed", 40),
        ("air_conditioning", 20),
        ("fund", 5),
    ]
    assert hard["hard_sleeper_upper"].items[-2].km == Decimal(380)  # 400 km, tapered


def test_supplements_are_those_of_the_train() -> None:
    assert fares("7505", 100)["hard_seat"].jiao < fares("1461", 100)["hard_seat"].jiao
    assert fares("1461", 100)["hard_seat"].jiao < fares("K1", 100)["hard_seat"].jiao
    assert {item.what for item in fares("7505", 100)["hard_seat"].items} == {"seat", "fund", "insurance_off"}
    assert fares("K1144", 716)["hard_seat"].jiao == 560


def test_insurance_stands_in_the_fare_before_2013() -> None:
    before = fares("T109", 1463, BOOK.on(date(2012, 12, 31)))["hard_seat"]
    assert before.jiao == 1790
    assert all(item.what != "insurance_off" for item in before.items)


@given(services, km)
def test_a_fare_is_the_sum_of_its_items_in_half_yuan(service: Service, distance: int) -> None:
    for fare in ordinary_fares(RULES, service, distance).values():
        assert fare.jiao == sum(item.jiao for item in fare.items)
        assert fare.jiao > 0
        assert fare.jiao % 5 == 0


@given(services, km, km)
def test_a_fare_never_falls_with_the_distance(service: Service, one: int, other: int) -> None:
    near = ordinary_fares(RULES, service, min(one, other))
    far = ordinary_fares(RULES, service, max(one, other))
    assert all(near[place].jiao <= far[place].jiao for place in near)


@given(services, km, st.sampled_from(PASSENGERS))
def test_nobody_pays_more_than_an_adult(service: Service, distance: int, passenger: str) -> None:
    for place, full in ordinary_fares(RULES, service, distance).items():
        paid = reduced(RULES, passenger, place, full)
        if paid is not None:
            assert 0 < paid.jiao <= full.jiao
            assert paid.jiao % 5 == 0


def test_half_fares() -> None:
    full = fares("T109", 1463)
    paid = {
        passenger: {
            place: fare.jiao
            for place in full
            if (fare := reduced(RULES, passenger, place, full[place])) is not None
        }
        for passenger in PASSENGERS
    }
    assert paid["adult"] == {place: fare.jiao for place, fare in full.items()}
    assert paid["child"]["hard_seat"] == 890
    assert paid["child"]["hard_sleeper_upper"] == 890 + 1170 + 100
    assert paid["disabled"]["hard_sleeper_upper"] == 890 + 585 + 100
    assert {class_of(place) for place in paid["student"]} == {"hard_seat", "hard_sleeper"}


def test_multiple_units_by_the_guide_price() -> None:
    emu = RULES.emu[service("D1").emu]
    assert {place: fare.jiao for place, fare in emu_fares(emu, 2298).items()} == {
        "second": 7090,
        "first": 8505,
    }
    assert service("G1").emu == "300"
    fast = emu_fares(RULES.emu["300"], 1318)
    assert {place: fare.jiao for place, fare in fast.items()} == {"second": 5540}  # published: 553


@given(st.sampled_from(["200", "300"]), km, km)
def test_an_estimate_never_falls_with_the_distance(name: str, one: int, other: int) -> None:
    near, far = (emu_fares(RULES.emu[name], distance) for distance in sorted((one, other)))
    assert all(near[place].jiao <= far[place].jiao for place in near)


def test_shares_of_a_multiple_unit_s_fare() -> None:
    full = Fare((Item("table", 5530),))
    assert [reduced_emu(RULES, who, "second", full).jiao for who in PASSENGERS] == [5530, 2765, 4150, 2765]
    assert reduced_emu(RULES, "student", "first", full) is None
    assert reduced_emu(RULES, "child", "soft_sleeper_upper", full) is None


@given(services, km, st.integers(-50, 500))
def test_published_fares_are_taken_apart_as_the_formula_made_them(
    service: Service, distance: int, floated: int
) -> None:
    made = ordinary_fares(RULES, service, distance)
    known = {place: fare.jiao for place, fare in made.items()}
    known["hard_sleeper_lower"] += floated
    parts = explained(RULES, service, known)
    assert {place: fare.jiao for place, fare in parts.items()} == known
    whole = {place: [i.what for i in fare.items] for place, fare in made.items()}
    assert {place: [i.what for i in fare.items] for place, fare in parts.items()} == whole


def test_what_the_formula_cannot_make_is_not_explained() -> None:
    assert explained(RULES, service("T109"), {"hard_sleeper_lower": 3440}) == {}
    assert explained(RULES, service("T109"), {"hard_seat": 1776}) == {}
    assert set(explained(RULES, service("T109"), {"hard_seat": 1775, "soft_seat": 9999})) == {"hard_seat"}
    floated = explained(RULES, service("T109"), {"hard_seat": 1775, "hard_sleeper_lower": 3440})
    assert floated["hard_sleeper_lower"].items[-2] == Item(
        "berth", 1565, Decimal("0.07619"), Decimal("1202.5")
    )
    assert set(BERTHS) <= set(fares("T109", 1463))
