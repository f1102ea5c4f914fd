"""Items whose slots are lists: a train with its seat classes."""

from __future__ import annotations

import pytest

from .rehearsal import HONGQIAO, Rehearsal

TREE = """
    languages: [zh]
    start: left
    defaults: {keys: {"0": agent}, error: agent}
    parts:
      left:
        form:
          fields:
            from: {station: 出发站}
            to: {station: 到达站}
            date: {date: 乘车日期}
          ask: trains_with_tickets
        answers:
          none: {say: 没有列车。, then: hangup}
          closed: {say: 不在预售期内。, then: hangup}
          sold_out: {say: 已经售完。, then: hangup}
          one:
            say: "只有{train}次，{dep}开。{classes}"
            lists: {classes: "{class}[余{left}张][，票价{fare}]。"}
            then: hangup
          many:
            say: "{count}趟列车有票。"
            each: "{train}次，{dep}开。{classes}"
            lists: {classes: "{train}次{class}余{left}张[，票价{fare}]。"}
            at_a_time: 1
            then: hangup
      agent: {transfer: operator}
"""
SECOND = {
    "class": {"code": "second", "zh": "二等座"},
    "left": 12,
    "fare": "553",
    "berths": "a slot nobody declares",
}
FIRST = {"class": {"code": "first", "zh": "一等座"}, "left": 2}


@pytest.fixture
def asked(write_tree):
    call = Rehearsal(write_tree(TREE))
    call.press("010").answer("one", {"station": HONGQIAO})
    call.press("021").answer("one", {"station": HONGQIAO})
    return call.press("2")


def train(number, *classes):
    return {"train": number, "dep": "07:00", "arr": "09:00", "classes": list(classes)}


def test_each_train_has_its_own_classes_also_after_the_key_for_more(asked):
    asked.answer("many", {"count": 2}, [train("G1", SECOND, FIRST), train("G2", FIRST)])
    assert asked.said.startswith(
        "两趟列车有票。G 一次，七点整开。G 一次二等座余十二张，票价五百五十三元。G 一次一等座余两张。后面还有"
    )
    assert asked.press("1").said == "G 二次，七点整开。G 二次一等座余两张。"


def test_a_list_may_stand_in_the_answer_itself(asked):
    asked.answer("one", {"count": 1, **train("G1", FIRST)}, [train("G1", FIRST)])
    assert asked.said == "只有G 一次，七点整开。一等座余两张。"
