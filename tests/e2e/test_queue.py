"""From option 9 to an agent's phone, and every other way out of the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from ivr.telephony.seats import AMI_USER
from tests.e2e.calls import Call
from tests.e2e.conftest import LONGEST_WAIT_S
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.waits import wait_for

NOBODY = "对不起，现在没有坐席在线。"
TALK_S = 6  #: the greeting with the staff number takes half of it
GREETING = "工号幺零二三为您服务。"


SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)


def waiting(line: Line) -> Call:
    """A caller who asked for an agent and is in the queue."""
    call = line.call(["9"])
    call.press_all()
    wait_for(lambda: call.is_in("Queue"), "the caller is in the queue")
    return call


def connected(call: Call) -> None:
    """Wait until the recorder has the answer."""
    query = "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND outcome = 'answered'"
    uniqueid = call.uniqueid()
    wait_for(lambda: call.line.rows(query, uniqueid), "an agent has answered", 20)


@scenario
def an_agent_answers_and_hangs_up(line: Line) -> None:
    seat = line.seat("1001")
    line.sign_in("1023", "1001")
    call = waiting(line)
    asked = time.monotonic()
    connected(call)
    time.sleep(2)  # they talk
    seat.hang_up()
    passed = time.monotonic() - asked
    ended = call.ended(60)
    assert (ended.by, ended.clean) == ("hotline", True)
    assert seat.ended(5).by == "phone"
    story = call.story()
    assert story["outcome"] == "answered"
    (entry,) = story.entries
    assert (entry["queue"], entry["outcome"], entry["agent"]) == ("operator", "answered", "1023")
    assert (entry["position"], entry["ended_by"]) == (1, "agent")
    assert 3 <= entry["talk_s"] <= passed + 2  # with the greeting
    assert entry["wait_s"] <= 4  # without it
    assert story.attempts == [("1023", "answered")]
    assert story.said[1] == "正在为您转接人工服务，请稍候。"
    assert story.said[2] == GREETING
    assert "感谢您的来电" in story.said[-1]
    assert [step["entry"] for step in story["steps"] if step["said"] == GREETING] == ["connected"]


def cut_managers(line: Line) -> int:
    """End every connection to Asterisk's manager interface, as a lost network does; how many there were."""
    rows = [row.split() for row in line.console("manager show connected").splitlines()]
    open_now = [row[4] for row in rows if row and row[0].startswith(AMI_USER)]
    for descriptor in open_now:
        line.console(f"manager kick session {descriptor}")
    return len(open_now)


@scenario
def the_managers_are_cut_again_and_again_and_the_outcome_is_the_same(line: Line) -> None:
    seat = line.seat("1001")
    line.sign_in("1023", "1001")
    call = waiting(line)
    cut = cut_managers(line)
    connected(call)
    wait_for(lambda: not call.is_in("Playback"), "the greeting is over")
    cut += cut_managers(line)
    began = time.monotonic()
    (agent,) = line.read("queue", "live", "--once")["agents"]
    assert agent["state"] == "talking"
    wait_for(lambda: cut_managers(line), "our programs are connected again")
    assert cut
    time.sleep(max(0.0, began + 2 - time.monotonic()))  # they talk
    seat.hang_up()
    assert call.ended(60).by == "hotline"
    story = call.story()
    assert story["outcome"] == "answered"
    (entry,) = story.entries
    assert (entry["outcome"], entry["agent"], entry["ended_by"]) == ("answered", "1023", "agent")
    assert entry["talk_s"] >= 2
    assert story.attempts == [("1023", "answered")]


@scenario
def the_caller_hangs_up_in_the_talk(line: Line) -> None:
    seat = line.seat("1001")
    line.sign_in("1023", "1001")
    call = waiting(line)
    connected(call)
    wait_for(lambda: not call.is_in("Read"), "no prompt any more")
    wait_for(lambda: any(text == GREETING for (text,) in line.rows("SELECT said FROM call_steps")), GREETING)
    answered = time.monotonic()
    time.sleep(2)  # they talk
    assert call.hang_up().by == "phone"
    talked = time.monotonic() - answered
    assert seat.ended(10).by == "hotline"
    (entry,) = call.story().entries
    assert (entry["outcome"], entry["ended_by"], entry["agent"]) == ("answered", "caller", "1023")
    assert talked + 1 <= entry["talk_s"] <= talked + 8  # the greeting belongs to it
    assert call.story()["outcome"] == "answered"


@scenario
def the_agent_hangs_up_in_the_greeting(line: Line) -> None:
    seat = line.seat("1001")
    line.sign_in("1023", "1001")
    call = waiting(line)
    wait_for(lambda: call.is_in("Playback"), "the greeting is played")
    seat.hang_up()
    ended = call.ended(60)
    assert (ended.by, ended.clean) == ("hotline", True)
    story = call.story()
    (entry,) = story.entries
    assert (entry["outcome"], entry["agent"], entry["ended_by"]) == ("answered", "1023", "agent")
    assert "感谢您的来电" in story.said[-1]


@scenario
def the_caller_gives_up_while_it_rings(line: Line) -> None:
    seat = line.seat("1001", ring_s=None)
    line.sign_in("1023", "1001")
    call = waiting(line)
    wait_for(lambda: seat.log(), "the seat rings")
    assert call.hang_up().by == "phone"
    assert seat.ended(10).clean  # CANCEL came
    story = call.story()
    assert [entry["outcome"] for entry in story.entries] == ["abandoned"]
    assert story["outcome"] == "abandoned"
    assert story.attempts == [("1023", "cancelled")] or "answered" not in dict(story.attempts).values()


