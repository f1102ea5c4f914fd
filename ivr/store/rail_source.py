"""The facts of the railway, read from the database: :class:`ivr.rail.source.RailSource` over SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from ivr.rail.source import City, Fares, Journey, Operation, PresaleRule, Ride, Station, Stop
from ivr.store.choices import station_choices
from ivr.store.models.rail import (
    RailAreaCode,
    RailBureau,
    RailFare,
    RailOperator,
    RailPairFare,
    RailPresale,
    RailSeats,
    RailSold,
    RailStation,
    RailStop,
    RailTrain,
)


class SqlRailSource:
    """Reads through ``session``, which whoever made it closes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # stations

    def station(self, telecode: str) -> Station | None:
        row = self._session.get(RailStation, telecode)
        return None if row is None else _station(row)

    def stations_by_initials(self, keys: str) -> Sequence[Station]:
        return self._stations(RailStation.keypad_initials.startswith(keys, autoescape=True))

    def stations_by_pinyin(self, keys: str) -> Sequence[Station]:
        return self._stations(RailStation.keypad_pinyin.startswith(keys, autoescape=True))

    def stations_in(self, cities: Sequence[str]) -> Sequence[Station]:
        return self._stations(RailStation.city.in_(cities))

    def stations_by_telecode(self, telecodes: Sequence[str]) -> Sequence[Station]:
        return self._stations(RailStation.telecode.in_(telecodes))

    def choices(self, telecodes: Sequence[str]) -> Mapping[str, int]:
        return station_choices(self._session, telecodes)

    def stations_named(self, name: str) -> Sequence[Station]:
        """The station of this name or telecode; if there is none, those that were called so before."""
        code = name.upper()
        found = self._stations(or_(RailStation.name == name, RailStation.telecode == code))
        return found or self._stations(RailStation.former_name == name)

    def _stations(self, where: ColumnElement[bool]) -> list[Station]:
        rows = self._session.scalars(select(RailStation).where(where))
        return [_station(row) for row in rows]

    # trains

    def trains_by_digits(self, digits: str) -> Sequence[str]:
        query = select(RailTrain.train).where(RailTrain.digits == digits)
        return self._session.scalars(query).all()

    def operated_trains_by_digits(self, digits: str) -> Sequence[str]:
        query = select(RailOperator.train).where(RailOperator.digits == digits).distinct()
        return self._session.scalars(query).all()

    def rides(self, origin: str, destination: str) -> Sequence[Ride]:
        here, there = aliased(RailStop), aliased(RailStop)
        query = (
            select(here.train, RailTrain.kind, here.seq, there.seq, here.dep, there.arr)
            .join(there, (there.train == here.train) & (there.seq > here.seq))
            .join(RailTrain, RailTrain.train == here.train)
            .where(here.station == origin, there.station == destination)
        )
        return [
            Ride(train, kind, first, last, dep, arr)
            for train, kind, first, last, dep, arr in self._session.execute(query)
            if dep is not None and arr is not None
        ]

    def run(self, train: str) -> tuple[str, Sequence[Stop]]:
        found = self._session.get(RailTrain, train)
        if found is None:
            return "", ()
        query = (
            select(RailStop, RailStation)
            .join(RailStation, RailStation.telecode == RailStop.station)
            .where(RailStop.train == train)
            .order_by(RailStop.seq)
        )
        rows = self._session.execute(query)
        return found.kind, [Stop(s.seq, _station(station), s.arr, s.dep) for s, station in rows]

    # fares and seats

    def origin_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        here, there = aliased(RailStop), aliased(RailStop)
        query = (
            select(RailFare.train, RailFare.place, RailFare.jiao)
            .join(there, (there.train == RailFare.train) & (there.seq == RailFare.seq))
            .join(here, (here.train == there.train) & (here.seq == 1))
            .where(here.station == origin, there.station == destination)
        )
        return _grouped(self._session.execute(query))

    def pair_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        query = select(RailPairFare.kind, RailPairFare.place, RailPairFare.jiao).where(
            RailPairFare.origin == origin, RailPairFare.destination == destination
        )
        return _grouped(self._session.execute(query))

    def seats(self, trains: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        query = select(RailSeats.train, RailSeats.seat_class, RailSeats.seats).where(
            RailSeats.train.in_(trains)
        )
        return _grouped(self._session.execute(query))

    def sold(self, journeys: Sequence[Journey]) -> Mapping[str, Mapping[str, int]]:
        parts = {(train, day): (first, last) for train, day, first, last in journeys}
        query = select(RailSold).where(
            RailSold.train.in_([train for train, _ in parts]),
            RailSold.service_date.in_({day for _, day in parts}),
            RailSold.sold > 0,
        )
        most: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self._session.scalars(query):
            first, last = parts.get((row.train, row.service_date), (0, 0))
            if first <= row.segment < last:
                of_train = most[row.train]
                of_train[row.seat_class] = max(row.sold, of_train.get(row.seat_class, 0))
        return most

    # operators, cities, presale

    def operations(self, train: str) -> Sequence[Operation]:
        query = (
            select(RailOperator, RailBureau)
            .join(RailBureau, RailBureau.bureau == RailOperator.operator)
            .where(RailOperator.train == train)
            .order_by(RailOperator.id)
        )
        return [
            Operation(
                {"code": bureau.bureau, "zh": bureau.name, "en": bureau.english},
                row.depot,
                row.valid_from,
                row.valid_to,
            )
            for row, bureau in self._session.execute(query)
        ]

    def cities_by_keys(self, keys: str) -> Sequence[City]:
        return self._cities(
            or_(
                RailAreaCode.keypad_initials.startswith(keys, autoescape=True),
                RailAreaCode.keypad_pinyin.startswith(keys, autoescape=True),
            )
        )

    def cities_with_code(self, area_code: str) -> Sequence[City]:
        return self._cities(RailAreaCode.code == area_code)

    def city(self, name: str) -> Sequence[City]:
        return self._cities(RailAreaCode.city == name)

    def _cities(self, where: ColumnElement[bool]) -> list[City]:
        query = (
            select(RailAreaCode)
            .where(where)
            .order_by(RailAreaCode.traffic.desc(), RailAreaCode.code, RailAreaCode.city)
        )
        return [
            City(
                row.city,
                row.label,
                row.code,
                row.province,
                row.keypad_initials,
                row.keypad_pinyin,
                row.traffic,
            )
            for row in self._session.scalars(query)
        ]

    def presale_rules(self) -> Sequence[PresaleRule]:
        rows = self._session.scalars(select(RailPresale))
        return [PresaleRule(row.valid_from, row.days) for row in rows]


def _station(row: RailStation) -> Station:
    return Station(
        row.telecode, row.name, row.label, row.keypad_initials, row.keypad_pinyin, row.traffic, row.city
    )


def _grouped(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    """Rows of (group, name, value) → group → name → value."""
    groups: dict[str, dict[str, int]] = defaultdict(dict)
    for group, name, value in rows:
        groups[group][name] = value
    return groups
