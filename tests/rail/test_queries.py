"""Each query and each of its outcomes, over the small railway of conftest.py."""

from __future__ import annotations

from datetime import date, time

import pytest

from ivr.errors import IvrError
from ivr.rail.answers import LIST, SLOT_TYPES, Answer
from ivr.rail.queries import FIELD_LOOKUPS, LOOKUP_SLOTS, QUERIES, ask
from ivr.rail.source import PresaleRule, Station
from ivr.rail.ticket_source import Travel

TODAY = "2026-11-22"


def codes(answer: Answer, slot: str) -> list[str]:
    return [item[slot]["code"] for item in answer.items]


def test_every_query_is_declared_whole() -> None:
    for name, spec in QUERIES.items():
        assert spec.name == name
        assert spec.about
        assert set(spec.items) <= set(spec.outcomes)
        for slots in (*spec.outcomes.values(), *spec.items.values()):
            assert set(slots.values()) <= {*SLOT_TYPES, LIST}
            assert {slot for slot, kind in slots.items() if kind == LIST} <= set(spec.lists)
        for slots in spec.lists.values():
            assert set(slots.values()) <= set(SLOT_TYPES)
    assert set(FIELD_LOOKUPS) == set(LOOKUP_SLOTS)
    for field, query in FIELD_LOOKUPS.items():
        assert LOOKUP_SLOTS[field] in QUERIES[query].outcomes["one"]


# find_…


def test_an_area_code_gives_the_city_s_stations_that_have_trains(asked) -> None:
    assert codes(asked("find_station", keys="021"), "station") == ["AOH", "SHH"]


def test_an_area_without_trains_still_has_stations(asked) -> None:
    assert asked("find_station", keys="0999").slots["station"]["code"] == "XXQ"


def test_initials_name_a_station_and_hide_the_idle_ones_that_merely_begin_so(asked) -> None:
    answer = asked("find_station", keys="7447")
    assert answer.outcome == "one"
    assert answer.slots["station"] == {"code": "AOH", "zh": "上海虹桥", "en": "Shanghaihongqiao"}


def test_exact_initials_come_before_longer_ones_and_idle_stations_last(asked) -> None:
    assert codes(asked("find_station", keys="74"), "station") == ["SHH", "AOH", "YYQ"]


def test_full_pinyin_names_a_station(asked) -> None:
    assert codes(asked("find_station", keys="74264424"), "station") == ["SHH", "AOH"]
    assert asked("find_station", keys="234544").slots["station"]["code"] == "VNP"


def test_idle_stations_are_offered_when_there_are_no_others(asked) -> None:
    assert asked("find_station", keys="77").slots["station"]["code"] == "XXQ"
    assert asked("find_station", keys="744742").slots["station"]["code"] == "XXQ"


def test_an_idle_station_whose_whole_pinyin_is_keyed_comes_before_longer_names(
    asked, source, monkeypatch
) -> None:
    idle = Station("AAH", "甲", "", "5", "742", 0)
    served = Station("BBH", "乙", "", "5", "7422", 9)
    monkeypatch.setattr(source, "stations_by_initials", lambda _: [])
    monkeypatch.setattr(source, "stations_by_pinyin", lambda _: [served, idle])
    assert codes(asked("find_station", keys="742"), "station") == ["AAH", "BBH"]


def test_where_trains_do_not_tell_the_choices_of_callers_do(asked, source, monkeypatch) -> None:
    twins = [Station(code, name, "", "22", "222", 0, "远方") for code, name in (("AAH", "甲"), ("BBH", "乙"))]
    monkeypatch.setattr(source, "stations_by_initials", lambda _: twins)
    monkeypatch.setattr(source, "stations_by_pinyin", lambda _: [])
    assert codes(asked("find_station", keys="22"), "station") == ["AAH", "BBH"]
    source.chosen = {"BBH": 3}
    assert codes(asked("find_station", keys="22"), "station") == ["BBH", "AAH"]


def test_choices_never_move_stations_that_trains_tell_apart(asked, source) -> None:
    source.chosen = {"SHH": 1000}
    assert codes(asked("find_station", keys="021"), "station") == ["AOH", "SHH"]


def test_the_main_station_of_a_city_comes_before_others_of_its_size(asked, source, monkeypatch) -> None:
    stations = [
        Station("AAH", "东", "", "22", "222", 5, "远方"),
        Station("BBH", "远方", "", "22", "222", 5, "远方"),
    ]
    monkeypatch.setattr(source, "stations_by_initials", lambda _: stations)
    monkeypatch.setattr(source, "stations_by_pinyin", lambda _: [])
    assert codes(asked("find_station", keys="22"), "station") == ["BBH", "AAH"]


