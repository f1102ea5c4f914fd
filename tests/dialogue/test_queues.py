"""To which queue a transfer leads: by skill, by hours, and what is said when none takes the caller."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialogue.actions import Ask, Transfer

from .rehearsal import Rehearsal

TREE = """
    start: agent
    parts:
      agent:
        transfer: operator
        skill: tickets
        answers:
          join_empty: {say: 现在没有坐席在线。, then: hangup}
"""
QUEUES = """
queues:
  tickets: {longest_wait: 2m, levels: 5, widen: {60s: 9}, hours: {daily: 08:00-18:00}}
  operator: {hours: {daily: 06:00-22:00}}
"""
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(write_tree, tmp_path):
    """The call at a time of day."""
    (tmp_path / "queues.yaml").write_text(QUEUES, "utf-8")
    tree = write_tree(TREE)
    return lambda time: Rehearsal(tree, now=datetime.fromisoformat(f"2026-11-23T{time}").replace(tzinfo=ZONE))


def test_the_skill_is_served_while_somebody_has_it(at):
    call = at("09:00")
    assert call.last == Ask("queue_state", {"queue": "tickets"}, (), "agent")
    assert call.answer("known", {"agents": 1, "waiting": 9, "wait_s": 60}).last == Transfer(
        "tickets", 0, "agent", 5, 120, "zh"
    )


@pytest.mark.parametrize("state", [{"agents": 0, "waiting": 0, "wait_s": 0}, None])
def test_else_anybody(at, state):
    call = at("09:00")
    call.answer("known", state) if state else call.answer("error")
    assert call.last == Transfer("operator", 0, "agent", 0, 0, "zh")


def test_the_language_comes_before_the_skill(at, tmp_path, write_tree):
    (tmp_path / "queues.yaml").write_text("queues: {tickets: {}, chinese: {language: zh}}", "utf-8")
    some, none = {"agents": 1, "waiting": 0, "wait_s": 0}, {"agents": 0, "waiting": 0, "wait_s": 0}
    for first, second, queue in ((some, some, "chinese"), (none, some, "tickets"), (none, none, "operator")):
        call = Rehearsal(write_tree(TREE))
        assert call.last.args == {"queue": "chinese"}
        assert call.answer("known", first).last.args == {"queue": "tickets"}
        assert call.answer("known", second).last.queue == queue


def test_a_queue_that_is_closed_has_nobody(at):
    call = at("19:00").answer("known", {"agents": 1, "waiting": 0, "wait_s": 0})
    assert call.last == Transfer("operator", 0, "agent", 0, 0, "zh")


def test_all_closed_is_said_as_nobody_there_unless_the_part_says_more(at, write_tree, tmp_path):
    call = at("23:00").answer("known", {"agents": 1, "waiting": 0, "wait_s": 0})
    assert call.said == "现在没有坐席在线。"
    assert call.session.outcome == "completed"
    own = write_tree(
        TREE.replace("answers:", "answers:\n          closed: {say: 现在不是服务时间。, then: hangup}")
    )
    call = Rehearsal(own, now=call.now).answer("error")
    assert call.said == "现在不是服务时间。"
    bare = write_tree("start: agent\nparts: {agent: {transfer: operator}}")
    assert Rehearsal(bare, now=call.now).said.endswith("再见。")


def test_who_calls_again_gets_the_agent_of_the_last_call_in_the_queue_that_it_becomes(write_tree, tmp_path):
    text = "queues: {tickets: {sticky: 2h}, operator: {sticky: 30m}}"
    (tmp_path / "queues.yaml").write_text(text, "utf-8")
    some = {"agents": 1, "waiting": 0, "wait_s": 0}
    call = Rehearsal(write_tree(TREE)).answer("known", some)
    caller = call.session.call.caller
    asked = {"caller": caller, "queue": "tickets", "within_s": 7200}
    assert call.last == Ask("last_agent", asked, ("caller",), "agent")
    call.answer("known", {"number": 7, "staff": "1023"})
    assert call.last.args == {"caller": caller, "queue": "operator", "within_s": 1800}
    assert call.answer("none").last == Transfer("tickets", 0, "agent", language="zh", again=7, agent="1023")


def test_marked_callers_come_first(write_tree):
    tree = TREE.replace("skill: tickets", "priority: [{when: {caller: elder}, add: 5}]")
    for marks, priority in (("disabled elder", 5), ("vip", 0)):
        call = Rehearsal(write_tree(tree))
        assert call.last == Ask("caller_marks", {"caller": call.session.call.caller}, ("caller",), "agent")
        assert call.answer("known", {"marks": marks}).last.priority == priority
    assert Rehearsal(write_tree(tree)).answer("none").last.priority == 0
