"""Callers who wait: the keys that work, the place that is kept, what they are told."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.calls import Call
from tests.e2e.conftest import WRAPUP_S
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.sipp import SeatPhone
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)


def nobody_free(line: Line) -> SeatPhone:
    """An agent is signed in, so that callers may wait, and takes no call; the agent's phone."""
    seat = line.seat("1001", calls=5)
    line.sign_in("1023", "1001")
    line.cli("agent", "pause", "1023", "--seat", "1001")
    return seat


def waiting(line: Line, *keys: str) -> Call:
    """A caller who asked for an agent, is in the queue, and may press more keys."""
    call = line.call(["9", *keys])
    call.press()
    in_queue(call)
    return call


def in_queue(call: Call) -> None:
    wait_for(lambda: call.is_in("Queue"), "the caller is in the queue")


def press_in_queue(call: Call) -> None:
    """Press the next key now; app_queue takes it at any moment."""
    call.phone.press()


def entries(call: Call, outcome: str) -> list[object]:
    query = "SELECT number FROM queue_entries WHERE call_uniqueid = ? AND outcome = ?"
    return call.line.rows(query, call.uniqueid(), outcome)


def files_open(line: Line) -> str:
    """The files that Asterisk has open."""
    found = []
    for pid in line.processes("asterisk -C"):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(str(link.readlink()))
    return "\n".join(found)


@scenario
def who_looks_something_up_comes_back_to_the_same_place(line: Line) -> None:
    nobody_free(line)
    first = waiting(line, "2", "9")
    second = waiting(line)
    press_in_queue(first)
    wait_for(lambda: entries(first, "left_by_key"), "the first caller is back in the menu")
    time.sleep(1.1)  # the place is a second, and the third caller is to come later
    third = waiting(line)
    first.press()  # 9: an agent, again
    in_queue(first)
    wait_for(lambda: len(entries(first, "waiting")) == 1, "the first caller waits again")
    shown = {caller["call"]: caller["position"] for caller in line.read("queue", "live", "--once")["callers"]}
    assert [shown[call.uniqueid()] for call in (first, second, third)] == [1, 2, 3]
    for call in (first, second, third):
        call.hang_up()
    story = first.story()
    assert [entry["outcome"] for entry in story.entries] == ["left_by_key", "abandoned"]
    assert story.entries[0]["exit_key"] == "2"


@scenario
def a_message_instead_of_waiting(line: Line) -> None:
    nobody_free(line)
    call = waiting(line, "3")
    press_in_queue(call)
    asked = "SELECT 1 FROM call_steps WHERE call_uniqueid = ? AND part = 'message' AND kind = 'say'"
    wait_for(lambda: line.rows(asked, call.uniqueid()), "asked for the message")
    call.hang_up()
    assert [entry["outcome"] for entry in call.story().entries] == ["left_by_key"]


@scenario
def keys_without_meaning_change_nothing(line: Line) -> None:
    nobody_free(line)
    call = waiting(line, "7", "2")
    press_in_queue(call)
    time.sleep(1)
    assert call.is_in("Queue")
    press_in_queue(call)
    call.ready()
    call.hang_up()
    (entry,) = call.story().entries
    assert (entry["outcome"], entry["exit_key"]) == ("left_by_key", "2")


@scenario
def waiting_callers_are_told_their_place_and_the_keys(line: Line) -> None:
    nobody_free(line)
    calls = [waiting(line), waiting(line)]

    def sounds(call: Call) -> bytes:
        folder = line.asterisk.sounds / f"zh_{call.uniqueid()}"
        sound = folder / "ivr-wait.wav"
        return sound.read_bytes() if sound.exists() else b""

    wait_for(lambda: all(map(sounds, calls)), "each has a sound")
    wait_for(lambda: len({sounds(call) for call in calls}) == 2, "each is told another place")
    second = sounds(calls[1])
    calls[0].hang_up()
    wait_for(lambda: sounds(calls[1]) not in (b"", second), "the second is the first now")
    wait_for(lambda: f"zh_{calls[1].uniqueid()}/ivr-wait.wav" in files_open(line), "it is played", 15)
    calls[1].hang_up()
    wait_for(lambda: not list(line.asterisk.sounds.glob("zh_*")), "no sound is left")


@scenario
def an_announcement_is_broken_off_for_an_agent_who_comes_back(line: Line) -> None:
    """With its keys it takes some 20 s; app_queue rings nobody while it plays."""
    seat = nobody_free(line)
    call = waiting(line)
    wait_for(lambda: f"zh_{call.uniqueid()}/ivr-wait.wav" in files_open(line), "it is played", 20)
    line.cli("agent", "unpause", "1023", "--seat", "1001")
    wait_for(seat.log, "the agent is rung", 4)
    call.hang_up()


@scenario
def no_agent_is_idle_while_somebody_waits(line: Line) -> None:
    """Two agents, six callers who hear announcements as they wait: who is free is rung at once."""
    before = len(line.queue_log())
    for seat, staff in (("1001", "1023"), ("1002", "1024")):
        line.seat(seat, ring_s=0.1, talk_s=4, calls=9)
        line.sign_in(staff, seat)
    calls = [line.call(["9"]) for _ in range(6)]
    for call in calls:
        call.press()
    for call in calls:
        call.ended(60)
        call.story()
    idle = idle_though_waited_for(line.queue_log()[before:])
    assert max(idle.values()) <= 2, (
        idle,
        line.queue_log()[before:],
    )  # app_queue looks every second, and its log tells whole ones


def idle_though_waited_for(log: list[list[str]]) -> dict[tuple[str, int], int]:
    """(agent, end of a talk) → how many seconds the agent then had nothing to do while a caller waited whom nobody rang."""
    end = int(log[-1][0])
    waits: dict[str, list[int]] = {}  # call → when it came, when it was rung for
    rung: dict[str, list[int]] = {}  # agent → when, for each talk
    free: dict[str, list[int]] = {}  # agent → since when, after each talk
    for moment, call, _, agent, event, *_ in log:
        at = int(moment)
        if event == "ENTERQUEUE":
            waits[call] = [at, end]
        elif event == "AGENTANSWER":  # their phones ring for a moment only
            waits[call][1] = at
            rung.setdefault(agent, []).append(at)
        elif event in ("COMPLETEAGENT", "COMPLETECALLER"):
            free.setdefault(agent, []).append(at + WRAPUP_S)
    return {
        (agent, since): max(0, *(min(until, rung_again) - max(since, came) for came, until in waits.values()))
        for agent, ends in free.items()
        for since, rung_again in zip(ends, [*rung[agent][1:], end], strict=True)
    }


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_waiting(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
