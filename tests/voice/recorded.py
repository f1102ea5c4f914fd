"""Recordings as a studio sends them, made by rule."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np


def record(
    path: Path,
    seconds: float = 2.0,
    rate: int = 44100,
    channels: int = 1,
    width: int = 2,
    peak: float = 0.3,
    pitch: float = 300.0,
    gap: tuple[float, float] | None = None,
    overtone: float = 0.0,
) -> Path:
    """Something as long and as loud as speech: a tone that swells four times a second, with half a second of silence
    around it. ``gap``: silent from, to."""
    at = np.arange(int(seconds * rate)) / rate
    sound = peak * np.sin(2 * np.pi * pitch * at) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))
    if overtone:  # in Hz, half as loud
        sound *= 1 + 0.5 * np.sin(2 * np.pi * overtone * at)
    if gap:
        sound[(at >= gap[0]) & (at < gap[1])] = 0
    sound = np.clip(np.pad(sound, rate // 2), -1, 1)
    if width == 1:
        raw = np.round(sound * 127 + 128).astype("u1").repeat(channels).tobytes()
    else:
        whole = np.round(sound * (2**31 - 256)).astype("<i4").repeat(channels)
        raw = whole.view("u1").reshape(-1, 4)[:, 4 - width :].tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return path
