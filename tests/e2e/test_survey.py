"""After the talk: the caller is asked how it was, once, whoever hung up first, and no answer is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from tests.e2e.calls import Call
from tests.e2e.hotline import Line
from tests.e2e.rtp import KEY_S
from tests.e2e.scenarios import add_to
from tests.e2e.test_failures import agi_server, works_again
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
QUESTION = "请您对刚才的服务作出评价。"


def talking(line: Line, *keys: str, **seat: object) -> Call:
    """A caller who talks with agent 1041 and will press ``keys`` afterwards."""
    line.seat("1001", **({"ring_s": 0.1, "talk_s": 5} | seat))
    line.sign_in("1041", "1001")
    call = line.call(["9", *keys])
    call.press()
    return call


def asked(call: Call) -> None:
    """Wait until the question is in the log and the hotline listens to its answer."""
    lines = call.line.queue_log
    wait_for(lambda: any(x[4] == "SURVEYASKED" for x in lines() if x[1] == call.uniqueid()), "the question")
    call.ready()


@scenario
def the_agent_hangs_up_and_an_unhappy_caller_wants_to_be_called_back(line: Line) -> None:
    since = datetime.now(line.settings.zone).isoformat()
    call = talking(line, "2", "2")
    call.press(2)
    assert call.ended(60).by == "hotline"
    story = call.story()
    (entry,) = story.entries
    assert (entry["agent"], entry["outcome"], entry["ended_by"]) == ("1041", "answered", "agent")
    assert (entry["survey_asked"], entry["survey_score"]) == (True, 2)
    assert sum(QUESTION in said for said in story.said) == 1
    (case,) = line.rows("SELECT kind, call_uniqueid FROM cases WHERE call_uniqueid = ?", call.uniqueid())
    assert tuple(case) == ("callback", call.uniqueid())
    (row,) = line.read("queue", "stats", "--from", since)
    assert [row[f"survey_{key}"] for key in ("asked", "answered", "rate", "mean")] == [1, 1, 1.0, 2.0]
    (row,) = (r for r in line.read("report", "agent", "--from", since) if r["agent"] == "1041")
    assert [row[f"survey_{key}"] for key in ("asked", "answered", "rate", "mean")] == [1, 1, 1.0, 2.0]


@scenario
def the_agent_hands_over_to_the_survey(line: Line) -> None:
    call = talking(line, "5", refer="*69")
    call.press()
    assert call.ended(60).by == "hotline"
    story = call.story()
    (entry,) = story.entries
    assert (entry["ended_by"], entry["survey_score"], story["outcome"]) == ("blind", 5, "answered")
    assert "感谢您的评价" in " ".join(story.said)


@scenario
def an_answer_counts_though_the_caller_hangs_up_with_it(line: Line) -> None:
    call = talking(line, "1")
    call.press()
    time.sleep(KEY_S)  # so long does the phone send it
    call.hang_up()
    (entry,) = call.story().entries
    assert (entry["survey_asked"], entry["survey_score"]) == (True, 1)
    assert sum(x[4] == "SURVEYSCORE" for x in line.queue_log() if x[1] == call.uniqueid()) >= 1


@scenario
def an_answer_counts_though_the_server_dies_at_it(line: Line) -> None:
    call = talking(line, "3")
    asked(call)
    os.kill(agi_server(line), signal.SIGSTOP)
    call.phone.press()
    assert call.ended(60).by == "hotline"  # after a goodbye
    (entry,) = call.story().entries
    assert (entry["outcome"], entry["survey_score"]) == ("answered", 3)
    works_again(line)


@scenario
def who_hangs_up_at_the_question_was_asked(line: Line) -> None:
    call = talking(line)
    asked(call)
    call.hang_up()
    (entry,) = call.story().entries
    assert (entry["survey_asked"], entry["survey_score"]) == (True, None)


@scenario
def the_caller_who_hangs_up_in_the_talk_is_not_asked(line: Line) -> None:
    call = talking(line, talk_s=None)
    connected = "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND outcome = 'answered'"
    uniqueid = call.uniqueid()
    wait_for(lambda: line.rows(connected, uniqueid), "an agent has answered")
    call.hang_up()
    (entry,) = call.story().entries
    assert (entry["survey_asked"], entry["survey_score"], entry["ended_by"]) == (False, None, "caller")


@scenario
def each_talk_is_asked_about_once(line: Line) -> None:
    """An unhappy caller keys 0, is put through again, and is asked about the second talk."""
    line.seat("1001", ring_s=0.1, talk_s=4, calls=2)
    line.sign_in("1041", "1001")
    call = line.call(["9", "2", "0", "4"])
    call.press(4)
    assert call.ended(60).by == "hotline"
    assert [entry["survey_score"] for entry in call.story().entries] == [2, 4]


@scenario
def an_agent_says_what_the_call_was_about(line: Line) -> None:
    since = datetime.now(line.settings.zone).isoformat()
    call = talking(line, talk_s=3)
    asked(call)
    call.hang_up()
    call.story()
    assert said_to_seat(line, "*5577")[0].startswith("没有代码七七。")
    assert said_to_seat(line, "*5510")[-1] == "已记录，余票。"
    assert said_to_seat(line, "*55", "21#")[-1] == "已记录，改签。"  # the new one counts
    (entry,) = call.story().entries
    assert [entry["code"][key] for key in ("code", "label", "agent", "seat")] == [
        "21",
        "改签",
        "1041",
        "1001",
    ]
    rows = line.read("report", "codes", "--from", since)
    assert [(row["queue"], row["code"], row["calls"]) for row in rows] == [("operator", "21", 1)]
    (agent,) = (row for row in line.read("report", "agent", "--from", since) if row["agent"] == "1041")
    assert agent["coded"] == 1


def said_to_seat(line: Line, code: str, *keys: str) -> list[str]:
    """Dial a code from the seat and press the keys that it asks for; what was said."""
    latest = "SELECT coalesce(max(id), 0) FROM calls WHERE entry = 'agent'"
    ((before,),) = line.rows(latest)
    call = line.dial_from_seat("1001", code, keys)
    call.press_all()
    if not keys and len(code) > 3:
        wait_for(
            lambda: line.rows("SELECT 1 FROM call_steps WHERE query = 'call_code' AND outcome <> ''"), code
        )
    closed = "SELECT uniqueid FROM calls WHERE entry = 'agent' AND id > ? AND dialogue <> ''"
    if code == "*5577":
        call.ready()
        call.hang_up()
    uniqueid = wait_for(lambda: line.rows(closed, before), f"{code} in SQL")[0][0]
    steps = line.rows(
        "SELECT said FROM call_steps WHERE call_uniqueid = ? AND said <> '' ORDER BY seq", uniqueid
    )
    return [said for (said,) in steps]


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_survey(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
