"""What a ticket costs: between two stations by kind of train, and of one train.

A fare that was reckoned is never told as a published one: it stands in the slots ``about`` and ``about_from``, the
published one in ``fare`` and ``fare_from`` ("from": the cheapest of several). ``estimates`` counts the former.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.fare_choice import TABLE, Priced, known_fares, price
from ivr.rail.fare_rules import PASSENGERS
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.seats import CLASSES, PLACES, Named, lowest, money, named_place
from ivr.rail.source import Ride
from ivr.rail.timetable import ENDS, ends
from ivr.rail.train_runs import whole_run

__all__ = ["QUERIES", "known_fares"]

#: Kind of train → what callers call it; all others are ordinary trains.
_GROUPS = {
    "G": {"code": "G", "zh": "高铁", "en": "high-speed trains"},
    "C": {"code": "C", "zh": "城际列车", "en": "intercity trains"},
    "D": {"code": "D", "zh": "动车", "en": "D trains"},
}
_ORDINARY = {"code": "ordinary", "zh": "普通列车", "en": "ordinary trains"}
#: The kinds of trains, in the order in which their fares are told.
KINDS = (*_GROUPS.values(), _ORDINARY)


def fares(inquiry: Inquiry) -> Answer:
    """Fares by kind of train and class, the fast ones first; of a class with berths, the cheapest berth.

    Where trains of a kind differ, the cheapest fare. Where some of a kind have published fares, those are told and
    the reckoned ones of the others are not.
    """
    slots = ends(inquiry, dated=False)
    codes = (slots["from"]["code"], slots["to"]["code"])
    rides = inquiry.source.rides(*codes)
    priced = price(inquiry.source, rides, *codes, _day(inquiry), _passenger(inquiry))
    items: list[dict[str, Any]] = []
    told = 0
    for group in KINDS:
        of_group = [p for p in priced if _GROUPS.get(p.ride.kind, _ORDINARY) == group]
        of_group = [p for p in of_group if p.basis == TABLE] or of_group
        told += len(of_group)
        items += _by_class(group, of_group)
    return _found({**slots, "count": told}, items) if items else Answer("none", slots)


def _by_class(group: Named, priced: Sequence[Priced]) -> Iterable[dict[str, Any]]:
    prices = [lowest({place: fare.jiao for place, fare in p.fares.items()}) for p in priced]
    first = {"kind": group}
    for name in CLASSES:
        amounts = {of_train[name] for of_train in prices if name in of_train}
        if amounts:
            yield {**first, "class": named_place(name), **_amount(amounts, priced[0].basis)}
            first = {}


def _amount(amounts: set[int], basis: str) -> dict[str, str]:
    slot = "fare" if basis == TABLE else "about"
    return {slot if len(amounts) == 1 else f"{slot}_from": money(min(amounts))}


def _found(slots: dict[str, Any], items: Sequence[dict[str, Any]]) -> Answer:
    estimates = sum("about" in item or "about_from" in item for item in items)
    return Answer("found", {**slots, **({"estimates": estimates} if estimates else {})}, tuple(items))


def train_fares(inquiry: Inquiry) -> Answer:
    """Fares of one train from its origin to its terminal, each berth on its own."""
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", {"train": inquiry.text("train")})
    return _of_train(inquiry, *run)


def ride_fares(inquiry: Inquiry) -> Answer:
    """Fares of one train between two of its stops, each berth on its own."""
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", {"train": inquiry.text("train")})
    return _of_train(inquiry, run[0], {**run[1], **ends(inquiry, dated=False)})


def _of_train(inquiry: Inquiry, whole: Ride, slots: dict[str, Any]) -> Answer:
    codes = (slots["from"]["code"], slots["to"]["code"])
    rides = [ride for ride in inquiry.source.rides(*codes) if ride.train == whole.train]
    if not rides:
        return Answer("no_ride", slots)
    priced = price(inquiry.source, rides, *codes, _day(inquiry), _passenger(inquiry))
    if not priced:
        return Answer("unknown", slots)
    found = priced[0].fares
    items = [
        {"class": named_place(place), **_amount({found[place].jiao}, priced[0].basis)}
        for place in PLACES
        if place in found
    ]
    return _found({**slots, "count": len(items)}, items)


def _day(inquiry: Inquiry) -> date:
    return inquiry.day() if inquiry.args.get("date") else inquiry.today


def _passenger(inquiry: Inquiry) -> str:
    passenger = inquiry.args.get("passenger") or PASSENGERS[0]
    if passenger not in PASSENGERS:
        raise ValueError(f"{passenger!r} is no kind of passenger")
    return str(passenger)


_MONEY = {"fare": "money", "about": "money"}
_FROM = {"fare_from": "money", "about_from": "money"}
_COUNTS = {"count": "count", "estimates": "count"}
_CLASS = {"class": "named"}
_TRAIN = {"train": "train"}
_OPTIONAL = frozenset(
    {"date", "passenger", "found.estimates", *(f"items.{name}" for name in {**_MONEY, **_FROM})}
)
_CHOICES = {"passenger": PASSENGERS}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "fares",
            takes={"from": "station", "to": "station", "date": "date", "passenger": "choice"},
            outcomes={"none": ENDS, "found": {**ENDS, **_COUNTS}},
            items={"found": {"kind": "named", **_CLASS, **_MONEY, **_FROM}},
            optional=_OPTIONAL | {"items.kind"},
            about="fares of direct trains by kind of train (named at its first class) and class; fare_from, about_from: "
            "the cheapest where trains differ; about: reckoned, an estimate; count is the number of trains",
            choices=_CHOICES,
        ),
        fares,
    ),
    (
        QuerySpec(
            "train_fares",
            takes={"train": "train", "date": "date", "passenger": "choice"},
            outcomes={"none": _TRAIN, "unknown": {**_TRAIN, **ENDS}, "found": {**_TRAIN, **ENDS, **_COUNTS}},
            items={"found": {**_CLASS, **_MONEY}},
            optional=_OPTIONAL,
            about="fares of a train from origin to terminal; unknown: it runs, but no fare is known",
            choices=_CHOICES,
        ),
        train_fares,
    ),
    (
        QuerySpec(
            "ride_fares",
            takes={
                "train": "train",
                "from": "station",
                "to": "station",
                "date": "date",
                "passenger": "choice",
            },
            outcomes={
                "none": _TRAIN,
                "no_ride": {**_TRAIN, **ENDS},
                "unknown": {**_TRAIN, **ENDS},
                "found": {**_TRAIN, **ENDS, **_COUNTS},
            },
            items={"found": {**_CLASS, **_MONEY}},
            optional=_OPTIONAL,
            about="fares of a train between two stations; no_ride: it does not stop at both in this order",
            choices=_CHOICES,
        ),
        ride_fares,
    ),
)
