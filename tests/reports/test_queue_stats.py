from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.record import OUTCOMES, WAITING
from ivr.errors import UsageFault
from ivr.reports.queue_stats import GROUPS, Entry, columns, queue_stats
from ivr.reports.spans import Span

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 2, 10, 9, 0, tzinfo=SHANGHAI)

KEYS = {
    "offered", "answered", "abandoned", "abandoned_short", "timed_out", "left_by_key", "left_empty",
    "refused_full", "refused_empty", "withdrawn", "waiting", "answer_rate", "answer_rate_adjusted",
    "service_level", "service_level_offered", "asa_s", "longest_wait_s", "average_abandon_s", "talk_s",
    "hold_s", "wrapup_s", "aht_s", "occupancy", "standard", "standard_met",
}  # fmt: skip


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def entry(outcome: str, wait_s: int | None = None, minutes: float = 0, **facts: object) -> Entry:
    return Entry(
        **{"entered_at": at(minutes), "queue": "operator", "outcome": outcome, "wait_s": wait_s, **facts}
    )  # type: ignore[arg-type]


def answered(wait_s: int, talk_s: int | None = None, agent: str = "1023", **facts: object) -> Entry:
    return entry("answered", wait_s, talk_s=talk_s, agent=agent, **facts)  # type: ignore[arg-type]


MORNING = [
    answered(5, 60),
    answered(20, 120),
    answered(21, 30, agent="1024"),
    answered(30, None, agent="1024"),
    entry("abandoned", 10),
    entry("abandoned", 50),
    entry("timed_out", 300),
    entry("refused_full", 0),
    entry("waiting"),
    entry("lost"),
]


def test_the_figures_of_a_morning() -> None:
    (row,) = queue_stats(MORNING, zone=SHANGHAI)
    assert set(row) >= KEYS
    expected = {
        "queue": "operator",
        "threshold_s": 20,
        "short_s": 10,
        "offered": 10,
        "answered": 4,
        "abandoned": 2,
        "abandoned_short": 1,
        "timed_out": 1,
        "refused_full": 1,
        "waiting": 1,
        "lost": 1,
        "left_by_key": 0,
        "answer_rate": 0.4,
        "answer_rate_adjusted": 0.4444,
        "answered_in_time": 2,
        "service_level": 0.5,
        "service_level_offered": 0.2222,
        "asa_s": 19.0,
        "longest_wait_s": 300,
        "average_abandon_s": 30.0,
        "talk_s": 70.0,
        "hold_s": None,
        "wrapup_s": None,
        "aht_s": 70.0,
        "standard": 0.85,
        "standard_met": False,
    }
    assert {key: row[key] for key in expected} == expected


def test_other_thresholds_stand_in_the_row() -> None:
    (row,) = queue_stats(MORNING, zone=SHANGHAI, threshold_s=30, short_s=60)
    assert (row["threshold_s"], row["short_s"], row["service_level"], row["abandoned_short"]) == (
        30,
        60,
        1.0,
        2,
    )


def test_no_figure_has_a_denominator_of_nothing() -> None:
    (row,) = queue_stats([entry("abandoned", 3)], zone=SHANGHAI)
    for key in ("answer_rate_adjusted", "service_level", "service_level_offered", "asa_s", "talk_s", "aht_s"):
        assert row[key] is None
    assert row["answer_rate"] == 0
    assert queue_stats([], zone=SHANGHAI) == []


def test_handling_time_is_talk_hold_and_wrapup() -> None:
    entries = [answered(1, 60, hold_s=10, wrapup_s=5), answered(1, 40, hold_s=20)]
    (row,) = queue_stats(entries, zone=SHANGHAI)
    assert (row["talk_s"], row["hold_s"], row["wrapup_s"], row["aht_s"]) == (50.0, 15.0, 5.0, 70.0)


def test_by_agent_those_without_a_call_too() -> None:
    sessions = [Span("1023", "operator", at(0), at(10)), Span("1025", "operator", at(0))]
    rows = queue_stats(MORNING, by="agent", zone=SHANGHAI, sessions=sessions, until=at(60))
    assert [(row["agent"], row["offered"], row["answered"]) for row in rows] == [
        ("1023", 2, 2),
        ("1024", 2, 2),
        ("1025", 0, 0),
        (None, 6, 0),
    ]
    assert [row["occupancy"] for row in rows] == [0.3, None, 0.0, None]
    assert rows[2]["standard_met"] is None


def test_occupancy_leaves_out_pauses() -> None:
    sessions = [Span("1023", "operator", at(-30), at(30))]
    pauses = [Span("1023", "operator", at(10), at(20)), Span("1023", "tickets", at(0), at(30))]
    (row,) = queue_stats(
        [answered(1, 600)], zone=SHANGHAI, sessions=sessions, pauses=pauses, since=at(0), until=at(60)
    )
    assert row["occupancy"] == 0.5


def test_a_pause_for_wrap_up_is_work() -> None:
    sessions = [Span("1023", "operator", at(0), at(10))]
    pauses = [Span("1023", "operator", at(2), at(4), "wrapup"), Span("1023", "operator", at(4), at(5), "tea")]
    for by in ("queue", "agent"):
        (row,) = queue_stats(
            [answered(1, 150)], by=by, zone=SHANGHAI, sessions=sessions, pauses=pauses, until=at(60)
        )
        assert (row["talk_s"], row["wrapup_s"], row["aht_s"], row["occupancy"]) == (150.0, 120.0, 270.0, 0.5)
    (row,) = queue_stats(
        [answered(1, 150)], by="day", zone=SHANGHAI, sessions=sessions, pauses=pauses, until=at(60)
    )
    assert (row["wrapup_s"], row["occupancy"]) == (None, None)


