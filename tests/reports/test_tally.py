from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.record import OUTCOMES, WAITING
from ivr.reports.queue_stats import OF_HOURS, Entry, Hour, queue_stats
from ivr.reports.summary import LIMITS_S, Summary, limits_for
from ivr.reports.tally import Tally, hour_of, whole_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECONDS = st.none() | st.integers(0, 400)
ENTRIES = st.lists(
    st.builds(
        Entry,
        # around the nights when clocks change in Berlin and New York
        entered_at=st.one_of(
            st.datetimes(
                datetime(2026, month, 20), datetime(2026, month, 30), timezones=st.just(timezone.utc)
            )
            for month in (3, 10)
        ),
        queue=st.sampled_from(["operator", "tickets"]),
        outcome=st.sampled_from([*OUTCOMES, WAITING]),
        wait_s=SECONDS,
        talk_s=SECONDS,
        hold_s=SECONDS,
        wrapup_s=SECONDS,
    ),
    max_size=25,
)
THRESHOLDS = st.sampled_from([*LIMITS_S, 7, 0, 86_400])


def hours(entries: list[Entry], limits: tuple[int, ...]) -> list[Hour]:
    tallies: defaultdict[tuple[datetime, str], Tally] = defaultdict(Tally)
    for entry in entries:
        tallies[hour_of(entry.entered_at), entry.queue].count(entry)
    return [Hour(hour, queue, tally.summary(limits)) for (hour, queue), tally in tallies.items()]


@given(
    ENTRIES,
    st.sampled_from(OF_HOURS),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
    THRESHOLDS,
    THRESHOLDS,
)
def test_the_figures_of_whole_hours_are_those_of_their_entries(
    entries: list[Entry], by: str, zone: str, threshold_s: int, short_s: int
) -> None:
    how = {
        "by": by,
        "zone": ZoneInfo(zone),
        "threshold_s": threshold_s,
        "short_s": short_s,
        "peak": lambda day: day.day % 2 == 0,
    }
    of_hours = queue_stats(hours(entries, limits_for(threshold_s, short_s)), **how)  # type: ignore[arg-type]
    assert of_hours == queue_stats(entries, **how)  # type: ignore[arg-type]


@given(ENTRIES, ENTRIES)
def test_what_is_taken_out_again_was_never_there(kept: list[Entry], gone: list[Entry]) -> None:
    tally, only = Tally(), Tally()
    for entry in [*gone, *kept]:
        tally.count(entry)
    for entry in gone:
        tally.count(entry, -1)
    for entry in kept:
        only.count(entry)
    assert tally.to_json() == only.to_json()
    assert tally.summary().to_json() == only.summary().to_json()


@given(ENTRIES, ENTRIES)
def test_tallies_add_up_and_are_the_same_read_again(some: list[Entry], more: list[Entry]) -> None:
    one, other, both = Tally(), Tally(), Tally()
    for entries, tallies in ((some, (one, both)), (more, (other, both))):
        for entry in entries:
            for tally in tallies:
                tally.count(entry)
    one.add(Tally.from_json(other.to_json()))
    assert one.to_json() == both.to_json() == Tally.from_json(both.to_json()).to_json()
    summary = both.summary()
    assert Summary.from_json(summary.to_json()).to_json() == summary.to_json()


def test_limits_that_are_not_stored_are_asked_for_by_themselves() -> None:
    assert limits_for(20, 10) == LIMITS_S
    assert limits_for(20, 7) == (7, 20)
    assert limits_for(7, 7) == (7,)


def test_whole_hours_lie_between_the_ends() -> None:
    nine = datetime(2026, 2, 10, 9, tzinfo=SHANGHAI)
    assert whole_hours(nine, nine + timedelta(hours=2), SHANGHAI) == (nine, nine + timedelta(hours=2))
    late, early = nine + timedelta(minutes=1), nine + timedelta(hours=2, minutes=59)
    assert whole_hours(late, early, SHANGHAI) == (nine + timedelta(hours=1), nine + timedelta(hours=2))
    assert whole_hours(late, nine + timedelta(minutes=59), SHANGHAI) is None


def test_hours_of_zones_that_begin_in_the_middle_of_an_hour_are_not_whole() -> None:
    nine = datetime(2026, 2, 10, 9, tzinfo=timezone.utc)
    assert whole_hours(nine, nine + timedelta(hours=3), ZoneInfo("Asia/Kolkata")) is None
    # where only the summer does
    summer, winter = (datetime(2026, month, 1, tzinfo=timezone.utc) for month in (7, 1))
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert whole_hours(winter, winter + timedelta(hours=3), lord_howe) is not None
    assert whole_hours(summer, summer + timedelta(hours=3), lord_howe) is None
