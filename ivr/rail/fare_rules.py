"""The rules by which fares are reckoned: data with effective dates, read into values here.

The document (``data/fare_rules.json``) is a map from section to its versions. On a day, that version of each section
holds whose ``valid_from`` came last: history and a coming change are two entries of one list. Rates are decimal texts
in yuan a kilometre ("0.05861"), amounts whole jiao, shares percent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ivr.rail.seats import BERTHS, CLASSES, PLACES

#: Who travels; everyone but an adult may pay less.
PASSENGERS = ("adult", "child", "student", "disabled")

#: The items of an ordinary train's fare that a share may be paid of.
ITEMS = ("seat", "speed", "air_conditioning", "berth")


@dataclass(frozen=True)
class Step:
    """Up to ``to_km`` (``None``: to the end), each kilometre by ``value``: a band's width in km, or percent."""

    to_km: int | None
    value: int


@dataclass(frozen=True)
class Rate:
    """``yuan_per_km``, and the distance for which at least is paid."""

    yuan_per_km: Decimal
    minimum_km: int


@dataclass(frozen=True)
class Distance:
    """``bands``: how wide the cells are whose middle is the billing distance. ``taper``: percent of the rate."""

    bands: tuple[Step, ...]
    taper: tuple[Step, ...]


@dataclass(frozen=True)
class Ordinary:
    """``rates``: hard_seat, soft_seat, speed, air_conditioning and each berth. ``new_percent``: what an item costs in
    new air-conditioned coaches. ``least``: jiao that an item costs at least."""

    rates: Mapping[str, Rate]
    new_percent: int
    least: int


@dataclass(frozen=True)
class Insurance:
    """``percent`` of the bare hard-seat fare, up to whole ``added_step`` jiao, stands in the seat's item. What is
    taken off again is rounded up to whole ``off_step``, at least ``off_least``; 0: nothing is taken off."""

    percent: int
    added_step: int
    off_step: int
    off_least: int


@dataclass(frozen=True)
class Fees:
    """In jiao. ``fund`` is ``fund_small`` where the seat's item is at most ``small_seat``. ``waiting_room``: hard
    class beyond ``waiting_room_km``. ``sleeper``: for booking a berth."""

    fund: int
    fund_small: int
    small_seat: int
    waiting_room: int
    waiting_room_km: int
    sleeper: int


@dataclass(frozen=True)
class Service:
    """How a train is priced. ``emu``: the section of ``emu`` (""; then it is an ordinary train, with ``speed``
    supplements 0, 1 or 2, and ``air``: none, plain, new)."""

    kinds: tuple[str, ...]
    numbers: tuple[int, int] | None
    trains: frozenset[str]
    emu: str
    speed: int
    air: str

    def fits(self, train: str, kind: str) -> bool:
        """Whether this is the service of ``train``."""
        if self.trains:
            return train in self.trains
        number = int("".join(sign for sign in train if sign.isdigit()) or 0)
        return kind in self.kinds and (self.numbers is None or self.numbers[0] <= number <= self.numbers[1])


@dataclass(frozen=True)
class Emu:
    """A class of multiple-unit trains: the rate of each seat class, its taper (in percent), what is paid of it
    (110: ten percent more), and the jiao to whose multiples the fare is rounded down."""

    rates: Mapping[str, Decimal]
    taper: tuple[Step, ...]
    percent: int
    step: int


@dataclass(frozen=True)
class Reduction:
    """What a passenger pays, in percent. ``classes``: of ordinary trains in which there are such tickets; ``items``: what is
    paid of an item, 100 of those not named; ``emu``: class of a multiple unit in which there are such tickets → share
    of the fare. A share is rounded half up to ``step`` jiao."""

    classes: frozenset[str]
    items: Mapping[str, int]
    emu: Mapping[str, int]
    step: int


@dataclass(frozen=True)
class FareRules:
    """What holds on one day."""

    distance: Distance
    ordinary: Ordinary
    insurance: Insurance
    fees: Fees
    services: tuple[Service, ...]
    emu: Mapping[str, Emu]
    passengers: Mapping[str, Reduction]

    def service(self, train: str, kind: str) -> Service | None:
        """How ``train`` is priced; ``None``: no rule knows its kind."""
        return next((service for service in self.services if service.fits(train, kind)), None)


@dataclass(frozen=True)
class FareBook:
    """All versions of all sections, oldest first."""

    sections: Mapping[str, tuple[tuple[date, Any], ...]]

    def on(self, day: date) -> FareRules:
        """The rules of ``day``. Raises LookupError where a section has none yet."""
        return FareRules(**{name: self._version(name, day) for name in SECTIONS})

    def _version(self, name: str, day: date) -> Any:
        held = [rule for valid_from, rule in self.sections[name] if valid_from <= day]
        if not held:
            raise LookupError(f"no fare rule '{name}' holds on {day}")
        return held[-1]


def read_fare_book(document: Any) -> FareBook:
    """The document as values. Raises ValueError that names the place in it: ``ordinary[0].least: …``."""
    root = _Node(document, "")
    if strange := [name for name in root.map() if name not in SECTIONS]:
        raise ValueError(f"{strange[0]}: no section; they are {', '.join(SECTIONS)}")
    sections = {}
    for name, read in SECTIONS.items():
        versions = [(node["valid_from"].date(), read(node)) for node in root[name].list()]
        days = [day for day, _ in versions]
        if days != sorted(set(days)):
            raise ValueError(f"{name}: the versions must stand in the order of valid_from, one a day")
        sections[name] = tuple(versions)
    return FareBook(sections)


