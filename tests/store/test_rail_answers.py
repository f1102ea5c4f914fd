"""Answers about trains against the files of ``data/``, by a second calculation that shares nothing with the hotline's.

It reads the CSV files itself and looks at every stop of every train; no SQL, no module of ``ivr.rail``.
"""

from __future__ import annotations

import csv
import random
import shutil
import statistics
import time as stopwatch
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ivr.rail.answers import Answer
from ivr.rail.queries import ask
from ivr.settings import PROJECT
from ivr.store.database import Engine, open_engine, reading
from ivr.store.rail_source import SqlRailSource

DATA = PROJECT / "data"
TODAY = date(2026, 11, 22)
TOMORROW = "2026-11-23"
PAIRS = 2000
CONNECTED_PAIRS = 60
SEED = 20261122

#: train → its stops: station, arr and dep in minutes of the service day (None at the ends)
Runs = dict[str, list[tuple[str, int | None, int | None]]]


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def minutes(clock: str) -> int | None:
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest) if clock else None


def clock(total: int) -> str:
    return f"{total // 60:02d}:{total % 60:02d}"


@cache
def runs() -> Runs:
    found: Runs = defaultdict(list)
    for row in rows("timetable.csv"):
        found[row["train"]].append((row["station"], minutes(row["arr"]), minutes(row["dep"])))
    return dict(found)


@cache
def trains_at() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for train, stops in runs().items():
        for station, _, _ in stops:
            found[station].add(train)
    return dict(found)


@cache
def cities() -> dict[str, str]:
    """Of the stations with trains that bear the name of their city."""
    return {
        row["telecode"]: row["city"]
        for row in rows("stations.csv")
        if row["city"] and row["name"].startswith(row["city"]) and row["telecode"] in trains_at()
    }


def legs(origin: str) -> Iterator[tuple[str, str, int, int]]:
    """Every ride from ``origin``: train, where to, departure within the day of boarding, minutes under way."""
    for train in trains_at()[origin]:
        left: int | None = None
        for station, arr, dep in runs()[train]:
            if left is not None:
                assert arr is not None
                yield train, station, left % 1440, arr - left
            if station == origin:
                left = dep


@cache
def legs_by_end(origin: str) -> dict[str, list[tuple[str, str, int, int]]]:
    found: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
    for leg in legs(origin):
        found[leg[1]].append(leg)
    return dict(found)


def direct(origin: str, destination: str) -> list[tuple[str, str, str, int]]:
    """departure, train, arrival, minutes under way; by departure"""
    found = [
        (dep, dep + takes, train, takes) for train, _, dep, takes in legs_by_end(origin).get(destination, ())
    ]
    return [(clock(dep), train, clock(arr), takes) for dep, arr, train, takes in sorted(found)]


def pairs(number: int, weigh: bool) -> list[tuple[str, str]]:
    rng = random.Random(SEED)
    stations = sorted(trains_at())
    weights = [len(trains_at()[station]) if weigh else 1 for station in stations]
    found: list[tuple[str, str]] = []
    while len(found) < number:
        one, other = rng.choices(stations, weights, k=2)
        if one != other:
            found.append((one, other))
    return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{shutil.copy(railway, tmp_path_factory.mktemp('answers') / 'ivr.db')}")
    yield engine
    engine.dispose()


@pytest.fixture
def asked(engine: Engine) -> Iterator[Any]:
    with reading(engine) as session:
        source = SqlRailSource(session)

        def run(name: str, now: time | None = None, **args: str) -> Answer:
            return ask(source, name, {key.rstrip("_"): value for key, value in args.items()}, TODAY, now)

        yield run


def listed(answer: Answer) -> list[tuple[str, str, str, int]]:
    return [(item["dep"], item["train"], item["arr"], item["duration"]) for item in answer.items]


