from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivr.reports.spans import Span, agent_times

ZERO = datetime(2026, 2, 10, tzinfo=timezone.utc)


def at(seconds: int) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def ready_seconds(sessions: list[Span], pauses: list[Span], since: Any, until: Any) -> float:
    return sum(time.ready_s for time in agent_times(sessions, pauses, since, until).values())


def span(begin: int, end: int | None, agent: str = "1", queue: str = "a", reason: str = "") -> Span:
    return Span(agent, queue, at(begin), None if end is None else at(end), reason)


def test_pauses_count_by_reason_where_the_agent_is_ready_nowhere() -> None:
    sessions = [span(0, 100), span(0, 60, queue="b")]
    pauses = [
        span(10, 20, reason="tea"),  # ready in b
        span(40, 70, reason="lunch"),
        span(50, 90, queue="b", reason="training"),  # signed out of b at 60
        span(80, 90, reason="wrapup"),
        span(90, 200, reason="整理"),
    ]
    (time,) = agent_times(sessions, pauses, None, None).values()
    assert (time.signed_in_s, time.ready_s) == (100, 60)
    assert time.pauses == {"lunch": 20, "tea": 0, "training": 10, "wrapup": 10, "整理": 10}
    assert (time.wrap_up_s, time.at_work_s) == (20, 80)


def test_what_is_open_lasts_until_the_end_of_the_period_or_counts_not_at_all() -> None:
    assert ready_seconds([span(0, None)], [], None, at(30)) == 30
    assert ready_seconds([span(0, None)], [], None, None) == 0


def test_ready_in_one_of_two_queues_is_ready() -> None:
    sessions = [span(0, 100), span(50, 150, queue="b")]
    assert ready_seconds(sessions, [span(20, 80)], None, None) == 120


def test_agents_add_up() -> None:
    assert ready_seconds([span(0, 10), span(0, 10, agent="2")], [span(0, 10)], None, None) == 10


def test_a_pause_while_signed_out_takes_nothing_away() -> None:
    assert ready_seconds([span(0, 10), span(20, 30)], [span(12, 15), span(25, 40)], None, None) == 15


SPANS = st.lists(
    st.tuples(
        st.integers(0, 40), st.none() | st.integers(0, 40), st.sampled_from("12"), st.sampled_from("ab")
    ).map(lambda facts: span(facts[0], facts[1], facts[2], facts[3])),
    max_size=8,
)


@given(SPANS, SPANS, st.integers(0, 40), st.integers(0, 40))
def test_it_is_what_counting_second_by_second_gives(
    sessions: list[Span], pauses: list[Span], since: int, until: int
) -> None:
    def within(spans: list[Span], agent: str, queue: str, second: int) -> bool:
        return any(
            (row.agent, row.queue) == (agent, queue)
            and row.began_at <= at(second) < (row.ended_at or at(until))
            for row in spans
        )

    expected = sum(
        any(
            within(sessions, agent, queue, second) and not within(pauses, agent, queue, second)
            for queue in "ab"
        )
        for agent in "12"
        for second in range(since, until)
    )
    assert ready_seconds(sessions, pauses, at(since), at(until)) == expected
