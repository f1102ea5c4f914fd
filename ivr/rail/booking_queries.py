"""The queries of booking that change or read bookings: their names, arguments and outcomes, and the words of the text
message. They are answered by the store (``ivr.store.bookings``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from ivr.rail.answers import QuerySpec
from ivr.rail.booking_offer import HINDRANCES, JOURNEY

_PARTY = {
    **JOURNEY,
    "tickets": "choice",
    "document_1": "resident_id",
    "document_2": "resident_id",
    "document_3": "resident_id",
    "free_children": "choice",
}
_OPTIONAL = frozenset({"tickets", "document_2", "document_3", "free_children"})
_REFUSED: Mapping[str, Mapping[str, str]] = {
    **HINDRANCES,
    "booked_already": {"which": "number", "date": "date"},
    "child_alone": {},
    "too_many_free": {"adults": "count"},
}
_JOURNEY_SLOTS = {
    "train": "train",
    "from": "named",
    "to": "named",
    "date": "date",
    "dep": "time",
    "class": "named",
}
_BOOKED = {**_JOURNEY_SLOTS, "tickets": "count", "total": "money"}
_UNTIL = {"until_day": "date", "until_time": "time"}
_ORDER = {"number": "booking_number", "tail": "id_tail"}

PASSENGERS = QuerySpec(
    "booking_passengers",
    takes={**_PARTY, "call": "call"},
    outcomes={
        "fine": {
            **_JOURNEY_SLOTS,
            "tickets": "count",
            "adults": "count",
            "children": "count",
            "total": "money",
        },
        **_REFUSED,
    },
    optional=_OPTIONAL | {"fine.children", "fine.total"},
    about="whether these passengers can book the journey, and what it costs in all, where that is known",
)
BOOK = QuerySpec(
    "book",
    takes={**_PARTY, "call": "call", "caller": "call"},
    outcomes={"booked": {"number": "grouped", "total": "money", **_UNTIL}, **_REFUSED},
    optional=_OPTIONAL | {"booked.total"},
    about="books; the same request of the same call again gives the same booking",
)
ORDER = QuerySpec(
    "booking_order",
    takes=_ORDER,
    outcomes={
        "held": {**_BOOKED, **_UNTIL},
        "paid": _BOOKED,
        "cancelled": _BOOKED,
        "expired": _BOOKED,
        "wrong": {},
        "locked": {},
    },
    optional=frozenset(f"{status}.total" for status in ("held", "paid", "cancelled", "expired")),
    about="a booking by its number and the last four signs of a passenger's document; five wrong tries lock it",
)
CANCEL = QuerySpec(
    "booking_cancel",
    takes=_ORDER,
    outcomes=dict.fromkeys(("done", "paid", "cancelled", "expired", "wrong", "locked"), {}),
    about="cancels a booking that is held; cancelled and expired: it had ended before",
)
GROUP_CASE = QuerySpec(
    "group_case",
    takes={
        "from": "station",
        "to": "station",
        "date": "date",
        "people": "digits",
        "call": "call",
        "caller": "call",
    },
    outcomes={"opened": {"case": "digits"}},
    about="opens a case for an agent: a group that wants to travel",
)
DELIVERY_CASE = QuerySpec(
    "delivery_case",
    takes={"number": "booking_number", "call": "call", "caller": "call"},
    outcomes={"opened": {"case": "digits"}},
    about="opens a case for an agent: tickets are to be brought to the caller for a fee",
)
CALLBACK_CASE = QuerySpec(
    "callback_case",
    takes={"call": "call", "caller": "call"},
    outcomes={"opened": {"case": "digits"}, "no_number": {}},
    about="opens a case for an agent: the caller wants to be called back",
)

SPECS: Mapping[str, QuerySpec] = {
    spec.name: spec for spec in (PASSENGERS, BOOK, ORDER, CANCEL, GROUP_CASE, DELIVERY_CASE, CALLBACK_CASE)
}

#: Those that make a booking; only the hotline's own seats can be booked.
BOOKS = frozenset(spec.name for spec in (PASSENGERS, BOOK))

#: Those that change something, if only a count of wrong tries.
CHANGING = frozenset(spec.name for spec in (BOOK, ORDER, CANCEL, GROUP_CASE, DELIVERY_CASE, CALLBACK_CASE))

_MOBILE = re.compile(r"(?:\+?86|0086|0)?(1[3-9]\d{9})")


def mobile_of(caller: str) -> str:
    """The mobile number that ``caller`` is, eleven digits; "" for a fixed line or no number."""
    match = _MOBILE.fullmatch(caller)
    return match[1] if match else ""


def booking_text(
    number: str,
    travel: date,
    train: str,
    ends: tuple[str, str],
    dep: str,
    seats: tuple[str, int],
    until: datetime,
) -> str:
    """The text message of a new booking. ``ends``: names of the stations; ``seats``: the class's name and how many."""
    return (
        f"您已预订{travel.month}月{travel.day}日{train}次，{ends[0]} {dep}开，到{ends[1]}，"
        f"{seats[0]}{seats[1]}张，订单号{number}。"
        f"请于{until.month}月{until.day}日{until:%H:%M}前凭身份证取票，逾期自动取消。"
    )
