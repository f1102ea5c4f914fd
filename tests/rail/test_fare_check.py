"""The formula and the estimates against real fares of 2016; ``docs/fares.md`` states the figures that this test finds."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from ivr.rail.fare_formula import Fare, billing_km, emu_fares, ordinary_fares
from ivr.rail.fare_rules import Service, read_fare_book
from ivr.settings import PROJECT

DATA = PROJECT / "data"
CHECK = Path(__file__).parent / "data" / "fare_check.csv"
RULES = read_fare_book(json.loads((DATA / "fare_rules.json").read_text("utf-8"))).on(date(2016, 10, 1))
#: Each billing distance, with a distance that has it.
CELLS = {billing_km(km, RULES.distance.bands): km for km in range(1, 6000)}

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def kind_of(train: str) -> str:
    return train[0] if train[0].isalpha() else "0"


def jiao(yuan: str) -> int:
    return round(float(yuan) * 10)


@cache
def reckoned(service: Service, km: int) -> dict[str, Fare]:
    return ordinary_fares(RULES, service, km)


def why(service: Service, km: int, real: int) -> str:
    """equal; or the band of the billing distance at which the formula would give the real fare: next, other, none."""
    if reckoned(service, km)["hard_seat"].jiao == real:
        return "equal"
    bands = sorted(CELLS)
    here = bands.index(billing_km(km, RULES.distance.bands))
    fitting = [n for n, band in enumerate(bands) if reckoned(service, CELLS[band])["hard_seat"].jiao == real]
    if not fitting:
        return "none"
    return "next" if min(abs(n - here) for n in fitting) == 1 else "other"


def judged() -> Iterator[tuple[Row, str]]:
    known: dict[tuple[Service, int, int], str] = {}
    for row in read(CHECK):
        service = RULES.service(row["train"], kind_of(row["train"]))
        if service is not None:
            case = service, max(round(float(row["km"])), 1), jiao(row["hard_seat"])
            if case not in known:
                known[case] = why(*case)
            yield row, known[case]


@pytest.fixture(scope="module")
def found() -> dict[str, Counter[str]]:
    """Group of rows → how many are equal, next, other, none."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for row, verdict in judged():
        lettered = kind_of(row["train"]) in "KTZ"
        sound = row["sound"] == "yes"
        for group, belongs in (
            ("K, T, Z trains", lettered),
            ("of these, km of line tables", lettered and row["km_from"] == "line"),
            ("of these, km of the timetable", lettered and row["km_from"] == "source"),
            ("trains without an impossible segment", lettered and sound),
            ("of these, km of line tables only", lettered and sound and row["km_from"] == "line"),
            ("trains without a letter", kind_of(row["train"]) == "0"),
        ):
            if belongs:
                groups[group][verdict] += 1
    return groups


