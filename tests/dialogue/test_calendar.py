"""The calendar against a table of every minute, and its days and periods."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialogue.calendar import Calendar, Hours, Period

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)
DAY = 24 * 60

minutes = st.integers(0, DAY - 1)
spans = st.tuples(minutes, minutes)
hours = st.one_of(st.none(), st.lists(st.tuples(st.sets(st.integers(0, 6), min_size=1), spans), max_size=3))
few_days = st.sets(st.integers(-1, 8), max_size=3)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def as_hours(given_hours):
    if given_hours is None:
        return None
    return tuple(Hours(frozenset(days), clock(start), clock(end)) for days, (start, end) in given_hours)


def spans_of(offset, ordinary, holiday, exceptions, holidays, workdays):
    """The spans that begin on that day, in minutes, by the rule as the manual tells it."""
    if offset in exceptions:
        return exceptions[offset]
    chosen = holiday if offset in holidays and holiday is not None else ordinary
    if chosen is None:
        return [(0, 0)]
    weekday = (MONDAY + timedelta(offset)).weekday()
    if weekday >= 5 and offset in workdays:
        weekday = 0
    return [span for days, span in chosen if weekday in days]


@settings(max_examples=200)
@given(
    hours,
    hours,
    st.dictionaries(st.integers(-1, 8), st.lists(spans, max_size=2), max_size=3),
    few_days,
    few_days,
    st.lists(st.integers(0, 7 * DAY - 1), min_size=20, max_size=20),
)
def test_it_is_open_as_a_table_of_every_minute_says(
    ordinary, holiday, exceptions, holidays, workdays, probes
):
    table = [False] * (8 * DAY)
    for offset in range(-1, 8):
        for start, end in spans_of(offset, ordinary, holiday, exceptions, holidays, workdays):
            length = (end - start) % DAY or DAY
            for minute in range(offset * DAY + start, offset * DAY + start + length):
                if 0 <= minute < len(table):
                    table[minute] = True

    def days(offsets):
        return frozenset(MONDAY + timedelta(offset) for offset in offsets)

    calendar = Calendar(
        as_hours(ordinary),
        as_hours(holiday),
        {
            MONDAY + timedelta(offset): tuple((clock(start), clock(end)) for start, end in given_spans)
            for offset, given_spans in exceptions.items()
        },
        days(holidays),
        days(workdays),
    )
    edges = [offset * DAY + minute for offset in range(7) for minute in (0, DAY - 1)]
    for minute in [*probes, *edges]:
        now = datetime.combine(MONDAY, time.min, ZONE) + timedelta(minutes=minute)
        assert calendar.is_open(now) is table[minute], now
        assert calendar.is_open(now + timedelta(seconds=59, microseconds=999_999)) is table[minute]


def test_without_hours_it_is_open_round_the_clock_and_with_none_closed():
    now = datetime(2026, 2, 17, 3, 0, tzinfo=ZONE)
    assert Calendar().is_open(now)
    assert not Calendar(hours=()).is_open(now)


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 2, 17), True),  # a statutory holiday on a Tuesday
        (date(2026, 2, 14), False),  # a Saturday that is worked in exchange
        (date(2026, 2, 21), True),
        (date(2026, 3, 3), False),
    ],
)
def test_holidays_and_make_up_workdays(day, holiday):
    calendar = Calendar(holidays=frozenset([date(2026, 2, 17)]), workdays=frozenset([date(2026, 2, 14)]))
    assert calendar.is_holiday(day) is holiday
    names = calendar.names(datetime.combine(day, time(9), ZONE))
    assert ("holiday" in names) is holiday
    assert ("workday" in names) is not holiday


@settings(max_examples=50)
@given(st.integers(0, 60), st.integers(0, 30), st.booleans(), st.integers(0, 100))
def test_a_period_has_both_its_ends(begin, length, peak, probe):
    first = MONDAY + timedelta(begin)
    last = first + timedelta(length)
    day = MONDAY + timedelta(probe)
    calendar = Calendar(periods=(Period("春运", first, last, peak),))
    names = calendar.names(datetime.combine(day, time(9), ZONE))
    assert ("春运" in names) is (first <= day <= last)
    assert ("peak" in names) is calendar.is_peak(day) is (peak and first <= day <= last)


@pytest.mark.parametrize(
    ("years", "until"), [((2025, 2026), 2026), ((2026, 2027, 2029), 2027), ((2024, 2025), 2025), ((), 2025)]
)
def test_until_when_the_holidays_are_known(years, until):
    calendar = Calendar(holidays=frozenset(date(year, 10, 1) for year in years))
    assert calendar.holidays_known_until(date(2026, 11, 22)) == date(until, 12, 31)