@dataclass(frozen=True)
class _Node:
    """A value of the document and the way to it."""

    value: Any
    path: str

    def fault(self, what: str) -> ValueError:
        return ValueError(f"{self.path or 'the document'}: {what}")

    def map(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.fault("must be a map")
        return self.value

    def __contains__(self, name: str) -> bool:
        return name in self.map()

    def __getitem__(self, name: str) -> _Node:
        if name not in self.map():
            raise self.fault(f"{name!r} is missing")
        return _Node(self.value[name], f"{self.path}.{name}" if self.path else name)

    def items(self, names: Sequence[str]) -> list[tuple[str, _Node]]:
        for name in self.map():
            if name not in names:
                raise self.fault(f"{name!r} is not known; there are {', '.join(names)}")
        return [(name, self[name]) for name in self.map()]

    def list(self) -> list[_Node]:
        if not isinstance(self.value, list) or not self.value:
            raise self.fault("must be a list with at least one entry")
        return [_Node(entry, f"{self.path}[{index}]") for index, entry in enumerate(self.value)]

    def words(self, among: Sequence[str] = ()) -> tuple[str, ...]:
        return tuple(node.word(among) for node in self.list())

    def word(self, among: Sequence[str] = ()) -> str:
        if not isinstance(self.value, str) or (among and self.value not in among):
            raise self.fault(f"{self.value!r} must be {'one of ' + ', '.join(among) if among else 'a text'}")
        return self.value

    def whole(self, least: int = 0) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            raise self.fault(f"{self.value!r} must be a whole number from {least}")
        return self.value

    def rate(self) -> Decimal:
        try:
            rate = Decimal(self.word())
        except InvalidOperation:
            rate = Decimal(0)
        if not (rate.is_finite() and rate > 0):
            raise self.fault(f'{self.value!r} must be a rate in yuan a kilometre, such as "0.05861"')
        return rate

    def date(self) -> date:
        try:
            return date.fromisoformat(self.word())
        except ValueError:
            raise self.fault(f"{self.value!r} must be a date YYYY-MM-DD") from None

    def steps(self, value: str) -> tuple[Step, ...]:
        steps, before = [], 0
        nodes = self.list()
        for node in nodes:
            last = node is nodes[-1]
            to_km = node["to_km"].whole(before + 1) if not last else None
            if last and node["to_km"].value is not None:
                raise node["to_km"].fault("the last step must reach to the end: null")
            steps.append(Step(to_km, node[value].whole(1)))
            before = to_km or 0
        return tuple(steps)


_BERTHS = tuple(BERTHS)
_RATES = ("hard_seat", "soft_seat", "speed", "air_conditioning", *_BERTHS)


def _distance(node: _Node) -> Distance:
    return Distance(node["bands"].steps("wide_km"), node["taper"].steps("percent"))


def _ordinary(node: _Node) -> Ordinary:
    rates = {
        name: Rate(rate["yuan_per_km"].rate(), rate["minimum_km"].whole())
        for name, rate in ((name, node["rates"][name]) for name in _RATES)
    }
    return Ordinary(rates, node["new_percent"].whole(100), node["least"].whole())


def _insurance(node: _Node) -> Insurance:
    return Insurance(
        node["percent"].whole(),
        node["added_step"].whole(1),
        node["off_step"].whole(),
        node["off_least"].whole(),
    )


def _fees(node: _Node) -> Fees:
    names = ("fund", "fund_small", "small_seat", "waiting_room", "waiting_room_km", "sleeper")
    return Fees(*(node[name].whole() for name in names))


def _services(node: _Node) -> tuple[Service, ...]:
    return tuple(_service(service) for service in node["trains"].list())


def _service(node: _Node) -> Service:
    numbers = tuple(number.whole() for number in node["numbers"].list()) if "numbers" in node else None
    if numbers is not None and len(numbers) != 2:
        raise node["numbers"].fault("must be the first and the last number")
    emu = node["emu"].word() if "emu" in node else ""
    return Service(
        kinds=node["kinds"].words() if "kinds" in node else (),
        numbers=(numbers[0], numbers[1]) if numbers else None,
        trains=frozenset(node["trains"].words()) if "trains" in node else frozenset(),
        emu=emu,
        speed=0 if emu else node["speed"].whole(),
        air="" if emu else node["air"].word(("none", "plain", "new")),
    )


def _emu(node: _Node) -> Mapping[str, Emu]:
    return {
        name: Emu(
            {place: rate.rate() for place, rate in of["rates"].items(PLACES)},
            of["taper"].steps("percent"),
            of["percent"].whole(1),
            of["step"].whole(1),
        )
        for name, of in ((name, node["classes"][name]) for name in node["classes"].map())
    }


def _passengers(node: _Node) -> Mapping[str, Reduction]:
    return {
        name: Reduction(
            frozenset(of["ordinary"]["classes"].words(tuple(CLASSES))),
            {item: share.whole() for item, share in of["ordinary"]["items"].items(ITEMS)},
            {place: share.whole() for place, share in of["emu"].items(PLACES)},
            of["step"].whole(1),
        )
        for name, of in ((name, node[name]) for name in PASSENGERS[1:])
    }


#: section → its reader; the names are those of :class:`FareRules`.
SECTIONS = {
    "distance": _distance,
    "ordinary": _ordinary,
    "insurance": _insurance,
    "fees": _fees,
    "services": _services,
    "emu": _emu,
    "passengers": _passengers,
}
