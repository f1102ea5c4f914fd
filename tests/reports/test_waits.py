from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.record import OUTCOMES, WAITING
from ivr.reports.queue_stats import Entry, Hour, queue_stats
from ivr.reports.summary import LIMITS_S
from ivr.reports.tally import Tally
from ivr.reports.waits import COLUMNS, SPANS_S, waits

AT = datetime(2026, 2, 10, 1, tzinfo=timezone.utc)


def entry(outcome: str, wait_s: int | None) -> Entry:
    return Entry(AT, "operator", outcome, wait_s=wait_s)


def test_each_wait_is_in_one_span() -> None:
    answered = [entry("answered", wait) for wait in (0, 5, 6, 20, 21, 300, 301, 4000)]
    others = [
        entry("abandoned", 10),
        entry("timed_out", 300),
        entry("answered", None),
        entry("waiting", None),
    ]
    rows = waits(answered + others)
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [(row["from_s"], row["to_s"]) for row in rows] == [
        (0, 5),
        (6, 10),
        (11, 20),
        (21, 30),
        (31, 60),
        (61, 120),
        (121, 300),
        (301, None),
    ]
    assert [row["answered"] for row in rows] == [2, 1, 1, 1, 0, 0, 1, 2]
    assert [row["answered_share"] for row in rows[:2]] == [0.25, 0.125]
    assert [row["answered_share_so_far"] for row in rows][-2:] == [0.75, 1.0]
    assert [row["abandoned"] for row in rows] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert [row["abandoned_share_so_far"] for row in rows][:2] == [0.0, 1.0]


def test_a_share_of_nobody_is_null() -> None:
    for row in waits([entry("answered", 1)]):
        assert row["answered_share"] is not None
        assert (row["abandoned"], row["abandoned_share"], row["abandoned_share_so_far"]) == (0, None, None)


ENTRIES = st.lists(
    st.builds(entry, st.sampled_from([*OUTCOMES, WAITING]), st.none() | st.integers(0, 400)), max_size=20
)


@given(ENTRIES)
def test_the_waits_of_whole_hours_are_those_of_their_entries(entries: list[Entry]) -> None:
    tally = Tally()
    for one in entries:
        tally.count(one)
    assert waits([Hour(AT, "operator", tally.summary())]) == waits(entries)
    assert set(SPANS_S) <= set(LIMITS_S)


@given(ENTRIES, st.sampled_from(SPANS_S))
def test_the_share_within_the_threshold_is_the_service_level(entries: list[Entry], threshold_s: int) -> None:
    known = [entry for entry in entries if entry.outcome != "answered" or entry.wait_s is not None]
    (row,) = [row for row in waits(entries) if row["to_s"] == threshold_s]
    for figures in queue_stats(known, threshold_s=threshold_s, zone=timezone.utc):
        assert row["answered_share_so_far"] == figures["service_level"]
    assert sum(row["answered"] for row in waits(entries)) == sum(one.outcome == "answered" for one in known)
