"""A repeated sentence is slower, and nothing else about it changes."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import numpy as np
import pytest

from ivr.speech import Phrase
from ivr.voice import sounds, stretch
from ivr.voice.mastering import active_rms, read_wav
from ivr.voice.sounds import SLOWER
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds

SENTENCE = Phrase("您好，欢迎致电铁路客户服务中心。")


def voiced(pitch: float, rate: int, seconds: float = 2.0) -> np.ndarray:
    """Something like a vowel: a tone with overtones that swells four times a second."""
    at = np.arange(int(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * pitch * n * at) / n for n in (1, 2, 3))
    return (0.2 * tone * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))).astype(np.float32)


def pitch_of(samples: np.ndarray, rate: int) -> float:
    """The median over frames of 40 ms of the pitch between 80 and 400 Hz, by autocorrelation, of those that are voiced."""
    found = []
    size = int(0.04 * rate)
    for begin in range(0, len(samples) - size, size):
        frame = samples[begin : begin + size] - samples[begin : begin + size].mean()
        like = np.correlate(frame, frame, "full")[size - 1 :]
        lags = like[rate // 400 : rate // 80]
        if like[0] > 0.01 and lags.max() > 0.5 * like[0]:
            found.append(rate / (int(np.argmax(lags > 0.95 * lags.max())) + rate // 400))
    return float(np.median(found))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("pitch", [110.0, 190.0, 260.0])
def test_the_length_changes_and_neither_pitch_nor_level(pitch: float, rate: int) -> None:
    sound = voiced(pitch, rate)
    slow = stretch.stretch(sound, rate, SLOWER)
    assert len(slow) == pytest.approx(SLOWER * len(sound), abs=1)
    assert pitch_of(slow, rate) == pytest.approx(pitch_of(sound, rate), rel=0.03)
    assert active_rms(slow, rate) == pytest.approx(active_rms(sound, rate), rel=0.06)
    assert np.abs(slow).max() < 1.1 * np.abs(sound).max()
    assert np.abs(np.diff(slow)).max() < 1.2 * np.abs(np.diff(sound)).max()  # no click


def test_what_is_said_comes_when_it_should() -> None:
    sound = np.zeros(16000, np.float32)
    sound[4000:4400] = sound[12000:12400] = voiced(200, 8000, 0.05)
    heard = np.flatnonzero(np.abs(stretch.stretch(sound, 8000, SLOWER)) > 0.01) / 8000
    assert heard[0] == pytest.approx(4000 / 8000 * SLOWER, abs=0.03)
    assert heard[-1] == pytest.approx(12400 / 8000 * SLOWER, abs=0.03)


@pytest.mark.parametrize("count", [0, 1, 100, 8001])
def test_any_length_will_do(count: int) -> None:
    slow = stretch.stretch(np.zeros(count, np.float32), 8000, SLOWER)
    assert len(slow) == pytest.approx(count * SLOWER, abs=1)
    assert not slow.any()


def test_a_repeated_sentence_is_a_sound_of_its_own_that_is_kept(tmp_path: Path) -> None:
    with Voice(tmp_path, 1, 30) as voice:
        (usual,) = voice.ensure([SENTENCE])
        (slow,) = voice.ensure([SENTENCE], slower=True)
        assert slow != usual
        before, after = Path(f"{usual}.wav"), Path(f"{slow}.wav")
        assert after.parent.parent == before.parent.parent
        assert sound_seconds(after) == pytest.approx(SLOWER * sound_seconds(before), rel=0.01)
        said, rate = read_wav(before.read_bytes())
        again, _ = read_wav(after.read_bytes())
        assert pitch_of(again, rate) == pytest.approx(pitch_of(said, rate), rel=0.05)
        assert active_rms(again) == pytest.approx(active_rms(said), rel=0.06)
        written = after.stat().st_mtime_ns
        assert asyncio.run(voice.ensure_async([SENTENCE], True)) == [slow]
        assert after.stat().st_mtime_ns == written
        assert voice.ensure([SENTENCE]) == [usual]
        after.write_bytes(after.read_bytes()[:1000])  # damaged
        assert voice.ensure([SENTENCE], slower=True) == [slow]
        assert sound_seconds(after) == pytest.approx(SLOWER * sound_seconds(before), rel=0.01)


def test_on_a_full_disk_it_is_repeated_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Voice(tmp_path, 1, 30) as voice:
        usual = voice.ensure([SENTENCE])

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(sounds, "replace", full)
        assert voice.ensure([SENTENCE], slower=True) == usual


def test_the_signal_of_a_voice_that_is_gone_is_not_slowed(tmp_path: Path) -> None:
    with Voice(tmp_path, 1, command=("false",), on_failure=lambda *_: None) as voice:
        assert voice.ensure([SENTENCE], slower=True) == [str(tmp_path / "sounds" / "ivr-signal")]
