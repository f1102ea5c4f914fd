"""When trains run: from station to station, and a train's whole run.

Every train of the data runs every day. The date a caller names is the one on which they board; a train that left
its origin the day before has its service day then, and its times are told from the begin of the boarding day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.service_day import clock_of, service_date, since_boarding_day
from ivr.rail.source import Journey, Ride


@dataclass(frozen=True)
class Boarding:
    """A ride on a day. ``dep`` and ``arr``: minutes since midnight of the day on which the caller boards."""

    ride: Ride
    service_date: date
    dep: int
    arr: int

    @property
    def journey(self) -> Journey:
        return (self.ride.train, self.service_date, self.ride.from_seq, self.ride.to_seq)

    @property
    def times(self) -> dict[str, str]:
        return {"train": self.ride.train, "dep": clock_of(self.dep), "arr": clock_of(self.arr)}


def board(ride: Ride, day: date) -> Boarding:
    """The ride with a caller who boards on ``day``."""
    return Boarding(
        ride,
        service_date(day, ride.dep),
        since_boarding_day(ride.dep, ride.dep),
        since_boarding_day(ride.arr, ride.dep),
    )


def boardings(inquiry: Inquiry) -> list[Boarding]:
    """All rides from ``from`` to ``to`` on ``date``, by departure."""
    rides = inquiry.source.rides(inquiry.text("from"), inquiry.text("to"))
    found = [board(ride, inquiry.day()) for ride in rides]
    return sorted(found, key=lambda boarding: (boarding.dep, boarding.arr, boarding.ride.train))


def whole_run(inquiry: Inquiry) -> tuple[Ride, dict[str, Any]] | None:
    """The argument ``train`` from its origin to its terminal, with the slots that name both; ``None``: no such train."""
    train = inquiry.text("train")
    kind, stops = inquiry.source.run(train)
    if not stops:
        return None
    first, last = stops[0], stops[-1]
    assert first.dep is not None
    assert last.arr is not None
    ride = Ride(train, kind, first.seq, last.seq, first.dep, last.arr, first.number)
    return ride, {"train": train, "from": first.station.named, "to": last.station.named}


def ends(inquiry: Inquiry, *, dated: bool = True) -> dict[str, Any]:
    """The slots ``from``, ``to`` and ``date`` of a question between two stations."""
    slots: dict[str, Any] = {
        "from": inquiry.station("from").named,
        "to": inquiry.station("to").named,
    }
    if dated:
        slots["date"] = inquiry.day().isoformat()
    return slots


def timetable(inquiry: Inquiry) -> Answer:
    """Direct trains from station to station."""
    slots = ends(inquiry)
    items = tuple({**b.times, "duration": b.arr - b.dep} for b in boardings(inquiry))
    return listed(slots, items, count=len(items))


def listed(slots: dict[str, Any], items: tuple[dict[str, Any], ...], count: int) -> Answer:
    """none, one (the item's slots stand among the answer's, too), or many with ``count``."""
    if not items:
        return Answer("none", slots)
    if len(items) == 1:
        return Answer("one", {**slots, **items[0]}, items)
    return Answer("many", {**slots, "count": count}, items)


def train_timetable(inquiry: Inquiry) -> Answer:
    """All stops of a train that leaves its origin on ``date``."""
    slots = {"train": inquiry.text("train"), "date": inquiry.day().isoformat()}
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", slots)
    ride, named = run
    _, stops = inquiry.source.run(ride.train)
    items = []
    for stop in stops:
        item: dict[str, Any] = {"station": stop.station.named}
        if stop.arr is not None:
            item["arr"] = clock_of(stop.arr)
        if stop.dep is not None:
            item["dep"] = clock_of(stop.dep)
        items.append(item)
    times = {"dep": clock_of(ride.dep), "arr": clock_of(ride.arr)}
    return Answer("found", {**slots, **named, **times, "count": len(items)}, tuple(items))


ENDS = {"from": "named", "to": "named"}
_RIDE = {"train": "train", "dep": "time", "arr": "time", "duration": "minutes"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "timetable",
            takes={"from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": {**ENDS, "date": "date"},
                "one": {**ENDS, "date": "date", **_RIDE},
                "many": {**ENDS, "date": "date", "count": "count"},
            },
            items={"one": _RIDE, "many": _RIDE},
            about="direct trains from station to station, by departure",
        ),
        timetable,
    ),
    (
        QuerySpec(
            "train_timetable",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": {"train": "train", "date": "date"},
                "found": {
                    "train": "train",
                    "date": "date",
                    **ENDS,
                    "dep": "time",
                    "arr": "time",
                    "count": "count",
                },
            },
            items={"found": {"station": "named", "arr": "time", "dep": "time"}},
            optional=frozenset({"items.arr", "items.dep"}),
            about="the stops of a train; the origin has no arr, the terminal no dep",
        ),
        train_timetable,
    ),
)