@scenario
def nobody_signed_in_is_said(line: Line) -> None:
    call = line.call(["9", "2", "1", "2"])
    call.press(2)
    call.moves_on()
    call.press(2)
    call.ready()
    call.hang_up()
    story = call.story()
    assert [entry["outcome"] for entry in story.entries] == ["refused_empty"] * 2
    assert story["outcome"] == "refused_empty"
    replies = [text for text in story.said if text.startswith(NOBODY)]
    assert len(replies) == 2  # once more after "继续等待"
    assert "预售期" in story.said[-1]  # and back to the menu


@scenario
def an_agent_who_does_not_answer_and_the_next_who_does(line: Line) -> None:
    deaf = line.seat("1001", ring_s=None)
    line.sign_in("1023", "1001")
    call = waiting(line)
    wait_for(lambda: deaf.log(), "the first seat rings")
    seat = line.seat("1002", talk_s=TALK_S)
    line.sign_in("1024", "1002")
    assert call.ended(60).by == "hotline"
    seat.ended(5)
    story = call.story()
    assert story.attempts[0] == ("1023", "no_answer")
    assert story.attempts[-1] == ("1024", "answered")
    assert (story.entries[0]["agent"], story["outcome"]) == ("1024", "answered")
    ring = story.entries[0]["attempts"][0]["ring_ms"]
    assert 2000 <= ring <= 5000


@scenario
def nobody_answers_until_the_wait_is_over(line: Line) -> None:
    line.seat("1001", ring_s=None, calls=9)
    line.sign_in("1023", "1001")
    call = waiting(line)
    call.ready(LONGEST_WAIT_S + 15)  # 坐席全忙: the menu after the queue
    call.hang_up()
    story = call.story()
    (entry,) = story.entries
    assert (entry["outcome"], story["outcome"]) == ("timed_out", "timed_out")
    assert LONGEST_WAIT_S - 1 <= entry["wait_s"] <= LONGEST_WAIT_S + 2
    assert set(story.attempts) == {("1023", "no_answer")} or ("1023", "no_answer") in story.attempts
    assert story.said[-1].startswith("对不起，现在坐席全忙，您等待的时间已经很长。")


@scenario
def an_agent_who_rejects_is_rung_again(line: Line) -> None:
    no = line.seat("1001", reject=True)
    line.sign_in("1023", "1001")
    call = waiting(line)
    no.ended(10)
    no.stop()
    seat = line.seat("1001", talk_s=TALK_S)
    assert call.ended(60).by == "hotline"
    assert seat.ended(5).by == "phone"
    story = call.story()
    assert len(story.attempts) >= 2
    assert [outcome for _, outcome in story.attempts][-1] == "answered"
    assert "answered" not in [outcome for _, outcome in story.attempts][:-1]


@scenario
def everybody_on_a_break_lets_the_caller_wait(line: Line) -> None:
    line.seat("1001")
    line.sign_in("1023", "1001")
    line.cli("agent", "pause", "1023", "--seat", "1001", "--reason", "lunch")
    call = waiting(line)
    call.ready(LONGEST_WAIT_S + 15)
    call.hang_up()
    story = call.story()
    assert [entry["outcome"] for entry in story.entries] == ["timed_out"]
    assert story.attempts == []


@scenario
def two_callers_are_served_in_turn(line: Line) -> None:
    line.seat("1001", ring_s=0.1, talk_s=TALK_S, calls=2)
    line.sign_in("1023", "1001")
    line.cli("agent", "pause", "1023", "--seat", "1001")
    first, second = waiting(line), waiting(line)
    line.cli("agent", "unpause", "1023", "--seat", "1001")
    assert first.ended(60).by == second.ended(60).by == "hotline"
    one, two = first.story().entries[0], second.story().entries[0]
    assert (one["position"], two["position"]) == (1, 2)
    assert one["left_at"] < two["left_at"]


@scenario
def the_figures_are_those_of_the_calls(line: Line) -> None:
    """One answered, one abandoned, one timed out, one refused."""
    since = datetime.now(line.settings.zone).isoformat()
    refused = line.call(["9", "1"])
    refused.press_all()
    refused.ready()
    refused.hang_up()
    line.seat("1001", ring_s=0.1, talk_s=TALK_S)
    line.sign_in("1023", "1001")
    answered = line.call(["9"])
    answered.press_all()
    answered.ended(60)
    line.cli("agent", "pause", "1023", "--seat", "1001")
    timed_out, abandoned = waiting(line), waiting(line)
    abandoned.hang_up()
    timed_out.ready(LONGEST_WAIT_S + 15)
    timed_out.hang_up()
    stories = [call.story() for call in (refused, answered, timed_out, abandoned)]
    outcomes = ["refused_empty", "answered", "timed_out", "abandoned"]
    assert [story["outcome"] for story in stories] == outcomes
    (row,) = line.read("queue", "stats", "--from", since)
    assert row["queue"] == "operator"
    assert row["offered"] == 4
    assert [row[key] for key in (*outcomes, "waiting", "left_by_key", "refused_full")] == [
        1,
        1,
        1,
        1,
        0,
        0,
        0,
    ]
    assert row["answer_rate"] == pytest.approx(0.25)
    talk = stories[1].entries[0]
    assert row["asa_s"] == talk["wait_s"]
    assert row["talk_s"] == talk["talk_s"]
    assert row["longest_wait_s"] == max(story.entries[0]["wait_s"] or 0 for story in stories)
    assert row["average_abandon_s"] == stories[3].entries[0]["wait_s"]
    (by_agent,) = (
        r for r in line.read("queue", "stats", "--from", since, "--by", "agent") if r["agent"] == "1023"
    )
    assert by_agent["answered"] == 1
    listed = line.read("queue", "list", "--limit", "4")
    assert sorted(entry["outcome"] for entry in listed) == sorted(outcomes)


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_queue(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
