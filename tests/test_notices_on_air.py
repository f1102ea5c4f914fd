"""Notices in the dialogues of the shipped menus: who hears them, where, and that agents do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.app import conversations
from ivr.authoring.loader import load_trees
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Gather, Say
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Answered, Digits
from ivr.dialogue.notices import Notice
from ivr.rail.answers import Answer
from ivr.settings import PROJECT

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TREES = load_trees(PROJECT / "menus")
TYPHOON = "受台风影响，部分列车停运。"


def notice(number: int = 1, **where: str) -> Notice:
    return Notice(number, {"zh": TYPHOON}, NOW + timedelta(hours=1), **where)


def prompts(call: CallInfo, keys: str, on_air: list[list[Notice]]) -> list[str]:
    """What each prompt says; ``on_air[n]`` is on air at the n-th turn, the last one from then on."""
    looks = iter(on_air)
    now = on_air[-1]

    def notices() -> list[Notice]:
        return next(looks, now)

    dialogue = conversations(TREES.__getitem__, fixed_clock(NOW), notices)(call)
    said: list[str] = []
    pressed = iter(keys)
    action = next(dialogue)
    while True:
        if isinstance(action, (Say, Gather)):
            said.append("".join(phrase.text for phrase in action.phrases))
        key = next(pressed, None) if isinstance(action, Gather) else "-"
        if key is None:
            return said
        event = Digits(key) if isinstance(action, Gather) else Answered(Answer("said"))
        try:
            action = dialogue.send(event)
        except StopIteration:
            return said


def test_a_call_in_progress_hears_it_at_its_next_menu_and_once():
    said = prompts(CallInfo("1"), "3#3", [[], [notice()]])
    assert [TYPHOON in text for text in said] == [False, True, False, False]
    assert said[1].startswith(TYPHOON)


def test_before_one_part_and_before_a_queue():
    on_air = [[notice(1, before="real_name"), notice(2, queue="operator")]]
    said = prompts(CallInfo("1"), "39", on_air)
    assert [text.count(TYPHOON) for text in said][:2] == [0, 1]
    said = prompts(CallInfo("1"), "9", on_air)
    assert [text.count(TYPHOON) for text in said] == [0, 1]


@pytest.mark.parametrize(("entry", "hears"), [("hotline", True), ("after_queue", True), ("agent", False)])
def test_callers_hear_it_and_agents_who_sign_in_do_not(entry, hears):
    facts = {"operation": "sign_in", "seat": "1001", "queue_status": "timeout", "part": "agent"}
    said = prompts(CallInfo("1", entry=entry, facts=facts), "", [[notice()]])
    assert (TYPHOON in "".join(said)) is hears
