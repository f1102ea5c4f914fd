"""Fares over the project's own data: what holds for every ride, whatever its basis."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ivr.rail.fare_choice import Priced, itemised, known_fares, price, rules_of
from ivr.rail.seats import class_of
from ivr.rail.source import Ride
from ivr.store.database import open_engine, reading
from ivr.store.models.rail import RailTrain
from ivr.store.rail_source import SqlRailSource

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[SqlRailSource]:
    engine = open_engine(f"sqlite:///{shutil.copy(railway, tmp_path_factory.mktemp('fares') / 'ivr.db')}")
    with reading(engine) as session:
        yield SqlRailSource(session)
    engine.dispose()


@pytest.fixture(scope="module")
def asked(source: SqlRailSource) -> list[tuple[str, str, Ride]]:
    """80 rides of trains chosen at random, the same at each run."""
    chance = random.Random(12306)
    trains = sorted(source._session.query(RailTrain.train).all())
    rides = []
    for (train,) in chance.sample(trains, 80):
        _, stops = source.run(train)
        first, last = sorted(chance.sample(range(len(stops)), 2))
        ends = stops[first].station.telecode, stops[last].station.telecode
        rides.append((*ends, next(ride for ride in source.rides(*ends) if ride.train == train)))
    return rides


def priced(source: SqlRailSource, asked: tuple[str, str, Ride], passenger: str) -> Priced | None:
    origin, destination, ride = asked
    return next(iter(price(source, [ride], origin, destination, TODAY, passenger)), None)


def test_every_ride_has_one_basis_and_only_classes_that_its_train_has(source, asked) -> None:
    bases: Counter[str] = Counter()
    for origin, destination, ride in asked:
        found = priced(source, (origin, destination, ride), "adult")
        if found is None:
            bases["unknown"] += 1
            continue
        bases[found.basis] += 1
        assert {class_of(place) for place in found.fares} <= set(source.seats([ride.train])[ride.train])
        published = known_fares(source, [ride], origin, destination)[ride.train]
        assert (found.basis == "table") == bool(published)
        if published:
            assert {place: fare.jiao for place, fare in found.fares.items()} == published
        else:
            assert found.basis == ("estimate" if ride.kind in "GDC" else "formula")
            assert found.km
        shown = itemised(rules_of(source, TODAY), found)
        assert {p: f.jiao for p, f in shown.fares.items()} == {p: f.jiao for p, f in found.fares.items()}
    assert min(bases["table"], bases["formula"], bases["estimate"]) > 5, bases


@pytest.mark.parametrize("passenger", ["child", "student", "disabled"])
def test_nobody_pays_more_than_an_adult(source, asked, passenger: str) -> None:
    compared = 0
    for ride in asked:
        full, paid = priced(source, ride, "adult"), priced(source, ride, passenger)
        if full is None or paid is None or full.basis != paid.basis:
            continue
        compared += 1
        for place, fare in paid.fares.items():
            assert 0 < fare.jiao <= full.fares[place].jiao
            assert fare.jiao % 5 == 0
    assert compared > 15