def stated(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading of docs/fares.md, by their first cell."""
    text = (PROJECT / "docs" / "fares.md").read_text("utf-8").partition(f"## {heading}\n")[2]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return {row[0]: row[1:] for row in rows[2:]}


def test_the_formula_agrees_at_least_as_far_as_it_is_known_to(found: dict[str, Counter[str]]) -> None:
    def share(group: str) -> float:
        return found[group]["equal"] / found[group].total()

    assert share("K, T, Z trains") >= 0.78
    assert share("of these, km of line tables") >= 0.86
    assert found["K, T, Z trains"].total() > 5000


def test_the_page_states_these_figures(found: dict[str, Counter[str]]) -> None:
    assert stated("How far the formula agrees") == {
        group: [
            f"{counts.total():,}",
            f"{counts['equal']:,} ({counts['equal'] / counts.total():.1%})",
            *(f"{counts[verdict]:,}" for verdict in ("next", "other", "none")),
        ]
        for group, counts in found.items()
    }


def berths() -> Iterator[tuple[str, bool]]:
    """Berth, and whether its published fare is the formula's, wherever the hard seat of the train is."""
    service_of = {row["train"]: RULES.service(row["train"], row["kind"]) for row in read(DATA / "trains.csv")}
    km = {(row["train"], row["seq"]): row["km"] for row in read(DATA / "timetable.csv")}
    for row in read(DATA / "fares.csv"):
        service, length = service_of[row["train"]], km[row["train"], row["seq"]]
        if service is None or service.emu or not length or not row["hard_seat"]:
            continue
        made = reckoned(service, max(round(float(length)), 1))
        if made["hard_seat"].jiao == jiao(row["hard_seat"]):
            for place in (
                "hard_sleeper_upper",
                "hard_sleeper_middle",
                "hard_sleeper_lower",
                "soft_sleeper_upper",
            ):
                if row[place]:
                    yield place, made[place].jiao == jiao(row[place])


def test_upper_berths_follow_the_formula_and_lower_ones_float() -> None:
    rows, equal = Counter[str](), Counter[str]()
    for place, same in berths():
        rows[place] += 1
        equal[place] += same
    assert equal["hard_sleeper_upper"] / rows["hard_sleeper_upper"] > 0.95
    assert stated("Berths") == {
        place: [f"{rows[place]:,}", f"{equal[place]:,} ({equal[place] / rows[place]:.1%})"] for place in rows
    }


def estimates() -> Iterator[tuple[str, float]]:
    """Kind of train, and by how much its estimate is off the published second-class fare; each pair and fare once."""
    stops = {(row["train"], row["seq"]): row for row in read(DATA / "timetable.csv")}
    seen = set()
    for row in read(DATA / "fares.csv"):
        stop = stops[row["train"], row["seq"]]
        service = RULES.service(row["train"], row["train"][0])
        if service is None or not service.emu or not stop["km"] or not row["second"]:
            continue
        case = (
            row["train"][0],
            stops[row["train"], "1"]["station"],
            stop["station"],
            stop["km"],
            row["second"],
        )
        if case not in seen:
            seen.add(case)
            made = emu_fares(RULES.emu[service.emu], max(round(float(stop["km"])), 1))["second"].jiao
            yield row["train"][0], abs(made - jiao(row["second"])) / jiao(row["second"])


def within(errors: Iterable[float], limit: float) -> int:
    return sum(error <= limit for error in errors)


def test_estimates_are_as_far_off_as_the_page_says() -> None:
    errors: dict[str, list[float]] = defaultdict(list)
    for kind, error in estimates():
        errors[kind].append(error)
    assert all(within(found, 0.2) / len(found) > 0.5 for found in errors.values())
    assert stated("Estimates for multiple units") == {
        kind: [
            f"{len(found):,}",
            *(
                f"{within(found, limit):,} ({within(found, limit) / len(found):.0%})"
                for limit in (0.05, 0.1, 0.2)
            ),
        ]
        for kind, found in errors.items()
    }


def leg_by_leg() -> Iterator[tuple[str, bool | None]]:
    """How the length of a ride from the origin of an ordinary train is known, and whether the formula gives the
    published hard seat over it."""
    service_of = {row["train"]: RULES.service(row["train"], row["kind"]) for row in read(DATA / "trains.csv")}
    published = {(row["train"], row["seq"]): row["hard_seat"] for row in read(DATA / "fares.csv")}
    legs = {
        (row["one"], row["other"]): float(row["km"])
        for row in read(DATA / "leg_km.csv")
        if row["fast"] == "no"
    }
    before: Row = {}
    length: float | None = None
    for stop in read(DATA / "timetable.csv"):
        here, there = sorted((before.get("station", ""), stop["station"]))
        leg = legs.get((here, there))
        length = 0 if stop["seq"] == "1" else None if length is None or leg is None else length + leg
        before = stop
        service, fare = service_of[stop["train"]], published.get((stop["train"], stop["seq"]))
        if service is None or service.emu or not fare:
            continue
        km = float(stop["km"]) if stop["km"] else length
        known = "timetable" if stop["km"] else "unknown" if length is None else "legs"
        yield (
            known,
            None if km is None else reckoned(service, max(round(km), 1))["hard_seat"].jiao == jiao(fare),
        )


def test_kilometres_leg_by_leg() -> None:
    rows, equal = Counter[str](), Counter[str]()
    for known, same in leg_by_leg():
        rows[known] += 1
        equal[known] += bool(same)
    assert equal["legs"] / rows["legs"] > 0.75
    assert stated("Kilometres") == {
        known: [f"{rows[known]:,}", "–" if known == "unknown" else f"{equal[known] / rows[known]:.1%}"]
        for known in rows
    }