def test_names_that_merely_begin_so_are_not_read_for_ever(asked, source, monkeypatch) -> None:
    many = [Station(f"A{n:02}", f"站{n}", "", "2222", "22222", n) for n in range(1, 60)]
    monkeypatch.setattr(source, "stations_by_initials", lambda _: many)
    monkeypatch.setattr(source, "stations_by_pinyin", lambda _: many)
    assert codes(asked("find_station", keys="22"), "station") == [f"A{n:02}" for n in range(59, 47, -1)]


def test_three_keys_are_a_telecode_where_that_is_allowed(asked) -> None:
    assert asked("find_station_or_telecode", keys="264").slots["station"]["code"] == "AOH"
    assert asked("find_station_or_telecode", keys="744").outcome == "many"
    assert codes(asked("find_station_or_telecode", keys="744"), "station")[0] == "SHH"
    assert asked("find_station_or_telecode", keys="7447").slots["station"]["code"] == "AOH"
    assert codes(asked("find_station_or_telecode", keys="021"), "station") == ["AOH", "SHH"]
    assert asked("find_station_or_telecode", keys="111") == Answer("none")


@pytest.mark.parametrize("keys", ["", "*", "9", "0", "00", "0888", "9" * 40])
def test_keys_that_mean_no_station(asked, keys: str) -> None:
    assert asked("find_station", keys=keys) == Answer("none")


def test_trains_with_one_number_are_offered_the_fast_ones_first(asked) -> None:
    answer = asked("find_train", keys="102")
    assert [item["train"] for item in answer.items] == ["G102", "D102", "K102", "102"]
    assert asked("find_train", keys="7").slots == {"train": "G7"}
    assert asked("find_train", keys="8").outcome == "none"


def test_operated_trains(asked) -> None:
    answer = asked("find_operated_train", keys="102")
    assert [item["train"] for item in answer.items] == ["G102", "X102"]
    assert asked("find_operated_train", keys="").outcome == "none"


def test_cities_by_initials_or_pinyin_the_busiest_first(asked) -> None:
    assert codes(asked("find_city", keys="74"), "city") == ["上海", "韶关"]
    assert asked("find_city", keys="74264826").slots["city"]["code"] == "韶关"
    assert codes(asked("find_city", keys="742"), "city") == ["上海", "韶关"]
    assert asked("find_city", keys="95").slots["city"]["code"] == "伊犁"
    assert asked("find_city", keys="1").outcome == "none"
    assert asked("find_city", keys="").outcome == "none"


def test_all_that_fits_is_offered(asked, source, monkeypatch) -> None:
    """The dialogue reads four at a time: there is no candidate without a key."""
    monkeypatch.setattr(source, "trains_by_digits", lambda _: [f"G{n}" for n in range(1, 20)])
    assert len(asked("find_train", keys="1").items) == 19


# presale


def test_the_presale_period_counts_today(asked) -> None:
    assert asked("presale").slots == {"last_day": "2026-12-06", "days": 15}
    slots = asked("presale", today=date(2015, 1, 1)).slots
    assert (slots["last_day"], slots["days"]) == ("2015-03-01", 60)


def test_a_change_to_come_is_told(asked, source) -> None:
    source.rules += [PresaleRule(date(2027, 5, 1), 20), PresaleRule(date(2027, 1, 1), 30)]
    slots = asked("presale").slots
    assert (slots["days"], slots["next_from"], slots["next_days"]) == (15, "2027-01-01", 30)


def test_when_a_day_goes_on_sale_by_the_rule_that_holds_then(asked, source) -> None:
    assert asked("sale_day", date="2026-11-21").outcome == "past"
    for day in ("2026-11-22", "2026-12-06"):
        assert asked("sale_day", date=day).outcome == "open"
    answer = asked("sale_day", date="2026-12-07")
    assert (answer.outcome, answer.slots["opens_on"]) == ("opens", "2026-11-23")
    assert asked("sale_day", date="2027-02-06").slots["opens_on"] == "2027-01-23"
    source.rules += [PresaleRule(date(2027, 1, 1), 30)]
    assert asked("sale_day", date="2027-02-06").slots["opens_on"] == "2027-01-08"
    assert asked("sale_day", date="2027-01-20").slots["opens_on"] == "2027-01-01", (
        "the change opens many days"
    )


def test_until_a_station_opens_the_sale_its_last_day_is_one_less(asked, source) -> None:
    assert asked("sale_time", from_="AOH").outcome == "unknown"
    source.sale_times = {"AOH": 13 * 60 + 30}
    for now, last in ((None, "2026-12-06"), (time(13, 29), "2026-12-05"), (time(13, 30), "2026-12-06")):
        answer = asked("sale_time", now=now, from_="AOH")
        assert (answer.outcome, answer.slots["time"], answer.slots["last_day"]) == ("told", "13:30", last)


