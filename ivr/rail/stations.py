"""Which station, train or city the caller means, from keys."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.rail.answers import Answer
from ivr.rail.inquiry import Inquiry, Query, candidates, found_spec, unique
from ivr.rail.keypad import is_keys
from ivr.rail.source import Station

#: In the order in which trains of one number are offered.
_KINDS = "GDCZTKY"


def _by_traffic(stations: Sequence[Station]) -> list[Station]:
    # The main station of a city bears its bare name: with equal traffic, the shorter name first.
    return sorted(stations, key=lambda s: (-s.traffic, len(s.name), s.telecode))


def find_station(inquiry: Inquiry) -> Answer:
    """021 is an area code: the stations of its cities. Otherwise initials (exact, then longer ones), then full
    pinyin (exact, then longer). Stations where no train of the timetable stops come last, and while there are others
    only those that the keys name exactly: nobody wants to hear eight of them before choosing 上海虹桥."""
    keys = inquiry.text("keys")
    if not is_keys(keys):
        return Answer("none")
    if keys.startswith("0"):
        return candidates("station", [station.named for station in _in_area(inquiry, keys)])
    by_initials = _by_traffic(inquiry.source.stations_by_initials(keys))
    by_pinyin = _by_traffic(inquiry.source.stations_by_pinyin(keys))
    likely = unique(
        [s for s in by_initials if s.keypad_initials == keys]
        + by_initials
        + [s for s in by_pinyin if s.keypad_pinyin == keys]
        + by_pinyin
    )
    served = [s for s in likely if s.traffic]
    unserved = [s for s in likely if not s.traffic]
    if served:
        unserved = [s for s in unserved if keys in (s.keypad_initials, s.keypad_pinyin)]
    return candidates("station", [station.named for station in served + unserved])


def _in_area(inquiry: Inquiry, area_code: str) -> list[Station]:
    cities = [city.name for city in inquiry.source.cities_with_code(area_code)]
    stations = _by_traffic(inquiry.source.stations_in(cities))
    # A city without any train still exists: its stations are better than "no such station".
    return [s for s in stations if s.traffic] or stations


def _find_trains(inquiry: Inquiry, trains: Sequence[str]) -> Answer:
    def rank(train: str) -> tuple[int, str]:
        return (_KINDS.index(train[0]) if train[0] in _KINDS else len(_KINDS), train)

    return candidates("train", sorted(set(trains), key=rank))


def find_train(inquiry: Inquiry) -> Answer:
    """102 → G102, D102, 102: whatever is in the timetable."""
    return _find_trains(inquiry, inquiry.source.trains_by_digits(inquiry.text("keys")))


def find_operated_train(inquiry: Inquiry) -> Answer:
    """The same among all trains whose operator is known."""
    return _find_trains(inquiry, inquiry.source.operated_trains_by_digits(inquiry.text("keys")))


def find_city(inquiry: Inquiry) -> Answer:
    """By initials on the keypad, or by full pinyin (温州 is 99, or 9369468): exact ones, and only if there are none,
    those that begin so. Up to 26 cities share their initials: the busiest come first."""
    keys = inquiry.text("keys")
    if not is_keys(keys):
        return Answer("none")
    cities = sorted(inquiry.source.cities_by_keys(keys), key=lambda city: (-city.traffic, city.area_code))
    exact = [city for city in cities if keys in (city.keypad_initials, city.keypad_pinyin)] or cities
    names = {city.name: city.named for city in exact}
    return candidates("city", list(names.values()))


QUERIES: tuple[Query, ...] = (
    (found_spec("find_station", "station", "named", "the station that the keys mean"), find_station),
    (found_spec("find_train", "train", "train", "the trains with this number in the timetable"), find_train),
    (
        found_spec("find_operated_train", "train", "train", "the trains with this number and an operator"),
        find_operated_train,
    ),
    (found_spec("find_city", "city", "named", "the city whose initials or pinyin the keys are"), find_city),
)
