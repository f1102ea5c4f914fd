"""Fare rules as data: versions by date, and every fault named by its place."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest

from ivr.rail.fare_rules import read_fare_book
from ivr.settings import PROJECT

DOCUMENT = json.loads((PROJECT / "data" / "fare_rules.json").read_text("utf-8"))


@pytest.fixture
def document() -> Any:
    return copy.deepcopy(DOCUMENT)


def test_the_version_that_came_last_holds(document: Any) -> None:
    dearer = {**document["fees"][0], "valid_from": "2027-01-01", "sleeper": 200}
    document["fees"].append(dearer)
    book = read_fare_book(document)
    assert book.on(date(2026, 12, 31)).fees.sleeper == 100
    assert book.on(date(2027, 1, 1)).fees.sleeper == 200
    assert book.on(date(2012, 12, 31)).insurance.off_step == 0
    assert book.on(date(2013, 1, 1)).insurance.off_step == 5
    with pytest.raises(LookupError, match="no fare rule 'distance' holds on 1990-01-01"):
        book.on(date(1990, 1, 1))


def test_the_first_service_that_fits_is_the_train_s() -> None:
    rules = read_fare_book(DOCUMENT).on(date(2016, 10, 1))
    told = {
        train: (found.emu, found.speed, found.air)
        for train, kind in (
            ("G1", "G"),
            ("C2", "C"),
            ("T109", "T"),
            ("1461", "0"),
            ("7505", "0"),
            ("K1144", "K"),
        )
        if (found := rules.service(train, kind))
    }
    assert told == {
        "G1": ("300", 0, ""),
        "C2": ("200", 0, ""),
        "T109": ("", 2, "new"),
        "1461": ("", 1, "new"),
        "7505": ("", 0, "none"),
        "K1144": ("", 2, "none"),
    }
    assert rules.service("9001", "0") is None
    assert rules.service("X1", "X") is None


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ([], [], "the document: must be a map"),
        (["prices"], [], "prices: no section; they are distance, ordinary"),
        (["fees"], [], r"fees: must be a list with at least one entry"),
        (["fees", 0], 7, r"fees\[0\]: must be a map"),
        (["fees", 0, "fund"], None, r"fees\[0\].fund: None must be a whole number from 0"),
        (["fees", 0, "fund"], 0.5, r"fees\[0\].fund: 0.5 must be a whole number from 0"),
        (["fees", 0, "fund"], True, r"fees\[0\].fund: True must be a whole number"),
        (["fees", 0, "valid_from"], "soon", r"fees\[0\].valid_from: 'soon' must be a date YYYY-MM-DD"),
        (
            ["insurance", 1, "valid_from"],
            "1990-01-01",
            "insurance: the versions must stand in the order of valid_from",
        ),
        (
            ["ordinary", 0, "rates", "speed", "yuan_per_km"],
            "0",
            r"speed.yuan_per_km: '0' must be a rate in yuan",
        ),
        (["ordinary", 0, "rates", "speed", "yuan_per_km"], "NaN", r"speed.yuan_per_km: 'NaN' must be a rate"),
        (
            ["ordinary", 0, "rates", "speed", "yuan_per_km"],
            "cheap",
            r"speed.yuan_per_km: 'cheap' must be a rate",
        ),
        (["ordinary", 0, "rates", "speed", "yuan_per_km"], 0.01, r"speed.yuan_per_km: 0.01 must be a text"),
        (
            ["ordinary", 0, "new_percent"],
            50,
            r"ordinary\[0\].new_percent: 50 must be a whole number from 100",
        ),
        (["distance", 0, "bands", 1, "to_km"], 100, r"bands\[1\].to_km: 100 must be a whole number from 201"),
        (
            ["distance", 0, "taper", 5, "to_km"],
            9000,
            r"taper\[5\].to_km: the last step must reach to the end: null",
        ),
        (["services", 0, "trains", 0, "kinds"], "G", r"trains\[0\].kinds: must be a list"),
        (["services", 0, "trains", 0, "kinds", 0], 7, r"kinds\[0\]: 7 must be a text"),
        (["services", 0, "trains", -1, "air"], "cold", r"air: 'cold' must be one of none, plain, new"),
        (
            ["services", 0, "trains", -1, "numbers"],
            [1, 2, 3],
            r"numbers: must be the first and the last number",
        ),
        (
            ["emu", 0, "classes", "200", "rates", "third"],
            "1",
            r"rates: 'third' is not known; there are second",
        ),
        (
            ["passengers", 0, "child", "ordinary", "classes", 0],
            "deck",
            r"classes\[0\]: 'deck' must be one of second",
        ),
        (
            ["passengers", 0, "child", "ordinary", "items", "meal"],
            5,
            r"items: 'meal' is not known; there are seat",
        ),
    ],
)
def test_a_fault_is_named_by_its_place(document: Any, place: list[Any], value: Any, told: str) -> None:
    if not place:
        document = value
    else:
        node = document
        for step in place[:-1]:
            node = node[step]
        node[place[-1]] = value
    with pytest.raises(ValueError, match=told):
        read_fare_book(document)


@pytest.mark.parametrize("name", sorted(DOCUMENT))
def test_each_section_must_be_there(document: Any, name: str) -> None:
    del document[name]
    with pytest.raises(ValueError, match=f"the document: '{name}' is missing"):
        read_fare_book(document)