def test_no_rule_is_an_error_not_a_guess(asked) -> None:
    with pytest.raises(LookupError, match="no presale rule"):
        asked("presale", today=date(2000, 1, 1))


# tickets


def test_tickets_name_train_class_left_and_fare(asked, source) -> None:
    source.sold_rows = {
        ("G1", date(2026, 11, 22), "second", 1): 18,
        ("G1", date(2026, 11, 22), "second", 2): 500,
    }
    answer = asked("tickets", from_="VNP", to="AOH", date=TODAY)
    assert answer.outcome == "many"
    assert answer.slots["count"] == 2
    told = [(i["train"], i["class"]["code"], i["left"], i.get("fare")) for i in answer.items]
    assert told == [("G1", "second", 18, "553"), ("G1", "business", 10, None), ("D2", "second", 562, None)]
    assert asked("tickets", from_="VNP", to="NKH", date=TODAY).items[0]["left"] == 500


def test_a_single_ticket_stands_in_the_answer_itself(asked, source) -> None:
    source.seat_rows = {"G1": {"second": 5}}
    answer = asked("tickets", from_="NKH", to="AOH", date="2026-12-06")
    assert answer.outcome == "one"
    assert (answer.slots["train"], answer.slots["dep"], answer.slots["fare"]) == ("G1", "12:41", "134.5")
    assert answer.items == (
        {key: value for key, value in answer.slots.items() if key not in ("from", "to", "date")},
    )


def test_sold_out(asked, source) -> None:
    source.seat_rows = {"K1": {"hard_seat": 2}}
    source.sold_rows = {("K1", date(2026, 11, 22), "hard_seat", 2): 2}
    assert asked("tickets", from_="VNP", to="SHH", date=TODAY).outcome == "sold_out"


def test_boarding_after_midnight_takes_the_train_of_the_day_before(asked, source) -> None:
    answer = asked("tickets", from_="NKH", to="SHH", date="2026-11-23")
    assert (answer.items[0]["dep"], answer.items[0]["arr"]) == ("02:10", "06:00")
    source.sold_rows = {
        ("K1", date(2026, 11, 22), "hard_seat", 2): 944,
        ("K1", date(2026, 11, 23), "hard_sleeper", 2): 396,
    }
    answer = asked("tickets", from_="NKH", to="SHH", date="2026-11-23")
    assert (answer.outcome, answer.slots["class"]["code"]) == ("one", "hard_sleeper")


def test_no_train_and_no_sale(asked) -> None:
    assert asked("tickets", from_="AOH", to="VNP", date=TODAY).outcome == "none"
    for day in ("2026-11-21", "2026-12-07"):
        answer = asked("tickets", from_="VNP", to="AOH", date=day)
        assert answer == Answer("closed", {"date": day, "first_day": "2026-11-22", "last_day": "2026-12-06"})


def test_trains_that_have_left_are_not_offered(asked) -> None:
    trains = lambda answer: {item["train"] for item in answer.items}  # noqa: E731
    wanted = {"from_": "VNP", "to": "AOH", "date": TODAY}
    assert trains(asked("tickets", now=time(9, 0), **wanted)) == {"G1", "D2"}
    assert asked("tickets", now=time(9, 1), **wanted).slots["train"] == "D2"
    left = asked("tickets", now=time(10, 1), **wanted)
    assert (left.outcome, left.slots["last"], left.slots["last_dep"]) == ("gone", "D2", "10:00")
    wanted["date"] = "2026-11-23"
    assert trains(asked("tickets", now=time(23, 0), **wanted)) == {"G1", "D2"}


def test_tickets_of_one_train(asked) -> None:
    answer = asked("train_tickets", train="K1", date=TODAY)
    assert (answer.slots["from"]["code"], answer.slots["to"]["code"]) == ("VNP", "SHH")
    assert [(i["class"]["code"], i["dep"], i["arr"], i["fare"]) for i in answer.items] == [
        ("hard_seat", "20:00", "30:00", "177.5"),
        ("hard_sleeper", "20:00", "30:00", "304.5"),
    ]
    assert asked("train_tickets", train="D2", date=TODAY).outcome == "one"
    assert asked("train_tickets", train="G404", date=TODAY).slots == {"train": "G404", "date": TODAY}
    assert asked("train_tickets", train="K1", date="2027-01-01").outcome == "closed"
    left = asked("train_tickets", now=time(20, 1), train="K1", date=TODAY)
    assert (left.outcome, left.slots["dep"]) == ("gone", "20:00"), "not sold out"
    assert asked("train_tickets", now=time(20, 0), train="K1", date=TODAY).outcome == "many"


