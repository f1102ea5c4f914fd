"""When what a waiting caller hears is broken off."""

from __future__ import annotations

from ivr.acd.announcement import broken_off, tells_keys
from ivr.acd.board import AgentNow, QueueCaller


def agent(staff: str, state: str = "free", *queues: str) -> AgentNow:
    return AgentNow(staff, "1001", state, "", None, 0, dict.fromkeys(queues or ("operator",), 1))


def caller(position: int, queue: str = "operator", wait_s: int = 9) -> QueueCaller:
    return QueueCaller(queue, f"{queue}.{position}", position, wait_s)


WAITING = [caller(1), caller(2), caller(3), caller(1, "tickets")]


def test_one_free_agent_breaks_it_off_for_who_is_next():
    assert broken_off(WAITING, [agent("1023"), agent("1024", "talking")], set(), {}) == [caller(1)]


def test_an_agent_of_two_queues_breaks_it_off_in_both():
    free = agent("1023", "free", "operator", "tickets")
    assert broken_off(WAITING, [free], set(), {}) == [caller(1), caller(1, "tickets")]


def test_who_was_free_before_and_cannot_serve_the_first_does_not_keep_all_from_hearing_it():
    assert broken_off(WAITING, [agent("1023")], {"1023"}, {}) == []


def test_with_one_more_free_agent_one_more_caller_hears_no_more():
    agents = [agent("1023"), agent("1024")]
    assert broken_off(WAITING, agents, {"1023"}, {}) == [caller(1), caller(2)]


def test_agents_who_are_not_free_serve_nobody():
    for state in ("talking", "ringing", "paused", "away", "wrap_up"):
        assert broken_off(WAITING, [agent("1023", state)], set(), {}) == []


def test_who_has_waited_as_long_as_is_allowed_hears_no_more():
    waiting = [caller(1, wait_s=300), caller(2, wait_s=20), caller(3, wait_s=19)]
    longest = {"operator.1": 300, "operator.2": 20, "operator.3": 20}
    assert broken_off(waiting, [], set(), longest) == waiting[:2]


def test_keys_are_told_first_and_then_in_turn_with_notices():
    assert [tells_keys(wait_s) for wait_s in (0, 8, 59, 60, 119, 120, 181)] == [True] * 3 + [False] * 2 + [
        True,
        False,
    ]
