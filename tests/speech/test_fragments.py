"""Where a sentence with values is cut, and that nothing but the cuts changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import Phrase, Wordbook
from ivr.speech.compose import compose
from ivr.speech.wordbook import Unit


def named(zh: str, en: str = "") -> tuple[str, dict[str, str]]:
    return ("named", {"code": zh, "zh": zh, "en": en or zh})


SLOTS = {
    "train": ("train", "G102"),
    "local": ("train", "7613"),
    "fast": ("train", "D21"),
    "dep": ("time", "06:26"),
    "arr": ("time", "25:10"),
    "sharp": ("time", "06:00"),
    "late": ("time", "48:10"),
    "day": ("date", "2026-02-10"),
    "from": named("北京南", "Beijing South"),
    "to": named("上海", "Shanghai"),
    "abroad": named("San José"),
    "class": named("二等座", "second class"),
    "left": ("count", 518),
    "few": ("count", 2),
    "nth": ("number", 2),
    "fare": ("money", "553"),
    "dear": ("money", "1024.5"),
    "hundred": ("money", "500"),
    "long": ("minutes", 125),
    "code": ("digits", "0571"),
    "odd": ("digits", "021"),
    "number": ("grouped", "825317097"),
    "tail": ("document", "11010519491231002X"),
    "depot": ("text", "上海段"),
    "label": ("label", "出发站"),
    "key": ("key", "1"),
}


def cut(text: str, language: str = "zh") -> str:
    """The parts of all phrases, ``|`` between parts, ``/`` between phrases."""
    return "/".join("|".join(phrase.parts or (phrase.text,)) for phrase in compose(text, SLOTS, language))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # chunks of values
        ("开往{train}次。", "开往|G 幺|零二次|。"),
        ("开往{local}次。", "开往|七六|幺三次|。"),
        ("开往{fast}次。", "开往|D 二十一次|。"),
        ("时间是{arr}。", "时间是|次日|一点|十分|。"),
        ("时间是{late}。", "时间是|第三日|零点|十分|。"),
        ("时间是{sharp}。", "时间是|六点整|。"),
        ("日期是{day}。", "日期是|二月|十日|。"),
        ("票价{fare}，共{dear}。", "票价|五百|五十三元|，|共|一千|零二十四元|五角|。"),
        ("票价{hundred}。", "票价|五百元|。"),
        ("运行{long}。", "运行|两小时|五分钟|。"),
        ("区号{code}。", "区号|零五|七幺|。"),
        ("区号{odd}。", "区号|零二|幺|。"),
        ("您的号码是，{number}。", "您的号码是，|八二|五|，|三幺|七|，|零九|七|。"),
        ("尾号是{tail}。", "尾号是|二 X|。"),
        ("由{depot}担当。", "由|上海段|担当。"),
        # lone syllables, measure words
        ("{dep}开，票价{fare}起。", "六点|二十六分开|，|票价|五百|五十三元起|。"),
        ("{arr}到{to}，运行{long}。", "次日|一点|十分到|上海|，|运行|两小时|五分钟|。"),
        ("{class}余{few}张。", "二等座|余两张|。"),
        ("从{day}起，预售期改变。", "从二月|十日起|，|预售期改变。"),
        ("{day}从{from}到{to}。", "二月|十日从|北京南|到|上海|。"),
        ("列车约{fare}，有{left}趟列车。", "列车约|五百|五十三元|，|有五百|一十八趟|列车。"),
        ("第{nth}位乘车人。", "第二位|乘车人。"),
        ("{train}次列车由{depot}担当。", "G 幺|零二次|列车由|上海段|担当。"),
        ("{train}次日到达。", "G 幺|零二|次日到达。"),
        ("{to}站，{dep}开。", "上海|站，|六点|二十六分开|。"),
        # sentences
        (
            "您好您好。{train}次，{dep}开。请您按{key}。",
            "您好您好。/G 幺|零二次|，|六点|二十六分开|。/请您按一。",
        ),
        ("{train}次。好。", "G 幺|零二次|。|好。"),
        ("请输入{label}，按{key}结束。", "请输入出发站，按一结束。"),
        ("开往{abroad}的列车。", "开往|/San José/的列车。"),
    ],
)
def test_mandarin_is_cut_where_sounds_can_be_joined(text: str, parts: str):
    assert cut(text) == parts.replace("|/", "/")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Train {train} leaves {from} at {dep}.", "Train |G one |zero two| leaves |Beijing South| at six |twenty-six|."),
        ("There are {left} left, from {dear}.", "There are |five hundred |eighteen left|,| from |one thousand |twenty-four yuan |fifty|."),
        ("It arrives at {arr}, on {day}.", "It arrives at |one |ten |the next day|, |on February |tenth|."),
    ],
)  # fmt: skip
def test_english_is_cut_too(text: str, parts: str):
    found = [part.strip() for part in cut(text, "en").split("|")]
    assert [part for part in found if part] == [part.strip() for part in parts.split("|")]


def test_a_fragment_is_a_phrase_and_the_marks_behind_it_a_pause():
    (phrase,) = compose("您的号码是，{odd}。{train}次，{dep}开。", SLOTS, "zh")[:1]
    assert [(fragment.text, marks) for fragment, marks in phrase.fragments] == [
        ("您的号码是，", "，"),
        ("零二", ""),
        ("幺", "。"),
    ]
    assert Phrase(phrase.text) == phrase
    assert Phrase("，好。", parts=("，", "好。")).fragments == ((Phrase("好。"), "。"),)


def test_a_language_of_a_wordbook_has_no_parts():
    book = Wordbook(
        "ru", {"time": "{hour} {minute}"}, {name: Unit({"other": "{n}"}) for name in ("hours", "minutes")}
    )
    (phrase,) = compose("Поезд в {dep}.", {"dep": ("time", "06:26")}, "ru", {"ru": book})
    assert (phrase.text, phrase.parts) == ("Поезд в шесть двадцать шесть.", ())


TEXTS = st.lists(
    st.sampled_from(
        [*(f"{{{name}}}" for name in SLOTS), *"次开到从余约起由的，。、 ", "列车", "请稍候。", "票价"]
    ),
    max_size=12,
).map("".join)


@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_cutting_changes_no_word_and_no_phrase(text: str, language: str):
    for phrase in compose(text, SLOTS, language):
        if phrase.parts:
            assert "".join("".join(phrase.parts).split()) == "".join(phrase.text.split())
            spoken = "".join(fragment.text for fragment, _ in phrase.fragments)
            assert re.sub(r"[\W_]", "", spoken) == re.sub(r"[\W_]", "", phrase.text)
            assert all(re.search(r"[^\W_]", fragment.text) for fragment, _ in phrase.fragments)
