"""Experts who key everything at once: no key is lost, and they hear only the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.e2e.calls import Story
from tests.e2e.hotline import Line
from tests.e2e.waits import wait_for

#: Tickets, by station, 上海虹桥, 北京南, tomorrow, right.
EXPERT = "41021#1010#121"
INPUTS = ["4", "1", "021", "1", "010", "1", "2", "1"]
HOW: dict[str, dict[str, str]] = {
    "events": {},
    "info": {"keys_by": "info"},
    "tones": {"keys_by": "tones"},
}


def in_one_go(line: Line, keys: str, **how: str) -> Story:
    """Key everything in one go and hang up when the answer is there."""
    call = line.call([keys], **how)
    call.press_all()
    query = "SELECT 1 FROM call_steps WHERE call_uniqueid = ? AND query = 'trains_with_tickets'"
    uniqueid = call.uniqueid()
    wait_for(lambda: line.rows(query, uniqueid), f"{call.caller} has asked for tickets", 25)
    call.ready()
    call.hang_up()
    return call.story()


CALLS = {how: partial(in_one_go, keys=EXPERT, **words) for how, words in HOW.items()}


@pytest.mark.parametrize("how", HOW)
def test_only_the_first_menu_and_the_answer_are_heard(calls: Callable[[str], Story], how: str) -> None:
    story = calls(how)
    assert story.keys == INPUTS
    *before, answer = story.said
    assert before[0].startswith("您好，欢迎致电铁路客户服务中心。")
    # The second prompt may have begun: only from its first key on is it known that the caller knows the way.
    assert before[1:] in ([], ["按车站查询请按一。 按车次查询请按二。 返回上一级请按井号键。"])
    assert "从上海虹桥到北京南，" in answer
    assert "趟列车有票" in answer
