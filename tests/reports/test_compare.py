from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.reports.compare import columns, compare, week_before
from ivr.reports.queue_stats import GROUPS, Entry

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
MONDAY = datetime(2026, 2, 9, 9, 30, tzinfo=BERLIN)
WEEK = timedelta(days=7)


def came(at: datetime, wait_s: int | None = None) -> Entry:
    return Entry(at, "operator", "abandoned" if wait_s is None else "answered", wait_s=wait_s)


def test_what_rose_and_what_fell() -> None:
    rows = compare(
        [came(MONDAY, 10), came(MONDAY, 20), came(MONDAY), came(MONDAY)],
        [came(MONDAY - WEEK, 30), came(MONDAY - WEEK - timedelta(hours=1))],
        by="hour",
        zone=BERLIN,
    )
    assert [list(row) for row in rows] == [columns("hour")] * 2
    assert [list(row.values()) for row in rows] == [
        ["2026-02-09T08:00:00+01:00", 0, 1, -1, 0, 0, 0, None, 0.0, None, None, None, None],
        ["2026-02-09T09:00:00+01:00", 4, 1, 3, 2, 1, 1, 0.5, 1.0, -0.5, 15.0, 30.0, -15.0],
    ]


@pytest.mark.parametrize(
    ("by", "key"), [("queue", "operator"), ("day", "2026-02-09"), ("week", "2026-W07"), ("agent", None)]
)
def test_the_groups_of_the_week_before_are_those_of_now(by: str, key: str | None) -> None:
    (row,) = compare([came(MONDAY)], [came(MONDAY - WEEK)], by=by, zone=BERLIN)
    assert (row[by], row["offered"], row["offered_week_before"], row["offered_difference"]) == (key, 1, 1, 0)


def hours(entries: list[Entry], before: list[Entry]) -> list[tuple[str, int, int]]:
    rows = compare(entries, before, by="hour", zone=BERLIN)
    return [(row["hour"], row["offered"], row["offered_week_before"]) for row in rows]


def test_a_week_is_one_of_the_clock_on_the_wall() -> None:
    # Clocks go back on 25 October 2026: a week before 9:00 is 9:00, 169 hours ago.
    after = datetime(2026, 10, 26, 9, 0, tzinfo=BERLIN)
    assert week_before(after, BERLIN) == datetime(2026, 10, 19, 9, 0, tzinfo=BERLIN)
    assert (after.astimezone(UTC) - week_before(after, BERLIN)) == timedelta(hours=169)
    assert hours([came(after)], [came(week_before(after, BERLIN))]) == [("2026-10-26T09:00:00+01:00", 1, 1)]


def test_the_hour_that_comes_twice_is_compared_once() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    entries = [came(first), came(first + timedelta(hours=1))]
    assert hours(entries, [came(datetime(2026, 10, 18, 2, 30, tzinfo=BERLIN))]) == [
        ("2026-10-25T02:00:00+01:00", 1, 0),
        ("2026-10-25T02:00:00+02:00", 1, 1),
    ]


def test_the_hour_that_is_left_out_is_compared_with_the_next() -> None:
    before = [came(datetime(2026, 3, 22, hour, 30, tzinfo=BERLIN)) for hour in (2, 3)]
    now = [came(datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN))]
    assert hours(now, before) == [("2026-03-29T03:00:00+02:00", 1, 2)]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@given(st.lists(MOMENTS, max_size=8), st.lists(MOMENTS, max_size=8), st.sampled_from(GROUPS))
def test_nobody_is_lost_on_either_side(now: list[datetime], then: list[datetime], by: str) -> None:
    rows = compare([came(at, 5) for at in now], [came(at) for at in then], by=by, zone=BERLIN)
    assert sum(row["offered"] for row in rows) == len(now)
    assert sum(row["offered_week_before"] for row in rows) == len(then)
    assert sum(row["offered_difference"] for row in rows) == len(now) - len(then)
