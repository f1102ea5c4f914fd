"""Which agent gets a caller: strategies by their rules, and callers who call again."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from ivr.settings import PROJECT
from tests.e2e.calls import Call
from tests.e2e.conftest import WRAPUP_S
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
MENU = """\
start: put_through
parts:
  put_through:
    transfer: {queue}
    answers: {{answered: {{then: bye}}, timeout: {{then: bye}}, join_empty: {{then: bye}}}}
  bye: {{say: 再见。, then: hangup}}
"""
CONNECTED = "start: hello\nparts: {hello: {say: 您好。, then: hangup}}\n"
AGENTS = {"1001": "1061", "1002": "1062", "1003": "1063"}


@contextlib.contextmanager
def only(line: Line, queue: str, queues: str) -> Iterator[None]:
    """Callers are put through to ``queue`` at once; ``queues``: the lines of queues.yaml."""
    menus = line.folder / f"menus_{queue}"
    shutil.copytree(PROJECT / "menus", menus)
    (menus / "hotline.translations.yaml").unlink()
    shutil.rmtree(menus / "tests")
    (menus / "hotline.yaml").write_text(MENU.format(queue=queue), "utf-8")
    (menus / "connected.yaml").write_text(CONNECTED, "utf-8")
    (menus / "queues.yaml").write_text(f"queues:\n{queues}", "utf-8")
    usual, line.environ = line.environ, {**line.environ, "IVR_MENUS": str(menus)}
    try:
        line.cli("menu", "publish", "-m", queue)
        wait_for(lambda: queue in line.queues(), f"the queue {queue}")
        yield
    finally:
        line.environ = usual
        line.cli("menu", "rollback")
        wait_for(lambda: "tickets" in line.queues(), "the usual queues")


def agents(line: Line, queue: str, *, levels: Sequence[int] = (1, 1, 1)) -> None:
    """The three agents sign in one after the other, each with a level in the queue."""
    for (seat, staff), level in zip(AGENTS.items(), levels, strict=False):
        line.agent(staff)
        line.cli("agent", "skill", staff, f"{queue}:{level}")
        line.sign_in(staff, seat)
    wait_for(lambda: len(line.members(queue)) == len(levels), "all are in the queue")


def served(line: Line, number: int) -> list[str]:
    """So many calls, one after the other; who took each."""
    return [taken(answered(line)) for _ in range(number)]


def answered(line: Line, **how: object) -> Call:
    """A call to its end."""
    call = line.call(**how)
    call.ended(60)
    return call


def taken(call: Call) -> str:
    """The agent who took the call."""
    (entry,) = call.story().entries
    return str(entry["agent"])


def seats(line: Line, talks: Sequence[float], calls: int) -> None:
    for seat, talk_s in zip(AGENTS, talks, strict=False):
        line.seat(seat, ring_s=0.1, talk_s=talk_s, calls=calls)


def who_talks(call: Call) -> str:
    """The agent who has answered."""
    query = "SELECT agent FROM queue_entries WHERE call_uniqueid = ? AND outcome = 'answered'"
    uniqueid = call.uniqueid()
    return str(wait_for(lambda: call.line.rows(query, uniqueid), "an agent has answered", 20)[0][0])


def three_talks(line: Line, queue: str) -> tuple[list[str], list[str]]:
    """Three callers are answered by three agents, the first of whom hangs up last; who answered in this order, and who then
    gets three more callers, one after the other."""
    agents(line, queue)
    phones = {staff: line.seat(seat, ring_s=0.1, talk_s=None, calls=9) for seat, staff in AGENTS.items()}

    def ends(call: Call) -> str:
        staff = who_talks(call)
        phones[staff].hang_up()
        call.ended(60)
        call.story()
        time.sleep(1.1)  # app_queue counts whole seconds
        return staff

    first = line.call()
    order = [who_talks(first), ends(line.call()), ends(line.call())]
    ends(first)
    assert sorted(order) == sorted(AGENTS.values())
    return order, [ends(line.call()) for _ in range(3)]


@scenario
def in_turn_goes_round_whoever_rested_longest(line: Line) -> None:
    with only(line, "turn", "  operator: {}\n  turn: {strategy: in_turn, wrapup: 0s}\n"):
        order, then = three_talks(line, "turn")
    assert then == order


@scenario
def longest_idle_is_who_ended_the_last_call_first(line: Line) -> None:
    with only(line, "idle", "  operator: {}\n  idle: {strategy: longest_idle, wrapup: 0s}\n"):
        (first, *others), then = three_talks(line, "idle")
    assert then == [*others, first]


@scenario
def fewest_calls_lets_the_others_catch_up(line: Line) -> None:
    with only(line, "fewest", "  operator: {}\n  fewest: {strategy: fewest_calls, wrapup: 0s}\n"):
        agents(line, "fewest")
        seats(line, (1, 1, 1), 9)
        for seat, staff in list(AGENTS.items())[1:]:
            line.cli("agent", "pause", staff, "--seat", seat)
        assert served(line, 2) == ["1061", "1061"]
        for seat, staff in list(AGENTS.items())[1:]:
            line.cli("agent", "unpause", staff, "--seat", seat)
        assert sorted(served(line, 4)) == ["1062", "1062", "1063", "1063"]


@scenario
def ring_all_rings_all_of_the_best_level(line: Line) -> None:
    with only(line, "everybody", "  operator: {}\n  everybody: {strategy: ring_all}\n"):
        agents(line, "everybody", levels=(2, 2, 5))
        slow = line.seat("1001", ring_s=None)
        quick = line.seat("1002", ring_s=2, talk_s=1)
        other = line.seat("1003", ring_s=None)
        call = line.call()
        wait_for(lambda: slow.log() and quick.log(), "both ring")
        call.ended(60)
        story = call.story()
        assert story.attempts == [("1062", "answered")]  # who lost has missed nothing
        assert other.log() == []


@scenario
def who_calls_again_gets_the_same_agent(line: Line) -> None:
    caller = "13600000061"
    with only(line, "again_and", "  operator: {}\n  again_and: {sticky: 1h, wrapup: 0s}\n"):
        agents(line, "again_and", levels=(1, 1))
        wait_for(lambda: len(line.members("again")) == 2, "both can be called again")
        seats(line, (1, 1), 9)
        mine = taken(answered(line, caller=caller))
        (other,) = {"1061", "1062"} - {mine}
        assert taken(answered(line)) == other
        assert taken(answered(line)) == mine  # the other one has rested longer now
        time.sleep(WRAPUP_S + 1)  # who wraps up is not free
        call = answered(line, caller=caller)
        (entry,) = call.story().entries
        assert (entry["queue"], entry["agent"], entry["first_agent"]) == ("again_and", mine, mine)
        assert entry["wait_s"] <= 3
        seat = next(seat for seat, staff in AGENTS.items() if staff == mine)
        line.cli("agent", "pause", mine, "--seat", seat)
        (entry,) = answered(line, caller=caller).story().entries  # at once to all
        assert (entry["agent"], entry["first_agent"]) == (other, None)
        assert entry["wait_s"] <= 3


@scenario
def the_agent_of_the_last_call_who_does_not_answer_leaves_it_to_the_others(line: Line) -> None:
    caller = "13600000062"
    with only(line, "again_in_vain", "  operator: {}\n  again_in_vain: {sticky: 1h, wrapup: 0s}\n"):
        agents(line, "again_in_vain", levels=(1, 5))
        wait_for(lambda: len(line.members("again")) == 2, "both can be called again")
        line.seat("1001", ring_s=0.1, talk_s=1)  # one call, and then nobody is at the phone
        assert taken(answered(line, caller=caller)) == "1061"
        line.seat("1002", ring_s=0.1, talk_s=1)
        line.cli("agent", "skill", "1061", "again_in_vain:9")  # all others come first now
        wait_for(lambda: "penalty 9" in line.members("again_in_vain")["1061"], "the new level")
        (entry,) = answered(line, caller=caller).story().entries
        assert (entry["agent"], entry["first_agent"]) == ("1062", "1061")
        assert 5 <= entry["first_s"] <= entry["wait_s"] <= 25


@scenario
def at_random_is_left_to_asterisk(line: Line) -> None:
    with only(line, "chance", "  operator: {}\n  chance: {strategy: random}\n"):
        agents(line, "chance", levels=(1, 1))
        seats(line, (1, 1), 1)
        assert "in 'random' strategy" in line.console("queue show chance")
        assert served(line, 1)[0] in AGENTS.values()


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_right_agent(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