def test_by_option_the_part_that_transferred() -> None:
    rows = queue_stats([answered(1, option="agent"), entry("abandoned", 1)], by="option", zone=SHANGHAI)
    assert [(row["option"], row["offered"]) for row in rows] == [("agent", 1), (None, 1)]


def test_hours_and_days_are_those_of_the_site() -> None:
    late = Entry(datetime(2026, 2, 9, 16, 30, tzinfo=timezone.utc), "operator", "abandoned")
    (hour,) = queue_stats([late], by="hour", zone=SHANGHAI)
    (day,) = queue_stats([late], by="day", zone=SHANGHAI)
    assert (hour["hour"], day["day"]) == ("2026-02-10T00:00:00+08:00", "2026-02-10")


def test_weeks_are_those_of_iso_8601() -> None:
    new_year = [datetime(2025, 12, 28, tzinfo=SHANGHAI) + timedelta(days=days) for days in range(9)]
    rows = queue_stats([Entry(day, "operator", "abandoned") for day in new_year], by="week", zone=SHANGHAI)
    assert [(row["week"], row["offered"]) for row in rows] == [
        ("2025-W52", 1),
        ("2026-W01", 7),
        ("2026-W02", 1),
    ]


@pytest.mark.parametrize("by", GROUPS)
def test_the_columns_are_the_keys_of_a_row(by: str) -> None:
    assert list(queue_stats(MORNING, by=by, zone=SHANGHAI)[0]) == columns(by)


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=timezone.utc) for hour in (0, 1)]
    entries = [Entry(moment, "operator", "abandoned") for moment in moments]
    rows = queue_stats(entries, by="hour", zone=ZoneInfo("Europe/Berlin"))
    assert [row["hour"] for row in rows] == ["2026-10-25T02:00:00+01:00", "2026-10-25T02:00:00+02:00"]


def test_a_moment_of_the_sites_zone_is_in_the_same_hour_as_that_of_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    second = datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1)
    (row,) = queue_stats([Entry(second, "operator", "abandoned")], by="hour", zone=berlin)
    assert row["hour"] == "2026-10-25T02:00:00+01:00"


def test_the_day_on_which_clocks_go_back_has_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day, next_day = (datetime(2026, 10, number, tzinfo=berlin) for number in (25, 26))
    (row,) = queue_stats(
        [Entry(day, "operator", "answered", agent="1023", talk_s=9 * 3600)],
        by="agent",
        zone=berlin,
        sessions=[Span("1023", "operator", day - timedelta(days=1))],
        since=day,
        until=next_day,
    )
    assert row["occupancy"] == round(9 / 25, 4)


def test_the_standard_of_the_peak_season() -> None:
    def peak(day: date) -> bool:
        return day == date(2026, 2, 10)

    entries = [
        answered(1),
        entry("abandoned", 60),
        answered(1, minutes=24 * 60),
        entry("abandoned", 60, 24 * 60),
    ]
    rows = queue_stats(entries, by="day", zone=SHANGHAI, peak=peak)
    assert [(row["standard"], row["standard_met"]) for row in rows] == [(0.5, True), (0.85, False)]
    (row,) = queue_stats(entries, zone=SHANGHAI, peak=peak)
    assert (row["standard"], row["standard_met"]) == (0.675, False)


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(UsageFault, match="by 'moon'"):
        queue_stats([], by="moon", zone=SHANGHAI)


ENTRIES = st.builds(
    Entry,
    entered_at=st.datetimes(
        min_value=datetime(2026, 1, 1),
        max_value=datetime(2026, 12, 31),
        timezones=st.sampled_from([timezone.utc, SHANGHAI]),
    ),
    queue=st.sampled_from(["operator", "tickets", ""]),
    outcome=st.sampled_from([*OUTCOMES, WAITING]),
    agent=st.sampled_from(["", "1023", "1024"]),
    option=st.sampled_from(["", "agent", "refund"]),
    wait_s=st.none() | st.integers(0, 4000),
    talk_s=st.none() | st.integers(0, 4000),
    hold_s=st.none() | st.integers(0, 400),
    wrapup_s=st.none() | st.integers(0, 400),
)
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])


@given(st.lists(ENTRIES, max_size=30), st.sampled_from(GROUPS), ZONES)
def test_nobody_is_lost_and_nobody_counted_twice(entries: list[Entry], by: str, zone: ZoneInfo) -> None:
    rows = queue_stats(entries, by=by, zone=zone)
    assert sum(row["offered"] for row in rows) == len(entries)
    outcomes = Counter(entry.outcome for entry in entries)
    for outcome in (*OUTCOMES, WAITING):
        assert sum(row[outcome] for row in rows) == outcomes[outcome]
    for row in rows:
        assert row["offered"] == sum(row[outcome] for outcome in (*OUTCOMES, WAITING)) > 0
        assert row["abandoned_short"] <= row["abandoned"]
        for key in ("answer_rate", "service_level", "answer_rate_adjusted", "service_level_offered"):
            assert row[key] is None or 0 <= row[key] <= 1
        assert row["answer_rate"] == pytest.approx(row["answered"] / row["offered"], abs=1e-4)
    assert len({row[by] for row in rows}) == len(rows)
