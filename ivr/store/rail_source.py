"""The facts of the railway, read from the database: :class:`ivr.rail.source.RailSource` over SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ivr.clock import utc_now
from ivr.rail.fare_rules import FareBook, read_fare_book
from ivr.rail.source import (
    FAST,
    City,
    Departure,
    Fares,
    Journey,
    Leg,
    Operation,
    PresaleRule,
    Ride,
    Service,
    Station,
    Stop,
)
from ivr.store import rail_sql as sql
from ivr.store.choices import station_choices
from ivr.store.models.rail import (
    RailAreaCode,
    RailBureau,
    RailFareRules,
    RailLeg,
    RailOperator,
    RailSaleTime,
    RailService,
    RailServiceDay,
    RailStation,
    RailStop,
    RailTrainNumber,
)
from ivr.store.rail_inventory import Segments, lapsed_seats, written_taken
from ivr.store.rail_memory import RailMemory
from ivr.store.rail_versions import live_memory


class SqlRailSource:
    """Reads the live dataset through ``session``, which whoever made it closes. A read raises :class:`IvrError` when
    nothing is loaded. ``now`` (aware; default: the present) decides which bookings are still held."""

    def __init__(self, session: Session, now: datetime | None = None) -> None:
        self._session = session
        self._now = now or utc_now()
        self._stations_read: dict[str, Station | None] = {}

    @cached_property
    def _memory(self) -> RailMemory:
        # Once: whatever is switched meanwhile, all reads of one query are of one version.
        return live_memory(self._session)

    @property
    def _dataset(self) -> int:
        return self._memory.number

    # stations

    def station(self, telecode: str) -> Station | None:
        if telecode not in self._stations_read:
            wanted = {"dataset": self._dataset, "telecode": telecode}
            row = self._session.execute(sql.STATION, wanted).one_or_none()
            self._stations_read[telecode] = None if row is None else Station(*row)
        return self._stations_read[telecode]

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
        if not name:
            return []  # what was never renamed has an empty former name
        code = name.upper()
        found = self._stations(or_(RailStation.name == name, RailStation.telecode == code))
        return found or self._stations(RailStation.former_name == name)

    def _stations(self, where: ColumnElement[bool]) -> list[Station]:
        rows = self._session.scalars(select(RailStation).where(RailStation.dataset == self._dataset, where))
        return [_station(row) for row in rows]

    # trains

    def trains_by_digits(self, digits: str) -> Sequence[str]:
        query = (
            select(RailTrainNumber.number)
            .where(RailTrainNumber.dataset == self._dataset, RailTrainNumber.digits == digits)
            .distinct()
        )
        return self._session.scalars(query).all()

    def trains_numbered(self, number: str) -> Sequence[str]:
        query = (
            select(RailTrainNumber.train)
            .where(RailTrainNumber.dataset == self._dataset, RailTrainNumber.number == number)
            .distinct()
            .order_by(RailTrainNumber.train)
        )
        return self._session.scalars(query).all()

    def services(self, trains: Sequence[str]) -> Mapping[str, Service]:
        wanted = {"dataset": self._dataset, "trains": list(trains)}
        named = dict(self._session.execute(sql.SERVICE_OF, wanted).all())
        valid_from, valid_to = self._session.execute(sql.VALIDITY, {"dataset": self._dataset}).one()
        own = self._services({service for service in named.values() if service is not None})
        usual = Service(valid_from=valid_from, valid_to=valid_to)
        return {train: own.get(service, usual) for train, service in named.items()}

    def _services(self, names: Collection[str]) -> Mapping[str | None, Service]:
        if not names:
            return {}
        wanted = (RailService.dataset == self._dataset, RailService.service.in_(names))
        exceptions = select(RailServiceDay).where(
            RailServiceDay.dataset == self._dataset, RailServiceDay.service.in_(names)
        )
        days: dict[tuple[str, bool], set[date]] = defaultdict(set)
        for day in self._session.scalars(exceptions):
            days[day.service, day.runs].add(day.date)
        return {
            row.service: Service(
                frozenset(number for number in range(7) if row.weekdays >> number & 1),
                row.valid_from,
                row.valid_to,
                frozenset(days[row.service, True]),
                frozenset(days[row.service, False]),
            )
            for row in self._session.scalars(select(RailService).where(*wanted))
        }

    def operated_trains_by_digits(self, digits: str) -> Sequence[str]:
        query = (
            select(RailOperator.train)
            .where(RailOperator.dataset == self._dataset, RailOperator.digits == digits)
            .distinct()
        )
        return self._session.scalars(query).all()

    def rides(self, origin: str, destination: str) -> Sequence[Ride]:
        return self._memory.rides(self._session, origin, destination)

    def run(self, train: str) -> tuple[str, Sequence[Stop]]:
        rows = self._session.execute(sql.RUN, {"dataset": self._dataset, "train": train}).all()
        stops = tuple(
            Stop(seq, Station(*station), arr, dep, number, km)
            for _, seq, arr, dep, number, km, *station in rows
        )
        return (rows[0][0] if rows else ""), stops

    def legs_from(self, origin: str, to: Collection[str] | None = None) -> Sequence[Leg]:
        return self._legs(sql.LEGS_FROM, origin, to)

    def legs_to(self, destination: str, origins: Collection[str] | None = None) -> Sequence[Leg]:
        return self._legs(sql.LEGS_TO, destination, origins)

    def _legs(self, queries: tuple[Any, Any], given: str, among: Collection[str] | None) -> list[Leg]:
        wanted: dict[str, Any] = {"dataset": self._dataset, "given": given}
        if among is not None:
            wanted["among"] = list(among)
        return [Leg._make(row) for row in self._session.execute(queries[among is not None], wanted).all()]

    def hubs(self, stations: Collection[str]) -> Mapping[str, str]:
        wanted = {"dataset": self._dataset, "stations": list(stations)}
        return dict(self._session.execute(sql.HUBS, wanted).all())

    def departures(self, station: str) -> Sequence[Departure]:
        rows = self._session.execute(sql.DEPARTURES, {"dataset": self._dataset, "station": station}).all()
        return [Departure(train, number, dep, Station(*terminal)) for train, number, dep, *terminal in rows]

    # fares and seats

    def origin_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        wanted = {"dataset": self._dataset, "origin": origin, "destination": destination}
        # Two reads: as one, SQLite goes through all fares of the dataset.
        ends = dict(self._session.execute(sql.STOPS_FROM_ORIGIN, wanted).all())
        if not ends:
            return {}
        of_ends = {"dataset": self._dataset, "trains": list(ends), "seqs": list(set(ends.values()))}
        fares = self._session.execute(sql.ORIGIN_FARES, of_ends).all()
        return _grouped((train, place, jiao) for train, seq, place, jiao in fares if ends[train] == seq)

    def pair_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        wanted = {"dataset": self._dataset, "origin": origin, "destination": destination}
        return _grouped(self._session.execute(sql.PAIR_FARES, wanted).all())

    def fare_book(self) -> FareBook | None:
        document = self._session.scalar(
            select(RailFareRules.document).where(RailFareRules.dataset == self._dataset)
        )
        return None if document is None else read_fare_book(document)

    def leg_km(self, rides: Sequence[Ride]) -> Mapping[str, float]:
        query = select(RailStop.train, RailStop.seq, RailStop.station).where(
            RailStop.dataset == self._dataset, RailStop.train.in_([ride.train for ride in rides])
        )
        stations = {(train, seq): station for train, seq, station in self._session.execute(query)}
        legs = select(RailLeg.one, RailLeg.other, RailLeg.fast, RailLeg.km).where(
            RailLeg.dataset == self._dataset, RailLeg.one.in_(set(stations.values()))
        )
        known = {(frozenset((one, other)), fast): km for one, other, fast, km in self._session.execute(legs)}
        lengths = {}
        for ride in rides:
            stops = [stations[ride.train, seq] for seq in range(ride.from_seq, ride.to_seq + 1)]
            fast = ride.kind in FAST
            ridden = [known.get((frozenset(leg), fast)) for leg in zip(stops, stops[1:], strict=False)]
            if None not in ridden:
                lengths[ride.train] = sum(km for km in ridden if km is not None)
        return lengths

    def seats(self, trains: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        return self._memory.seats(self._session, trains)

    def sold(self, journeys: Sequence[Journey]) -> Mapping[str, Mapping[str, int]]:
        parts = {(train, day): (first, last) for train, day, first, last in journeys}
        wanted = {"trains": [train for train, _ in parts], "days": list({day for _, day in parts})}
        rows = self._session.execute(sql.SEAT_MAPS, wanted).all()
        lapsed = lapsed_seats(self._session, self._now)
        taken: dict[str, dict[str, int]] = defaultdict(dict)
        for train, day, name, room, written in rows:
            part = parts.get((train, day))
            if part is None:
                continue
            over = lapsed.get((train, day, name)) if lapsed else None
            if over is None:
                taken[train][name] = written_taken(room, written, *part).bit_count()
                continue
            segments = Segments(room, written)
            for ride in over:
                segments.free(*ride)
            taken[train][name] = segments.taken(*part).bit_count()
        return taken

    # operators, cities, presale

    def operations(self, train: str) -> Sequence[Operation]:
        query = (
            select(RailOperator, RailBureau)
            .join(
                RailBureau,
                (RailBureau.dataset == RailOperator.dataset) & (RailBureau.bureau == RailOperator.operator),
            )
            .where(RailOperator.dataset == self._dataset, RailOperator.train == train)
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
            .where(RailAreaCode.dataset == self._dataset, where)
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

    def sale_time(self, telecode: str) -> int | None:
        row = self._session.get(RailSaleTime, (self._dataset, telecode))
        return None if row is None else row.minute

    def presale_rules(self) -> Sequence[PresaleRule]:
        rows = self._session.execute(sql.PRESALE, {"dataset": self._dataset}).all()
        return [PresaleRule(*row) for row in rows]


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
