"""The AGI server is down, frozen, or killed in mid-call: the caller is in the operator queue within 3 s.

The moments are Asterisk's own, from its manager interface.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from ivr.telephony.probes import agi_answers
from tests.e2e.calls import Call
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
WITHIN_S = 3.0


def agi_server(line: Line) -> int:
    """The process of the AGI server."""
    (pid,) = wait_for(lambda: line.processes("serve agi"), "the AGI server runs")
    return pid


def works_again(line: Line) -> None:
    """Wait until the server answers; a caller then hears the menu."""
    wait_for(
        lambda: asyncio.run(agi_answers(line.at.address, line.settings.agi_port)), "the server is back", 30
    )
    call = line.call(["2"])
    call.press_all()
    call.ready()
    call.hang_up()


@contextlib.contextmanager
def somebody_works(line: Line) -> Iterator[None]:
    """An agent is signed in whose phone rings and rings."""
    line.seat("1001", ring_s=None, calls=99)
    line.sign_in("1023", "1001")
    yield
    wait_for(lambda: len(line.processes("serve agi")) == 1, "one AGI server")
    line.tidy()
    works_again(line)


def ends_as_fallback(call: Call) -> None:
    """The caller gives up in the queue; the record says what happened."""
    assert call.hang_up().by == "phone"
    story = call.story()
    assert story["fallback"] is True
    assert [entry["queue"] for entry in story.entries] == ["operator"]
    assert story["outcome"] == "abandoned"


@scenario
def killed_in_mid_call(line: Line) -> None:
    with somebody_works(line), line.manager() as manager:
        call = line.call(["5", "1"])
        call.press_all()
        call.ready()
        killed = time.time()
        os.kill(agi_server(line), signal.SIGKILL)
        assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - killed < WITHIN_S
        ends_as_fallback(call)


@scenario
def frozen_in_mid_call(line: Line) -> None:
    with somebody_works(line), line.manager() as manager:
        call = line.call(["5", "1", "010#"])
        call.press(2)
        call.ready()
        frozen = time.time()
        os.kill(agi_server(line), signal.SIGSTOP)
        call.phone.press()
        assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - frozen < WITHIN_S
        ends_as_fallback(call)


@scenario
def frozen_while_a_prompt_is_heard(line: Line) -> None:
    with somebody_works(line), line.manager() as manager:
        call = line.call(["5"])
        call.press_all()
        call.ready()
        frozen = time.time()
        os.kill(agi_server(line), signal.SIGSTOP)
        assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - frozen < WITHIN_S
        ends_as_fallback(call)


@scenario
def killed_with_several_callers(line: Line) -> None:
    """Everybody in the menu is taken out of it, and nobody from the queue."""
    with somebody_works(line), line.manager() as manager:
        queued = line.call(["9"])
        queued.press_all()
        wait_for(lambda: queued.is_in("Queue"), "the caller is in the queue")
        calls = [line.call(["4"]), line.call(["7"])]
        for call in calls:
            call.press_all()
            call.ready()
        killed = time.time()
        os.kill(agi_server(line), signal.SIGKILL)
        for call in calls:
            assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - killed < WITHIN_S
        for call in calls:
            ends_as_fallback(call)
        queued.hang_up()
        assert queued.story()["fallback"] is False


@scenario
def frozen_when_the_call_comes(line: Line) -> None:
    with somebody_works(line), line.manager() as manager:
        os.kill(agi_server(line), signal.SIGSTOP)
        called = time.time()
        call = line.call()
        assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - called < WITHIN_S
        ends_as_fallback(call)


@scenario
def down_and_kept_down(line: Line) -> None:
    """The supervisor stands still, so that nobody starts the server again."""
    with somebody_works(line), line.manager() as manager:
        (supervisor,) = (
            pid
            for pid in line.processes("cli.py serve")
            if pid not in line.processes("serve agi") + line.processes("serve recorder")
        )
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(agi_server(line), signal.SIGKILL)
            called = time.time()
            call = line.call()
            assert manager.moment("QueueCallerJoin", CallerIDNum=call.caller) - called < WITHIN_S
            ends_as_fallback(call)
        finally:
            os.kill(supervisor, signal.SIGCONT)


@scenario
def down_and_nobody_signed_in_says_sorry(line: Line) -> None:
    (supervisor,) = (
        pid
        for pid in line.processes("cli.py serve")
        if pid not in line.processes("serve agi") + line.processes("serve recorder")
    )
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(agi_server(line), signal.SIGKILL)
        call = line.call()
        wait_for(
            lambda: any("ivr-sorry" in c.data for c in line.channels() if c.caller == call.caller), "sorry", 3
        )
        assert call.ended(20).by == "hotline"
        story = call.story()
        assert (story["fallback"], story["outcome"]) == (True, "refused_empty")
    finally:
        os.kill(supervisor, signal.SIGCONT)
    works_again(line)


@scenario
def the_recorder_is_killed_and_misses_nothing(line: Line) -> None:
    before = line.processes("serve recorder")
    call = line.call(["2"])
    call.press_all()
    call.ready()
    os.kill(before[0], signal.SIGKILL)
    assert call.hang_up().by == "phone"
    story = call.story(20)
    assert (story["outcome"], story["fallback"]) == ("self_service", False)
    wait_for(lambda: len(pids := line.processes("serve recorder")) == 1 and pids != before, "a new recorder")


@scenario
def asterisk_is_killed_and_its_calls_are_lost(line: Line) -> None:
    call = line.call(["2"])
    call.press_all()
    call.ready()
    uniqueid = call.uniqueid()
    os.kill(line.processes("sbin/asterisk")[0], signal.SIGKILL)
    lost = "SELECT 1 FROM calls WHERE uniqueid = ? AND outcome = 'lost'"
    wait_for(lambda: line.rows(lost, uniqueid), "the call is lost", 20)
    call.phone.stop()

    def up() -> bool:
        with contextlib.suppress(Exception):
            return "fully booted" in line.console("core waitfullybooted")
        return False

    wait_for(up, "Asterisk is back", 20)
    works_again(line)


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_failures(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
