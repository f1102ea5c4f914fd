from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.reports.menu import Choice, MenuCall, menu_report

BERLIN = ZoneInfo("Europe/Berlin")
#: Clocks go back in the night before ``UNTIL``.
NOON = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
UNTIL = datetime(2026, 10, 25, tzinfo=BERLIN)
WALL_DAY = timedelta(days=1)


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


CALLS = [
    MenuCall(minutes(0), "a", "hung_up", "main"),
    MenuCall(minutes(1), "b", "self_service", "tickets"),
    MenuCall(minutes(2), "", "no_input", "main"),
    MenuCall(minutes(3), "", "hung_up"),
    MenuCall(minutes(5), "a", "answered", "agent"),
    MenuCall(minutes(6), "c", "open", "main"),
    MenuCall(minutes(1) + WALL_DAY, "b", "self_service", "tickets"),  # by the clock a day, but 25 hours later
    MenuCall(minutes(-60) + WALL_DAY, "c", "hung_up", "main"),  # 23 hours and 54 minutes later
]


def test_the_figures_of_an_afternoon() -> None:
    choices = [
        Choice("main", "", 1),
        Choice("main", "9", 1),
        Choice("main", "4", 2),
        Choice("tickets", "…", 2),
    ]
    report = menu_report(CALLS, {"tickets": 2, "main": 5}, choices, UNTIL)
    parts = report.pop("parts")
    assert report == {
        "calls": 6,
        "ended": 5,
        "outcomes": {"answered": 1, "hung_up": 2, "no_input": 1, "open": 1, "self_service": 1},
        "self_service": 1,
        "self_service_rate": 0.2,
        "gave_up": 3,
        "gave_up_rate": 0.6,
        "repeated": 2,
        "repeat_rate": 0.5,
        "resolved": 2,
        "first_call_resolution": 1.0,
    }
    assert parts == [
        {
            "part": "main",
            "calls": 5,
            "gave_up": 2,
            "gave_up_rate": 0.4,
            "choices": [
                {"key": "4", "calls": 2, "share": 0.4},
                {"key": None, "calls": 1, "share": 0.2},
                {"key": "9", "calls": 1, "share": 0.2},
            ],
        },
        {
            "part": "tickets",
            "calls": 2,
            "gave_up": 0,
            "gave_up_rate": 0.0,
            "choices": [{"key": "…", "calls": 2, "share": 1.0}],
        },
    ]


def test_figures_of_nobody_are_null() -> None:
    report = menu_report(CALLS, {}, [], CALLS[0].began_at)
    assert report["calls"] == 0
    assert [report[f"{name}_rate"] for name in ("self_service", "gave_up", "repeat")] == [None] * 3
    assert report["parts"] == []
