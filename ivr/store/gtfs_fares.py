"""Fares of a GTFS feed (version 1: fare_attributes.txt, fare_rules.txt) → fares from station to station."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ivr.rail.seats import CLASSES
from ivr.store.rail_data import Row, Rows, filled, jiao_of

ATTRIBUTES, RULES = "fare_attributes.txt", "fare_rules.txt"

#: A route, the kind of its trains, and the stations of its way with their zones.
Pattern = tuple[str, str, tuple[tuple[str, str], ...]]

#: What the hotline tells is yuan; a fare in dollars would be told wrong.
_CURRENCY = "CNY"
#: A feed has one fare for all; the hotline's seat class with which it is told.
_PLACE = next(iter(CLASSES))
_MOST_PAIRS = 500_000


class _Fares:
    def __init__(self, prices: dict[str, int], rules: Iterable[Row]) -> None:
        self._prices = prices
        self._contains: dict[str, set[str]] = defaultdict(set)
        self._rules: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for rule in rules:
            if rule["contains_id"]:
                self._contains[rule["fare_id"]].add(rule["contains_id"])
            else:
                ends = (rule["route_id"], rule["origin_id"], rule["destination_id"])
                self._rules[rule["fare_id"]].append(ends)
        self._found: dict[tuple[str, str, str, frozenset[str]], int | None] = {}

    def price(self, route: str, zones: tuple[str, ...]) -> int | None:
        """The lowest fare, in jiao, of a ride through ``zones``; ``None`` when there is none."""
        passed = frozenset(zones) if self._contains else frozenset()
        key = (route, zones[0], zones[-1], passed)
        if key not in self._found:
            fits = [price for fare, price in self._prices.items() if self._fits(fare, *key)]
            self._found[key] = min(fits, default=None)
        return self._found[key]

    def _fits(self, fare: str, route: str, origin: str, destination: str, passed: frozenset[str]) -> bool:
        if fare in self._contains:
            return self._contains[fare] == passed
        wanted = (route, origin, destination)
        rules = self._rules.get(fare)
        return not rules or any(
            all(part in ("", has) for part, has in zip(rule, wanted, strict=True)) for rule in rules
        )


def read_fares(rows: Rows, patterns: set[Pattern], notes: list[str]) -> list[Row]:
    """Rows of ``rail_pair_fare``: where all trains of a kind agree. Adds to ``notes`` what is left out."""
    prices: dict[str, int] = {}
    foreign: dict[str, int] = defaultdict(int)

    def attribute(row: dict[str, str]) -> Row:
        filled(row, "fare_id", "price", "currency_type")
        if row["currency_type"] == _CURRENCY:
            prices[row["fare_id"]] = jiao_of(row["price"])
        else:
            foreign[row["currency_type"]] += 1
        return row

    def rule(row: dict[str, str]) -> Row:
        rows.known(ATTRIBUTES, row["fare_id"], "fare")
        if row["route_id"]:
            rows.known("routes.txt", row["route_id"], "route")
        return row

    rows.read(ATTRIBUTES, attribute, ("fare_id", "price", "currency_type"), key=("fare_id",))
    may = ("route_id", "origin_id", "destination_id", "contains_id")
    rules = rows.read(RULES, rule, ("fare_id",), may)
    for currency, count in foreign.items():
        notes.append(f"{count} fares left out: they are in {currency}, and the hotline tells yuan")
    if not prices:
        return []
    fares = _Fares(prices, rules)
    told: dict[tuple[str, str, str], set[int | None]] = defaultdict(set)
    for route, kind, way in sorted(patterns):
        zones = tuple(zone for _, zone in way)
        for here, (origin, _) in enumerate(way):
            for there in range(here + 1, len(way)):
                told[origin, way[there][0], kind].add(fares.price(route, zones[here : there + 1]))
        if len(told) > _MOST_PAIRS:
            notes.append(f"fares left out: more than {_MOST_PAIRS} pairs of stations")
            return []
    return [
        {"origin": origin, "destination": destination, "kind": kind, "place": _PLACE, "jiao": price}
        for (origin, destination, kind), agreed in told.items()
        for price in agreed
        if price is not None and len(agreed) == 1
    ]
