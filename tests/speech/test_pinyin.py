"""Pinyin as admins write it, and the words of a site that have a reading of their own."""

from __future__ import annotations

import pytest

from ivr.speech import Phrase, Wordbook, lexicon
from ivr.speech.compose import compose
from ivr.speech.pinyin import fault_of

CHONGQING = {"zh": Wordbook("zh", readings={"重庆北": "chong2 qing4 bei3", "六安": "liu4 an1"})}


@pytest.mark.parametrize(
    ("word", "reading"),
    [
        ("六安", "lu4 an1"),
        ("女儿", "nv3 er2"),
        ("文", "wen2"),
        ("语", "yu3"),
        ("有", "you3"),
        ("王", "wang2"),
        ("略", "lüe4"),
    ],
)
def test_a_reading_that_fits(word, reading):
    assert fault_of(word, reading) == ""


@pytest.mark.parametrize(
    ("word", "reading", "fault"),
    [
        ("六安", "lu4", "it has 2 characters and 1 syllables; write such as lu4 an1"),
        ("六安", "lu4 an", "'an' is no syllable of pinyin; write it in small letters with its tone, 1 to 5"),
        ("六安", "lù ān", "'lù' is no syllable of pinyin; write it in small letters with its tone, 1 to 5"),
        ("六", "xyz1", "'xyz1' is no syllable of pinyin; write it in small letters with its tone, 1 to 5"),
        ("G六", "ji4 liu4", "only a word of Chinese characters has a reading"),
        ("", "", "only a word of Chinese characters has a reading"),
    ],
)
def test_one_that_does_not(word, reading, fault):
    assert fault_of(word, reading) == fault


def test_a_sites_word_wins_over_the_lexicon_and_the_longest_wins():
    own = (("六安", "liu4 an1"), ("六安北", "lu4 an1 bei3"))
    assert lexicon.split("到六安，到六安北", own) == (
        ("到", ""),
        ("六安", "liu4 an1"),
        ("，到", ""),
        ("六安北", "lu4 an1 bei3"),
    )
    assert lexicon.split("周六安排") == (("周六安排", ""),)
    assert lexicon.split("周六安排", own)[1] == ("六安", "liu4 an1")  # who writes it, wants it everywhere
    assert lexicon.applying("到六安北", dict(own)) == (("六安北", "lu4 an1 bei3"),)
    assert lexicon.applying("到北京", dict(own)) == ()


def test_only_what_holds_the_word_is_another_phrase():
    said = compose(
        "{from}到{to}。下一站是上海虹桥。",
        {"from": ("text", "重庆北"), "to": ("text", "成都")},
        "zh",
        CHONGQING,
    )
    assert [phrase.readings for phrase in said] == [(("重庆北", "chong2 qing4 bei3"),), ()]
    assert said[1] == Phrase("下一站是上海虹桥。")
    assert said[0] != Phrase(said[0].text)
    fragments = [fragment for fragment, _ in said[0].fragments]
    assert {f.text: f.readings for f in fragments if f.readings} == {"重庆北": said[0].readings}
    assert compose("Lu'an.", {}, "en", CHONGQING) == (Phrase("Lu'an.", "en"),)


def test_mandarin_is_still_read_by_the_program():
    assert compose("{t}开。", {"t": ("time", "06:26")}, "zh", CHONGQING)[0].text == "六点二十六分开。"
