"""Words that are no sentence are said within one and cut out of it: all of them, and nothing of what stands around them."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.voice import kokoro, mandarin

_FRAME = 600  # samples
_HEAD = 19  # frames of silence before the first token


@pytest.mark.parametrize(
    ("text", "before", "behind"),
    [
        ("北京南", kokoro.BEFORE, kokoro.BEHIND),
        ("十一分从", kokoro.BEFORE, kokoro.BEHIND),
        ("开，", kokoro.BEFORE, kokoro.BEHIND),
        ("没有直达列车，请换乘", kokoro.BEFORE, kokoro.BEHIND),
        ("发车。", kokoro.BEFORE, ""),
        ("请按一。”", kokoro.BEFORE, ""),
        ("欢迎致电铁路客户服务中心。", "", ""),
    ],
)
def test_what_is_no_sentence_stands_within_one(text: str, before: str, behind: str) -> None:
    assert kokoro.frame(text) == (before, behind)


class Recited(kokoro.Model):
    """Each token is heard two frames long at a level of its own, marks and spaces are silence; three frames ahead of what the
    durations say, as in the model."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def _run(self, phonemes, speaker, speed):
        self.runs.append(phonemes)
        frames = np.array([_HEAD, *[2] * len(phonemes), 5])
        levels = [0.0 if p in ",. " else 0.1 + 0.01 * number for number, p in enumerate(phonemes)]
        heard = np.repeat([0.0, *levels, 0.0], frames * _FRAME).astype(np.float32)
        return np.concatenate([heard[3 * _FRAME :], np.zeros(3 * _FRAME, np.float32)]), frames


def levels(sound: np.ndarray) -> list[float]:
    """The levels that last a whole frame or more."""
    found, count = np.unique(np.round(sound, 3), return_counts=True)
    return [float(level) for level, times in zip(found, count, strict=True) if level and times >= _FRAME]


def test_the_words_are_cut_out_whole_and_nothing_else() -> None:
    before, words, behind = "ta→,", "pei↓ʨi→ŋ,", "twei↘pa→."
    sound = Recited().speak_within(before, words, behind, "zf_xiaoxiao", 1.0)
    first = len(before) + 1
    assert levels(sound) == [pytest.approx(0.1 + 0.01 * (first + n)) for n in range(len(words) - 1)]
    assert sound[0] == sound[-1] == 0


def test_the_end_of_a_sentence_is_kept_as_it_is() -> None:
    before, words = "ta→,", "fa→."
    sound = Recited().speak_within(before, words, "", "zf_xiaoxiao", 1.0)
    assert levels(sound) == [pytest.approx(0.1 + 0.01 * (len(before) + 1 + n)) for n in range(3)]
    assert len(sound) > 8 * _FRAME  # with the silence behind


def test_what_is_too_long_for_one_run_is_said_in_several() -> None:
    model = Recited()
    model.speak_within("ta→,", "pei↓ " * 90, "pa→.", "zf_xiaoxiao", 1.0)
    assert len(model.runs) == 2
    assert not any("ta→," in run for run in model.runs)


def test_the_frame_itself_can_be_said() -> None:
    assert mandarin.phonemes(kokoro.BEFORE).endswith(",")
    assert mandarin.phonemes(kokoro.BEHIND).startswith("t")  # a closure: silence before it
