"""Speech made slower without another pitch: WSOLA (Verhelst and Roelands, 1993).

The sound is cut into overlapping windows of 40 ms, which are laid further apart than they were. Each is taken from where, within
8 ms of its place, it goes on most like the one before it, so that the waves of the voice run through.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Raise it when :func:`stretch` makes another sound of the same one.
VERSION = 1

_WINDOW_S, _SEARCH_S = 0.040, 0.008


def stretched(path: Path, factor: float) -> bytes:
    """The WAV file of the sound in a file of ours, ``factor`` times as long. Raises OSError."""
    from ivr.voice import mastering

    samples, rate = mastering.read_wav(path.read_bytes())
    return mastering.wav(stretch(samples, rate, factor), rate)


def stretch(samples: Any, rate: int, factor: float) -> Any:
    """Float samples → ``factor`` times as many, at most a sample less or more; the same pitch and level."""
    import numpy as np

    window = 2 * round(rate * _WINDOW_S / 2)
    step, search = window // 2, round(rate * _SEARCH_S)
    length = round(len(samples) * factor)
    fade = np.hanning(window + 1)[:window].astype(np.float32)
    steps = -(-length // step) + 1
    begins = np.round((np.arange(steps) - 1) * step / factor).astype(
        int
    )  # where each would be taken without a search
    before, behind = search + step, window + search + step
    padded = np.pad(np.asarray(samples, np.float32), (before, behind + max(0, begins[-1] - len(samples))))
    made = np.zeros(steps * step + window, np.float32)
    last = begins[0] + before - step
    for number, begin in enumerate(begins):
        first = begin + before - search
        like = padded[last + step : last + step + window]  # what would follow the last one
        found = np.correlate(padded[first : first + window + 2 * search], like, "valid")
        last = first + int(found.argmax())
        made[number * step : number * step + window] += fade * padded[last : last + window]
    return made[step : step + length]
