"""Texts with optional brackets and with lists, as they become phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import IvrError
from ivr.rail.answers import LIST
from ivr.speech import SpeechFault
from ivr.speech.compose import compose

TRAIN = ("train", "G102")
ENTRY = "{class}余{left}张[，票价{fare}]。"


def said(text, slots, lists=None, language="zh"):
    return [phrase.text for phrase in compose(text, slots, language, lists=lists or {})]


def seat(name, left, fare=None):
    return {"class": ["named", {"zh": name, "en": name}], "left": ["count", left], "fare": ["money", fare]}


def test_each_entry_of_a_list_is_said_by_its_own_text_and_is_a_sound_of_its_own():
    rows = [seat("二等座", 518, "553"), seat("一等座", 2)]
    slots = {"train": TRAIN, "classes": (LIST, rows)}
    assert said("{train}次，六点整开。{classes}", slots, {"classes": ENTRY}) == [
        "G 幺零二次，六点整开。",
        "二等座余五百一十八张，票价五百五十三元。",
        "一等座余两张。",
    ]


def test_what_an_entry_lacks_is_not_taken_from_around_it_but_the_rest_may_be_named():
    slots = {"train": TRAIN, "fare": ("money", "1"), "classes": (LIST, [seat("一等座", 2)])}
    assert said("{classes}", slots, {"classes": "{train}次{class}[，票价{fare}]。"}) == ["G 幺零二次一等座。"]


def test_a_list_without_entries_has_no_value():
    slots = {"train": TRAIN, "classes": (LIST, [])}
    assert said("{train}次已经开出[，{classes}]。", slots, {"classes": ENTRY}) == ["G 幺零二次已经开出。"]
    with pytest.raises(IvrError, match="unknown slot '{classes}'"):
        said("{classes}", slots, {"classes": ENTRY})


def test_a_list_is_only_said_where_there_is_a_text_for_it():
    slots = {"train": TRAIN, "classes": (LIST, [seat("一等座", 2)])}
    assert said("{train}次已经开出。", slots) == ["G 幺零二次已经开出。"]
    assert said("{train}次已经开出。", {"train": TRAIN}, {"classes": ENTRY}) == ["G 幺零二次已经开出。"]
    with pytest.raises(IvrError, match="unknown slot '{classes}'"):
        said("{classes}", slots)


def test_words_of_other_languages_are_parted():
    slots = {"classes": (LIST, [seat("second class", 5), seat("first class", 2)])}
    told = said("{classes}", slots, {"classes": "{left} left in {class}."}, "en")
    assert told == ["five left in second class.", "two left in first class."]


def test_slots_are_filled_by_type():
    slots = {"train": TRAIN, "dep": ("time", "06:26"), "fare": ("money", "553.00")}
    assert said("{train}次，{dep}开，票价{fare}。", slots) == [
        "G 幺零二次，六点二十六分开，票价五百五十三元。"
    ]


def test_what_a_slot_brings_is_not_filled_again():
    assert said("{a}{a}好好好。", {"a": ("text", "{a}")}) == ["{a}{a}好好好。"]


def test_an_unknown_slot_is_named_with_those_that_exist():
    with pytest.raises(SpeechFault, match=r"unknown slot '\{dpe\}' \(there are: dep\)"):
        said("{dpe}", {"dep": ("time", "06:26")})
    with pytest.raises(SpeechFault, match="there are: none"):
        said("{dpe}", {})


@given(st.lists(st.tuples(st.integers(0, 999), st.none() | st.integers(1, 999)), min_size=1, max_size=5))
def test_a_list_brings_no_other_sounds_than_its_entries_alone(seats):
    rows = [seat("二等座", left, None if fare is None else str(fare)) for left, fare in seats]
    alone = [
        said("[票价{fare}，]{class}还余{left}张。", {k: v for k, v in row.items() if v[1] is not None})
        for row in rows
    ]
    together = said(
        "{classes}", {"classes": (LIST, rows)}, {"classes": "[票价{fare}，]{class}还余{left}张。"}
    )
    assert together == [phrase for phrases in alone for phrase in phrases]
