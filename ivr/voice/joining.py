"""The sounds of fragments → the sound of their sentence, in one file.

Asterisk could play the fragments one after the other, but stretches each joint by about 50 ms (see docs/voice.md), and a
sentence has ten of them; here a joint is as long as it should be. Every sound stands in silence of known length
(:mod:`ivr.voice.mastering`), of which a joint keeps little.
"""

from __future__ import annotations

import array
import hashlib
from collections.abc import Sequence
from pathlib import Path

from ivr.voice.profile import HEAD_S, SAMPLE_RATE, TAIL_S
from ivr.voice.wav import HEADER, pcm_wav

#: Raise it when the same fragments would be joined to another sound.
VERSION = 3

#: Seconds of silence between two fragments, by the last mark between them. Without a mark hardly any: behind a silence the ear
#: takes an h for a k, and a vowel for a d with it.
JOINT_S = 0.01
PAUSES_S = {**dict.fromkeys("，,；;：:—…", 0.2), "、": 0.12, **dict.fromkeys("。！？.!?", 0.25)}

_FADE_S = 0.005


def pause_s(marks: str) -> float:
    """The silence between two fragments that ``marks`` stand between."""
    return next((PAUSES_S[mark] for mark in reversed(marks) if mark in PAUSES_S), JOINT_S)


def name(fragments: Sequence[tuple[Path, float]]) -> str:
    """What the joined sound of these files, each with the pause behind it, is called."""
    what = "|".join(f"{path.stem} {pause:.3f}" for path, pause in fragments)
    return hashlib.sha256(f"joined {VERSION}|{what}".encode()).hexdigest()[:24]


def join(fragments: Sequence[tuple[Path, float]], rate: int = SAMPLE_RATE) -> bytes:
    """The WAV file of the sounds in these files of ``rate``, each with the pause behind it in seconds. Raises OSError."""
    joined = bytearray()
    last = len(fragments) - 1
    fade, head, tail = (round(seconds * rate) for seconds in (_FADE_S, HEAD_S, TAIL_S))
    for number, (path, pause) in enumerate(fragments):
        samples = array.array("h", path.read_bytes()[HEADER:])
        if number:
            del samples[: head - fade]
            _fade(samples, range(fade))
        if number < last:
            del samples[len(samples) - tail + fade :]
            _fade(samples, range(len(samples) - 1, len(samples) - 1 - fade, -1))
        joined += samples.tobytes()
        if number < last:
            joined += bytes(2 * max(0, round(pause * rate) - 2 * fade))
    return pcm_wav(bytes(joined), rate)


def _fade(samples: array.array[int], places: range) -> None:
    for step, place in enumerate(places):
        samples[place] = samples[place] * step // len(places)
