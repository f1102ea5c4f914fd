"""Remaining tickets, by train and seat class, with what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.fares import known_fares
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.presale import last_day_on_sale
from ivr.rail.seats import CLASSES, lowest, money, named_place
from ivr.rail.service_day import clock_of
from ivr.rail.ticket_source import Travel
from ivr.rail.timetable import (
    DATED,
    Boarding,
    board,
    boardings,
    ends,
    listed,
    named_slots,
    times_of,
)
from ivr.rail.train_runs import whole_run


def tickets(inquiry: Inquiry) -> Answer:
    """What is left from station to station, one item for each train and class."""
    if closed := not_on_sale(inquiry):
        return closed
    slots = ends(inquiry)
    found = boardings(inquiry)
    if not found:
        return Answer("none", slots)
    to_leave = [boarding for boarding in found if boarding.dep >= inquiry.minute_on(inquiry.day())]
    if not to_leave:
        return Answer("gone", {**slots, **times_of("last", found[-1])})
    return _left(inquiry, to_leave, slots)


def train_tickets(inquiry: Inquiry) -> Answer:
    """What is left on one train for its whole run."""
    if closed := not_on_sale(inquiry):
        return closed
    date = {"date": inquiry.day().isoformat()}
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", {"train": inquiry.text("train"), **date})
    ride, slots = run
    boarding = board(ride, inquiry.day())
    if boarding.dep < inquiry.minute_on(inquiry.day()):
        return Answer("gone", {**slots, **date, "dep": clock_of(boarding.dep)})
    return _left(inquiry, [boarding], {**slots, **date})


def left_of(inquiry: Inquiry, boarding: Boarding, slots: Mapping[str, Any]) -> Mapping[str, int]:
    """Class → tickets left for a ride on its day. ``slots``: those of its ends. Raises :class:`IvrError` when nothing is
    known of them."""
    return inquiry.left([_travel(inquiry, boarding, slots)]).get(boarding.ride.train, {})


def not_on_sale(inquiry: Inquiry) -> Answer | None:
    """The answer about a day whose tickets are not sold, ``None`` for one whose tickets are."""
    last = last_day_on_sale(inquiry.source, inquiry.today)
    if inquiry.today <= inquiry.day() <= last:
        return None
    slots = {"date": inquiry.day(), "first_day": inquiry.today, "last_day": last}
    return Answer("closed", {name: day.isoformat() for name, day in slots.items()})


def _left(inquiry: Inquiry, found: Sequence[Boarding], slots: dict[str, Any]) -> Answer:
    items = tuple(
        {**offer.boarding.times, **of_class(name, number, offer.fares)}
        for offer in offers(inquiry, found, slots)
        for name, number in offer.left.items()
    )
    if not items:
        return Answer("sold_out", slots)
    return listed(slots, items, count=len({item["train"] for item in items}))


@dataclass(frozen=True)
class Offer:
    """What is left on one train. ``left``: class → tickets, only classes with some; ``fares``: class → lowest fare
    in tenths of a yuan, where it is known."""

    boarding: Boarding
    left: Mapping[str, int]
    fares: Mapping[str, int]


def offers(inquiry: Inquiry, found: Sequence[Boarding], slots: Mapping[str, Any]) -> list[Offer]:
    """What is left on each train of which something is known. ``slots``: those of its ends. Raises :class:`IvrError`
    when nothing is known of any."""
    rides = [boarding.ride for boarding in found]
    fares = known_fares(inquiry.source, rides, slots["from"]["code"], slots["to"]["code"])
    left = inquiry.left([_travel(inquiry, boarding, slots) for boarding in found])
    return [
        Offer(
            boarding,
            {name: left[train][name] for name in CLASSES if left[train].get(name)},
            lowest(fares[train]),
        )
        for boarding in found
        if (train := boarding.ride.train) in left
    ]


def of_class(name: str, number: int, fares: Mapping[str, int]) -> dict[str, Any]:
    """The slots of a class with ``number`` tickets left."""
    fare = {"fare": money(fares[name])} if name in fares else {}
    return {"class": named_place(name), "left": number, **fare}


def _travel(inquiry: Inquiry, boarding: Boarding, slots: Mapping[str, Any]) -> Travel:
    train, service_date, from_seq, to_seq = boarding.journey
    return Travel(
        train,
        boarding.ride.number,
        service_date,
        inquiry.day(),
        slots["from"]["code"],
        slots["to"]["code"],
        from_seq,
        to_seq,
    )


CLASS = {"class": "named", "left": "count", "fare": "money"}
_ITEM = {"train": "train", "dep": "time", "arr": "time", **CLASS}
CLOSED = {"date": "date", "first_day": "date", "last_day": "date"}
_TRAIN = {"train": "train", **DATED}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "tickets",
            takes={"from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": DATED,
                "closed": CLOSED,
                "sold_out": DATED,
                "gone": {**DATED, **named_slots("last")},
                "one": {**DATED, **_ITEM},
                "many": {**DATED, "count": "count"},
            },
            items={"one": _ITEM, "many": _ITEM},
            optional=frozenset({"one.fare", "items.fare"}),
            about="tickets left, an item for each train and class, by departure; count is the number of trains. gone: all "
            "have left today",
            instead={"gone": "sold_out"},
        ),
        tickets,
    ),
    (
        QuerySpec(
            "train_tickets",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": {"train": "train", "date": "date"},
                "closed": CLOSED,
                "sold_out": _TRAIN,
                "gone": {**_TRAIN, "dep": "time"},
                "one": {**_TRAIN, **_ITEM},
                "many": {**_TRAIN, "count": "count"},
            },
            items={"one": _ITEM, "many": _ITEM},
            optional=frozenset({"one.fare", "items.fare"}),
            about="tickets left on one train from its origin to its terminal; gone: it has left today",
            instead={"gone": "sold_out"},
        ),
        train_tickets,
    ),
)
