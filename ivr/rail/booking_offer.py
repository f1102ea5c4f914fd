"""What can be booked: the trains between two stations, the classes with seats left, and one journey in full.

Only the hotline's own seats are sold. Where a site's ticket service tells what is left, the hotline does not know which seats
are free, and all that can be said is that booking is done ``elsewhere``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.availability import left_of
from ivr.rail.booking import ADULT
from ivr.rail.fare_choice import published_fares
from ivr.rail.inquiry import Inquiry, Query, candidates, unique
from ivr.rail.presale import last_day_on_sale
from ivr.rail.seats import CLASSES, money, named_place
from ivr.rail.service_day import clock_of
from ivr.rail.timetable import Boarding, boardings, ends


@dataclass(frozen=True)
class Offer:
    """A journey that can be booked: the ride on its day, the seats left in the class, and the slots that tell it."""

    boarding: Boarding
    seat_class: str
    left: int
    slots: Mapping[str, Any]

    def departure(self, zone: tzinfo | None) -> datetime:
        """When the train leaves the caller's station."""
        return departure(self.boarding, zone)


def departure(boarding: Boarding, zone: tzinfo | None) -> datetime:
    """When the train leaves the caller's station."""
    midnight = datetime.combine(boarding.service_date, time(), zone)
    return midnight + timedelta(minutes=boarding.ride.dep)


def booking_open(inquiry: Inquiry) -> Answer:
    """Whether the hotline books; asked before a caller keys a journey."""
    return Answer("open" if inquiry.tickets is None else ELSEWHERE)


def find_train_between(inquiry: Inquiry) -> Answer:
    """The trains with these digits that run between the two stations, by departure."""
    digits = inquiry.text("keys")
    rides = inquiry.source.rides(inquiry.text("from"), inquiry.text("to"))
    numbers = [ride.number for ride in sorted(rides, key=lambda ride: (ride.dep, ride.number))]
    return candidates("train", unique(number for number in numbers if _digits(number) == digits))


def _digits(train: str) -> str:
    return "".join(sign for sign in train if sign.isdigit())


def classes_left(inquiry: Inquiry) -> Answer:
    """The classes of a train in which seats are left for the ride."""
    found = _journey(inquiry)
    if isinstance(found, Answer):
        return found
    boarding, slots, left = found
    open_classes = [name for name in CLASSES if left.get(name, 0) > 0]
    if not open_classes:
        return Answer("sold_out", slots)
    return candidates("class", [named_place(name) for name in open_classes])


def offered(inquiry: Inquiry, tickets: int) -> Offer | Answer:
    """The journey of the arguments, or the answer that says why it cannot be booked."""
    found = _journey(inquiry)
    if isinstance(found, Answer):
        return found
    boarding, slots, left = found
    name = inquiry.text("class")
    if left.get(name, 0) <= 0:
        return Answer("sold_out", slots)
    slots = {**slots, "class": named_place(name)}
    if left[name] < tickets:
        return Answer("few", {**slots, "left": left[name]})
    return Offer(boarding, name, left[name], slots)


def fare_of(inquiry: Inquiry, offer: Offer, passenger: str) -> int | None:
    """What ``passenger`` (one of :data:`ivr.rail.fare_rules.PASSENGERS`) pays, in jiao; ``None`` where no fare is
    published: nobody books at an estimate."""
    codes = (offer.slots["from"]["code"], offer.slots["to"]["code"])
    published = published_fares(inquiry.source, offer.boarding.ride, *codes, inquiry.day(), passenger)
    # Of a class with berths nobody knows beforehand which berth it will be.
    fare = published.get(offer.seat_class)
    return None if fare is None else fare.jiao


def _journey(inquiry: Inquiry) -> Answer | tuple[Boarding, dict[str, Any], Mapping[str, int]]:
    if inquiry.tickets is not None:
        return Answer(ELSEWHERE)
    day, today = inquiry.day(), inquiry.today
    last = last_day_on_sale(inquiry.source, today)
    if not today <= day <= last:
        days = {"date": day, "first_day": today, "last_day": last}
        return Answer("closed", {name: value.isoformat() for name, value in days.items()})
    slots = {**ends(inquiry), "train": inquiry.text("train")}
    boarding = next((b for b in boardings(inquiry) if b.ride.number == slots["train"]), None)
    if boarding is None:
        return Answer("none", slots)
    slots.update(dep=clock_of(boarding.dep), arr=clock_of(boarding.arr))
    if _has_left(inquiry, boarding, day):
        return Answer("gone", slots)
    return boarding, slots, left_of(inquiry, boarding, slots)


def _has_left(inquiry: Inquiry, boarding: Boarding, day: date) -> bool:
    now = inquiry.now
    return day == inquiry.today and now is not None and boarding.dep <= now.hour * 60 + now.minute


def booking_journey(inquiry: Inquiry) -> Answer:
    """Whether a journey can be booked, with its times, the seats left and the fare."""
    found = offered(inquiry, 1)
    if isinstance(found, Answer):
        return found
    fare = fare_of(inquiry, found, ADULT)
    told = {} if fare is None else {"fare": money(fare)}
    return Answer("fine", {**found.slots, "left": found.left, **told})


#: Booking is done by others: a site's own ticket service has the seats.
ELSEWHERE = "elsewhere"
_DATED = {"train": "train", "from": "named", "to": "named", "date": "date"}
_TIMED = {**_DATED, "dep": "time", "arr": "time"}
_CLOSED = {"date": "date", "first_day": "date", "last_day": "date"}
#: What stands in the way of any booking of a journey: outcome → slots.
HINDRANCES: Mapping[str, Mapping[str, str]] = {
    "none": _DATED,
    "closed": _CLOSED,
    "gone": _TIMED,
    "sold_out": _TIMED,
    "few": {**_TIMED, "class": "named", "left": "count"},
    ELSEWHERE: {},
}
_ROUTE = {"from": "station", "to": "station"}
#: What a journey is made of.
JOURNEY = {**_ROUTE, "date": "date", "train": "train", "class": "choice"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "booking_open",
            takes={},
            outcomes={"open": {}, ELSEWHERE: {}},
            about="whether the hotline books; elsewhere: a site's ticket service has the seats, and an agent books",
        ),
        booking_open,
    ),
    (
        QuerySpec(
            "find_train_between",
            takes={"keys": "digits", **_ROUTE},
            outcomes={"one": {"train": "train"}, "many": {}, "none": {}},
            items={"many": {"train": "train"}},
            about="the trains with these digits that run from station to station",
        ),
        find_train_between,
    ),
    (
        QuerySpec(
            "classes_left",
            takes={**_ROUTE, "date": "date", "train": "train"},
            outcomes={
                "one": {"class": "named"},
                "many": {},
                **{name: slots for name, slots in HINDRANCES.items() if name != "few"},
            },
            items={"many": {"class": "named"}},
            about="the classes of a train with seats left for the ride",
        ),
        classes_left,
    ),
    (
        QuerySpec(
            "booking_journey",
            takes=JOURNEY,
            outcomes={
                "fine": {**_TIMED, "class": "named", "left": "count", "fare": "money"},
                **{name: slots for name, slots in HINDRANCES.items() if name != "few"},
            },
            optional=frozenset({"fine.fare"}),
            about="whether a journey can be booked now, and the full fare, where it is known",
        ),
        booking_journey,
    ),
)
