"""Trains between two stations, one train, and what leaves a station, over the small railway of conftest.py."""

from __future__ import annotations

from datetime import date, time

import pytest

from ivr.rail.answers import Answer
from ivr.rail.source import Service

TODAY, TOMORROW = "2026-11-22", "2026-11-23"
WEEKDAYS = frozenset(range(5))  # 2026-11-22 is a Sunday
NORTH_SOUTH = {"from_": "VNP", "to": "NKH"}


def trains(answer: Answer) -> list[str]:
    return [item["train"] for item in answer.items]


@pytest.fixture
def busy(source):
    """Twenty trains more from 北京南 to 南京南, one every 45 minutes from 07:00 on; the one at 15:15 is the fastest."""
    for number in range(20):
        dep = 420 + 45 * number
        takes = 200 if dep == 915 else 240
        source.runs[f"G{101 + 2 * number}"] = ("G", [("VNP", None, dep), ("NKH", dep + takes, None)])
    return source


# between two stations


def test_few_trains_are_listed_and_for_today_only_those_that_have_not_left(asked) -> None:
    answer = asked("timetable", date=TOMORROW, now=time(23, 0), **NORTH_SOUTH)
    assert (answer.outcome, trains(answer)) == ("many", ["G1", "D2", "K1"])
    assert (answer.slots["total"], "left" in answer.slots) == (3, False)
    answer = asked("timetable", date=TODAY, now=time(9, 1), **NORTH_SOUTH)
    assert (answer.outcome, trains(answer)) == ("many", ["D2", "K1"])
    assert (answer.slots["left"], "total" in answer.slots) == (2, False)
    answer = asked("timetable", date=TODAY, now=time(10, 1), **NORTH_SOUTH)
    assert (answer.outcome, answer.slots["train"], answer.slots["left"]) == ("one", "K1", 1)


def test_when_all_have_left_the_last_one_and_the_next_day_s_first_are_told(asked, source) -> None:
    answer = asked("timetable", date=TODAY, now=time(20, 1), **NORTH_SOUTH)
    assert answer.outcome == "gone"
    assert (answer.slots["last"], answer.slots["last_dep"]) == ("K1", "20:00")
    assert (answer.slots["next_day"], answer.slots["first"], answer.slots["first_dep"]) == (
        TOMORROW,
        "G1",
        "09:00",
    )
    source.service_rows = dict.fromkeys(source.runs, Service(valid_to=date(2026, 11, 22)))
    answer = asked("timetable", date=TODAY, now=time(20, 1), **NORTH_SOUTH)
    assert (answer.outcome, "next_day" in answer.slots) == ("gone", False)


def test_of_many_trains_the_number_the_first_the_last_and_the_fastest(asked, busy) -> None:
    slots = asked("timetable", date=TOMORROW, **NORTH_SOUTH).slots
    assert (slots["total"], slots["first"], slots["first_dep"]) == (23, "G101", "07:00")
    assert (slots["last"], slots["last_dep"]) == ("G139", "21:15")
    assert (slots["fastest"], slots["fastest_dep"], slots["fastest_duration"]) == ("G123", "15:15", 200)
    answer = asked("timetable", date=TODAY, now=time(12, 0), **NORTH_SOUTH)
    assert answer.outcome == "busy"
    assert (answer.slots["left"], answer.slots["next"], answer.slots["next_dep"]) == (14, "G115", "12:15")
    assert "first" not in answer.slots
    assert len(answer.items) == 14, "a menu that knows no busy reads them all"


def test_one_part_of_the_day(asked, busy) -> None:
    def told(period: str, **more) -> tuple[str, list[str]]:
        answer = asked("timetable", date=TOMORROW, period=period, **NORTH_SOUTH, **more)
        return answer.outcome, [item["dep"] for item in answer.items]

    parts = [told(period) for period in ("morning", "afternoon", "evening")]
    assert {outcome for outcome, _ in parts} == {"many"}
    assert [len(deps) for _, deps in parts] == [9, 8, 6]
    assert (parts[1][1][0], parts[2][1][0]) == ("12:15", "18:15")
    assert sorted(dep for _, deps in parts for dep in deps) == told("all")[1]
    assert told("morning")[1][-1] < "12:00"
    answer = asked("timetable", date=TODAY, now=time(12, 0), period="morning", **NORTH_SOUTH)
    assert (answer.outcome, answer.slots["last_dep"]) == ("left_then", told("morning")[1][-1])


