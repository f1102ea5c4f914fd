"""Remaining tickets, by train and seat class, with what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.fares import known_fares
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.presale import last_day_on_sale
from ivr.rail.seats import CLASSES, lowest, money, named_place
from ivr.rail.ticket_source import Travel
from ivr.rail.timetable import ENDS, Boarding, board, boardings, ends, listed
from ivr.rail.train_runs import whole_run


def tickets(inquiry: Inquiry) -> Answer:
    """What is left from station to station, one item for each train and class."""
    if closed := _closed(inquiry):
        return closed
    slots = ends(inquiry)
    found = boardings(inquiry)
    if not found:
        return Answer("none", slots)
    return _left(inquiry, found, slots)


def train_tickets(inquiry: Inquiry) -> Answer:
    """What is left on one train for its whole run."""
    if closed := _closed(inquiry):
        return closed
    date = {"date": inquiry.day().isoformat()}
    run = whole_run(inquiry)
    if run is None:
        return Answer("none", {"train": inquiry.text("train"), **date})
    ride, slots = run
    return _left(inquiry, [board(ride, inquiry.day())], {**slots, **date})


def left_of(inquiry: Inquiry, boarding: Boarding, slots: Mapping[str, Any]) -> Mapping[str, int]:
    """Class → tickets left for a ride on its day. ``slots``: those of its ends. Raises :class:`IvrError` when nothing is
    known of them."""
    return inquiry.left([_travel(inquiry, boarding, slots)]).get(boarding.ride.train, {})


def _closed(inquiry: Inquiry) -> Answer | None:
    last = last_day_on_sale(inquiry.source, inquiry.today)
    if inquiry.today <= inquiry.day() <= last:
        return None
    slots = {"date": inquiry.day(), "first_day": inquiry.today, "last_day": last}
    return Answer("closed", {name: day.isoformat() for name, day in slots.items()})


def _left(inquiry: Inquiry, found: Sequence[Boarding], slots: dict[str, Any]) -> Answer:
    items = _items(inquiry, [b for b in found if not _gone(inquiry, b)], slots)
    if not items:
        return Answer("sold_out", slots)
    return listed(slots, tuple(items), count=len({item["train"] for item in items}))


def _gone(inquiry: Inquiry, boarding: Boarding) -> bool:
    """Whether the train has left already."""
    now = inquiry.now
    return inquiry.day() == inquiry.today and now is not None and boarding.dep < now.hour * 60 + now.minute


def _items(inquiry: Inquiry, found: Sequence[Boarding], slots: dict[str, Any]) -> list[dict[str, Any]]:
    source = inquiry.source
    rides = [boarding.ride for boarding in found]
    fares = known_fares(source, rides, slots["from"]["code"], slots["to"]["code"])
    left = inquiry.left([_travel(inquiry, boarding, slots) for boarding in found])
    items = []
    for boarding in found:
        train = boarding.ride.train
        prices = lowest(fares[train])
        of_train = left.get(train, {})
        for name in (name for name in CLASSES if of_train.get(name)):
            item = {**boarding.times, "class": named_place(name), "left": of_train[name]}
            if name in prices:
                item["fare"] = money(prices[name])
            items.append(item)
    return items


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


_ITEM = {
    "train": "train",
    "dep": "time",
    "arr": "time",
    "class": "named",
    "left": "count",
    "fare": "money",
}
_CLOSED = {"date": "date", "first_day": "date", "last_day": "date"}
_DATED = {**ENDS, "date": "date"}
_TRAIN = {"train": "train", **_DATED}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "tickets",
            takes={"from": "station", "to": "station", "date": "date"},
            outcomes={
                "none": _DATED,
                "closed": _CLOSED,
                "sold_out": _DATED,
                "one": {**_DATED, **_ITEM},
                "many": {**_DATED, "count": "count"},
            },
            items={"one": _ITEM, "many": _ITEM},
            optional=frozenset({"one.fare", "items.fare"}),
            about="tickets left, an item for each train and class, by departure; count is the number of trains",
        ),
        tickets,
    ),
    (
        QuerySpec(
            "train_tickets",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": {"train": "train", "date": "date"},
                "closed": _CLOSED,
                "sold_out": _TRAIN,
                "one": {**_TRAIN, **_ITEM},
                "many": {**_TRAIN, "count": "count"},
            },
            items={"one": _ITEM, "many": _ITEM},
            optional=frozenset({"one.fare", "items.fare"}),
            about="tickets left on one train from its origin to its terminal",
        ),
        train_tickets,
    ),
)