def test_a_train_without_known_seats_is_not_said_to_be_sold_out(asked, source) -> None:
    del source.seat_rows["K1"]
    with pytest.raises(IvrError, match="nothing is known of the tickets"):
        asked("train_tickets", train="K1", date=TODAY)
    trains = {item["train"] for item in asked("tickets", from_="VNP", to="NKH", date=TODAY).items}
    assert trains == {"G1", "D2"}, "the others are told"


def test_tickets_of_another_source_are_told_as_it_says(source) -> None:
    asked_for = []

    class Site:
        def left(self, travels):
            asked_for.extend(travels)
            return {"K1": {"hard_seat": 3, "hard_sleeper": 0}}

    args = {"from": "NKH", "to": "SHH", "date": "2026-11-23"}
    answer = ask(source, "tickets", args, date(2026, 11, 22), None, Site())
    assert [(item["class"]["code"], item["left"]) for item in answer.items] == [("hard_seat", 3)]
    assert asked_for == [Travel("K1", "K1", date(2026, 11, 22), date(2026, 11, 23), "NKH", "SHH", 2, 3)]


# timetable


def test_trains_by_departure_on_the_day_of_boarding(asked) -> None:
    answer = asked("timetable", from_="VNP", to="NKH", date=TODAY)
    assert [(i["train"], i["dep"], i["arr"], i["duration"]) for i in answer.items] == [
        ("G1", "09:00", "12:39", 219),
        ("D2", "10:00", "15:00", 300),
        ("K1", "20:00", "26:00", 360),
    ]
    answer = asked("timetable", from_="NKH", to="SHH", date=TODAY)
    assert (answer.outcome, answer.slots["dep"], answer.slots["arr"]) == ("one", "02:10", "06:00")
    assert asked("timetable", from_="SHH", to="NKH", date=TODAY).outcome == "none"


def test_stops_of_a_train(asked) -> None:
    answer = asked("train_timetable", train="K1", date=TODAY)
    assert (answer.slots["dep"], answer.slots["arr"], answer.slots["count"]) == ("20:00", "30:00", 3)
    assert [(i["station"]["code"], i.get("arr"), i.get("dep")) for i in answer.items] == [
        ("VNP", None, "20:00"),
        ("NKH", "26:00", "26:10"),
        ("SHH", "30:00", None),
    ]
    assert asked("train_timetable", train="K404", date=TODAY).outcome == "none"


# operators and area codes


def test_operators(asked) -> None:
    answer = asked("operator_of", train="G1", date=TODAY)
    assert (answer.outcome, answer.slots["operator"]["code"], answer.slots["depot"]) == (
        "one",
        "上海局",
        "上海段",
    )
    answer = asked("operator_of", train="K1", date=TODAY)
    assert (answer.outcome, codes(answer, "operator")) == ("many", ["上海局", "济南局"])
    assert asked("operator_of", train="K404", date=TODAY).outcome == "none"


def test_an_operator_of_another_time_is_told_with_its_date(asked) -> None:
    answer = asked("operator_of", train="D9", date=TODAY)
    assert (answer.outcome, answer.slots["operator"]["code"], answer.slots["valid_to"]) == (
        "dated",
        "上海局",
        "2024-03-05",
    )
    answer = asked("operator_of", train="D8", date=TODAY)
    assert (answer.outcome, answer.slots["valid_from"]) == ("dated", "2030-01-01")
    assert "valid_to" not in answer.slots


def test_area_codes_both_ways(asked) -> None:
    assert asked("area_code_of", city="上海").slots["code"] == "021"
    answer = asked("area_code_of", city="伊犁")
    assert [item["code"] for item in answer.items] == ["0992", "0993"]
    assert asked("area_code_of", city="火星").outcome == "none"
    assert asked("area_code_of", city="松江").slots["code"] == "021"
    for keys in ("021", "21"):  # the municipality, not its districts
        assert asked("city_of_area_code", keys=keys).slots["city"]["code"] == "上海"
    answer = asked("city_of_area_code", keys="0999")
    assert (answer.slots["count"], codes(answer, "city")) == (2, ["天边", "海角"])
    assert asked("city_of_area_code", keys="0111").slots == {"code": "0111"}


# wrong questions


def test_questions_that_make_no_sense_are_refused(asked, source) -> None:
    today = date(2026, 11, 22)
    with pytest.raises(LookupError, match="weather"):
        ask(source, "weather", {}, today)
    with pytest.raises(LookupError, match="missing to, date"):
        ask(source, "tickets", {"from": "VNP"}, today)
    with pytest.raises(LookupError, match="QQQ"):
        asked("fares", from_="QQQ", to="AOH")
    with pytest.raises(ValueError, match="isoformat"):
        asked("train_timetable", train="G1", date="tomorrow")
    source.rules = [PresaleRule(date(2023, 1, 1), 15)]
    with pytest.raises(LookupError, match="no station"):
        asked("tickets", from_="VNP", to="QQQ", date=TODAY)
