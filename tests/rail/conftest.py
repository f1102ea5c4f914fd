"""A small railway in memory: a hand-written source, so that each fact of a test stands in sight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, time
from typing import Any

import pytest

from ivr.rail.answers import LIST, Answer
from ivr.rail.fare_rules import FareBook
from ivr.rail.queries import QUERIES, ask
from ivr.rail.source import City, Departure, Leg, Operation, PresaleRule, Ride, Service, Station, Stop

TODAY = date(2026, 11, 22)

STATIONS = {
    "VNP": Station("VNP", "北京南", "Beijingnan", "256", "234544626", 3),
    "NKH": Station("NKH", "南京南", "Nanjingnan", "656", "6265464626", 3),
    "AOH": Station("AOH", "上海虹桥", "Shanghaihongqiao", "7447", "7426442446647426", 2),
    "SHH": Station("SHH", "上海", "Shanghai", "74", "74264424", 1),
    "XXQ": Station("XXQ", "狮山", "Shishan", "77", "7447426", 0),
    "YYQ": Station("YYQ", "石河", "Shihe", "74", "744443", 0),
}
AREAS = {"上海": ["AOH", "SHH", "YYQ"], "天边": ["XXQ"]}
#: telecode → city, of the stations that bear its name.
HUBS = {"AOH": "上海", "SHH": "上海", "NKH": "南京", "VNP": "北京"}
Runs = dict[str, tuple[str, list[tuple[str, int | None, int | None]]]]
RUNS: Runs = {
    "G1": ("G", [("VNP", None, 540), ("NKH", 759, 761), ("AOH", 828, None)]),
    "K1": ("K", [("VNP", None, 1200), ("NKH", 1560, 1570), ("SHH", 1800, None)]),  # 20:00, 26:10, 30:00
    "D2": ("D", [("VNP", None, 600), ("NKH", 900, 902), ("AOH", 1000, None)]),
}
CITIES = [
    City("上海", "Shanghai", "021", "上海", "74", "74264424", 9),
    City("松江", "Songjiang", "021", "上海", "75", "76645426", 3),  # a district with its city's code
    City("韶关", "Shaoguan", "0751", "广东", "74", "74264826", 5),
    City("天边", "Tianbian", "0999", "新疆", "82", "84262426", 0),
    City("海角", "Haijiao", "0999", "新疆", "45", "4245426", 0),
    City("伊犁", "Yili", "0992", "新疆", "95", "9454", 0),
    City("伊犁", "Yili", "0993", "新疆", "95", "9454", 0),
]
SHANGHAI = {"code": "上海局", "zh": "上海局集团", "en": "Shanghai Group"}
JINAN = {"code": "济南局", "zh": "济南局集团", "en": "Jinan Group"}


class FakeSource:
    def __init__(self) -> None:
        self.book: FareBook | None = None
        self.leg_lengths: dict[str, float] = {}
        self.left_fares: dict[tuple[str, str], dict[str, dict[str, int]]] = {
            ("VNP", "AOH"): {"G1": {"second": 5530}},
            ("VNP", "SHH"): {
                "K1": {"hard_seat": 1775, "hard_sleeper_upper": 3045, "hard_sleeper_lower": 3265}
            },
        }
        self.agreed: dict[tuple[str, str], dict[str, dict[str, int]]] = {
            ("NKH", "AOH"): {"G": {"second": 1345, "soft_seat": 1}}
        }
        self.seat_rows: dict[str, dict[str, int]] = {
            "G1": {"second": 518, "business": 10},
            "K1": {"hard_seat": 944, "hard_sleeper": 396},
            "D2": {"second": 562},
        }
        self.chosen: dict[str, int] = {}
        self.sold_rows: dict[tuple[str, date, str, int], int] = {}
        self.runs: Runs = dict(RUNS)
        #: (train, seq) → the number that the train bears from there on
        self.number_rows: dict[tuple[str, int], str] = {}
        self.service_rows: dict[str, Service] = {}
        self.sale_times: dict[str, int] = {}
        self.rules = [PresaleRule(date(2014, 12, 6), 60), PresaleRule(date(2023, 1, 1), 15)]
        self.operator_rows: dict[str, list[Operation]] = {
            "G1": [Operation(SHANGHAI, "上海段", date(2024, 1, 2), None)],
            "K1": [
                Operation(SHANGHAI, "上海段", date(2024, 1, 2), None),
                Operation(JINAN, "", date(2024, 1, 2), date(2027, 1, 1)),
                Operation(JINAN, "", date(2025, 1, 2), None),
            ],
            "D9": [
                Operation(JINAN, "济南段", date(2022, 1, 1), date(2023, 12, 31)),
                Operation(SHANGHAI, "上海段", date(2023, 1, 1), date(2024, 3, 5)),
            ],
            "D8": [Operation(JINAN, "济南段", date(2030, 1, 1), None)],
        }

    def station(self, telecode: str) -> Station | None:
        return STATIONS.get(telecode)

    def stations_by_initials(self, keys: str) -> Sequence[Station]:
        return [s for s in STATIONS.values() if s.keypad_initials.startswith(keys)]

    def stations_by_pinyin(self, keys: str) -> Sequence[Station]:
        return [s for s in STATIONS.values() if s.keypad_pinyin.startswith(keys)]

    def stations_by_telecode(self, telecodes: Sequence[str]) -> Sequence[Station]:
        return [STATIONS[code] for code in telecodes if code in STATIONS]

    def choices(self, telecodes: Sequence[str]) -> Mapping[str, int]:
        return {code: self.chosen[code] for code in telecodes if code in self.chosen}

    def stations_in(self, cities: Sequence[str]) -> Sequence[Station]:
        return [STATIONS[code] for city in cities for code in AREAS.get(city, [])]

    def trains_by_digits(self, digits: str) -> Sequence[str]:
        return {"102": ["102", "K102", "G102", "D102"], "7": ["G7"]}.get(digits, [])

    def trains_numbered(self, number: str) -> Sequence[str]:
        return [train for train in self.runs if number in {stop.number for stop in self.run(train)[1][:-1]}]

    def services(self, trains: Sequence[str]) -> Mapping[str, Service]:
        return {train: self.service_rows.get(train, Service()) for train in trains if train in self.runs}

    def operated_trains_by_digits(self, digits: str) -> Sequence[str]:
        return {"102": ["X102", "G102", "G102"]}.get(digits, [])

    def legs(self) -> list[tuple[str, Leg]]:
        """Every ride of every train, with the station where it begins; ``station`` is where it ends."""
        found = []
        for train, (_, stops) in self.runs.items():
            numbers = {stop.seq: stop.number for stop in self.run(train)[1]}
            for first, (origin, _, dep) in enumerate(stops, 1):
                for last, (destination, arr, _) in enumerate(stops[first:], first + 1):
                    assert dep is not None
                    assert arr is not None
                    found.append((origin, Leg(train, numbers[first], destination, first, last, dep, arr)))
        return found

    def rides(self, origin: str, destination: str) -> Sequence[Ride]:
        return [
            Ride(leg.train, self.runs[leg.train][0], leg.from_seq, leg.to_seq, leg.dep, leg.arr, leg.number)
            for here, leg in self.legs()
            if (here, leg.station) == (origin, destination)
        ]

    def legs_from(self, origin: str, to: Collection[str] | None = None) -> Sequence[Leg]:
        return [leg for here, leg in self.legs() if here == origin and (to is None or leg.station in to)]

    def legs_to(self, destination: str, origins: Collection[str] | None = None) -> Sequence[Leg]:
        return [
            leg._replace(station=here)
            for here, leg in self.legs()
            if leg.station == destination and (origins is None or here in origins)
        ]

    def hubs(self, stations: Collection[str]) -> Mapping[str, str]:
        cities = {HUBS[station] for station in stations if station in HUBS}
        return {station: city for station, city in HUBS.items() if city in cities}

    def departures(self, station: str) -> Sequence[Departure]:
        return [
            Departure(train, stop.number, stop.dep, stops[-1].station)
            for train, (_, stops) in ((train, self.run(train)) for train in self.runs)
            for stop in stops
            if stop.station.telecode == station and stop.dep is not None
        ]

    def run(self, train: str) -> tuple[str, Sequence[Stop]]:
        if train not in self.runs:
            return "", ()
        kind, stops = self.runs[train]
        numbers = [train]
        for seq, _ in enumerate(stops, 1):
            numbers.append(self.number_rows.get((train, seq), numbers[-1]))
        return kind, [
            Stop(seq, STATIONS[code], arr, dep, numbers[seq]) for seq, (code, arr, dep) in enumerate(stops, 1)
        ]

    def sale_time(self, telecode: str) -> int | None:
        return self.sale_times.get(telecode)

    def origin_fares(self, origin: str, destination: str) -> Mapping[str, Mapping[str, int]]:
        return self.left_fares.get((origin, destination), {})

    def pair_fares(self, origin: str, destination: str) -> Mapping[str, Mapping[str, int]]:
        return self.agreed.get((origin, destination), {})

    def fare_book(self) -> FareBook | None:
        return self.book

    def leg_km(self, rides: Sequence[Ride]) -> Mapping[str, float]:
        return {ride.train: self.leg_lengths[ride.train] for ride in rides if ride.train in self.leg_lengths}

    def seats(self, trains: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        return {train: self.seat_rows[train] for train in trains if train in self.seat_rows}

    def sold(self, journeys: Sequence[tuple[str, date, int, int]]) -> Mapping[str, Mapping[str, int]]:
        most: dict[str, dict[str, int]] = defaultdict(dict)
        for train, day, first, last in journeys:
            for (sold_train, sold_day, name, segment), number in self.sold_rows.items():
                if (sold_train, sold_day) == (train, day) and first <= segment < last:
                    most[train][name] = max(number, most[train].get(name, 0))
        return most

    def operations(self, train: str) -> Sequence[Operation]:
        return self.operator_rows.get(train, [])

    def cities_by_keys(self, keys: str) -> Sequence[City]:
        return [c for c in CITIES if c.keypad_initials.startswith(keys) or c.keypad_pinyin.startswith(keys)]

    def cities_with_code(self, area_code: str) -> Sequence[City]:
        return [c for c in CITIES if c.area_code == area_code]

    def city(self, name: str) -> Sequence[City]:
        return [c for c in CITIES if c.name == name]

    def presale_rules(self) -> Sequence[PresaleRule]:
        return self.rules


Asker = Callable[..., Answer]


def check_form(name: str, answer: Answer) -> None:
    """An answer holds just the slots that its spec declares."""
    spec = QUERIES[name]
    slots = spec.outcomes[answer.outcome]
    optional = {o.partition(".")[2] for o in spec.optional if o.startswith(f"{answer.outcome}.")}
    assert set(slots) - optional <= set(answer.slots) <= set(slots)
    of_items = spec.items.get(answer.outcome, {})
    optional = {o.partition(".")[2] for o in spec.optional if o.startswith("items.")}
    for item in answer.items:
        assert set(of_items) - optional <= set(item) <= set(of_items)
        for slot in (slot for slot, kind in of_items.items() if kind == LIST):
            maybe = {o.partition(".")[2] for o in spec.optional if o.startswith(f"{slot}.")}
            for entry in item[slot]:
                assert set(spec.lists[slot]) - maybe <= set(entry) <= set(spec.lists[slot])


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def asked(source: FakeSource) -> Asker:
    """Ask the small railway on 2026-11-22; every answer is held against the query's spec."""

    def run(name: str, today: date = TODAY, now: time | None = None, **args: Any) -> Answer:
        args = {key.rstrip("_"): value for key, value in args.items()}
        answer = ask(source, name, args, today, now)
        check_form(name, answer)
        return answer

    return run
