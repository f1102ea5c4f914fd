"""Each rule of reading, with its examples."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.rail.answers import SLOT_TYPES
from ivr.speech import SpeechFault, readable, speak

SHANGHAI = {"code": "AOH", "zh": "上海虹桥", "en": "Shanghai Hongqiao"}

TABLE = [
    ("train", "G102", "G 幺零二", "G one zero two"),
    ("train", "G1", "G 一", "G one"),
    ("train", "D21", "D 二十一", "D two one"),
    ("train", "1461", "幺四六幺", "one four six one"),
    ("train", "DJ7602", "D J 七六零二", "D J seven six zero two"),
    ("time", "06:26", "六点二十六分", "six twenty-six"),
    ("time", "06:05", "六点零五分", "six oh five"),
    ("time", "06:00", "六点整", "six o'clock"),
    ("time", "12:10", "十二点十分", "twelve ten"),
    ("time", "02:02", "两点零二分", "two oh two"),
    ("time", "22:00", "二十二点整", "twenty-two hundred"),
    ("time", "00:00", "零点整", "midnight"),
    ("time", "25:10", "次日一点十分", "one ten the next day"),
    ("time", "48:10", "第三日零点十分", "zero ten on the third day"),
    ("time", "72:30", "第四日零点三十分", "zero thirty on the fourth day"),
    ("date", "2026-02-10", "二月十日", "February tenth"),
    ("date", "2026-12-31", "十二月三十一日", "December thirty-first"),
    ("money", "553.00", "五百五十三元", "five hundred fifty-three yuan"),
    ("money", "54.5", "五十四元五角", "fifty-four yuan fifty"),
    ("money", "0.05", "五分", "five fen"),
    ("money", "0.20", "两角", "twenty fen"),
    ("money", "2", "两元", "two yuan"),
    ("money", "2.22", "两元二角二分", "two yuan twenty-two"),
    ("money", "2.05", "两元零五分", "two yuan oh five"),
    ("money", "1024", "一千零二十四元", "one thousand twenty-four yuan"),
    ("money", "0", "零元", "zero yuan"),
    ("money", "-9.5", "负九元五角", "minus nine yuan fifty"),
    ("count", 2, "两", "two"),
    ("count", 10, "十", "ten"),
    ("count", 12, "十二", "twelve"),
    ("count", 22, "二十二", "twenty-two"),
    ("count", 200, "两百", "two hundred"),
    ("count", 2000, "两千", "two thousand"),
    ("count", 1002, "一千零二", "one thousand two"),
    ("count", 10000, "一万", "ten thousand"),
    ("number", 0, "零", "zero"),
    ("number", 2, "二", "two"),
    ("number", 110, "一百一十", "one hundred ten"),
    ("number", 2002, "两千零二", "two thousand two"),
    ("number", 10010, "一万零一十", "ten thousand ten"),
    ("number", 22000, "两万二千", "twenty-two thousand"),
    ("number", 100000, "十万", "one hundred thousand"),
    ("number", 200000000, "两亿", "two hundred million"),
    ("number", 3000000001, "三十亿零一", "three billion one"),
    ("number", -5, "负五", "minus five"),
    ("digits", "021", "零二幺", "zero two one"),
    ("digits", "1*#", "幺星号键井号键", "one star the pound key"),
    ("grouped", "825317097", "八二五，三幺七，零九七", "eight two five, three one seven, zero nine seven"),
    ("grouped", "0012", "零零幺，二", "zero zero one, two"),
    ("document", "11010519491231002X", "二 X", "two X"),
    ("document", "110101198001010010", "幺零", "one zero"),
    ("key", "1", "一", "one"),
    ("key", "0", "零", "zero"),
    ("key", "*", "星号键", "star"),
    ("key", "#", "井号键", "the pound key"),
    ("minutes", 125, "两小时五分钟", "two hours five minutes"),
    ("minutes", 60, "一小时", "one hour"),
    ("minutes", 45, "四十五分钟", "forty-five minutes"),
    ("minutes", 2, "两分钟", "two minutes"),
    ("minutes", 1, "一分钟", "one minute"),
    ("minutes", 0, "零分钟", "zero minutes"),
    ("named", SHANGHAI, "上海虹桥", "Shanghai Hongqiao"),
    ("named", {"code": "X", "zh": "六安"}, "六安", "六安"),
    ("text", "随便", "随便", "随便"),
]


@pytest.mark.parametrize(("type", "value", "zh", "en"), TABLE)
def test_reads_as_announcers_do(type, value, zh, en):
    assert speak(type, value, "zh") == zh
    assert speak(type, value, "en") == en


def test_every_slot_type_has_a_rule():
    assert {type for type, *_ in TABLE} == set(SLOT_TYPES)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("time", "6.26"),
        ("time", "06:60"),
        ("time", None),
        ("date", "2026-02-30"),
        ("date", "10.2."),
        ("money", "a lot"),
        ("money", "1.234"),
        ("money", 5),
        ("train", "GGG1"),
        ("train", "G"),
        ("count", -1),
        ("count", True),
        ("number", "5"),
        ("number", 10**15),
        ("minutes", 1.5),
        ("digits", ""),
        ("digits", "１２"),
        ("key", "12"),
        ("named", "上海"),
        ("named", {"code": "X"}),
        ("text", 5),
    ],
)
def test_a_value_of_another_form_is_a_fault(type, value):
    with pytest.raises(SpeechFault, match=f"is not a {type}"):
        speak(type, value, "zh")


def test_unknown_types_and_languages_are_named():
    with pytest.raises(SpeechFault, match="unknown slot type 'colour'"):
        speak("colour", "red", "zh")
    with pytest.raises(SpeechFault, match="unknown language 'fr'"):
        speak("key", "1", "fr")


TYPED = st.one_of(
    st.tuples(st.sampled_from(["count", "minutes"]), st.integers(0, 10**6)),
    st.tuples(st.just("number"), st.integers(-(10**14), 10**14)),
    st.tuples(
        st.just("time"),
        st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 99), st.integers(0, 59)),
    ),
    st.tuples(st.just("date"), st.dates().map(str)),
    st.tuples(st.just("money"), st.decimals(0, 10**6, places=2).map(lambda d: f"{d:f}")),
    st.tuples(st.just("train"), st.from_regex(r"\A[GDCZTKYSL]?[0-9]{1,4}\Z")),
    st.tuples(st.just("digits"), st.from_regex(r"\A[0-9*#]{1,18}\Z")),
)


@given(TYPED, st.sampled_from(["zh", "en"]))
def test_whatever_is_spoken_can_be_read(typed, language):
    words = speak(*typed, language)
    assert words
    assert not readable(words, language)


def _value(words: str) -> int:
    """The number that Mandarin words mean; an independent reading of the rules."""
    total = section = digit = 0
    for c in words.replace("两", "二"):
        if c in "十百千":
            section += (digit or (1 if c == "十" else 0)) * {"十": 10, "百": 100, "千": 1000}[c]
            digit = 0
        elif c == "万":
            total, section, digit = total + (section + digit) * 10**4, 0, 0
        elif c == "亿":
            total, section, digit = (total + section + digit) * 10**8, 0, 0
        else:
            digit = "零一二三四五六七八九".index(c)
    return total + section + digit


@given(st.integers(0, 10**12 - 1))
def test_mandarin_numbers_mean_what_they_were_made_of(n):
    assert _value(speak("number", n, "zh")) == n
    assert _value(speak("count", n, "zh")) == n


@given(st.decimals(0, 10**6, places=2))
def test_money_means_what_it_was_made_of(amount):
    words = speak("money", f"{amount:f}", "zh")
    found = re.fullmatch(r"(?:([^元]+)元)?(?:([^角]+)角)?(?:([^分]+)分)?", words)
    yuan, jiao, fen = (_value(part) if part else 0 for part in found.groups())
    assert Decimal(yuan) + Decimal(jiao) / 10 + Decimal(fen) / 100 == amount


@given(st.integers(0, 99))
def test_english_ordinals_differ_from_each_other(n):
    from ivr.speech import en

    assert en.ordinal(n).endswith(("st", "nd", "rd", "th"))


def test_very_large_numbers():
    assert speak("number", 10**12, "zh") == "一万亿"
    assert speak("number", 10**12 + 5, "zh") == "一万亿零五"
