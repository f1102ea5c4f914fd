"""One train: its whole run, and what a caller wants to know of it between two stations.

Callers know a train's number. Several trains may share one on different days, and a train may change its number on the
way; each of them is found by any number it bears. The date is that on which the train leaves its origin; between two
stations it is the day on which the caller boards.

**The nearest stop**, when a train does not stop where the caller wants: of the stops that do for what the caller wants
(to get on, one where passengers may; to get off, likewise), the first in a station that bears the name of
the same city; else the one from or to which any train of the timetable takes the least time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.service_day import clock_of
from ivr.rail.source import RailSource, Ride, Stop
from ivr.rail.timetable import A_YEAR, DATED, ENDS, Boarding, boarded, ends, first_after, running


@dataclass(frozen=True)
class Run:
    """A train from its origin to its terminal."""

    train: str
    kind: str
    stops: Sequence[Stop]

    @property
    def ride(self) -> Ride:
        """From end to end."""
        first, last = self.stops[0], self.stops[-1]
        assert first.dep is not None
        assert last.arr is not None
        return Ride(self.train, self.kind, first.seq, last.seq, first.dep, last.arr, first.number)

    @property
    def slots(self) -> dict[str, Any]:
        """Origin, departure, terminal, arrival."""
        ride = self.ride
        return {
            "from": self.stops[0].station.named,
            "to": self.stops[-1].station.named,
            "dep": clock_of(ride.dep),
            "arr": clock_of(ride.arr),
            "duration": ride.arr - ride.dep,
        }

    def at(self, telecode: str) -> Stop | None:
        """Where it stops there."""
        return next((stop for stop in self.stops if stop.station.telecode == telecode), None)


def _run(source: RailSource, train: str) -> Run:
    return Run(train, *source.run(train))


def _next_run(source: RailSource, trains: Sequence[str], day: date) -> tuple[date, Run] | None:
    """The first of ``trains`` to leave its origin on ``day`` or later, and on which day."""
    runs = running(source, trains)
    for number in range(A_YEAR):
        following = day + timedelta(days=number)
        for train in trains:
            if runs(train, following):
                return following, _run(source, train)
    return None


def whole_run(inquiry: Inquiry) -> tuple[Ride, dict[str, Any]] | None:
    """The argument ``train`` from its origin to its terminal on ``date`` (today), with the slots that name all three;
    ``None`` when no train of that number runs then."""
    trains = inquiry.source.trains_numbered(inquiry.text("train"))
    day = inquiry.day() if "date" in inquiry.args else inquiry.today
    found = _next_run(inquiry.source, trains, day)
    if found is None or found[0] != day:
        return None
    run = found[1]
    return run.ride, {"train": inquiry.text("train"), "from": run.slots["from"], "to": run.slots["to"]}


def train_timetable(inquiry: Inquiry) -> Answer:
    """The ends of a train's run, and all its stops."""
    slots: dict[str, Any] = {"train": inquiry.text("train"), "date": inquiry.day().isoformat()}
    trains = inquiry.source.trains_numbered(slots["train"])
    if not trains:
        return Answer("none", slots)
    found = _next_run(inquiry.source, trains, inquiry.day())
    if found is None:
        return Answer("other_day", slots)
    day, run = found
    if day != inquiry.day():
        return Answer("other_day", {**slots, "next_day": day.isoformat(), **run.slots})
    others = [stop for stop in run.stops[1:-1] if stop.number != run.stops[stop.seq - 2].number]
    if others:
        slots |= {"other_number": others[0].number, "changes_at": others[0].station.named}
    return Answer("found", {**slots, **run.slots, "count": len(run.stops)}, _items(run))


def _items(run: Run) -> tuple[dict[str, Any], ...]:
    items = []
    for stop in run.stops:
        item: dict[str, Any] = {"station": stop.station.named}
        if stop.arr is not None:
            item["arr"] = clock_of(stop.arr)
        if stop.dep is not None:
            item["dep"] = clock_of(stop.dep)
        items.append(item)
    return tuple(items)


def train_between(inquiry: Inquiry) -> Answer:
    """What a caller wants to know of one train: when it leaves here and is there."""
    slots: dict[str, Any] = {"train": inquiry.text("train"), **ends(inquiry)}
    source, day = inquiry.source, inquiry.day()
    trains = source.trains_numbered(slots["train"])
    if not trains:
        return Answer("none", slots)
    rides = [ride for train in trains if (ride := _ride(_run(source, train), slots)) is not None]
    if not rides:
        following = _next_run(source, trains, day)
        return _not_served(inquiry, following[1] if following else _run(source, trains[0]), slots)
    runs = running(source, trains)
    if found := boarded(rides, day, runs):
        return Answer("found", {**slots, **_times(found[0])})
    if following_day := first_after(rides, day, runs):
        next_day, boarding = following_day
        return Answer("other_day", {**slots, "next_day": next_day.isoformat(), **_times(boarding)})
    return Answer("other_day", slots)


