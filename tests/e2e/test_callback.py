"""Callbacks in the queue: from the request to the bridged call, whoever is busy, absent or killed in between."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from tests.e2e.calls import Call
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.test_waiting import entries, in_queue, nobody_free, press_in_queue, waiting
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)


def asks_for_a_callback(line: Line) -> Call:
    """A caller who waited, and asked to be called back at the number they call from."""
    call = waiting(line, "1", "1")
    press_in_queue(call)
    call.press()
    assert call.ended(30).by == "hotline"
    return call


def callback_of(call: Call) -> dict[str, Any]:
    """The callback of a call, as ``ivr callback list`` has it."""
    found = [c for c in call.line.read("callback", "list", "--all") if c["call"] == call.uniqueid()]
    assert len(found) <= 1
    return found[0] if found else {}


def becomes(call: Call, state: str, seconds: float = 40) -> None:
    query = "SELECT 1 FROM callbacks WHERE call_uniqueid = ? AND state = ?"
    wait_for(lambda: call.line.rows(query, call.uniqueid(), state), f"the callback is {state}", seconds)


def agent_is_there(line: Line) -> None:
    line.cli("agent", "unpause", "1023", "--seat", "1001")


@scenario
def a_callback_from_request_to_talk(line: Line) -> None:
    since = datetime.now(line.settings.zone).isoformat()
    nobody_free(line)
    call = asks_for_a_callback(line)
    becomes(call, "placed")
    shown = callback_of(call)
    assert (shown["number"], shown["queue"], shown["attempts"]) == (call.masked, "operator", 0)
    board = line.read("queue", "live", "--once")
    assert [queue["callbacks"] for queue in board["queues"] if queue["queue"] == "operator"] == [1]
    carrier = line.carrier(talk_s=4)
    agent_is_there(line)
    becomes(call, "connected")
    becomes(call, "done")
    assert carrier.ended(10).by == "phone"
    assert carrier.dialled() == [call.caller]
    shown = callback_of(call)
    assert (shown["attempts"], shown["state"], shown["agent"]) == (1, "done", "1023")
    assert shown["talk_s"] >= 3
    story = call.story()
    assert [entry["outcome"] for entry in story.entries] == ["callback"]
    assert story["outcome"] == "callback"
    (row,) = line.read("queue", "stats", "--from", since)
    assert (row["offered"], row["callback"], row["answered"], row["abandoned"], row["waiting"]) == (
        1,
        1,
        0,
        0,
        0,
    )
    heard = [
        said
        for (said,) in line.rows("SELECT said FROM call_steps WHERE entry = 'agent' OR said LIKE '回电，%'")
    ]
    assert any("编号" in said for said in heard)
    assert not [said for (said,) in line.rows("SELECT said FROM call_steps") if "幺三八" in said]


@scenario
def a_busy_line_and_nobody_there_are_called_again(line: Line) -> None:
    nobody_free(line)
    call = asks_for_a_callback(line)
    busy = line.carrier(reject=True)
    line.seat("1001", calls=3)
    agent_is_there(line)
    busy.ended(30)
    assert busy.dialled() == [call.caller]
    busy.stop()
    nobody = line.carrier(ring_s=None)
    wait_for(nobody.dialled, "the second call", 30)
    nobody.ended(20)
    nobody.stop()
    carrier = line.carrier(talk_s=4)
    becomes(call, "done", 60)
    assert carrier.dialled() == [call.caller]
    log = [words for words in line.queue_log() if words[4].startswith("CALLBACK")]
    assert callback_of(call)["attempts"] == 3, log


@scenario
def who_came_earlier_is_served_first_and_who_came_later_is_not(line: Line) -> None:
    before = len(connects(line))
    nobody_free(line)
    first = waiting(line)
    time.sleep(1.1)  # the place is a second
    second = waiting(line, "1", "1")
    press_in_queue(second)
    second.press()  # the goodbye is not waited for: the first has a longest wait
    becomes(second, "placed")
    third = waiting(line)
    line.carrier(talk_s=3)
    seat = line.seat("1001", calls=3)
    agent_is_there(line)
    wait_for(lambda: connects(line)[before:] == [first.uniqueid()], "who came first is served first")
    wait_for(lambda: entries(first, "answered"), "in the record too")
    seat.hang_up()
    holder = f"callback-{callback_of(second)['callback']}-1.2"
    wait_for(lambda: connects(line)[before + 1 :] == [holder], "then who is called back")
    assert entries(third, "waiting")
    becomes(second, "done")
    third.hang_up()


def connects(line: Line) -> list[str]:
    """The calls that agents took, in their order."""
    return [words[1] for words in line.queue_log() if words[4] == "CONNECT"]


@scenario
def a_number_has_one_callback(line: Line) -> None:
    nobody_free(line)
    call = asks_for_a_callback(line)
    call.uniqueid()  # asked while there is one call of that number
    again = line.call(["9", "1"], caller=call.caller)
    again.press()
    in_queue(again)
    press_in_queue(again)
    assert again.ended(30).by == "hotline"
    told = "SELECT 1 FROM call_steps WHERE said LIKE '您已经预约了回电%'"
    wait_for(lambda: line.rows(told), "told that there is one")
    made = line.rows("SELECT count(*) FROM callbacks WHERE call_uniqueid = ?", call.uniqueid())
    assert made[0][0] == 1
    number = callback_of(call)["callback"]
    line.cli("callback", "cancel", str(number))
    holder = f"callback-{number}-"
    wait_for(lambda: not [c for c in line.channels() if c.uniqueid.startswith(holder)], "its place is free")
    assert callback_of(call)["state"] == "cancelled"


@scenario
def an_agent_who_rejects_leaves_it_to_the_next(line: Line) -> None:
    nobody_free(line)
    call = asks_for_a_callback(line)
    becomes(call, "placed")
    carrier = line.carrier(talk_s=4)
    no = line.seat("1001", reject=True)
    line.seat("1002", calls=3)
    line.sign_in("1024", "1002")
    line.cli("agent", "pause", "1024", "--seat", "1002")
    agent_is_there(line)
    no.ended(40)
    line.cli("agent", "unpause", "1024", "--seat", "1002")
    becomes(call, "done", 60)
    assert callback_of(call)["agent"] == "1024"
    assert carrier.dialled() == [call.caller]


@scenario
def everything_is_killed_and_the_callback_is_made_once(line: Line) -> None:
    nobody_free(line)
    call = asks_for_a_callback(line)
    becomes(call, "placed")
    for words in ("asterisk -C", "serve recorder", "serve agi"):
        for pid in line.processes(words):
            os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        try:
            return "callback-" in line.console("core show channels concise")
        except Exception:
            return False

    wait_for(back, "the place is held again", 60)
    carrier = line.carrier(talk_s=4, calls=2)
    line.seat("1001", calls=3)
    agent_is_there(line)
    becomes(call, "done", 60)
    time.sleep(2)  # a second call would have come by now
    assert carrier.dialled() == [call.caller]
    assert callback_of(call)["attempts"] == 1
    assert [entry["outcome"] for entry in call.story().entries] == ["callback"]


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_callback(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