def test_running_days_belong_to_the_day_on_which_the_train_left_its_origin(asked, source) -> None:
    source.service_rows = {"K1": Service(weekdays=WEEKDAYS)}
    night = {"from_": "NKH", "to": "SHH"}  # K1 leaves there at 26:10
    answer = asked("timetable", date=TOMORROW, **night)
    assert answer.outcome == "other_day", "K1 does not leave Beijing on Sunday"
    assert (answer.slots["next_day"], answer.slots["first"], answer.slots["first_dep"]) == (
        "2026-11-24",
        "K1",
        "02:10",
    )
    answer = asked("timetable", date="2026-11-28", **night)  # a Saturday: it left on Friday
    assert (answer.outcome, answer.slots["dep"]) == ("one", "02:10")
    source.service_rows = {"K1": Service(valid_to=date(2026, 1, 1))}
    answer = asked("timetable", date=TOMORROW, **night)
    assert answer == Answer("other_day", {k: answer.slots[k] for k in ("from", "to", "date")})


def test_no_train_at_all(asked) -> None:
    assert asked("timetable", from_="AOH", to="VNP", date=TODAY).outcome == "none"
    assert asked("timetable", from_="SHH", to="AOH", date=TODAY).outcome == "none"


def test_no_train_here_but_from_another_station_of_the_city(asked, source) -> None:
    del source.runs["K1"]
    answer = asked("timetable", from_="VNP", to="SHH", date=TODAY)
    assert answer.outcome == "nearby"
    assert [(i["train"], i["from"]["code"], i["to"]["code"], i["dep"]) for i in answer.items] == [
        ("G1", "VNP", "AOH", "09:00"),
        ("D2", "VNP", "AOH", "10:00"),
    ]
    answer = asked("timetable", from_="VNP", to="SHH", date=TODAY, now=time(9, 30))
    assert trains(answer) == ["D2"]


def test_a_train_is_called_what_it_is_called_where_the_caller_boards(asked, source) -> None:
    source.number_rows = {("D2", 2): "D3"}
    assert "D2" in trains(asked("timetable", date=TODAY, **NORTH_SOUTH))
    assert trains(asked("timetable", from_="NKH", to="AOH", date=TODAY)) == ["G1", "D3"]


# one train


def test_a_train_is_found_by_each_of_its_numbers(asked, source) -> None:
    source.number_rows = {("D2", 2): "D3"}
    for number in ("D2", "D3"):
        answer = asked("train_timetable", train=number, date=TODAY)
        assert (answer.slots["train"], answer.slots["dep"], answer.slots["duration"]) == (
            number,
            "10:00",
            400,
        )
        assert (answer.slots["other_number"], answer.slots["changes_at"]["code"]) == ("D3", "NKH")
    assert "other_number" not in asked("train_timetable", train="G1", date=TODAY).slots


def test_a_train_that_does_not_run_names_the_next_day(asked, source) -> None:
    source.service_rows = {"G1": Service(weekdays=WEEKDAYS)}
    answer = asked("train_timetable", train="G1", date=TODAY)
    assert (answer.outcome, answer.slots["next_day"], answer.slots["dep"]) == ("other_day", TOMORROW, "09:00")
    assert asked("train_tickets", train="G1", date=TODAY).outcome == "none"
    source.service_rows = {"G1": Service(weekdays=frozenset())}
    assert asked("train_timetable", train="G1", date=TODAY) == Answer(
        "other_day", {"train": "G1", "date": TODAY}
    )


