"""An engine's raw samples → sound that stands well on a telephone line.

DC off → resample to 8 kHz, and once more to 16 kHz (soxr VHQ) → silence trimmed to 30 ms before and 120 ms after → active
level −20 dBFS with peaks at or under −3 dBFS → 5 ms fades → 16-bit WAV. Gain comes after resampling,
and peaks are bent rather than cut, so that nothing clips. Samples are float32 in ±1.
"""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from ivr.voice.profile import HEAD_S, SAMPLE_RATE, TAIL_S
from ivr.voice.wav import pcm_wav

ACTIVE_DBFS = -20.0
PEAK = 10 ** (-3 / 20)
_KNEE = 0.5  # peaks above this are bent towards PEAK
_FADE_S, _FRAME_S = 0.005, 0.010
_SILENT_DBFS = -50.0
_FULL_SCALE, _CLIPPED_SAMPLES = 0.9999, 8


class SoundFault(Exception):
    """The samples are not a spoken sentence: silent, too short, too long or clipped."""


def read_wav(data: bytes) -> tuple[Any, int]:
    """Mono 16-bit WAV → (float32 samples, rate)."""
    with wave.open(io.BytesIO(data), "rb") as sound:
        raw = sound.readframes(sound.getnframes())
        return np.frombuffer(raw, "<i2").astype(np.float32) / 32768, sound.getframerate()


def wav(samples: Any, rate: int = SAMPLE_RATE) -> bytes:
    """Float samples → mono 16-bit WAV."""
    return pcm_wav(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), rate)


def _frames(samples: Any, rate: int = SAMPLE_RATE) -> Any:
    """RMS of each 10 ms."""
    size = int(rate * _FRAME_S)
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.sqrt(np.mean(np.square(whole, dtype=np.float64), axis=1))


def active_rms(samples: Any, rate: int = SAMPLE_RATE) -> float:
    """RMS over the frames in which something is said (within 30 dB of the loudest); 0 for silence."""
    levels = _frames(samples, rate)
    loudest = levels.max(initial=0.0)
    if loudest == 0.0:
        return 0.0
    return float(np.sqrt(np.mean(np.square(levels[levels > loudest * 10 ** (-30 / 20)]))))


def longest_gap(samples: Any) -> float:
    """The longest silence (40 dB under the loudest) between two sounds, in seconds."""
    levels = _frames(samples)
    heard = np.flatnonzero(levels > levels.max(initial=0.0) * 10 ** (-40 / 20))
    return float(np.diff(heard).max(initial=1) - 1) * _FRAME_S


def clipped(samples: Any) -> bool:
    """Whether more samples stand at full scale than chance would have there."""
    return bool(np.count_nonzero(np.abs(samples) > _FULL_SCALE) > _CLIPPED_SAMPLES)


def dbfs(level: float) -> float:
    """A linear level as dBFS; silence is −120."""
    return float(20 * np.log10(max(level, 1e-6)))


def master(samples: Any, rate: int, to: int = SAMPLE_RATE) -> Any:
    """Raw samples at ``rate`` → mastered samples at the rate ``to``.

    Raises :class:`SoundFault` when they are silent or clipped.
    """
    import soxr

    if clipped(samples):
        raise SoundFault("the sound is clipped")
    if not len(samples):
        raise SoundFault("there is no sound")
    # DC goes first: its step at both ends would ring in the resampler
    sound = soxr.resample(samples - samples.mean(), rate, to, "VHQ")
    level = active_rms(sound, to)
    if dbfs(level) < _SILENT_DBFS:
        raise SoundFault("there is only silence")
    sound = _trim(sound, to)
    sound = _limit(sound * (10 ** (ACTIVE_DBFS / 20) / active_rms(sound, to)))
    fade = np.linspace(0, 1, int(to * _FADE_S), dtype=np.float32)
    sound[: len(fade)] *= fade
    sound[-len(fade) :] *= fade[::-1]
    return sound


def _trim(sound: Any, rate: int) -> Any:
    levels = _frames(sound, rate)
    heard = np.flatnonzero(levels > levels.max() * 10 ** (-40 / 20))
    size = int(rate * _FRAME_S)
    begin, end = heard[0] * size, (heard[-1] + 1) * size
    head, tail = int(rate * HEAD_S), int(rate * TAIL_S)
    padded = np.concatenate([np.zeros(head), sound, np.zeros(tail)]).astype(np.float32)
    return padded[begin : end + head + tail].copy()


def _limit(sound: Any) -> Any:
    """Bend what passes the knee smoothly, so that no peak passes −3 dBFS."""
    room = PEAK - _KNEE
    over = np.abs(sound) - _KNEE
    bent = np.sign(sound) * (_KNEE + room * np.tanh(np.maximum(over, 0) / room))
    return np.where(over > 0, bent, sound).astype(np.float32)


def check(samples: Any, syllables: int, pace_s: float) -> None:
    """Raise :class:`SoundFault` when mastered ``samples`` cannot be ``syllables`` spoken syllables,
    of which none takes less than ``pace_s`` on average, one of them half of it: a cut sentence is noticed here."""
    seconds = len(samples) / SAMPLE_RATE
    shortest = HEAD_S + TAIL_S + pace_s * (syllables - 0.5)
    longest = 3.0 + 1.2 * syllables
    if not shortest <= seconds <= longest:
        raise SoundFault(
            f"{seconds:.2f} s for {syllables} syllables is not between {shortest:.2f} and {longest:.2f} s"
        )
