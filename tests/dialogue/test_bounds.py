"""Every call ends: limits of length, silences and mistakes, trees that go round."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.dialogue.actions import Ask, Gather, Hangup, Say
from ivr.dialogue.events import Answered, Digits, HungUp, NoInput
from ivr.rail.answers import Answer

from .conftest import CALL, NOW
from .rehearsal import BEIJING, HONGQIAO, SHANGHAI, Rehearsal


def test_back_from_the_queue_after_a_failed_dialogue(small, write_tree):
    call = replace(CALL, entry="after_queue", facts={"queue_status": "timeout"})
    assert Rehearsal(small, call).said == "坐席全忙。主菜单请按一。"
    assert Rehearsal(write_tree(ENDLESS), call).last == Hangup("completed", "a")


def test_call_that_lasts_too_long_goes_to_the_agent(call):
    call.now = NOW + timedelta(minutes=11)
    assert call.press("4").said == "对不起，本次通话时间已到。正在转接。"


ENDLESS = """
    start: a
    defaults:
      keys: {"*": repeat}
      limits: {inputs: 5, then: b}
    parts:
      a: {menu: {1: {label: 再来, go: a}}}
      b: {menu: {1: {label: 再来, go: a}}}
"""


def test_limit_passed_twice_ends_the_call(write_tree):
    call = Rehearsal(write_tree(ENDLESS)).press(*"11111")
    assert call.last == Hangup("too_long", "b")
    assert call.said == "对不起，请您稍后再拨。再见。"


def test_limit_without_a_way_ends_the_call(write_tree):
    call = Rehearsal(write_tree(ENDLESS.replace(", then: b", ""))).press(*"11111")
    assert call.last == Hangup("too_long", "a")


def test_many_silences_in_many_places_end_at_the_limit(write_tree):
    tree = write_tree(ENDLESS.replace("inputs: 5", "silences: 2"))
    call = Rehearsal(tree).on(NoInput()).press("1").on(NoInput()).press("1").on(NoInput())
    assert call.said.startswith("对不起，本次通话时间已到。")


@pytest.mark.parametrize(("event", "outcome"), [(NoInput(), "no_input"), (Digits("7"), "too_many_tries")])
def test_tries_without_a_way_end_the_call(write_tree, event, outcome):
    call = Rehearsal(write_tree(ENDLESS))
    for _ in range(4):
        call.on(event)
    assert call.session.outcome == outcome


def test_tree_that_goes_round_without_asking_ends_as_failed(write_tree):
    tree = write_tree(
        "{start: a, parts: {a: {say: 一圈。, then: b}, b: {say: 又一圈。, then: a}}}  # ok: endless-loop"
    )
    call = Rehearsal(tree)
    assert call.last == Hangup("failed", "b")
    assert call.said == "对不起，请您稍后再拨。再见。"


@pytest.mark.parametrize("then", ["back", "hangup"])
def test_announcement_outside_a_menu_ends_the_call(write_tree, then):
    call = Rehearsal(write_tree(f"{{start: a, parts: {{a: {{say: 再见了朋友。, then: {then}}}}}}}"))
    assert call.last == Hangup("completed", "a")


KEYS = st.text("0123456789*", max_size=6)


CALLERS = st.lists(
    st.one_of(KEYS.map(Digits), st.just(NoInput()), st.just(HungUp()), st.sampled_from("019").map(Digits)),
    min_size=60,
    max_size=80,
)


ANSWERS = st.sampled_from(
    [
        Answer("one", {"station": BEIJING, "code": "021", "city": SHANGHAI, "train": "G1"}),
        Answer("many", {}, ({"station": HONGQIAO, "train": "G1", "dep": "25:10", "city": SHANGHAI},) * 5),
        Answer("none"),
        Answer("told", {"last_day": "2026-12-06"}),
        Answer("error"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=CALLERS, data=st.data())
def test_every_caller_comes_to_an_end(small, events, data):
    call = Rehearsal(small)
    for event in events:
        if call.session.ended:
            break
        assert call.actions
        assert all(isinstance(action, Say) for action in call.actions[:-1])
        if isinstance(call.last, Ask):
            event = Answered(data.draw(ANSWERS))
            if event.answer.outcome == "one" and call.last.query == "timetable":
                event = Answered(Answer("none"))
        elif isinstance(call.last, Gather) and isinstance(event, Digits):
            event = Digits(event.keys[: call.last.max_keys])
        call.on(event)
        json.loads(call.session.to_json())
    assert call.session.ended or call.session.totals["gathers"] <= small.limits.gathers + 1
