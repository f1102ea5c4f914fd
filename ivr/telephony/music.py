"""The music a waiting caller hears until the site puts its own into ``IVR_HOME/asterisk/moh``.

A slow pentatonic phrase, computed: no licence to ask for, no file to ship.
"""

from __future__ import annotations

import array
import math
import os
import wave
from pathlib import Path

RATE = 8000
_NOTES = (60, 64, 67, 69, 72, 69, 67, 64, 62, 67, 69, 74, 72, 67, 64, 62)  # MIDI numbers
_NOTE_S = 0.75
_LEVEL = 5000  # of 32767: soft, so that speech over the line is louder than the music


def ensure_music(folder: Path) -> None:
    """Put a file of music into ``folder`` when it holds none."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(f.suffix in {".wav", ".sln", ".alaw", ".ulaw", ".gsm"} for f in folder.iterdir()):
        return
    temporary = folder / f".hotline.{os.getpid()}.tmp"
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_phrase().tobytes())
    temporary.rename(folder / "hotline.wav")


def _phrase() -> array.array[int]:
    length = int(RATE * _NOTE_S)
    samples = array.array("h", bytes(2 * length * len(_NOTES)))
    for index, note in enumerate(_NOTES):
        pitch = 2 * math.pi * 440 * 2 ** ((note - 69) / 12) / RATE
        for i in range(length):
            swell = min(1.0, i / 160) * math.exp(-5 * i / length)
            tone = math.sin(pitch * i) + 0.3 * math.sin(2 * pitch * i)
            samples[index * length + i] = int(_LEVEL * swell * tone)
    return samples
