"""Music for those who wait: made by rule, so that nobody's licence is needed.

A minute of plucked tones on a pentatonic scale over slow low ones, level about −26 dBFS, nothing
above −9 dBFS, quiet at both ends so that it can repeat.
"""

from __future__ import annotations

from pathlib import Path

from ivr.voice.profile import SAMPLE_RATE
from ivr.voice.sounds import replace
from ivr.voice.wav import sound_seconds

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
_BASS = (-5, -3, -5, -4)  # degrees; one for every four beats


def _hertz(degree: int) -> float:
    octave, step = divmod(degree, len(_SCALE))
    return float(_ROOT_HZ * 2 ** (octave + _SCALE[step] / 12))


def waiting_music() -> bytes:
    """The melody as 8 kHz mono 16-bit WAV."""
    import numpy as np

    from ivr.voice.mastering import wav

    total = SECONDS * SAMPLE_RATE
    mix = np.zeros(total + 6 * SAMPLE_RATE)

    def pluck(degree: int, at_s: float, lasts_s: float, level: float) -> None:
        """A string: each partial is weaker than the one below it and fades sooner."""
        t = np.arange(int(lasts_s * SAMPLE_RATE)) / SAMPLE_RATE
        hertz = _hertz(degree)
        tone = sum(
            np.sin(2 * np.pi * partial * hertz * t) * np.exp(-t * (1.2 + 1.1 * partial)) / partial**1.8
            for partial in range(1, 9)
            if partial * hertz < 3400
        )
        edge = SAMPLE_RATE // 125
        tone[:edge] *= np.linspace(0, 1, edge)
        tone *= np.linspace(1, 0, len(tone))
        begin = int(at_s * SAMPLE_RATE)
        mix[begin : begin + len(tone)] += level * tone

    beats = [degree for line in _MELODY for degree in line]
    for number in range(int((SECONDS - 3) / _BEAT_S)):
        at_s = 0.3 + number * _BEAT_S
        degree = beats[number % len(beats)]
        if degree is not None:
            pluck(degree, at_s, 2.4, 1.0)
        if number % 4 == 0:
            low = _BASS[number // 4 % len(_BASS)]
            pluck(low, at_s, 3.0, 0.55)
            pluck(low + 3, at_s + _BEAT_S * 2, 2.4, 0.35)
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
