"""Keys, dates, service days and money: the small pure readers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.rail.dates import SHORTER_DATES, read_date
from ivr.rail.keypad import is_keys, keys_of, letters_of
from ivr.rail.seats import BERTHS, CLASSES, PLACES, class_of, lowest, money, named_place
from ivr.rail.service_day import clock_of, minutes_of, service_date, since_boarding_day
from ivr.rail.source import Service

#: Monday to Friday of one week; the Saturday is added, the Wednesday removed.
OFFICE = Service(
    frozenset(range(5)),
    date(2026, 11, 23),
    date(2026, 11, 29),
    frozenset({date(2026, 11, 28), date(2026, 12, 25)}),
    frozenset({date(2026, 11, 25), date(2027, 1, 1)}),
)
DATES = st.dates(date(1890, 1, 1), date(2100, 12, 31))


def test_letters_are_the_keys_printed_on_a_telephone() -> None:
    assert keys_of("SHHQ") == "7447"
    assert keys_of("abcdefghijklmnopqrstuvwxyz") == "22233344455566677778889999"


@pytest.mark.parametrize("letters", ["a b", "ü", "上", "a1"])
def test_other_characters_have_no_key(letters: str) -> None:
    with pytest.raises(ValueError, match="no telephone key"):
        keys_of(letters)


def test_letters_that_keys_can_stand_for() -> None:
    assert letters_of("26") == ["AM", "AN", "AO", "BM", "BN", "BO", "CM", "CN", "CO"]
    assert "AOH" in letters_of("264")
    assert letters_of("201") == []


@given(st.text("abcdefghijklmnopqrstuvwxyz"), st.text("abcdefghijklmnopqrstuvwxyz"))
def test_keys_of_a_beginning_are_the_beginning_of_the_keys(first: str, second: str) -> None:
    assert keys_of(first + second) == keys_of(first) + keys_of(second)
    assert set(keys_of(first)) <= set("23456789")


@pytest.mark.parametrize(("text", "wanted"), [("021", True), ("", False), ("*", False), ("٣", False)])
def test_only_digits_are_keys(text: str, wanted: bool) -> None:
    assert is_keys(text) is wanted


@pytest.mark.parametrize(
    ("keys", "today", "wanted"),
    [
        ("1", date(2026, 12, 31), date(2026, 12, 31)),
        ("2", date(2026, 12, 31), date(2027, 1, 1)),
        ("3", date(2024, 2, 27), date(2024, 2, 29)),
        ("4", date(2026, 1, 1), None),
        ("95", date(2026, 11, 22), date(2026, 11, 27)),  # Friday, on a Sunday
        ("97", date(2026, 11, 22), date(2026, 11, 22)),
        ("91", date(2026, 12, 29), date(2027, 1, 4)),
        ("90", date(2026, 11, 22), None),
        ("98", date(2026, 11, 22), None),
        ("05", date(2026, 11, 22), None),
        ("0131", date(2026, 12, 31), date(2027, 1, 31)),
        ("0431", date(2026, 1, 1), None),
        ("2", date(9999, 12, 31), None),
        ("0", date(2026, 1, 1), None),
        ("", date(2026, 1, 1), None),
        ("#", date(2026, 1, 1), None),
        ("1122", date(2026, 11, 22), date(2026, 11, 22)),
        ("1121", date(2026, 11, 22), date(2027, 11, 21)),
        ("0229", date(2026, 11, 22), date(2028, 2, 29)),
        ("0229", date(2028, 2, 29), date(2028, 2, 29)),
        ("0229", date(2096, 3, 1), date(2104, 2, 29)),
        ("0230", date(2026, 11, 22), None),
        ("1301", date(2026, 11, 22), None),
        ("20261201", date(2026, 11, 22), date(2026, 12, 1)),
        ("20250101", date(2026, 11, 22), date(2025, 1, 1)),
        ("00000101", date(2026, 11, 22), None),
        ("20260229", date(2026, 11, 22), None),
        ("122", date(2026, 11, 22), None),
        ("1" * 40, date(2026, 11, 22), None),
        ("0101", date(9999, 12, 31), None),
    ],
)
def test_dates_as_callers_key_them(keys: str, today: date, wanted: date | None) -> None:
    assert read_date(keys, today) == wanted


@given(DATES, DATES)
def test_month_and_day_is_the_next_such_day(day: date, today: date) -> None:
    read = read_date(f"{day:%m%d}", today)
    assert read is not None
    assert (read.month, read.day) == (day.month, day.day)
    assert read >= today
    if (day.month, day.day) != (2, 29):
        assert read - today < timedelta(days=366)


@given(st.integers(1, 7), DATES)
def test_a_day_of_the_week_is_the_next_one(weekday: int, today: date) -> None:
    read = read_date(f"9{weekday}", today)
    assert read is not None
    assert read.isoweekday() == weekday
    assert 0 <= (read - today).days < 7


@given(DATES, DATES)
def test_an_input_that_ends_early_is_the_beginning_of_no_month_and_day(day: date, today: date) -> None:
    assert not set(SHORTER_DATES) & {f"{day:%m%d}"[0]}
    assert all(read_date(key, today) for key, most in SHORTER_DATES.items() if most == 1)


@given(DATES, DATES)
def test_a_full_date_is_that_date(day: date, today: date) -> None:
    assert read_date(day.strftime("%Y%m%d").zfill(8), today) == day


@given(st.text("0123456789", max_size=40), DATES)
def test_any_keys_are_a_date_or_none(keys: str, today: date) -> None:
    assert isinstance(read_date(keys, today), (date, type(None)))


@given(st.integers(0, 99 * 60 + 59))
def test_clocks_read_back(minutes: int) -> None:
    assert minutes_of(clock_of(minutes)) == minutes


@pytest.mark.parametrize("text", ["", "12", "12:60", "12:5", "ab:cd", ":10", "-1:00"])
def test_no_clock(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        minutes_of(text)


@given(DATES, st.integers(0, 5000), st.integers(1, 5000))
def test_boarding_past_midnight_moves_the_service_day_not_the_moment(
    boarding: date, dep: int, ride: int
) -> None:
    left = since_boarding_day(dep, dep)
    assert 0 <= left < 24 * 60
    assert since_boarding_day(dep + ride, dep) - left == ride
    service = service_date(boarding, dep)
    assert (boarding - service).days * 24 * 60 + left == dep


def test_places() -> None:
    assert {class_of(place) for place in PLACES} == set(CLASSES)
    assert named_place("second") == {"code": "second", "zh": "二等座", "en": "second class"}
    assert named_place("hard_sleeper_lower")["zh"] == "硬卧下铺"
    assert set(BERTHS) < set(PLACES)


def test_the_lowest_fare_of_a_class_is_that_of_its_cheapest_berth() -> None:
    fares = {"hard_sleeper_lower": 3265, "hard_sleeper_upper": 3045, "hard_seat": 1775}
    assert lowest(fares) == {"hard_sleeper": 3045, "hard_seat": 1775}


@pytest.mark.parametrize(("jiao", "yuan"), [(545, "54.5"), (5530, "553"), (5, "0.5"), (10, "1")])
def test_money(jiao: int, yuan: str) -> None:
    assert money(jiao) == yuan


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 25), False),  # removed
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), True),  # added, though a Saturday
        (date(2026, 11, 29), False),  # a Sunday
        (date(2026, 11, 20), False),  # too early
        (date(2026, 11, 30), False),  # too late
        (date(2026, 12, 25), True),  # added after the end
        (date(2027, 1, 1), False),
    ],
)
def test_a_service_runs_on_its_weekdays_within_its_dates_but_for_exceptions(day: date, runs: bool) -> None:
    assert OFFICE.runs_on(day) is runs


@given(DATES)
def test_a_service_without_limits_runs_every_day(day: date) -> None:
    assert Service().runs_on(day)