def test_two_trains_of_one_number_run_on_different_days(asked, source) -> None:
    source.runs["G1b"] = ("G", [("VNP", None, 600), ("AOH", 900, None)])
    source.number_rows = {("G1b", 1): "G1"}
    source.service_rows = {"G1": Service(weekdays=WEEKDAYS), "G1b": Service(weekdays=frozenset({5, 6}))}
    assert asked("train_timetable", train="G1", date=TODAY).slots["dep"] == "10:00"
    assert asked("train_timetable", train="G1", date=TOMORROW).slots["dep"] == "09:00"


def between(asked, train: str, origin: str, destination: str, day: str = TODAY) -> Answer:
    return asked("train_between", train=train, from_=origin, to=destination, date=day)


def test_one_train_between_two_stations(asked) -> None:
    answer = between(asked, "K1", "NKH", "SHH", TOMORROW)
    assert answer.outcome == "found"
    assert [answer.slots[s] for s in ("dep", "arr", "duration", "stops")] == ["02:10", "06:00", 230, 0]
    assert between(asked, "K1", "VNP", "SHH").slots["stops"] == 1
    assert between(asked, "K404", "VNP", "SHH").outcome == "none"
    answer = between(asked, "K1", "NKH", "VNP")
    assert (answer.outcome, answer.slots["terminal"]["code"]) == ("backwards", "SHH")


def test_between_two_stations_on_a_day_on_which_it_does_not_run(asked, source) -> None:
    source.service_rows = {"K1": Service(weekdays=WEEKDAYS)}
    answer = between(asked, "K1", "NKH", "SHH", TOMORROW)
    assert (answer.outcome, answer.slots["next_day"], answer.slots["dep"]) == (
        "other_day",
        "2026-11-24",
        "02:10",
    )
    source.service_rows = {"K1": Service(weekdays=frozenset())}
    assert between(asked, "K1", "NKH", "SHH").outcome == "other_day"
    assert between(asked, "K1", "NKH", "VNP").outcome == "backwards"


def test_a_train_that_does_not_stop_there_names_the_nearest_stop(asked, source) -> None:
    answer = between(asked, "G1", "VNP", "SHH")
    assert answer.outcome == "passes"
    assert [(i["station"]["code"], i["near"]["code"], i["arr"]) for i in answer.items] == [
        ("SHH", "AOH", "13:48")
    ]
    # 石河 lies between: two hours from 北京南 by the slow train, one from 南京南.
    source.runs["Y1"] = ("Y", [("VNP", None, 60), ("YYQ", 180, 190), ("NKH", 250, None)])
    answer = between(asked, "G1", "YYQ", "XXQ")
    item, other = answer.items
    assert (item["near"]["code"], item["dep"], "arr" in item) == ("NKH", "12:41", False)
    assert other == {"station": {"code": "XXQ", "zh": "狮山", "en": "Shishan"}}, "nothing leads there"
    item = between(asked, "G1", "VNP", "YYQ").items[0]
    assert (item["near"]["code"], item["arr"], "dep" in item) == ("NKH", "12:39", False)


# what leaves next


def test_the_next_departures_pass_midnight(asked, source) -> None:
    def told(now: time | None, station: str = "NKH") -> list[tuple[str, str, str]]:
        answer = asked("departures", from_=station, date=TODAY, now=now)
        return [(i["dep"], i["train"], i["to"]["zh"]) for i in answer.items]

    g1, d2, k1 = ("12:41", "G1", "上海虹桥"), ("15:02", "D2", "上海虹桥"), ("02:10", "K1", "上海")
    assert told(None) == [k1, g1, d2]
    assert told(time(14, 0)) == [d2, ("26:10", "K1", "上海"), ("36:41", "G1", "上海虹桥")]
    source.service_rows = {"K1": Service(weekdays=WEEKDAYS)}
    assert told(time(14, 0)) == [d2, ("36:41", "G1", "上海虹桥")], "K1 does not leave Beijing on Sunday"
    assert told(None, "SHH") == []
    source.service_rows = {}
    assert asked("departures", from_="VNP", date=TODAY, now=time(20, 0)).slots["count"] == 3
