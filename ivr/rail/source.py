"""Where queries read their facts: narrow reads, plain frozen values.

A ``train`` is a key: one set of times and of running days. What callers call it is its ``number``; in most data both
are the same, but two trains may share a number on different days, and one may change its number on the way. Operators
are kept by number. Stations have a ``telecode``: three letters in China, a longer key elsewhere. Minutes count from midnight of the train's service day, as in the timetable (25:10 is 1510). Fares are in jiao. A
``place`` is a seat class or a berth of one (:mod:`ivr.rail.seats`). What is not known is missing, never zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from ivr.rail.fare_rules import FareBook
from ivr.rail.seats import Named


@dataclass(frozen=True)
class Station:
    """``traffic``: how many trains stop there. ``keypad_*``: its letters as telephone keys. ``city``: which it is in."""

    telecode: str
    name: str
    label: str
    keypad_initials: str = ""
    keypad_pinyin: str = ""
    traffic: int = 0
    city: str = ""

    @property
    def named(self) -> Named:
        return {"code": self.telecode, "zh": self.name, "en": self.label}


@dataclass(frozen=True)
class Stop:
    """``seq`` counts from 1 without gaps. ``dep``: ``None`` at the terminal, and where nobody may get in; ``arr``: ``None``
    at the origin, and where nobody may get out. ``number``: the train's when it leaves here (at the terminal: when it
    arrives). ``km``: from the origin."""

    seq: int
    station: Station
    arr: int | None
    dep: int | None
    number: str
    km: float | None = None


class Ride(NamedTuple):
    """From one station to a later one with one train. ``kind``: G, D, C, Z, T, K, Y, or 0. ``number``: under which
    the train leaves there; that is what callers are told. ``km``: the length of the ride. Many are read at once, hence
    a tuple."""

    train: str
    kind: str
    from_seq: int
    to_seq: int
    dep: int
    arr: int
    number: str
    km: float | None = None


@dataclass(frozen=True)
class Service:
    """On which service days a train runs: on ``weekdays`` (0 is Monday) from ``valid_from`` to ``valid_to``, both
    included, ``None`` without limit; also on those ``added``, and never on those ``removed``."""

    weekdays: frozenset[int] = frozenset(range(7))
    valid_from: date | None = None
    valid_to: date | None = None
    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()

    def runs_on(self, service_date: date) -> bool:
        """Whether the train leaves its origin on that day."""
        if service_date in self.added or service_date in self.removed:
            return service_date in self.added
        early = self.valid_from is not None and service_date < self.valid_from
        late = self.valid_to is not None and service_date > self.valid_to
        return service_date.weekday() in self.weekdays and not early and not late


class Leg(NamedTuple):
    """A ride of which one end is given; ``station`` is the telecode of the other one. Many are read at once, hence a
    tuple."""

    train: str
    number: str
    station: str
    from_seq: int
    to_seq: int
    dep: int
    arr: int


@dataclass(frozen=True)
class Departure:
    """A train that leaves a station under ``number``, and where it ends."""

    train: str
    number: str
    dep: int
    terminal: Station


@dataclass(frozen=True)
class City:
    """``name`` is also its code. ``traffic``: stops of trains at all its stations."""

    name: str
    label: str
    area_code: str
    province: str
    keypad_initials: str = ""
    keypad_pinyin: str = ""
    traffic: int = 0

    @property
    def named(self) -> Named:
        return {"code": self.name, "zh": self.name, "en": self.label}


@dataclass(frozen=True)
class Operation:
    """Who runs a train; ``valid_to`` is included, ``None`` is until further notice."""

    operator: Named
    depot: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class PresaleRule:
    """From ``valid_from`` on, tickets for ``days`` days are on sale, today included."""

    valid_from: date
    days: int


#: Kinds of trains that run on fast lines where there are some.
FAST = ("G", "D", "C")

#: A ride on a service day: train, service day, from_seq, to_seq.
Journey = tuple[str, date, int, int]
Fares = Mapping[str, int]


class RailSource(Protocol):
    """The facts. Every read is for the caller's eyes now: short, and small enough to hold."""

    def station(self, telecode: str) -> Station | None:
        """One station."""

    def stations_by_initials(self, keys: str) -> Sequence[Station]:
        """Stations whose initials on the keypad begin with ``keys``."""

    def stations_by_pinyin(self, keys: str) -> Sequence[Station]:
        """Stations whose full pinyin on the keypad begins with ``keys``."""

    def stations_in(self, cities: Sequence[str]) -> Sequence[Station]:
        """The stations of these cities."""

    def stations_by_telecode(self, telecodes: Sequence[str]) -> Sequence[Station]:
        """Those of these telecodes that exist."""

    def choices(self, telecodes: Sequence[str]) -> Mapping[str, int]:
        """How many callers chose a station last, lately; a station that is missing was chosen by none."""

    def trains_by_digits(self, digits: str) -> Sequence[str]:
        """Numbers of trains in the timetable with these digits: 102 → G102, D102, 102."""

    def trains_numbered(self, number: str) -> Sequence[str]:
        """The trains that bear this number on their way, or a part of it. Several: they run on different days."""

    def operated_trains_by_digits(self, digits: str) -> Sequence[str]:
        """Numbers with these digits whose operator is known."""

    def services(self, trains: Sequence[str]) -> Mapping[str, Service]:
        """Train → when it runs, for each train that there is. A train without limits of its own has those of the
        dataset."""

    def rides(self, origin: str, destination: str) -> Sequence[Ride]:
        """Every train that stops at ``origin`` and later at ``destination``."""

    def run(self, train: str) -> tuple[str, Sequence[Stop]]:
        """The train's kind and all its stops; ("", ()) when there is no such train."""

    def legs_from(self, origin: str, to: Collection[str] | None = None) -> Sequence[Leg]:
        """Every ride from ``origin``: of every train that stops there, to every later stop (that is among ``to``)."""

    def legs_to(self, destination: str, origins: Collection[str] | None = None) -> Sequence[Leg]:
        """Every ride to ``destination``: of every train that stops there, from every earlier stop (that is among
        ``origins``)."""

    def hubs(self, stations: Collection[str]) -> Mapping[str, str]:
        """The stations between which one can change on foot or by metro: telecode → city, of the stations with trains
        that bear the name of their city (上海, 上海虹桥), for the cities of ``stations``."""

    def departures(self, station: str) -> Sequence[Departure]:
        """Every train that leaves ``station``."""

    def origin_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        """Train → fares by place, of the trains that begin at ``origin``."""

    def pair_fares(self, origin: str, destination: str) -> Mapping[str, Fares]:
        """Kind of train → fares by place, where all trains of that kind agree."""

    def fare_book(self) -> FareBook | None:
        """The rules by which fares are reckoned; ``None``: this data has none."""

    def leg_km(self, rides: Sequence[Ride]) -> Mapping[str, float]:
        """Train → length of its ride, where the distances between all neighbouring stops are known."""

    def seats(self, trains: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Train → seats by class."""

    def sold(self, journeys: Sequence[Journey]) -> Mapping[str, Mapping[str, int]]:
        """Train → seats that are not free on the whole of its journey, by class. One journey a train."""

    def operations(self, train: str) -> Sequence[Operation]:
        """All rows about the operator of a train's number, whenever valid."""

    def cities_by_keys(self, keys: str) -> Sequence[City]:
        """Cities whose initials or full pinyin on the keypad begin with ``keys``."""

    def cities_with_code(self, area_code: str) -> Sequence[City]:
        """The cities that share an area code."""

    def city(self, name: str) -> Sequence[City]:
        """A city, once for each of its area codes."""

    def sale_time(self, telecode: str) -> int | None:
        """At which minute of the day a station opens the sale of a further day's tickets, where that is known."""

    def presale_rules(self) -> Sequence[PresaleRule]:
        """All rules, old ones too."""
