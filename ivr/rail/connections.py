"""Two trains with one change, for callers whom no train takes directly.

The rules, which are ours and not the railway's:

- At one station a change takes at least :data:`SAME_STATION` minutes, between two stations of one city at least
  :data:`ACROSS_CITY`, which is time for the metro and the way through two halls.
- A connection is kept only when no other one leaves as late and arrives as early. Of those that leave and arrive at
  the same times it is the one that does not cross a city, then the one with the longest wait.
- For another day than today the shortest journeys come first; for today, the first to arrive among those that can
  still be caught.
- Trains that go all the way are never part of a connection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query, station_of
from ivr.rail.service_day import DAY, clock_of, since_boarding_day
from ivr.rail.source import Leg, RailSource
from ivr.rail.timetable import DATED, Runs, ends, listed, running

#: Minutes that a change takes at the least.
SAME_STATION = 20
ACROSS_CITY = 90

#: More are not told.
MOST_CONNECTIONS = 3


@dataclass(frozen=True)
class Connection:
    """``first`` to where the caller changes, ``second`` from there, or from another station of that city.

    ``dep``, ``change_arr``, ``change_dep``, ``arr``: minutes since midnight of the day on which the caller sets out.
    """

    first: Leg
    second: Leg
    dep: int
    change_arr: int
    change_dep: int
    arr: int

    @property
    def duration(self) -> int:
        return self.arr - self.dep

    @property
    def wait(self) -> int:
        return self.change_dep - self.change_arr

    @property
    def across_city(self) -> bool:
        return self.first.station != self.second.station


class _Onward(NamedTuple):
    """The best that a caller can take who is ready at ``dep``: ``leg`` arrives earliest of all that leave then or
    later, and of several the last to leave."""

    dep: int
    leg_dep: int
    arr: int
    leg: Leg


def one_change(
    firsts: Sequence[Leg],
    seconds: Sequence[Leg],
    hubs: Mapping[str, str],
    day: date,
    runs: Runs,
    ready: int = 0,
) -> list[Connection]:
    """The connections worth telling, by departure. ``firsts`` leave the caller's origin (``station`` is where they
    stop later), ``seconds`` end at the destination (``station`` is where they stop before). ``hubs``: station → city,
    of the stations between which one can change. The caller sets out on ``day``, ``ready`` minutes after midnight or
    later."""

    @cache
    def leaves(train: str, days_later: int) -> bool:
        """Its origin, so many days after the caller's day."""
        return runs(train, day + timedelta(days=days_later))

    direct = {leg.train for leg in firsts} & {leg.train for leg in seconds}
    seconds = [leg for leg in seconds if leg.train not in direct]
    within_reach = {hubs.get(leg.station, leg.station) for leg in seconds}
    legs = [
        leg
        for leg in firsts
        if leg.train not in direct
        and hubs.get(leg.station, leg.station) in within_reach
        and leg.dep % DAY >= ready
        and leaves(leg.train, -(leg.dep // DAY))
    ]
    if not legs:
        return []
    days = (max(since_boarding_day(leg.arr, leg.dep) for leg in legs) + ACROSS_CITY) // DAY + 2
    reached = {hubs.get(leg.station, leg.station) for leg in legs}
    seconds = [leg for leg in seconds if hubs.get(leg.station, leg.station) in reached]
    onward = _onward(seconds, days, leaves)
    nearby: dict[str, list[str]] = defaultdict(list)
    for station in onward:
        nearby[hubs.get(station, station)].append(station)
    found = (
        _best(leg, {station: onward[station] for station in nearby[hubs.get(leg.station, leg.station)]})
        for leg in legs
    )
    return _undominated(connection for connection in found if connection is not None)


def _onward(
    seconds: Iterable[Leg], days: int, leaves: Callable[[str, int], bool]
) -> dict[str, list[_Onward]]:
    """Station → what leaves there in these days, by departure."""
    leaving: dict[str, list[tuple[int, int, Leg]]] = defaultdict(list)
    for leg in seconds:
        clock = leg.dep % DAY
        takes = leg.arr - leg.dep
        for number in range(days):
            if leaves(leg.train, number - leg.dep // DAY):
                dep = clock + number * DAY
                leaving[leg.station].append((dep, dep + takes, leg))
    return {station: _earliest(found) for station, found in leaving.items()}


def _earliest(leaving: list[tuple[int, int, Leg]]) -> list[_Onward]:
    made: list[_Onward] = []
    for dep, arr, leg in sorted(leaving, key=lambda one: (-one[0], one[1], one[2].train)):
        if made and made[-1].arr <= arr:
            best = made[-1]
            made.append(_Onward(dep, best.leg_dep, best.arr, best.leg))
        else:
            made.append(_Onward(dep, dep, arr, leg))
    made.reverse()
    return made


def _best(first: Leg, stations: dict[str, list[_Onward]]) -> Connection | None:
    """How to go on from where this leg ends."""
    dep, arr = first.dep % DAY, since_boarding_day(first.arr, first.dep)
    found = []
    for station, leaving in stations.items():
        change = SAME_STATION if station == first.station else ACROSS_CITY
        index = bisect_left(leaving, (arr + change,))
        if index < len(leaving):
            onward = leaving[index]
            found.append(Connection(first, onward.leg, dep, arr, onward.leg_dep, onward.arr))
    return min(found, key=_preference, default=None)


def _preference(one: Connection) -> tuple[int, bool, int, str, str]:
    """Of connections that leave at the same time."""
    return (one.arr, one.across_city, -one.wait, one.first.train, one.first.station)


def _undominated(found: Iterable[Connection]) -> list[Connection]:
    kept: list[Connection] = []
    for one in sorted(found, key=lambda one: (-one.dep, *_preference(one))):
        if not kept or one.arr < kept[-1].arr:
            kept.append(one)
    kept.reverse()
    return kept


def connections(inquiry: Inquiry) -> Answer:
    """At most three ways with one change, the best first."""
    slots, day = ends(inquiry), inquiry.day()
    firsts, seconds, hubs = _legs(inquiry)
    runs = running(inquiry.source, (leg.train for leg in (*firsts, *seconds)))
    found = one_change(firsts, seconds, hubs, day, runs, inquiry.minute_on(day))
    if day == inquiry.today and inquiry.now is not None:
        found.sort(key=lambda one: (one.arr, one.duration))
    else:
        found.sort(key=lambda one: (one.duration, one.arr))
    items = tuple(_item(inquiry.source, one) for one in found[:MOST_CONNECTIONS])
    return listed(slots, items, len(items))


def _legs(inquiry: Inquiry) -> tuple[Sequence[Leg], Sequence[Leg], Mapping[str, str]]:
    """All rides from the origin and to the destination that meet, and the cities within which one can change. The
    quieter end is read first: it tells which stations of the busier one matter."""
    source, origin, destination = inquiry.source, inquiry.station("from"), inquiry.station("to")
    if origin.traffic <= destination.traffic:
        firsts = source.legs_from(origin.telecode)
        stations = {leg.station for leg in firsts}
        hubs = source.hubs(stations)
        return firsts, source.legs_to(destination.telecode, stations | hubs.keys()), hubs
    seconds = source.legs_to(destination.telecode)
    stations = {leg.station for leg in seconds}
    hubs = source.hubs(stations)
    return source.legs_from(origin.telecode, stations | hubs.keys()), seconds, hubs


def _item(source: RailSource, one: Connection) -> dict[str, Any]:
    item: dict[str, Any] = {
        "train": one.first.number,
        "dep": clock_of(one.dep),
        "change": station_of(source, one.first.station).named,
        "change_arr": clock_of(one.change_arr),
        "wait": one.wait,
        "change_dep": clock_of(one.change_dep),
        "second": one.second.number,
        "arr": clock_of(one.arr),
        "duration": one.duration,
    }
    if one.across_city:
        item["change_to"] = station_of(source, one.second.station).named
    return item


_CONNECTION = {
    "train": "train",
    "dep": "time",
    "change": "named",
    "change_arr": "time",
    "change_to": "named",
    "wait": "minutes",
    "change_dep": "time",
    "second": "train",
    "arr": "time",
    "duration": "minutes",
}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "connections",
            takes={"from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": DATED,
                "one": {**DATED, **_CONNECTION},
                "many": {**DATED, "count": "count"},
            },
            items={"one": _CONNECTION, "many": _CONNECTION},
            optional=frozenset({"one.change_to", "items.change_to"}),
            about="at most three ways with one change, the best first; change_to: another station of the city, where "
            "the second train leaves",
        ),
        connections,
    ),
)
