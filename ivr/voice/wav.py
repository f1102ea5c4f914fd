"""WAV files of ours: mono, 16-bit, 8 kHz, with a header of 44 bytes; and beside them the same at 16 kHz, ``.wav16``.

Of the files with one name Asterisk plays the one that suits the caller's codec best: ``.wav16`` to G.722, ``.wav`` to A-law and µ-law.
"""

from __future__ import annotations

import os
import wave
from io import BytesIO
from pathlib import Path

from ivr.voice.profile import SAMPLE_RATE

HEADER = 44


def wide(path: Path) -> Path:
    """The file at 16 kHz beside one of ours, there or not."""
    return path.with_suffix(".wav16")


def pcm_wav(samples: bytes, rate: int = SAMPLE_RATE) -> bytes:
    """Little-endian 16-bit samples → mono WAV."""
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples)
    return out.getvalue()


def sound_seconds(path: Path) -> float | None:
    """How long a WAV file of ours is; None when it is missing, empty or damaged."""
    try:
        with path.open("rb") as stream:
            header, size = stream.read(HEADER), os.fstat(stream.fileno()).st_size
    except OSError:
        return None
    if len(header) < HEADER or header[:4] != b"RIFF" or header[36:40] != b"data":
        return None
    length = int.from_bytes(header[40:44], "little")
    per_second = int.from_bytes(header[28:32], "little")
    return length / per_second if length and per_second and size == HEADER + length else None
