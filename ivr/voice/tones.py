"""Sounds that need no engine: a signal, a beep, silence. Only the standard library."""

from __future__ import annotations

import array
import math
import tempfile
from pathlib import Path

from ivr.errors import IvrError
from ivr.voice.profile import SAMPLE_RATE
from ivr.voice.sounds import replace
from ivr.voice.wav import pcm_wav, sound_seconds

_PEAK = 32767 * 10 ** (-15 / 20)


def tones(*pitches: float) -> bytes:
    """One gentle tone of 0.25 s after the other, pitches in Hz, −15 dBFS at the peak."""
    length = SAMPLE_RATE // 4
    samples = array.array("h")
    for pitch in pitches:
        for i in range(length):
            swell = math.sin(math.pi * i / length)
            samples.append(round(_PEAK * swell * math.sin(math.tau * pitch * i / SAMPLE_RATE)))
    return pcm_wav(samples.tobytes())


def silence(seconds: int) -> bytes:
    """So many seconds of nothing."""
    return pcm_wav(bytes(2 * SAMPLE_RATE * seconds))


def fallback_sound(folder: Path) -> Path:
    """What a caller hears when nothing else could be made: a short two-tone signal, written to
    ``folder`` or, failing that, to the system's folder for temporary files."""
    for place in (folder, Path(tempfile.gettempdir())):
        path = place / "ivr-signal.wav"
        if sound_seconds(path) is not None:
            return path
        try:
            replace(path, tones(880, 660))
        except OSError:
            continue
        return path
    raise IvrError("not even a signal tone can be written", where=str(folder), mend="is the disk full?")
