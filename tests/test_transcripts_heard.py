"""How the voice check reads a recogniser's transcript: fairly, and without finding what was not said."""

from __future__ import annotations

from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given

from benchmarks.transcripts import errors, heard, holds, syllables
from ivr.speech import speak, zh


@pytest.mark.parametrize(
    ("fact", "transcript"),
    [
        ("六六二八", "第6628次"),
        ("G 幺零二", "G 102 次"),
        ("D 六六二八", "第6628次"),
        ("K 七幺二幺", "K7121次"),
        ("幺七二幺", "摇七二摇"),
        ("二十点十一分", "20.11分從海岩開"),
        ("二十点十一分", "20:11开"),
        ("六点零五分", "6.05分"),
        ("十点整", "10:00到"),
        ("七百五十六元五角", "票價756.5元"),
        ("七百五十六元五角", "票價756元5角"),
        ("一千四百二十四元", "1,424元"),
        ("两百三十七元", "237元"),
        ("五常", "5长"),
        ("桂林", "贵灵开往"),
        ("九点四十分", "九點四十分開"),
    ],
)
def test_what_sounds_alike_is_found(fact: str, transcript: str) -> None:
    assert holds(heard(transcript), syllables(fact))


@pytest.mark.parametrize(
    ("fact", "transcript"),
    [
        ("六六二八", "第668次"),
        ("六六二八", "第6638次"),
        ("六六二八", "66次28"),
        ("二十点十一分", "20.12分"),
        ("九点四十分", "有点四十分"),
        ("七百五十六元五角", "756人五角"),
        ("七百五十六元五角", "756.6元"),
        ("海晏", "海岸"),
        ("鸡西西", "西西"),
        ("五常", ""),
    ],
)
def test_what_sounds_otherwise_is_not_found(fact: str, transcript: str) -> None:
    assert not holds(heard(transcript), syllables(fact))


@given(st.integers(100, 9999), st.integers(0, 23), st.integers(0, 59), st.integers(2, 99_999))
def test_values_are_found_in_figures_and_in_words(number: int, hour: int, minute: int, fen: int) -> None:
    yuan = Decimal(fen) / 10
    train, clock, money = f"G{number}", "".join(zh.time(hour, minute)), speak("money", str(yuan), "zh")
    figures = heard(f"G{number}次,{hour}:{minute:02}分开,票价{yuan.normalize():f}元")
    words = heard(f"{speak('train', train, 'zh')}次，{clock}开，票价{money}。")
    for fact in (speak("train", train, "zh"), clock, money):
        assert holds(figures, syllables(fact)), fact
        assert holds(words, syllables(fact)), fact


@given(st.integers(100, 9999), st.integers(100, 9999))
def test_another_number_is_not_found(said: int, other: int) -> None:
    words = speak("train", f"G{said}", "zh")[2:]
    if len(str(said)) == len(str(other)):
        assert holds(heard(f"{other}"), syllables(words)) == (said == other)


def test_each_syllable_that_was_taken_for_another_is_an_error() -> None:
    said = syllables("D 六六二八次，票价五元。")
    assert errors(said, heard("第6628次票價5元")) == 0
    assert errors(said, heard("第668次票價5人")) == 2
    assert errors(said, heard("")) == len(said) == 10