def _ride(run: Run, slots: dict[str, Any]) -> Ride | None:
    """From ``from`` to ``to``, if the train goes that way."""
    here, there = run.at(slots["from"]["code"]), run.at(slots["to"]["code"])
    if here is None or there is None or here.dep is None or there.arr is None or there.seq <= here.seq:
        return None
    return Ride(run.train, run.kind, here.seq, there.seq, here.dep, there.arr, here.number)


def _times(boarding: Boarding) -> dict[str, Any]:
    stops = boarding.ride.to_seq - boarding.ride.from_seq - 1
    times = {"dep": clock_of(boarding.dep), "arr": clock_of(boarding.arr), "duration": boarding.duration}
    return {**times, "stops": stops}


def _not_served(inquiry: Inquiry, run: Run, slots: dict[str, Any]) -> Answer:
    """The train does not stop at one of the stations or at both, at least not for those who want to get on or off
    there; or it goes the other way."""
    on = [stop for stop in run.stops if stop.dep is not None]
    off = [stop for stop in run.stops if stop.arr is not None]
    items = [
        _missed(inquiry, end, stops)
        for end, stops, last in (("from", on, run.stops[-1]), ("to", off, run.stops[0]))
        if run.at(slots[end]["code"]) not in (*stops, last)
    ]
    if items:
        return Answer("passes", slots, tuple(items))
    return Answer("backwards", {**slots, "origin": run.slots["from"], "terminal": run.slots["to"]})


def _missed(inquiry: Inquiry, end: str, stops: Sequence[Stop]) -> dict[str, Any]:
    station = inquiry.station(end)
    item: dict[str, Any] = {"station": station.named}
    nearest = _nearest(inquiry.source, station.telecode, stops)
    if nearest is None:
        return item
    time = nearest.dep if end == "from" else nearest.arr
    assert time is not None
    return {**item, "near": nearest.station.named, "dep" if end == "from" else "arr": clock_of(time)}


def _nearest(source: RailSource, telecode: str, stops: Sequence[Stop]) -> Stop | None:
    """See the module's text for the rule."""
    same_city = source.hubs([telecode])
    within = next((stop for stop in stops if stop.station.telecode in same_city), None)
    if within is not None:
        return within
    codes = [stop.station.telecode for stop in stops]
    minutes: dict[str, int] = {}
    for leg in (*source.legs_from(telecode, codes), *source.legs_to(telecode, codes)):
        minutes[leg.station] = min(leg.arr - leg.dep, minutes.get(leg.station, leg.arr - leg.dep))
    reached = [stop for stop in stops if stop.station.telecode in minutes]
    return min(reached, key=lambda stop: minutes[stop.station.telecode], default=None)


_ENDS_OF_RUN = {**ENDS, "dep": "time", "arr": "time", "duration": "minutes"}
_TRAIN = {"train": "train", "date": "date"}
_OTHER_DAY = ("next_day", "dep", "arr", "duration")
_BETWEEN = {"train": "train", **DATED, "dep": "time", "arr": "time", "duration": "minutes", "stops": "count"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "train_timetable",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": _TRAIN,
                "other_day": {**_TRAIN, "next_day": "date", **_ENDS_OF_RUN},
                "found": {
                    **_TRAIN,
                    **_ENDS_OF_RUN,
                    "count": "count",
                    "other_number": "train",
                    "changes_at": "named",
                },
            },
            items={"found": {"station": "named", "arr": "time", "dep": "time"}},
            optional=frozenset(
                {
                    "items.arr",
                    "items.dep",
                    "found.other_number",
                    "found.changes_at",
                    *(f"other_day.{slot}" for slot in (*ENDS, *_OTHER_DAY)),
                }
            ),
            about="origin and terminal of a train that leaves on a day, and its stops; the origin has no arr, the "
            "terminal no dep. other_day: it does not run then, but on next_day",
            instead={"other_day": "none"},
        ),
        train_timetable,
    ),
    (
        QuerySpec(
            "train_between",
            takes={"train": "train", "from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": {"train": "train", **DATED},
                "other_day": {**_BETWEEN, "next_day": "date"},
                "passes": {"train": "train", **DATED},
                "backwards": {"train": "train", **DATED, "origin": "named", "terminal": "named"},
                "found": _BETWEEN,
            },
            items={"passes": {"station": "named", "near": "named", "dep": "time", "arr": "time"}},
            optional=frozenset(
                {
                    *(f"items.{slot}" for slot in ("near", "dep", "arr")),
                    *(f"other_day.{slot}" for slot in (*_OTHER_DAY, "stops")),
                }
            ),
            about="one train between two stations. passes: it does not stop at one of them or at both, and near is "
            "the nearest stop that does; backwards: it goes the other way",
            instead={"other_day": "none"},
        ),
        train_between,
    ),
)
