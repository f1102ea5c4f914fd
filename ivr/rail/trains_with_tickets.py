"""Remaining tickets as a caller wants them: a train with all its classes, and of many trains first a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ivr.rail.answers import LIST, Answer, QuerySpec
from ivr.rail.availability import CLASS, CLOSED, Offer, not_on_sale, of_class, offers
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.seats import WITH_BERTHS, money, named_place
from ivr.rail.timetable import (
    ALL_DAY,
    DATED,
    PERIODS,
    boardings,
    ends,
    fastest,
    in_period,
    is_today,
    listed,
    named_slots,
    none_then,
    times_of,
)

#: So many trains are told at once; of more, first a summary. A train with its classes takes some 20 seconds to say.
FEW = 4


def trains_with_tickets(inquiry: Inquiry) -> Answer:
    """The direct trains with tickets left, one item each. For today only those that have not left; of many (``busy``)
    first a summary, until the caller says which part of the day."""
    if closed := not_on_sale(inquiry):
        return closed
    slots = ends(inquiry)
    that_day = boardings(inquiry)
    if not that_day:
        return Answer("none", slots)
    found = [boarding for boarding in that_day if boarding.dep >= inquiry.minute_on(inquiry.day())]
    if not found:
        return Answer("gone", {**slots, **times_of("last", that_day[-1])})
    period = str(inquiry.args.get("period", ""))
    if period in PERIODS:
        found = in_period(found, period)
        if not found:
            return none_then(slots, in_period(that_day, period))
    known = offers(inquiry, found, slots)
    left = [offer for offer in known if offer.left]
    if len(left) < len(known):
        slots["sold_out"] = len(known) - len(left)
    if not left:
        return Answer("sold_out", slots)
    slots["count"] = len(left)
    if len(left) > FEW and period not in (*PERIODS, ALL_DAY):
        return Answer("busy", {**slots, **_summary(inquiry, left)}, _items(left))
    return listed(slots, _items(left), len(left))


def _items(left: Sequence[Offer]) -> tuple[dict[str, Any], ...]:
    return tuple({**offer.boarding.times, "classes": _classes(offer)} for offer in left)


def _classes(offer: Offer) -> list[dict[str, Any]]:
    """Its classes with tickets. The fare of a class with berths is that of the cheapest one: ``fare_from``."""
    told = [of_class(name, number, offer.fares) for name, number in offer.left.items()]
    for slots in told:
        if slots["class"]["code"] in WITH_BERTHS and "fare" in slots:
            slots["fare_from"] = slots.pop("fare")
    return told


def _summary(inquiry: Inquiry, left: Sequence[Offer]) -> dict[str, Any]:
    """The first train with tickets (for today the next), the fastest, the lowest fare where one is known, and the first
    train that has it where that is not the first of all."""
    found = [offer.boarding for offer in left]
    quickest = fastest(found)
    slots = {
        **times_of("next" if is_today(inquiry) else "first", found[0]),
        **times_of("fastest", quickest),
        "fastest_duration": quickest.duration,
    }
    priced = [
        (offer.fares[name], number, name)
        for number, offer in enumerate(left)
        for name in offer.left
        if name in offer.fares
    ]
    if priced:
        fare, number, name = min(priced)
        slots["lowest_fare"] = money(fare)
        if number > 0:
            slots |= {**times_of("cheapest", found[number]), "cheapest_class": named_place(name)}
    return slots


_TRAIN = {"train": "train", "dep": "time", "arr": "time", "classes": LIST}
_COUNTED = {**DATED, "count": "count", "sold_out": "count"}
_CHEAPEST = {"lowest_fare": "money", **named_slots("cheapest"), "cheapest_class": "named"}
_FIRST = {**named_slots("first"), **named_slots("next")}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "trains_with_tickets",
            takes={"from": "station", "to": "station", "date": "date", "period": "choice"},
            outcomes={
                "none": DATED,
                "closed": CLOSED,
                "gone": {**DATED, **named_slots("last")},
                "not_then": DATED,
                "left_then": {**DATED, **named_slots("last")},
                "sold_out": {**DATED, "sold_out": "count"},
                "one": {**_COUNTED, **_TRAIN},
                "many": _COUNTED,
                "busy": {
                    **_COUNTED,
                    **_FIRST,
                    **named_slots("fastest"),
                    "fastest_duration": "minutes",
                    **_CHEAPEST,
                },
            },
            items=dict.fromkeys(("one", "many", "busy"), _TRAIN),
            lists={"classes": {**CLASS, "fare_from": "money"}},
            optional=frozenset(
                {
                    "period",
                    "classes.fare",
                    "classes.fare_from",
                    *(f"{outcome}.sold_out" for outcome in ("one", "many", "busy")),
                    *(f"busy.{slot}" for slot in (*_FIRST, *_CHEAPEST)),
                }
            ),
            about="direct trains with tickets left, each with its classes, by departure; for today those that have not "
            "left. busy: more than four. count: trains with tickets; sold_out: those without",
            choices={"period": (*PERIODS, ALL_DAY)},
            instead={"busy": "many", "gone": "none", "not_then": "none", "left_then": "not_then"},
        ),
        trains_with_tickets,
    ),
)
