"""What each agent does, and what goes on in each queue, from what Asterisk says."""

from __future__ import annotations

import pytest

from ivr.acd.board import AgentNow, QueueCaller, QueueMember, QueueNow, agents_now, queues_now

NOW = 1_000_000


def member(queue: str = "operator", **what: object) -> QueueMember:
    usual = {"status": 1, "in_call": False, "paused": False, "reason": "", "calls": 0}
    return QueueMember(queue, "PJSIP/1001", "1023", **{**usual, **what})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "state", "since"),
    [
        ({}, "free", None),
        ({"last_call": NOW - 90}, "free", 90),
        ({"last_call": NOW - 3}, "wrap_up", 3),
        ({"last_call": NOW + 2}, "wrap_up", 0),  # Asterisk's clock is ahead
        ({"status": 5}, "away", None),
        ({"status": 6}, "ringing", None),
        ({"status": 2, "paused": True}, "talking", None),
        ({"in_call": True}, "talking", None),
        ({"paused": True, "reason": "小休", "last_pause": NOW - 60, "status": 5}, "paused", 60),
    ],
)
def test_the_state_of_an_agent(what: dict[str, object], state: str, since: int | None):
    (agent,) = agents_now([member(**what)], NOW, {"operator": 5})
    assert (agent.state, agent.since_s, agent.reason) == (state, since, str(what.get("reason", "")))


def test_an_agent_in_several_queues_is_one_agent():
    both = [
        member(calls=2, penalty=1, last_call=NOW - 8),
        member("tickets", calls=1, penalty=3, last_call=NOW - 8),
    ]
    assert agents_now(both, NOW, {"operator": 5, "tickets": 10}) == [
        AgentNow("1023", "1001", "wrap_up", "", 8, 3, {"operator": 1, "tickets": 3})
    ]
    half = [member(paused=True), member("tickets")]
    (agent,) = agents_now(half, NOW, {})
    assert agent.state == "free"
    callers = [QueueCaller("tickets", "1.1", 1, 70), QueueCaller("tickets", "1.2", 2, 9)]
    free = {"talking": 0, "ringing": 0, "paused": 0, "away": 0, "wrap_up": 0, "free": 1}
    assert queues_now(["tickets", "groups"], callers, [agent]) == [
        QueueNow("tickets", 2, 70, free),
        QueueNow("groups", 0, None, {**free, "free": 0}),
    ]
