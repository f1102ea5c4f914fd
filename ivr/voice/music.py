"""Music for those who wait: made by rule, so that nobody's licence is needed.

A minute of plucked tones (Karplus–Strong) on a pentatonic scale over slow low fifths: the same
bytes on every machine for the same version, level about −26 dBFS, nothing above −9 dBFS, quiet at
both ends so that it can repeat.
"""

from __future__ import annotations

from pathlib import Path

from ivr.voice.profile import SAMPLE_RATE
from ivr.voice.sounds import replace, sound_seconds

VERSION = 1  #: raise it when the melody changes
SECONDS = 60

_SCALE = (0, 2, 4, 7, 9)  # 宫商角徵羽
_ROOT_HZ = 261.63
_BEAT_S = 0.6
#: one phrase of sixteen beats a line, degrees of the scale (5 a whole octave up); None rests
_MELODY = (
    (4, None, 5, None, 7, 5, 4, None, 3, None, 4, None, 2, None, None, None),
    (2, None, 3, None, 4, None, 5, 4, 3, None, 2, None, 0, None, None, None),
    (5, None, 7, None, 8, 7, 5, None, 4, None, 5, None, 4, None, None, None),
    (4, 3, 2, None, 3, None, 4, None, 2, None, 1, None, 0, None, None, None),
)
_BASS = (-5, -8, -5, -10)  # degrees; one for every four beats


def _hertz(degree: int) -> float:
    octave, step = divmod(degree, len(_SCALE))
    return float(_ROOT_HZ * 2 ** (octave + _SCALE[step] / 12))


def waiting_music() -> bytes:
    """The melody as 8 kHz mono 16-bit WAV."""
    import numpy as np

    from ivr.voice.mastering import wav

    noise = np.random.Generator(np.random.PCG64(12306))
    total = SECONDS * SAMPLE_RATE
    mix = np.zeros(total + 6 * SAMPLE_RATE)

    def pluck(degree: int, at_s: float, lasts_s: float, level: float, soft: int) -> None:
        """A string: noise runs round a delay line that loses its upper partials at every turn."""
        period = round(SAMPLE_RATE / _hertz(degree))
        burst = noise.uniform(-1, 1, period)
        for _ in range(soft):
            burst = (burst + np.roll(burst, 1)) / 2
        burst -= burst.mean()
        burst /= np.abs(burst).max()
        turns = []
        for _ in range(int(lasts_s * SAMPLE_RATE / period)):
            turns.append(burst)
            burst = 0.996 * (burst + np.roll(burst, 1)) / 2
        tone = np.concatenate(turns)
        edge = SAMPLE_RATE // 100
        tone[:edge] *= np.linspace(0, 1, edge)
        tone *= np.linspace(1, 0, len(tone)) ** 1.5
        begin = int(at_s * SAMPLE_RATE)
        mix[begin : begin + len(tone)] += level * tone

    beats = [degree for line in _MELODY for degree in line]
    for number in range(int((SECONDS - 3) / _BEAT_S)):
        at_s = 0.3 + number * _BEAT_S
        degree = beats[number % len(beats)]
        if degree is not None:
            pluck(degree, at_s, 2.4, 1.0, soft=3)
        if number % 4 == 0:
            low = _BASS[number // 4 % len(_BASS)]
            pluck(low, at_s, 3.0, 0.5, soft=8)
            pluck(low + 3, at_s + _BEAT_S * 2, 2.4, 0.3, soft=8)
    mix = mix[:total]
    mix *= 10 ** (-26 / 20) / np.sqrt(np.mean(mix**2))
    ceiling = 10 ** (-9 / 20)
    mix = ceiling * np.tanh(mix / ceiling)
    fade = SAMPLE_RATE // 2
    mix[-fade:] *= np.linspace(1, 0, fade)
    return wav(mix)


def install(folder: Path) -> bool:
    """Put the music into ``folder`` (``IVR_HOME/asterisk/moh``); tells whether it had to be made."""
    path = folder / f"waiting-{VERSION}.wav"
    made = sound_seconds(path) != SECONDS
    if made:
        replace(path, waiting_music())
    for old in folder.glob("waiting-*.wav"):
        if old != path:
            old.unlink()
    return made