def test_direct_trains_of_two_thousand_pairs(asked) -> None:
    outcomes: dict[str, int] = defaultdict(int)
    for origin, destination in [*pairs(PAIRS // 2, weigh=True), *pairs(PAIRS // 2, weigh=False)]:
        expected = direct(origin, destination)
        answer = asked("timetable", from_=origin, to=destination, date=TOMORROW, period="all")
        outcomes[answer.outcome] += 1
        if expected:
            assert answer.outcome == ("one" if len(expected) == 1 else "many")
            assert answer.slots["total"] == len(expected)
            assert listed(answer) == expected, (origin, destination)
        else:
            assert answer.outcome in ("none", "nearby"), (origin, destination)
    # The sample must show each kind of answer often enough to mean something.
    assert min(outcomes[name] for name in ("none", "nearby", "one", "many")) > 15, outcomes


def test_first_last_and_fastest_and_what_is_left_today(asked) -> None:
    seen = 0
    now = time(9, 30)
    for origin, destination in pairs(PAIRS // 4, weigh=True):
        whole = direct(origin, destination)
        left = [train for train in whole if train[0] >= "09:30"]
        if not whole:
            continue
        answer = asked("timetable", now, from_=origin, to=destination, date=TODAY.isoformat(), period="all")
        assert listed(answer) == left, (origin, destination)
        if not left:
            assert (answer.outcome, answer.slots["last"], answer.slots["first"]) == (
                "gone",
                whole[-1][1],
                whole[0][1],
            )
        if len(whole) > 6:
            slots = asked("timetable", from_=origin, to=destination, date=TOMORROW).slots
            fastest = min(whole, key=lambda train: (train[3], train[0]))
            assert (slots["first"], slots["first_dep"]) == (whole[0][1], whole[0][0])
            assert (slots["last"], slots["last_dep"]) == (whole[-1][1], whole[-1][0])
            assert (slots["fastest"], slots["fastest_duration"]) == (fastest[1], fastest[3])
            seen += 1
    assert seen > 20


@cache
def places_of(name: str, *keys: str) -> dict[tuple[str, ...], dict[str, float]]:
    """Of a file of fares: key → place → yuan."""
    return {
        tuple(row[key] for key in keys): {
            place: float(yuan) for place, yuan in row.items() if place not in keys and yuan
        }
        for row in rows(name)
    }


@cache
def seats_in() -> dict[str, dict[str, int]]:
    """train → class → seats"""
    formations = {(row["formation"], row["class"]): int(row["seats"]) for row in rows("seats.csv")}
    return {
        row["train"]: {name: formations[row["formation"], name] for name in row["classes"].split("|")}
        for row in rows("trains.csv")
    }


@cache
def kinds() -> dict[str, str]:
    return {row["train"]: row["kind"] for row in rows("trains.csv")}


def tickets(origin: str, destination: str) -> set[tuple[str, str, int, float | None]]:
    """train, class, seats, lowest published fare: the train's own from its origin, else that of its kind"""
    found = set()
    for train, *_ in legs_by_end(origin).get(destination, ()):
        stations = [station for station, _, _ in runs()[train]]
        own: dict[str, float] = {}
        if stations[0] == origin:
            own = places_of("fares.csv", "train", "seq").get(
                (train, str(stations.index(destination) + 1)), {}
            )
        fares = own or places_of("pair_fares.csv", "origin", "destination", "kind").get(
            (origin, destination, kinds()[train]), {}
        )
        for name, seats in seats_in()[train].items():
            of_class = [yuan for place, yuan in fares.items() if place.startswith(name)]
            found.add((train, name, seats, min(of_class, default=None)))
    return found


def test_seats_and_published_fares_of_a_thousand_pairs(asked) -> None:
    """Nothing is sold yet: all seats of each train's formation are left."""
    told = priced = 0
    for origin, destination in pairs(PAIRS // 2, weigh=True):
        answer = asked("tickets", from_=origin, to=destination, date=TOMORROW)
        got = {
            (
                item["train"],
                item["class"]["code"],
                item["left"],
                float(item["fare"]) if "fare" in item else None,
            )
            for item in answer.items
        }
        assert got == tickets(origin, destination), (origin, destination)
        told += len(got)
        priced += sum(fare is not None for *_, fare in got)
    assert told > 5000
    assert told > priced > 1000


def best_connections(origin: str, destination: str, ready: int) -> list[tuple[int, int]]:
    """(minutes under way, arrival) of every way with one change, by trying each pair of trains."""
    first = [leg for leg in legs(origin) if leg[2] >= ready]
    through = {leg[0] for leg in legs_by_end(origin).get(destination, ())}
    found = []
    for train, station, dep, takes in first:
        city = cities().get(station)
        for other in {station, *(code for code, of in cities().items() if of == city)}:
            need = dep + takes + (20 if other == station else 90)
            for second, _, leaves, rides in legs_by_end(other).get(destination, ()):
                if not {train, second} & through:
                    days = max(0, -(-(need - leaves) // 1440))
                    arr = leaves + days * 1440 + rides
                    found.append((arr - dep, arr))
    return found


def test_best_connections_by_trying_everything(asked) -> None:
    tried = told = 0
    for origin, destination in pairs(PAIRS, weigh=False):
        if direct(origin, destination) or len(trains_at()[origin]) > 60 or tried == CONNECTED_PAIRS:
            continue
        tried += 1
        for now, ready in ((None, 0), (time(9, 30), 570)):
            day = TOMORROW if now is None else TODAY.isoformat()
            answer = asked("connections", now, from_=origin, to=destination, date=day)
            possible = best_connections(origin, destination, ready)
            if not possible:
                assert answer.outcome == "none"
                continue
            told += 1
            best = min(possible) if now is None else min((arr, takes) for takes, arr in possible)
            item = answer.items[0]
            got = (item["duration"], minutes(item["arr"]))
            assert (got if now is None else got[::-1]) == best, (origin, destination, now)
    assert tried == CONNECTED_PAIRS
    assert told > CONNECTED_PAIRS


def test_departures_of_busy_and_quiet_stations(asked) -> None:
    rng = random.Random(SEED)
    for station in rng.sample(sorted(trains_at()), 60):
        leaving = sorted(
            (dep % 1440 + day, train)
            for train in trains_at()[station]
            for code, _, dep in runs()[train]
            if code == station and dep is not None
            for day in (0, 1440)
        )
        expected = [(clock(dep), train) for dep, train in leaving if 1320 <= dep < 1320 + 1440][:9]
        answer = asked("departures", time(22, 0), from_=station, date=TODAY.isoformat())
        assert [(item["dep"], item["train"]) for item in answer.items] == expected, station


def test_connections_are_found_while_a_caller_waits(asked) -> None:
    """The project's measure is 20 ms for 99 of 100 on a quiet machine (benchmarks/rail_answers.py); here the
    median's processor time is bounded, since tests run side by side."""
    without = [pair for pair in pairs(400, weigh=True) if not direct(*pair)][:100]
    took = []
    for origin, destination in without:
        began = stopwatch.process_time()
        asked("connections", from_=origin, to=destination, date=TOMORROW)
        took.append(stopwatch.process_time() - began)
    assert statistics.median(took) < 0.05


def test_every_city_with_trains_has_an_area_code_and_gives_its_stations(asked) -> None:
    codes = {row["city"]: row["code"] for row in rows("area_codes.csv")}
    served = set(trains_at())
    for row in rows("stations.csv"):
        if row["telecode"] in served and row["city"]:
            assert row["city"] in codes, row
    answer = asked("find_station", keys=codes["凯里"])
    assert answer.items[0]["station"]["zh"] == "凯里"
