"""What a ticket costs. A fare is known or it is left out; it is never computed from others.

The fares of a train count from its origin and cannot be subtracted from each other. So a caller who boards at the
origin gets the train's own fare, everyone else the fare from station to station on which all trains of that kind
agree, and only for classes that the train has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.seats import CLASSES, PLACES, class_of, lowest, money, named_place
from ivr.rail.service_day import DAY
from ivr.rail.source import Fares, RailSource, Ride
from ivr.rail.timetable import ENDS, ends, listed
from ivr.rail.train_runs import whole_run


def known_fares(
    source: RailSource, rides: Sequence[Ride], origin: str, destination: str
) -> Mapping[str, Fares]:
    """Train → fares by place (a seat class or a berth), in jiao, for these rides from ``origin`` to ``destination``."""
    own = source.origin_fares(origin, destination)
    agreed = source.pair_fares(origin, destination)
    seats = source.seats([ride.train for ride in rides])
    fares: dict[str, Fares] = {}
    for ride in rides:
        known = own.get(ride.train) or agreed.get(ride.kind, {})
        has = seats.get(ride.train, {})
        fares[ride.train] = {place: fare for place, fare in known.items() if class_of(place) in has}
    return fares


def fares(inquiry: Inquiry) -> Answer:
    """Fares of all direct trains, by departure; of a class with berths, the cheapest berth."""
    slots = ends(inquiry, dated=False)
    codes = (slots["from"]["code"], slots["to"]["code"])
    rides = sorted(inquiry.source.rides(*codes), key=lambda ride: (ride.dep % DAY, ride.train))
    known = known_fares(inquiry.source, rides, *codes)
    items: list[dict[str, Any]] = []
    for ride in rides:
        by_class = lowest(known[ride.train])
        items += (
            {"train": ride.train, "class": named_place(name), "fare": money(by_class[name])}
            for name in CLASSES
            if name in by_class
        )
    trains = {item["train"] for item in items}
    return listed(slots, tuple(items), count=len(trains))


def train_fares(inquiry: Inquiry) -> Answer:
    """Fares of one train from its origin to its terminal, each berth on its own."""
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", {"train": inquiry.text("train")})
    ride, slots = run
    codes = (slots["from"]["code"], slots["to"]["code"])
    known = known_fares(inquiry.source, [ride], *codes)[ride.train]
    items = tuple(
        {"class": named_place(place), "fare": money(known[place])} for place in PLACES if place in known
    )
    return Answer("found", {**slots, "count": len(items)}, items) if items else Answer("unknown", slots)


_FARE = {"class": "named", "fare": "money"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "fares",
            takes={"from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": ENDS,
                "one": {**ENDS, "train": "train", **_FARE},
                "many": {**ENDS, "count": "count"},
            },
            items={"one": {"train": "train", **_FARE}, "many": {"train": "train", **_FARE}},
            optional=frozenset({"date"}),
            about="known fares of direct trains, by departure; count is the number of trains",
        ),
        fares,
    ),
    (
        QuerySpec(
            "train_fares",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": {"train": "train"},
                "unknown": {"train": "train", **ENDS},
                "found": {"train": "train", **ENDS, "count": "count"},
            },
            items={"found": _FARE},
            optional=frozenset({"date"}),
            about="fares of a train from origin to terminal; unknown: it runs, but no fare is known",
        ),
        train_fares,
    ),
)
