from __future__ import annotations

from datetime import datetime, timezone

from ivr.reports.agents import COLUMNS, Handled, Ring, TakenOver, agent_report
from ivr.reports.queue_stats import Entry, Hour, Surveyed
from ivr.reports.spans import AgentTime
from ivr.reports.summary import Summary

AT = datetime(2026, 2, 10, tzinfo=timezone.utc)


def answered(agent: str, talk_s: int | None, hold_s: int | None = None) -> Entry:
    return Entry(AT, "operator", "answered", agent, wait_s=3, talk_s=talk_s, hold_s=hold_s)


LEFT = Entry(AT, "operator", "abandoned", wait_s=3)


def summed(agent: str, *entries: Entry) -> Hour:
    summary = Summary()
    for entry in entries:
        summary.count(entry)
    return Hour(AT, "operator", summary, agent)


def test_a_day_of_three_agents() -> None:
    rows = agent_report(
        [answered("1023", 60, 19), summed("1023", answered("1023", 9), answered("1023", None)), answered("1025", 10), summed("", LEFT), LEFT],
        [Ring("1023", "answered", 3), Ring("1023", "no_answer", 2), Ring("1023", "refused", 1), Ring("1025", "canceled", 4)],
        {
            "1023": AgentTime(1000, 700, {"lunch": 200, "wrapup": 100}),
            "1024": AgentTime(50, 0, {"": 50}),
        },
        handled={"1023": Handled(1, 1), "1025": Handled(0, 1)},
        names={"1023": "甲班"},
        coded={"1023": 2},
        surveyed=[Surveyed(AT, "operator", "1023", 3, 2, 9), Surveyed(AT, "tickets", "1023", 1, 1, 5)],
        taken_over={"1023": TakenOver(2, 100), "1024": TakenOver(0, 0)},
    )  # fmt: skip
    assert [list(row) for row in rows] == [list(COLUMNS)] * 3
    first, second, third = rows
    assert first == {
        "agent": "1023", "name": "甲班", "signed_in_s": 1000, "ready_s": 700, "paused_s": 200, "pauses": {"lunch": 200},
        "rings": 6, "answered": 3, "refused": 1, "missed": 2, "canceled": 0, "transferred": 1,
        "taken_over": 2, "taken_over_s": 100,
        "talk_s": 34.5, "hold_s": 9.5, "wrapup_s": 33.3, "aht_s": 77.3, "occupancy": 0.36,
        "survey_asked": 4, "survey_answered": 3, "survey_rate": 0.75, "survey_mean": 4.67, "coded": 2, "piece_s": 10, "pieces": 1,
    }  # fmt: skip
    assert (second["agent"], second["paused_s"], second["occupancy"], second["aht_s"]) == (
        "1024",
        50,
        None,
        None,
    )
    assert (third["agent"], third["signed_in_s"], third["canceled"], third["pieces"]) == ("1025", 0, 4, 1)


def test_wrap_up_without_a_call_is_time_at_work_and_no_mean() -> None:
    (row,) = agent_report([], [], {"1": AgentTime(10, 6, {"wrapup": 4})}, handled={}, names={}, piece_s=0)
    assert (row["wrapup_s"], row["paused_s"], row["occupancy"], row["pieces"]) == (None, 0, 0.4, 0)
