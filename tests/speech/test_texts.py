"""Texts with slots: filling, cutting, what cannot be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import Phrase, phrases, placeholders, readable, syllables
from ivr.speech.lexicon import READINGS, split


def test_slots_are_named_in_order():
    assert placeholders("{train}次，{dep}开，{train}。") == ("train", "dep")


def test_a_text_is_cut_at_the_ends_of_its_sentences():
    text = "欢迎致电铁路客户服务中心。售票预售期请按二；G 幺零二次六点开！“请问您去哪里？”请说站名"
    assert [p.text for p in phrases(text, "zh")] == [
        "欢迎致电铁路客户服务中心。",
        "售票预售期请按二；",
        "G 幺零二次六点开！",
        "“请问您去哪里？”",
        "请说站名",
    ]


def test_very_short_pieces_join_a_neighbour():
    assert phrases("您好。欢迎致电铁路。好。", "zh") == (Phrase("您好。欢迎致电铁路。好。", "zh"),)


def test_english_points_inside_numbers_do_not_cut():
    assert [p.text for p in phrases("It is 3.5 yuan for you. For English press star.", "en")] == [
        "It is 3.5 yuan for you.",
        "For English press star.",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("从San Francisco到4th & King，八点开。", ["从", "San Francisco", "到", "4th & King", "，八点开。"]),
        ("Zürich HB到Sant'Andrea。", ["Zürich HB", "到", "Sant'Andrea"]),
        ("到St. Louis O'Fallon。", ["到", "St. Louis O'Fallon"]),
        ("G 幺零二次，K五次。", ["G 幺零二次，K五次。"]),
        ("{train}次，{last_day}开。", ["{train}次，{last_day}开。"]),
    ],
)
def test_foreign_names_within_chinese_are_spoken_in_english(text, wanted):
    cut = phrases(text, "zh")
    assert [piece.text for piece in cut] == wanted
    for piece in cut:
        foreign = not re.search("[一-鿿{]", piece.text)
        assert piece.language == ("en" if foreign else "zh")


def test_chinese_within_another_language_is_spoken_in_chinese():
    assert phrases("Welcome. 中文服务请按星号键。 Goodbye to you.", "en") == (
        Phrase("Welcome.", "en"),
        Phrase("中文服务请按星号键。", "zh"),
        Phrase("Goodbye to you.", "en"),
    )


def test_without_a_word_there_is_no_phrase():
    assert phrases("", "zh") == phrases(" 。！", "zh") == phrases("...", "en") == ()


TEXTS = st.text(st.one_of(st.sampled_from("好你G一 。！？；，”.!?;ab& 1{}\n"), st.characters(codec="utf-8")))


@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_cutting_loses_and_moves_nothing_but_white_space(text, language):
    cut = phrases(text, language)
    assert all(piece.text.strip() == piece.text for piece in cut)
    other = {"zh": "[A-Za-zÀ-ɏ]['’-]*[A-Za-zÀ-ɏ]", "en": "[\u3400-\u4dbf\u4e00-\u9fff〇]"}[language]
    assert all(piece.language == language or re.search(other, piece.text) for piece in cut)
    if cut and all(piece.language == language for piece in cut):
        assert "".join("".join(p.text for p in cut).split()) == "".join(text.split())
    elif cut:
        assert re.sub(r"[\W_]", "", "".join(p.text for p in cut)) == re.sub(r"[\W_]", "", text)
    else:
        assert syllables(text, language) == 0


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("您好，请按一。G 幺零二次，{dep}开。", "zh", []),
        ("请拨12306", "zh", ["'12306'"]),
        ("06:26开", "zh", ["'06:26'"]),
        ("见www网", "zh", ["'www'"]),
        ("<b>好</b>*", "zh", ["'<'", "'b'", "'>'", "'/'", "'*'"]),
        ("{a b}", "zh", ["'{'", "'a'", "'b'", "'}'"]),
        ("Press one, it's {x}.", "en", []),
        ("Press 1", "en", ["'1'"]),
        ("Press 一", "en", ["'一'"]),
    ],
)
def test_what_no_voice_reads_is_told(text, language, found):
    assert [problem.split("': ")[0] + "'" for problem in readable(text, language)] == found


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [("G 幺零二次，", "zh", 5), ("G one zero two", "en", 5), ("...", "en", 0), ("hmm", "en", 1)],
)
def test_syllables(text, language, count):
    assert syllables(text, language) == count


def test_the_lexicon_knows_names_and_leaves_ordinary_words():
    assert split("开往六安的列车") == (("开往", ""), ("六安", "lu4 an1"), ("的列车", ""))
    assert split("周六安排一趟") == (("周六安排一趟", ""),)
    assert split("蚌埠南") == (("蚌埠", "beng4 bu4"), ("南", ""))
    assert split("") == ()


@pytest.mark.parametrize("name", READINGS)
def test_each_character_of_a_name_has_its_syllable(name):
    syllable = r"[a-z]+[1-5]"
    assert re.fullmatch(rf"{syllable}( {syllable})*", READINGS[name])
    assert len(READINGS[name].split()) == len(name)


@given(st.text(st.sampled_from("六安排都全蚌埠南东莞")))
def test_the_lexicon_loses_no_character(text):
    assert "".join(piece for piece, _ in split(text)) == text


def test_what_cannot_be_seen_is_told_by_its_number():
    assert readable("再\u202e见。", "zh") == ["'U+202E': no voice reads it"]
    assert readable("By\0e.", "en") == ["'U+0000': no voice reads it"]
