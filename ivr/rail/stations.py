"""Which station, train or city the caller means, from keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivr.rail.answers import Answer
from ivr.rail.inquiry import Inquiry, Query, candidates, found_spec, unique
from ivr.rail.keypad import is_keys, letters_of
from ivr.rail.source import Station

#: Three pages of stations whose names merely begin as keyed; who is behind them keys one letter more.
MOST_LONGER = 12
#: A telecode has three letters.
TELECODE_KEYS = 3

#: In the order in which trains of one number are offered.
_KINDS = "GDCZTKY"


class _Likely:
    """Orders stations by how likely callers mean them: by the trains that stop there; where these do not tell, by how
    many callers chose the station last; then by size: the main station of a city bears the city's bare name.

    Trains come first so that the order moves only with the timetable: who keys ``021# 1`` by heart must not get
    another station because others chose it this week.
    """

    def __init__(self, inquiry: Inquiry, stations: Sequence[Station]) -> None:
        self._chosen = inquiry.source.choices([s.telecode for s in stations])

    def first(self, stations: Iterable[Station]) -> list[Station]:
        return sorted(unique(stations), key=self._rank)

    def _rank(self, s: Station) -> tuple[int, int, bool, int, str]:
        return (-s.traffic, -self._chosen.get(s.telecode, 0), s.name != s.city, len(s.name), s.telecode)


def find_station(inquiry: Inquiry) -> Answer:
    """021 is an area code: the stations of its cities. Otherwise initials or full pinyin on the keypad:

    1. stations of the timetable that the keys name exactly, by initials or by pinyin;
    2. idle ones, where no train of the timetable stops, whose full pinyin the keys are: nobody keys so much by chance;
    3. stations of the timetable whose initials or pinyin begin with the keys, at most :data:`MOST_LONGER` of them;
    4. idle ones with these initials: nobody wants to hear eight of them before 上海虹桥, but each can be reached.

    Idle ones that merely begin so are offered when there is nothing else.
    """
    keys = inquiry.text("keys")
    if not is_keys(keys):
        return Answer("none")
    if keys.startswith("0"):
        return candidates("station", [station.named for station in _in_area(inquiry, keys)])
    return candidates("station", [station.named for station in _by_letters(inquiry, keys)])


def _by_letters(inquiry: Inquiry, keys: str) -> list[Station]:
    by_initials = list(inquiry.source.stations_by_initials(keys))
    by_pinyin = list(inquiry.source.stations_by_pinyin(keys))
    both = by_initials + by_pinyin
    likely = _Likely(inquiry, both)
    served = [s for s in both if s.traffic]
    idle = [s for s in both if not s.traffic]
    exact = likely.first(s for s in served if keys in (s.keypad_initials, s.keypad_pinyin))
    spelt = likely.first(s for s in idle if keys == s.keypad_pinyin)
    longer = likely.first(s for s in served if s not in exact)[:MOST_LONGER]
    short = likely.first(s for s in idle if keys == s.keypad_initials)
    found = unique(exact + spelt + longer + short)
    return found or likely.first(idle)[:MOST_LONGER]


def find_station_or_telecode(inquiry: Inquiry) -> Answer:
    """For people who know telecodes: three keys are the letters of one (AOH is 264), and then what callers mean by
    them."""
    keys = inquiry.text("keys")
    found = find_station(inquiry)
    if not (is_keys(keys) and len(keys) == TELECODE_KEYS):
        return found
    named = inquiry.source.stations_by_telecode(letters_of(keys))
    coded = [s.named for s in _Likely(inquiry, named).first(named)]
    meant = [found.slots["station"]] if found.outcome == "one" else [item["station"] for item in found.items]
    return candidates("station", coded + [station for station in meant if station not in coded])


def _in_area(inquiry: Inquiry, area_code: str) -> list[Station]:
    cities = [city.name for city in inquiry.source.cities_with_code(area_code)]
    stations = inquiry.source.stations_in(cities)
    # A city without any train still exists: its stations are better than "no such station".
    return _Likely(inquiry, stations).first([s for s in stations if s.traffic] or stations)


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
    (
        found_spec(
            "find_station_or_telecode", "station", "named", "the same, or the station with this telecode"
        ),
        find_station_or_telecode,
    ),
    (found_spec("find_train", "train", "train", "the trains with this number in the timetable"), find_train),
    (
        found_spec("find_operated_train", "train", "train", "the trains with this number and an operator"),
        find_operated_train,
    ),
    (found_spec("find_city", "city", "named", "the city whose initials or pinyin the keys are"), find_city),
)
