"""The fare formula: from kilometres to yuan, every step of it an item that can be shown.

An ordinary train, 1,463 km, fast, new air-conditioned coaches (T109 from 北京 to 上海), hard seat:

=====================  ==================================================================  ======
billing distance       the middle of its band: 1,451 to 1,500 km → 1,475 km
tapered distance       200 + 300 × 0.9 + 500 × 0.8 + 475 × 0.7 = 1,202.5 km
seat                   1,202.5 × 0.05861 = 70.48, insurance 1.5 → 72; × 1.5 →              108
speed supplement       1,202.5 × 0.01172 = 14.09 → 14; × 1.5 → 21; twice for fast trains     42
air conditioning       1,202.5 × 0.01465 = 17.62 → 18; × 1.5 →                               27
fund, waiting room     1 and 1                                                                2
insurance off          1.5, since 2013                                                     −1.5
sum                                                                                       177.5
=====================  ==================================================================  ======

Bands, taper, rates, least distances, the surcharge of new coaches, rounding, fund, fees: two independent
implementations of the formula agree on them, and real fares of 2016 with them (``docs/fares.md``). The numbers stand in
:mod:`ivr.rail.fare_rules`, the order of the steps here. Items are rounded half up to whole yuan, before and after the
surcharge. Amounts are jiao.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from ivr.rail.fare_rules import Emu, FareRules, Insurance, Rate, Service, Step
from ivr.rail.seats import BERTHS, class_of

#: Longer rides than this are looked for nowhere, in km.
LONGEST_KM = 10_000

_YUAN = 10
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Item:
    """One line of a fare. ``what``: seat, speed, air_conditioning, berth, fund, waiting_room, sleeper_booking,
    insurance_off, distance (of multiple units), table, reduction. ``km``: the tapered distance. ``how``: in figures."""

    what: str
    jiao: int
    rate: Decimal | None = None
    km: Decimal | None = None
    how: str = ""


@dataclass(frozen=True)
class Fare:
    """A fare and what it is made of; it is the sum of its items."""

    items: tuple[Item, ...]

    @property
    def jiao(self) -> int:
        return sum(item.jiao for item in self.items)


def billing_km(km: int, bands: Sequence[Step]) -> Decimal:
    """The middle of the cell of ``bands`` that ``km`` (from 1) falls in: 1463 → 1475, 221 → 230."""
    index = next(n for n, band in enumerate(bands) if band.to_km is None or km <= band.to_km)
    before = (bands[index - 1].to_km or 0) if index else 0
    wide = bands[index].value
    cell = (km - before - 1) // wide
    return before + cell * wide + Decimal(wide) / 2


def tapered_km(km: Decimal, taper: Sequence[Step]) -> Decimal:
    """The distance with its far parts counted at their percentage: 1475 → 1202.5."""
    total, before = Decimal(0), Decimal(0)
    for step in taper:
        reach = km if step.to_km is None else min(km, Decimal(step.to_km))
        total += max(reach - before, Decimal(0)) * step.value / _HUNDRED
        before = reach
    return total


def ordinary_fares(rules: FareRules, service: Service, km: int) -> dict[str, Fare]:
    """An ordinary train's fares by place over ``km`` (from 1), for every place that such trains can have."""
    reckoning = _Reckoning(rules, service, billing_km(km, rules.distance.bands))
    hard = tuple(reckoning.ticket("hard_seat", km))
    soft = tuple(reckoning.ticket("soft_seat", km))
    fares = {"hard_seat": Fare(hard), "soft_seat": Fare(soft)}
    for berth in BERTHS:
        ticket = hard if class_of(berth) == "hard_sleeper" else soft
        fares[berth] = Fare((*ticket, reckoning.berth(berth), Item("sleeper_booking", rules.fees.sleeper)))
    return fares


@dataclass(frozen=True)
class _Reckoning:
    rules: FareRules
    service: Service
    billing: Decimal

    def ticket(self, seat: str, km: int) -> Iterator[Item]:
        """The seat with its supplements and fees."""
        rules, service = self.rules, self.service
        item, insurance = self._seat(seat)
        yield item
        if service.speed:
            yield self._supplement("speed", service.speed)
        if service.air != "none":
            yield self._supplement("air_conditioning")
        small = item.jiao <= rules.fees.small_seat
        yield Item("fund", rules.fees.fund_small if small else rules.fees.fund)
        if seat == "hard_seat" and km > rules.fees.waiting_room_km:
            yield Item("waiting_room", rules.fees.waiting_room)
        if off := _taken_off(insurance, rules.insurance):
            yield Item("insurance_off", -off)

    def berth(self, berth: str) -> Item:
        return self._item("berth", self.rules.ordinary.rates[berth])

    def _seat(self, seat: str) -> tuple[Item, int]:
        """The item, and the insurance in it: a share of the bare hard-seat fare."""
        bare = self.rules.ordinary.rates["hard_seat"]
        insured = self._tapered(bare) * bare.yuan_per_km * _YUAN * self.rules.insurance.percent / _HUNDRED
        insurance = _multiple(insured, self.rules.insurance.added_step, ROUND_CEILING)
        return self._item("seat", self.rules.ordinary.rates[seat], insurance), insurance

    def _supplement(self, name: str, times: int = 1) -> Item:
        return self._item(name, self.rules.ordinary.rates[name], times=times)

    def _item(self, what: str, rate: Rate, insurance: int = 0, times: int = 1) -> Item:
        """``rate`` over the tapered distance, rounded, at least ``least``, surcharged and rounded again."""
        ordinary = self.rules.ordinary
        km = self._tapered(rate)
        exact = km * rate.yuan_per_km
        jiao = max(_yuan(exact * _YUAN + insurance), ordinary.least)
        steps = [f"{_plain(km)} km × {rate.yuan_per_km} = {exact:.2f}"]
        if insurance:
            steps.append(f"+ {_plain(Decimal(insurance) / _YUAN)} insurance")
        steps.append(f"→ {jiao // _YUAN}")
        if self.service.air == "new":
            jiao = _yuan(Decimal(jiao) * ordinary.new_percent / _HUNDRED)
            steps.append(f"× {ordinary.new_percent} % → {jiao // _YUAN}")
        if times > 1:
            steps.append(f"× {times}")
        return Item(what, jiao * times, rate.yuan_per_km, km, " ".join(steps))

    def _tapered(self, rate: Rate) -> Decimal:
        return tapered_km(max(self.billing, Decimal(rate.minimum_km)), self.rules.distance.taper)


