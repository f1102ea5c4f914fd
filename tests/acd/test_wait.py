"""The expected wait: the formula, the words for it, and that it never rises without cause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.announcement import number_sounds, place_sounds, wait_sound
from ivr.acd.wait import ENDLESS_S, Pace, Told, expected_wait_s, to_tell, told_minutes
from ivr.voice.system_sounds import SOUNDS

PACES = st.builds(
    Pace, st.integers(0, 200), st.integers(0, 5), st.floats(0, 3600), st.floats(0, 0.05, allow_nan=False)
)


@pytest.mark.parametrize(
    ("position", "pace", "wait"),
    [
        (1, Pace(0, 0), ENDLESS_S),
        (1, Pace(4, 1, 200), 0.0),
        (1, Pace(4, 0, 200), 50.0),
        (3, Pace(4, 0, 200), 150.0),
        (3, Pace(4, 2, 200), 50.0),
        (2, Pace(10, 0, 100, 0.1), 10.0 + 5.0),  # half of those ahead give up
    ],
)
def test_the_formula(position: int, pace: Pace, wait: float):
    assert expected_wait_s(position, pace) == pytest.approx(wait)


@given(st.integers(1, 200), PACES)
def test_who_is_further_behind_waits_longer(position: int, pace: Pace):
    assert 0 <= expected_wait_s(position, pace) <= expected_wait_s(position + 1, pace)


@pytest.mark.parametrize(
    ("wait", "minutes"), [(0, 0), (49, 0), (50, 1), (89, 1), (91, 2), (600, 10), (640, 11), (ENDLESS_S, 11)]
)
def test_in_words_that_people_use(wait: float, minutes: int):
    assert told_minutes(wait) == minutes


@given(st.lists(st.tuples(st.integers(1, 50), PACES), min_size=2))
def test_it_never_rises_without_cause(moments: list[tuple[int, Pace]]):
    before = None
    for position, pace in moments:
        told = to_tell(position, pace, before)
        if before is not None and told.minutes > before.minutes:
            assert position > before.position or pace.agents < before.agents
        before = told


@given(st.integers(1, 200), PACES, st.sampled_from(["zh", "en"]))
def test_all_that_is_told_has_a_sound(position: int, pace: Pace, language: str):
    names = [*place_sounds(position, language), wait_sound(to_tell(position, pace, None))]
    assert all(name in SOUNDS[language] for name in names)


def test_places_and_waits_as_they_are_said():
    def said(position: int, minutes: int, language: str) -> str:
        names = [*place_sounds(position, language), wait_sound(Told(minutes, position, 1))]
        return " ".join(SOUNDS[language][name] for name in names)

    assert said(25, 2, "zh") == "您现在排在第 二十 五 位，请您耐心等候。 预计还需等候大约两分钟。"
    assert said(1, 0, "zh") == "您排在第一位，下一位就为您服务，请不要挂机。 预计还需等候不到一分钟。"
    assert said(120, 11, "zh") == "现在排队的人很多，请您耐心等候。 预计还需等候十分钟以上。"
    assert (
        said(12, 1, "en")
        == "You are now number twelve in line. Please hold on. The wait is about one minute."
    )
    assert number_sounds(10, "zh") == ["digits/10"]
    assert number_sounds(31, "en") == ["digits/30", "digits/1"]
