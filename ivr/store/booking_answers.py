"""The booking queries of the dialogue, each with what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from ivr.rail.answers import Answer
from ivr.rail.booking_queries import BOOK, CALLBACK_CASE, CANCEL, DELIVERY_CASE, GROUP_CASE, ORDER, PASSENGERS
from ivr.store.booking_orders import cancel, order
from ivr.store.bookings import Request, book, check_passengers
from ivr.store.cases import open_case

Args = Mapping[str, Any]
Wanted = Callable[[], bool]


def _group_case(engine: Engine, args: Args, now: datetime, wanted: Wanted) -> Answer:
    details = {name: args[name] for name in ("from", "to", "date", "people")}
    return _opened(engine, "group", args, details, now)


def _delivery_case(engine: Engine, args: Args, now: datetime, wanted: Wanted) -> Answer:
    return _opened(engine, "delivery", args, {"booking": args["number"]}, now)


def _callback_case(engine: Engine, args: Args, now: datetime, wanted: Wanted) -> Answer:
    if not args.get("caller"):
        return Answer("no_number")
    return _opened(engine, "callback", args, {}, now)


def _opened(engine: Engine, kind: str, args: Args, details: dict[str, Any], now: datetime) -> Answer:
    case = open_case(engine, kind, details, args.get("call") or "", args.get("caller") or "", now)
    return Answer("opened", {"case": str(case)})


#: query → what answers it, with the engine, the arguments, the moment (aware, in the site's zone), and whether the
#: answer is still wanted: what nobody waits for is not booked, and not cancelled.
BOOKING_ANSWERS: Mapping[str, Callable[[Engine, Args, datetime, Wanted], Answer]] = {
    PASSENGERS.name: lambda engine, args, now, _: check_passengers(engine, Request.of(args), now),
    BOOK.name: lambda engine, args, now, wanted: book(engine, Request.of(args), now, wanted),
    ORDER.name: lambda engine, args, now, _: order(engine, args["number"], args["tail"], now),
    CANCEL.name: lambda engine, args, now, wanted: cancel(engine, args["number"], args["tail"], now, wanted),
    GROUP_CASE.name: _group_case,
    DELIVERY_CASE.name: _delivery_case,
    CALLBACK_CASE.name: _callback_case,
}
