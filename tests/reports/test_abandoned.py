from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.reports.abandoned import COLUMNS, Contact, Leaver, abandoned

BERLIN = ZoneInfo("Europe/Berlin")
#: The evening before clocks go back; a day later is 25 hours by the clock on the wall.
EVENING = datetime(2026, 10, 24, 20, 0, tzinfo=BERLIN)
DAY = timedelta(hours=24)


def later(seconds: float) -> datetime:
    return (EVENING.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(BERLIN)


LEAVER = Leaver("1.1", 1, "operator", "138****5678", "abc", EVENING, later(30), "abandoned", 30)
WITHHELD = Leaver("2.1", 1, "operator", "", "", EVENING, EVENING, "refused_full", 0)


def test_a_caller_who_never_came_back() -> None:
    mine = [
        Contact("1.1", "abc", EVENING),
        Contact("1.1", "abc", later(5), answered=True),
    ]  # before they left
    others = [Contact("3.1", "def", later(60)), Contact("3.1", "def", later(70), answered=True)]
    (row,) = abandoned([LEAVER], [*others, *mine], BERLIN)
    assert tuple(row) == COLUMNS
    assert row == {
        "call": "1.1",
        "number": 1,
        "queue": "operator",
        "caller": "138****5678",
        "entered_at": "2026-10-24T20:00:00+02:00",
        "left_at": "2026-10-24T20:00:30+02:00",
        "outcome": "abandoned",
        "wait_s": 30,
        "called_again": False,
        "called_again_at": None,
        "answered": False,
        "answered_at": None,
    }


def test_the_first_call_and_the_first_answer_count() -> None:
    contacts = [
        Contact("1.4", "abc", later(700), answered=True),
        Contact("1.3", "abc", later(500), answered=True),
        Contact("1.3", "abc", later(400)),
        Contact("1.2", "abc", later(31)),
    ]
    (row,) = abandoned([LEAVER], contacts, BERLIN)
    assert (row["called_again"], row["called_again_at"]) == (True, later(31).isoformat())
    assert (row["answered"], row["answered_at"]) == (True, later(500).isoformat())


def test_a_day_is_24_hours_when_clocks_change() -> None:
    end = LEAVER.left_at.astimezone(ZoneInfo("UTC")) + DAY
    (row,) = abandoned([LEAVER], [Contact("1.2", "abc", end)], BERLIN)
    assert row["called_again_at"] == "2026-10-25T19:00:30+01:00"
    (row,) = abandoned([LEAVER], [Contact("1.2", "abc", end + timedelta(seconds=1))], BERLIN)
    assert row["called_again"] is False


def test_of_a_withheld_number_only_the_same_call_is_known() -> None:
    stranger = Contact("9.9", "", later(5), answered=True)
    (row,) = abandoned([WITHHELD], [stranger], BERLIN)
    assert (row["called_again"], row["answered"]) == (None, None)
    (row,) = abandoned([WITHHELD], [stranger, Contact("2.1", "", later(9), answered=True)], BERLIN)
    assert (row["called_again"], row["answered"], row["answered_at"]) == (None, True, later(9).isoformat())
