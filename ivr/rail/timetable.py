"""When trains run from station to station.

The date a caller names is the one on which they board; a train that left its origin the day before has its service
day then, and its times are told from the begin of the boarding day. What a train is called is the number under which
it leaves the caller's station.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query, station_of, unique
from ivr.rail.service_day import DAY, clock_of, service_date, since_boarding_day
from ivr.rail.source import Journey, RailSource, Ride

#: So many trains are told one after the other; of more, first how many and which are the first, last and fastest.
FEW = 6
#: How many days ahead is looked for the next one on which a train runs.
A_YEAR = 366

#: Whether a train runs on a service day.
Runs = Callable[[str, date], bool]

#: Part of the day → its minutes, the end not included.
PERIODS = {"morning": (0, 12 * 60), "afternoon": (12 * 60, 18 * 60), "evening": (18 * 60, DAY)}
ALL_DAY = "all"


class Boarding(NamedTuple):
    """A ride on a day. ``dep`` and ``arr``: minutes since midnight of the day on which the caller boards."""

    ride: Ride
    service_date: date
    dep: int
    arr: int

    @property
    def journey(self) -> Journey:
        return (self.ride.train, self.service_date, self.ride.from_seq, self.ride.to_seq)

    @property
    def duration(self) -> int:
        return self.arr - self.dep

    @property
    def times(self) -> dict[str, str]:
        return {"train": self.ride.number, "dep": clock_of(self.dep), "arr": clock_of(self.arr)}


def board(ride: Ride, day: date) -> Boarding:
    """The ride with a caller who boards on ``day``."""
    return Boarding(
        ride,
        service_date(day, ride.dep),
        since_boarding_day(ride.dep, ride.dep),
        since_boarding_day(ride.arr, ride.dep),
    )


def running(source: RailSource, trains: Iterable[str]) -> Runs:
    """Whether one of ``trains`` runs on a service day."""
    services = source.services(unique(trains))
    return lambda train, day: services[train].runs_on(day)


def boardings(inquiry: Inquiry) -> list[Boarding]:
    """All rides from ``from`` to ``to`` on ``date``, by departure."""
    rides = inquiry.source.rides(inquiry.text("from"), inquiry.text("to"))
    return boarded(rides, inquiry.day(), running(inquiry.source, (ride.train for ride in rides)))


def boarded(rides: Iterable[Ride], day: date, runs: Runs) -> list[Boarding]:
    """Those of ``rides`` that a caller can board on ``day``, by departure."""
    found = [board(ride, day) for ride in rides]
    found = [boarding for boarding in found if runs(boarding.ride.train, boarding.service_date)]
    return sorted(found, key=lambda boarding: (boarding.dep, boarding.arr, boarding.ride.number))


def ends(inquiry: Inquiry, *, dated: bool = True) -> dict[str, Any]:
    """The slots ``from``, ``to`` and ``date`` of a question between two stations."""
    slots: dict[str, Any] = {
        "from": inquiry.station("from").named,
        "to": inquiry.station("to").named,
    }
    if dated:
        slots["date"] = inquiry.day().isoformat()
    return slots


def listed(slots: dict[str, Any], items: tuple[dict[str, Any], ...], count: int) -> Answer:
    """none, one (the item's slots stand among the answer's, too), or many with ``count``."""
    if not items:
        return Answer("none", slots)
    if len(items) == 1:
        return Answer("one", {**slots, **items[0]}, items)
    return Answer("many", {**slots, "count": count}, items)


def timetable(inquiry: Inquiry) -> Answer:
    """Direct trains from station to station. For today only those that have not left; of many (``busy``) first how
    many, until the caller says which part of the day."""
    slots = ends(inquiry)
    source, day = inquiry.source, inquiry.day()
    rides = source.rides(inquiry.text("from"), inquiry.text("to"))
    if not rides:
        return _nearby(inquiry, slots)
    runs = running(source, (ride.train for ride in rides))
    that_day = boarded(rides, day, runs)
    if not that_day:
        return Answer("other_day", {**slots, **_next_day(rides, day, runs)})
    found = [boarding for boarding in that_day if boarding.dep >= inquiry.minute_on(day)]
    if not found:
        return Answer("gone", {**slots, **times_of("last", that_day[-1]), **_next_day(rides, day, runs)})
    period = str(inquiry.args.get("period", ""))
    if period in PERIODS:
        chosen = in_period(found, period)
        return _told(inquiry, slots, chosen) if chosen else none_then(slots, in_period(that_day, period))
    if len(found) > FEW and period != ALL_DAY:
        answer = _told(inquiry, slots, found)
        return Answer("busy", {**answer.slots, **_summary(inquiry, found)}, answer.items)
    return _told(inquiry, slots, found)


def in_period(found: Sequence[Boarding], period: str) -> list[Boarding]:
    """Those of ``found`` that leave in one of :data:`PERIODS`."""
    begin, end = PERIODS[period]
    return [boarding for boarding in found if begin <= boarding.dep < end]


def none_then(slots: dict[str, Any], gone: Sequence[Boarding]) -> Answer:
    """No train leaves in a part of the day any more: there never was one, or all of them, ``gone``, have left."""
    return Answer("left_then", {**slots, **times_of("last", gone[-1])}) if gone else Answer("not_then", slots)


def _told(inquiry: Inquiry, slots: dict[str, Any], found: Sequence[Boarding]) -> Answer:
    items = tuple({**boarding.times, "duration": boarding.duration} for boarding in found)
    return listed({**slots, **_how_many(inquiry, found)}, items, len(items))


def _how_many(inquiry: Inquiry, found: Sequence[Boarding]) -> dict[str, int]:
    """``left`` for today, ``total`` for another day: they are said in different words."""
    return {"count": len(found), "left" if is_today(inquiry) else "total": len(found)}


def is_today(inquiry: Inquiry) -> bool:
    """Whether it is asked about the trains that still leave today."""
    return inquiry.day() == inquiry.today and inquiry.now is not None


def _summary(inquiry: Inquiry, found: Sequence[Boarding]) -> dict[str, Any]:
    quickest = fastest(found)
    return {
        **times_of("next" if is_today(inquiry) else "first", found[0]),
        **times_of("last", found[-1]),
        **times_of("fastest", quickest),
        "fastest_duration": quickest.duration,
    }


def fastest(found: Sequence[Boarding]) -> Boarding:
    """The one with the shortest ride, the earliest of these."""
    return min(found, key=lambda boarding: (boarding.duration, boarding.dep))


def times_of(name: str, boarding: Boarding) -> dict[str, Any]:
    """The slots ``name``, ``name_dep`` and ``name_arr``."""
    times = boarding.times
    return {name: times["train"], f"{name}_dep": times["dep"], f"{name}_arr": times["arr"]}


def first_after(rides: Sequence[Ride], day: date, runs: Runs) -> tuple[date, Boarding] | None:
    """The next day on which a caller can board one of ``rides``, and the first of them then."""
    for number in range(1, A_YEAR):
        following = day + timedelta(days=number)
        if found := boarded(rides, following, runs):
            return following, found[0]
    return None


def _next_day(rides: Sequence[Ride], day: date, runs: Runs) -> dict[str, Any]:
    found = first_after(rides, day, runs)
    return {"next_day": found[0].isoformat(), **times_of("first", found[1])} if found else {}


def _nearby(inquiry: Inquiry, slots: dict[str, Any]) -> Answer:
    """No train ever runs between these two stations: those between other stations of their cities."""
    source, day = inquiry.source, inquiry.day()
    origins, destinations = (_of_one_city(source, slots[end]["code"]) for end in ("from", "to"))
    pairs = unique(
        (origin, leg.station) for origin in origins for leg in source.legs_from(origin, destinations)
    )
    rides = {pair: source.rides(*pair) for pair in pairs}
    runs = running(source, (ride.train for found in rides.values() for ride in found))
    found = [
        (boarding, pair)
        for pair in pairs
        for boarding in boarded(rides[pair], day, runs)
        if boarding.dep >= inquiry.minute_on(day)
    ]
    if not found:
        return Answer("none", slots)
    found.sort(key=lambda one: (one[0].dep, one[0].arr, one[0].ride.number))
    items = tuple(
        {
            "from": station_of(source, origin).named,
            "to": station_of(source, destination).named,
            **boarding.times,
            "duration": boarding.duration,
        }
        for boarding, (origin, destination) in found
    )
    return Answer("nearby", {**slots, "count": len(items)}, items)


def _of_one_city(source: RailSource, telecode: str) -> list[str]:
    return unique([telecode, *source.hubs([telecode])])


ENDS = {"from": "named", "to": "named"}
DATED = {**ENDS, "date": "date"}
RIDE = {"train": "train", "dep": "time", "arr": "time", "duration": "minutes"}


def named_slots(name: str) -> dict[str, str]:
    """The types of what is told about one train under ``name``."""
    return {name: "train", f"{name}_dep": "time", f"{name}_arr": "time"}


_COUNTED = {"count": "count", "total": "count", "left": "count"}
_FIRST = {"next_day": "date", **named_slots("first")}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "timetable",
            takes={"from": "station", "to": "station", "date": "date", "period": "choice"},
            outcomes={
                "none": DATED,
                "nearby": {**DATED, "count": "count"},
                "other_day": {**DATED, **_FIRST},
                "gone": {**DATED, **named_slots("last"), **_FIRST},
                "not_then": DATED,
                "left_then": {**DATED, **named_slots("last")},
                "one": {**DATED, **_COUNTED, **RIDE},
                "many": {**DATED, **_COUNTED},
                "busy": {
                    **DATED,
                    **_COUNTED,
                    **named_slots("first"),
                    **named_slots("next"),
                    **named_slots("last"),
                    **named_slots("fastest"),
                    "fastest_duration": "minutes",
                },
            },
            items={"one": RIDE, "many": RIDE, "busy": RIDE, "nearby": {**ENDS, **RIDE}},
            optional=frozenset(
                {
                    "period",
                    *(f"{outcome}.{slot}" for outcome in ("other_day", "gone") for slot in _FIRST),
                    *(
                        f"{outcome}.{slot}"
                        for outcome in ("one", "many", "busy")
                        for slot in ("total", "left")
                    ),
                    *(f"busy.{slot}" for name in ("first", "next") for slot in named_slots(name)),
                }
            ),
            about="direct trains from station to station, by departure; for today those that have not left. "
            "busy: more than six. left (today) or total (another day) is the same as count",
            choices={"period": (*PERIODS, ALL_DAY)},
            instead={
                "busy": "many",
                **dict.fromkeys(("nearby", "other_day", "gone", "not_then"), "none"),
                "left_then": "not_then",
            },
        ),
        timetable,
    ),
)
