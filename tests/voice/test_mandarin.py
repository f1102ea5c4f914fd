"""What the neural voice is given to say."""

from __future__ import annotations

import sys

import pytest

from ivr.speech import lexicon
from ivr.voice import mandarin
from ivr.voice.kokoro import pieces

pytest.importorskip("pypinyin", reason="pip install pypinyin")

SYLLABLES = """
ma1 ma→ | ma5 ma | zhong1 ꭧʊ→ŋ | chi1 ꭧʰɨ→ | si4 sɨ↘ | ri4 ɻɨ↘ | er4 ɚ↘ | xiong2 ɕjʊ↗ŋ | qu4 ʨʰy↘ | quan2 ʨʰɥɛ↗n
nü3 ny↓ | nv3 ny↓ | lüe4 lɥe↘ | lu4 lu↘ | jun1 ʨy→n | yi1 i→ | ying1 i→ŋ | yan1 jɛ→n | you3 jou↓ | yong4 jʊ↘ŋ
yu2 y↗ | yuan2 ɥɛ↗n | yue4 ɥe↘ | yun4 y↘n | yao1 jau→ | wu3 u↓ | wo3 wo↓ | wei4 wei↘ | wen4 wə↘n | weng1 wə→ŋ
wang3 wa↓ŋ | wai4 wai↘ | bo1 pwo→ | dui4 twei↘ | lun2 lwə↗n | liu4 ljou↘ | hao3 xau↓ | zei4 ʦei↘ | cai2 ʦʰai↗
"""


@pytest.mark.parametrize(
    "row", [row.split() for row in SYLLABLES.replace("\n", "|").split("|") if row.strip()]
)
def test_syllables(row):
    assert mandarin.syllable(row[0]) == row[1]


@pytest.mark.parametrize("text", ["", "zh1", "xyz2", "ma", "ma6", "vvv1", "中"])
def test_what_is_no_syllable_is_refused(text):
    with pytest.raises(ValueError, match="is no syllable of pinyin"):
        mandarin.syllable(text)


def test_every_reading_of_the_lexicon_and_every_letter_can_be_said():
    for reading in [*lexicon.READINGS.values(), *mandarin._LETTERS.values()]:
        assert mandarin._joined(reading)
    assert len(mandarin._LETTERS) == 26


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("请按一。", "ʨʰi↓ŋa↘ni→."),
        ("G 幺零二次，", "ʨi↘ jau→li↗ŋɚ↘ʦʰɨ↘,"),
        ("K五", "kʰei↘ u↓."),
        ("五百元五角", "u↓pai↓ ɥɛ↗n u↓ ʨjau↓."),
        ("六点二十六分开", "ljou↘ tjɛ↓n ɚ↘ʂɨ↗ljou↘ fə→n kʰai→."),
        ("开往六安！", "kʰai→wa↓ŋ lu↘a→n!"),
        ("重听", "ꭧʰʊ↗ŋtʰi→ŋ."),
        ("重庆", "ꭧʰʊ↗ŋʨʰi↘ŋ."),
        ("银行", "i↗nxa↗ŋ."),
        ("12〇", "i→ɚ↘li↗ŋ."),
        ("“好”", "xau↓."),
        ("。，", ""),
        ("", ""),
    ],
)
def test_texts(text, phonemes):
    assert mandarin.phonemes(text) == phonemes


def test_a_character_without_a_reading_is_told_without_the_words():
    with pytest.raises(ValueError, match="no reading for a character") as fault:
        mandarin.phonemes("王\u4db6")
    assert "王" not in str(fault.value)


def test_a_sites_reading_wins_over_dictionary_and_lexicon():
    own = (("六安", "liu4 an1"), ("重庆", "zhong4 qing4"))
    assert mandarin.phonemes("六安", own) == "ljou↘a→n."
    assert mandarin.phonemes("重庆", own) == "ꭧʊ↘ŋʨʰi↘ŋ."
    assert mandarin.readings("从重庆到六安，经朝阳", own) == [
        ("从", "cóng", "pypinyin"),
        ("重庆", "zhòng qìng", "words.yaml"),
        ("到", "dào", "pypinyin"),
        ("六安", "liù ān", "words.yaml"),
        ("，经", "， jīng", "pypinyin"),
        ("朝阳", "cháo yáng", "lexicon"),
    ]


def test_every_fixed_phrase_of_the_menus_has_phonemes():
    from ivr.authoring.prompts import fixed_phrases
    from ivr.settings import PROJECT
    from ivr.voice import system_sounds

    texts = [
        p.text for p in (*fixed_phrases(PROJECT / "menus"), *system_sounds.phrases()) if p.language == "zh"
    ]
    assert len(texts) > 200
    for text in texts:
        said = mandarin.phonemes(text)
        assert (
            sum(said.count(tone) for tone in "→↗↓↘")
            >= len([c for c in text if "\u4e00" <= c <= "\u9fff"]) * 0.7
        )


def test_long_texts_are_cut_where_one_breathes():
    sentence = "a→ " * 60 + "a→, "
    found = pieces(sentence * 5)
    assert all(len(piece) <= 400 for piece in found)
    assert all(piece.endswith(",") for piece in found[:-1])
    assert " ".join(found).split() == (sentence * 5).split()
    assert pieces("short.") == ["short."]
    assert [len(piece) for piece in pieces("x" * 1000)] == [400, 400, 200]
    assert all(len(piece) <= 400 for piece in pieces("a→ " * 500))


def test_pinyin_for_people_reads_as_the_voice_does(monkeypatch):
    assert mandarin.pinyin("G 一零二次开往六安。") == "G yī líng èr cì kāi wǎng lù ān 。"
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    assert mandarin.pinyin("六安") == ""