def _taken_off(insurance: int, rule: Insurance) -> int:
    if rule.off_step == 0:
        return 0
    return max(_multiple(Decimal(insurance), rule.off_step, ROUND_CEILING), rule.off_least)


def emu_fares(emu: Emu, km: int) -> dict[str, Fare]:
    """A multiple-unit train's fares by place: rate × tapered km × percent, rounded down. An estimate: such trains are
    priced freely below their guide price."""
    fares = {}
    for place, rate in emu.rates.items():
        distance = tapered_km(Decimal(km), emu.taper)
        exact = distance * rate * emu.percent / _HUNDRED
        jiao = _multiple(exact * _YUAN, emu.step, ROUND_FLOOR)
        how = f"{_plain(distance)} km × {rate} × {emu.percent} % = {exact:.2f}, rounded down"
        fares[place] = Fare((Item("distance", jiao, rate, distance, how),))
    return fares


def _yuan(jiao: Decimal) -> int:
    """Half up to whole yuan."""
    return _multiple(jiao, _YUAN, ROUND_HALF_UP)


def _multiple(jiao: Decimal, step: int, rounding: str) -> int:
    return int((jiao / step).quantize(Decimal(1), rounding)) * step


def _plain(number: Decimal) -> str:
    """Without the zeros at its end: 1202.50 → 1202.5."""
    return f"{number.normalize():f}"


# for other passengers


def reduced(rules: FareRules, passenger: str, place: str, fare: Fare) -> Fare | None:
    """An ordinary train's ``fare`` as ``passenger`` pays it: a share of some items. ``None``: no such ticket is sold
    in that class."""
    if passenger == "adult":
        return fare
    rule = rules.passengers[passenger]
    if class_of(place) not in rule.classes:
        return None
    return Fare(tuple(_shared(item, rule.items.get(item.what, 100), rule.step) for item in fare.items))


def _shared(item: Item, percent: int, step: int) -> Item:
    if percent == 100:
        return item
    jiao = _multiple(Decimal(item.jiao) * percent / _HUNDRED, step, ROUND_HALF_UP)
    return replace(item, jiao=jiao, how=f"{item.how} × {percent} %".lstrip())


def reduced_emu(rules: FareRules, passenger: str, place: str, fare: Fare) -> Fare | None:
    """The same for multiple units: a share of the whole."""
    if passenger == "adult":
        return fare
    rule = rules.passengers[passenger]
    if place not in rule.emu:
        return None
    percent = rule.emu[place]
    jiao = _multiple(Decimal(fare.jiao) * percent / _HUNDRED, rule.step, ROUND_HALF_UP)
    return Fare((*fare.items, Item("reduction", jiao - fare.jiao, how=f"{percent} % is paid")))


def explained(rules: FareRules, service: Service, known: Mapping[str, int]) -> dict[str, Fare]:
    """Published fares of an ordinary train (place → jiao) with the items that the formula gives them.

    A published fare does not say what it is made of. The formula does, at the distance for which it gives the published
    seat. Berths may be published above or below the formula: that difference belongs to the berth. What cannot be
    explained is left out.
    """
    seat = next((place for place in ("hard_seat", "soft_seat") if place in known), None)
    if seat is None:
        return {}

    def seat_fare(km: int) -> int:
        return ordinary_fares(rules, service, km)[seat].jiao

    kms = range(1, LONGEST_KM)
    fitting = kms[
        bisect_left(kms, known[seat], key=seat_fare) : bisect_right(kms, known[seat], key=seat_fare)
    ]
    cells = {billing_km(km, rules.distance.bands): km for km in reversed(fitting)}
    reckoned = [ordinary_fares(rules, service, km) for km in cells.values()]
    if not reckoned:
        return {}
    made = max(reckoned, key=lambda fares: sum(fares[place].jiao == jiao for place, jiao in known.items()))
    fares = {}
    for place, jiao in known.items():
        items, floated = made[place].items, jiao - made[place].jiao
        if place in BERTHS:
            items = tuple(
                replace(i, jiao=i.jiao + floated, how="") if i.what == "berth" else i for i in items
            )
            fares[place] = Fare(items)
        elif not floated:
            fares[place] = made[place]
    return fares
