"""The neural voice with its real model; skipped where that is not installed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ivr.settings import KOKORO_SPEAKERS, load
from ivr.speech import Phrase, zh
from ivr.voice import kokoro_pack
from ivr.voice.mastering import active_rms, dbfs, read_wav
from ivr.voice.profile import HEAD_S, TAIL_S
from ivr.voice.voice import Voice

from .conftest import worker_pids

HOME = Path(os.environ.get("KOKORO_HOME", load().home)).absolute()
pytestmark = pytest.mark.skipif(
    not kokoro_pack.complete(HOME) or bool(kokoro_pack.missing_packages()),
    reason=f"kokoro is not installed in {HOME}: ivr voice install kokoro (KOKORO_HOME names another home)",
)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "kokoro").symlink_to(kokoro_pack.folder(HOME))
    return tmp_path


def made(voice: Voice, text: str, language: str = "zh") -> np.ndarray:
    phrase = Phrase(text, language)
    path = voice.make(phrase).result().path
    assert path == voice.store.path(phrase)
    samples, rate = read_wav(path.read_bytes())
    assert rate == 8000
    assert dbfs(active_rms(samples)) == pytest.approx(-20, abs=0.5)
    return samples


def gap_s(samples: np.ndarray) -> float:
    """The longest silence between the first and the last sound."""
    levels = np.sqrt(np.square(samples[: len(samples) // 80 * 80].reshape(-1, 80)).mean(axis=1))
    heard = np.flatnonzero(levels > levels.max() * 10 ** (-30 / 20))
    return float(np.diff(heard).max(initial=1) - 1) * 0.01


def test_what_is_installed_is_whole():
    assert kokoro_pack.damaged(kokoro_pack.folder(HOME)) == []


@pytest.mark.parametrize("speaker", KOKORO_SPEAKERS)
def test_each_speaker_says_a_sentence(home, speaker):
    with Voice(home, 1, 60.0, voice=speaker) as voice:
        samples = made(voice, "G 幺零二次，六点二十六分从上海虹桥开。")
        assert 2.5 < len(samples) / 8000 < 6.5
        assert gap_s(samples) < 0.6


def test_single_syllables_are_whole_and_without_noise_behind_them(home):
    with Voice(home, 1, 60.0, voice="kokoro") as voice:
        for word in [*(zh.number(n) for n in range(11)), "百", "千", "万", "负", "秒。"]:
            samples = made(voice, word)
            assert len(samples) / 8000 < 1.0, word
            assert gap_s(samples) < 0.1, word


def test_words_that_are_no_sentence_are_as_quick_as_within_one(home):
    with Voice(home, 1, 60.0, voice="kokoro") as voice:
        whole = made(voice, "二十六分从北京南到上海虹桥。")
        parts = [made(voice, words) for words in ("二十六分从", "北京南", "到", "上海虹桥")]
        spoken_s = sum(len(part) / 8000 - HEAD_S - TAIL_S for part in parts)
        assert spoken_s == pytest.approx(len(whole) / 8000 - HEAD_S - TAIL_S, rel=0.2)


def test_the_same_words_are_the_same_sound(home):
    with Voice(home, 1, 60.0, voice="kokoro") as voice:
        first = made(voice, "请按一。")
        assert np.array_equal(first, made(voice, "请按一。"))


def test_a_very_long_sentence_is_whole_and_takes_half_of_the_memory_that_it_may(home):
    text = "、".join(["北京南", "济南西", "徐州东", "南京南", "苏州北", "上海虹桥"] * 5) + "。"
    with Voice(home, 1, 60.0, voice="kokoro", memory_mb=load().voice_memory_mb // 2) as voice:
        assert gap_s(made(voice, text)) < 0.7
        assert made(voice, "Please press one.", "en").any()
        assert len(worker_pids()) == 1  # still there


def test_english_sentences_and_single_words_are_whole(home):
    with Voice(home, 1, 60.0, voice="kokoro") as voice:
        samples = made(voice, "Train G one zero two leaves Beijing South at six oh five.", "en")
        assert 2.5 < len(samples) / 8000 < 6.5
        assert gap_s(samples) < 0.6
        for word in ("one.", "G", "Hongqiao", "and"):
            assert len(made(voice, word, "en")) / 8000 < 1.2, word
