"""Which fare a ride has: the published one, else by the formula, else an estimate; and what it is made of.

==========  ===============================================================================================
basis       where the fares of a ride come from
==========  ===============================================================================================
`table`     published: the train's own from its origin, or those on which all trains of its kind agree
`formula`   reckoned from the kilometres of an ordinary train
`estimate`  reckoned from the kilometres of a multiple-unit train, whose fares no formula gives exactly
==========  ===============================================================================================

All fares of one ride have one basis. Only seat classes that the train has are named, and nothing is told where neither
a fare nor the kilometres are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ivr.rail.fare_formula import (
    Fare,
    Item,
    emu_fares,
    explained,
    ordinary_fares,
    reduced,
    reduced_emu,
)
from ivr.rail.fare_rules import FareRules, Service
from ivr.rail.seats import class_of
from ivr.rail.source import Fares, RailSource, Ride

TABLE, FORMULA, ESTIMATE = "table", "formula", "estimate"


@dataclass(frozen=True)
class Priced:
    """The fares of a ride by place. ``km``: its length, where known."""

    ride: Ride
    basis: str
    fares: Mapping[str, Fare]
    km: int | None = None


def known_fares(
    source: RailSource, rides: Sequence[Ride], origin: str, destination: str
) -> Mapping[str, Fares]:
    """Train → published fares by place (a seat class or a berth), in jiao, of these rides.

    Fares of a train count from its origin and cannot be subtracted from each other. So a caller who boards at the
    origin gets the train's own fare, everyone else the fare from station to station on which all trains of that kind
    agree.
    """
    own = source.origin_fares(origin, destination)
    agreed = source.pair_fares(origin, destination)
    seats = source.seats([ride.train for ride in rides])
    fares: dict[str, Fares] = {}
    for ride in rides:
        known = own.get(ride.train) or agreed.get(ride.kind, {})
        has = seats.get(ride.train, {})
        fares[ride.train] = {place: fare for place, fare in known.items() if class_of(place) in has}
    return fares


def price(
    source: RailSource,
    rides: Sequence[Ride],
    origin: str,
    destination: str,
    day: date,
    passenger: str = "adult",
) -> list[Priced]:
    """What these rides from ``origin`` to ``destination`` cost on ``day``, in their order; those without a fare are
    left out. ``passenger``: one of :data:`ivr.rail.fare_rules.PASSENGERS`."""
    rules = rules_of(source, day)
    seats = source.seats([ride.train for ride in rides])
    published = _published_by(source, rides, origin, destination, rules, passenger)
    lengths = _lengths(source, rides, [ride for ride in rides if not published[ride.train]])
    found = []
    for ride in rides:
        km, service = lengths.get(ride.train), _service(rules, ride)
        basis, fares = TABLE, published[ride.train]
        if not fares and rules is not None and service is not None and km is not None:
            basis, fares = reckoned(rules, service, km, passenger)
        has = seats.get(ride.train, {})
        fares = {place: fare for place, fare in fares.items() if class_of(place) in has}
        if fares:
            found.append(Priced(ride, basis, fares, km))
    return found


def published_fares(
    source: RailSource, ride: Ride, origin: str, destination: str, day: date, passenger: str = "adult"
) -> Mapping[str, Fare]:
    """Place → what the published fares make ``passenger`` pay on ``day``; nothing is reckoned or estimated."""
    rules = None if passenger == "adult" else rules_of(source, day)
    return _published_by(source, [ride], origin, destination, rules, passenger)[ride.train]


def _published_by(
    source: RailSource,
    rides: Sequence[Ride],
    origin: str,
    destination: str,
    rules: FareRules | None,
    passenger: str,
) -> dict[str, dict[str, Fare]]:
    known = known_fares(source, rides, origin, destination)
    return {
        ride.train: _published(known[ride.train], rules, _service(rules, ride), passenger) for ride in rides
    }


def _service(rules: FareRules | None, ride: Ride) -> Service | None:
    return None if rules is None else rules.service(ride.number, ride.kind)


def rules_of(source: RailSource, day: date) -> FareRules | None:
    """The rules of that day; ``None`` where the data has none, or none that old."""
    book = source.fare_book()
    try:
        return None if book is None else book.on(day)
    except LookupError:
        return None


def reckoned(rules: FareRules, service: Service, km: int, passenger: str) -> tuple[str, dict[str, Fare]]:
    """The basis and the fares by place over ``km`` (from 1), for every place that such trains can have."""
    if service.emu:
        return ESTIMATE, _paid(reduced_emu, rules, emu_fares(rules.emu[service.emu], km), passenger)
    return FORMULA, _paid(reduced, rules, ordinary_fares(rules, service, km), passenger)


def _published(
    known: Fares, rules: FareRules | None, service: Service | None, passenger: str
) -> dict[str, Fare]:
    full = {place: Fare((Item("table", jiao),)) for place, jiao in known.items()}
    if passenger == "adult":
        return full
    if rules is None or service is None:
        return {}
    if service.emu:
        return _paid(reduced_emu, rules, full, passenger)
    return _paid(reduced, rules, explained(rules, service, known), passenger)


def _paid(
    how: Callable[[FareRules, str, str, Fare], Fare | None],
    rules: FareRules,
    full: Mapping[str, Fare],
    passenger: str,
) -> dict[str, Fare]:
    paid = {place: how(rules, passenger, place, fare) for place, fare in full.items()}
    return {place: fare for place, fare in paid.items() if fare is not None}


def _lengths(source: RailSource, rides: Sequence[Ride], wanted: Sequence[Ride]) -> dict[str, int]:
    """Train → whole km of its ride: as the timetable has them; for those ``wanted`` also leg by leg."""
    lengths = {ride.train: ride.km for ride in rides if ride.km is not None}
    if missing := [ride for ride in wanted if ride.km is None]:
        lengths |= source.leg_km(missing)
    return {train: max(round(km), 1) for train, km in lengths.items()}


def itemised(rules: FareRules | None, priced: Priced) -> Priced:
    """Published fares of an ordinary train with the items that the formula gives them, where it gives that sum."""
    service = _service(rules, priced.ride)
    if priced.basis != TABLE or rules is None or service is None or service.emu:
        return priced
    made = explained(rules, service, {place: fare.jiao for place, fare in priced.fares.items()})
    return replace(priced, fares={**priced.fares, **made})
