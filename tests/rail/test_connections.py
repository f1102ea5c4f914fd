"""One change: over the small railway, and over made-up ones against a search through everything."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.rail.connections import ACROSS_CITY, SAME_STATION, Connection, one_change
from ivr.rail.source import Leg, Service

TODAY, TOMORROW = "2026-11-22", "2026-11-23"
DAY = 24 * 60


def told(answer) -> list[tuple[str, str, str, str, str]]:
    return [(i["train"], i["dep"], i["second"], i["change_dep"], i["arr"]) for i in answer.items]


def onward(source) -> None:
    """From 南京南 at 12:58, 13:30 and 16:00, and from 上海 at 15:17 and 15:19, to 石河."""
    for train, origin, dep, arr in (
        ("C1", "NKH", 778, 800),
        ("C2", "NKH", 810, 900),
        ("C3", "NKH", 960, 990),
        ("C4", "SHH", 917, 919),
        ("C5", "SHH", 919, 970),
    ):
        source.runs[train] = ("C", [(origin, None, dep), ("YYQ", arr, None)])


def test_the_shortest_first_with_time_to_change(asked, source) -> None:
    onward(source)
    answer = asked("connections", from_="VNP", to="YYQ", date=TOMORROW)
    # C1 leaves 19 minutes after G1 has come; D2 comes at 15:00 and reaches C3; at 南京南 K1 waits for the next day.
    assert told(answer) == [
        ("G1", "09:00", "C2", "13:30", "15:00"),
        ("D2", "10:00", "C3", "16:00", "16:30"),
        ("K1", "20:00", "C1", "36:58", "37:20"),
    ]
    first = answer.items[0]
    assert (first["change"]["code"], first["change_arr"], first["wait"], first["duration"]) == (
        "NKH",
        "12:39",
        51,
        360,
    )
    assert "change_to" not in first


def test_one_station_twenty_minutes_another_of_the_city_ninety(asked, source) -> None:
    onward(source)
    source.runs["C1"] = ("C", [("NKH", None, 779), ("YYQ", 800, None)])
    answer = asked("connections", from_="VNP", to="YYQ", date=TOMORROW)
    assert told(answer)[0] == ("G1", "09:00", "C1", "12:59", "13:20")
    for train in ("C1", "C2", "C3"):
        del source.runs[train]
    answer = asked("connections", from_="VNP", to="YYQ", date=TOMORROW)
    # G1 is at 上海虹桥 at 13:48: 89 minutes to C4, 91 to C5.
    assert told(answer)[0] == ("G1", "09:00", "C5", "15:19", "16:10")
    assert (answer.items[0]["change"]["code"], answer.items[0]["change_to"]["code"]) == ("AOH", "SHH")


def test_today_the_first_to_arrive_of_those_that_can_be_caught(asked, source) -> None:
    onward(source)
    source.runs["G3"] = ("G", [("VNP", None, 800), ("NKH", 930, None)])
    tomorrow = asked("connections", from_="VNP", to="YYQ", date=TOMORROW)
    assert told(tomorrow)[0] == ("G3", "13:20", "C3", "16:00", "16:30"), "the shortest"
    today = asked("connections", from_="VNP", to="YYQ", date=TODAY, now=time(8, 0))
    assert [item["arr"] for item in today.items] == ["15:00", "16:30", "37:20"]
    today = asked("connections", from_="VNP", to="YYQ", date=TODAY, now=time(19, 0))
    assert (today.outcome, today.slots["train"], today.slots["arr"]) == ("one", "K1", "37:20")
    assert asked("connections", from_="VNP", to="YYQ", date=TODAY, now=time(20, 1)).outcome == "none"


def test_only_trains_that_run_on_the_day_they_are_needed(asked, source) -> None:
    onward(source)
    weekdays = Service(weekdays=frozenset(range(5)))
    source.service_rows = {"G1": weekdays, "C1": weekdays}
    assert told(asked("connections", from_="VNP", to="YYQ", date=TODAY))[0][0] == "D2"
    assert told(asked("connections", from_="VNP", to="YYQ", date="2026-11-27"))[-1] == (
        ("K1", "20:00", "C2", "37:30", "39:00")  # C1 does not run on Saturday
    )


def test_nothing_leads_there(asked) -> None:
    assert asked("connections", from_="YYQ", to="SHH", date=TODAY).outcome == "none"
    assert asked("connections", from_="NKH", to="YYQ", date=TODAY).outcome == "none"
    assert asked("connections", from_="AOH", to="XXQ", date=TODAY).outcome == "none"


# --- against everything ---------------------------------------------------------------------------

STATIONS = ("P", "Q", "R")
HUBS = {"P": "city", "Q": "city"}


def legs(prefix: str):
    times = st.tuples(
        st.integers(0, 5), st.sampled_from(STATIONS), st.integers(0, 30), st.integers(1, 40)
    ).map(lambda t: Leg(f"{prefix}{t[0]}", f"{prefix}{t[0]}", t[1], 1, 2, t[2] * 97, t[2] * 97 + t[3] * 61))
    return st.lists(times, max_size=12, unique_by=lambda leg: (leg.train, leg.station))


def everything(firsts, seconds, day: date, runs, ready: int) -> list[Connection]:
    """Each first leg with each departure of each second leg within six days."""
    direct = {leg.train for leg in firsts} & {leg.train for leg in seconds}
    found = []
    for first, second, number in product(firsts, seconds, range(6)):
        dep = first.dep % DAY
        arr = dep + first.arr - first.dep
        leaves = second.dep % DAY + number * DAY
        one_city = first.station == second.station or {first.station, second.station} <= set(HUBS)
        change = SAME_STATION if first.station == second.station else ACROSS_CITY
        first_day = day - timedelta(days=first.dep // DAY)
        second_day = day + timedelta(days=number - second.dep // DAY)
        if (
            not {first.train, second.train} & direct
            and one_city
            and dep >= ready
            and leaves >= arr + change
            and runs(first.train, first_day)
            and runs(second.train, second_day)
        ):
            found.append(Connection(first, second, dep, arr, leaves, leaves + second.arr - second.dep))
    return found


@settings(max_examples=300)
@given(legs("a"), legs("b"), legs("a"), st.integers(0, 1400), st.sets(st.integers(0, 6)))
def test_nothing_better_is_missed_and_nothing_is_impossible(firsts, seconds, through, ready, idle) -> None:
    day = date(2026, 11, 22)
    seconds = seconds + through[:1]  # now and then a train that goes all the way

    def runs(train: str, service_date: date) -> bool:
        return (service_date.toordinal() + int(train[1])) % 7 not in idle

    possible = everything(firsts, seconds, day, runs, ready)
    found = one_change(firsts, seconds, HUBS, day, runs, ready)
    known = {(c.first, c.second, c.dep, c.arr) for c in possible}
    assert {(c.first, c.second, c.dep, c.arr) for c in found} <= known
    assert [c.dep for c in found] == sorted({c.dep for c in found})
    assert [c.arr for c in found] == sorted({c.arr for c in found})
    if not idle:  # with idle days a caller may have to wait longer than is looked for
        for one in possible:
            assert any(c.dep >= one.dep and c.arr <= one.arr for c in found), one
