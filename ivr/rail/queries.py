"""Every query that a menu can ask, by name.

``error`` may be the outcome of any query: whoever runs it gives that outcome when it fails. ``optional`` of a spec
names arguments that may be missing, and slots that may: ``outcome.slot``, ``items.slot`` for those of list items,
``list.slot`` for those of the entries of a slot that is a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any

from ivr.rail import (
    area_codes,
    availability,
    booking_offer,
    connections,
    departures,
    fares,
    operators,
    presale,
    stations,
    timetable,
    train_runs,
    trains_with_tickets,
)
from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry
from ivr.rail.source import RailSource
from ivr.rail.ticket_source import TicketSource

_ALL = {
    spec.name: (spec, function)
    for module in (
        stations,
        presale,
        availability,
        trains_with_tickets,
        timetable,
        train_runs,
        connections,
        departures,
        fares,
        operators,
        area_codes,
        booking_offer,
    )
    for spec, function in module.QUERIES
}

QUERIES: Mapping[str, QuerySpec] = MappingProxyType({name: spec for name, (spec, _) in _ALL.items()})

#: The type of a form's field → the query that finds out which one the keys mean.
FIELD_LOOKUPS: Mapping[str, str] = MappingProxyType(
    {
        "station": "find_station",
        "train": "find_train",
        "operated_train": "find_operated_train",
        "city": "find_city",
        "booking_train": "find_train_between",
        "seat_class": "classes_left",
    }
)

#: The type of a form's field → the slot of its query's answer that holds what was found.
LOOKUP_SLOTS: Mapping[str, str] = MappingProxyType(
    {
        "station": "station",
        "train": "train",
        "operated_train": "train",
        "city": "city",
        "booking_train": "train",
        "seat_class": "class",
    }
)

#: The types of fields that are not keyed: what the query finds is offered.
OFFERED = frozenset({"seat_class"})


def ask(
    source: RailSource,
    name: str,
    args: Mapping[str, Any],
    today: date,
    now: time | None = None,
    tickets: TicketSource | None = None,
) -> Answer:
    """Answer the query ``name``.

    ``args``: JSON values (keys "021"; stations by telecode; a train "G102"; a date "2026-10-01"; a city by its
    name). ``today`` and ``now`` are in the site's time zone; with ``now``, trains that have left already are not
    offered. ``tickets``: where remaining tickets come from; ``None``: the hotline's own inventory. Raises LookupError for an unknown query, argument or telecode, ValueError for a value that
    cannot be understood.
    """
    spec, function = _ALL[name]
    if missing := [argument for argument in spec.takes if argument not in {*args, *spec.optional}]:
        raise LookupError(f"{name}: missing {', '.join(missing)}")
    return function(Inquiry(source, args, today, now, tickets))
