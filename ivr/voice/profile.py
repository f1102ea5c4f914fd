"""Which voice speaks a language, and how: all that decides what a sound file holds."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.errors import IvrError
from ivr.speech import lexicon
from ivr.speech.voices import VOICES

SAMPLE_RATE = 8000  #: of every sound file, 16-bit mono PCM
MASTERING = 1  #: raise it when :mod:`ivr.voice.mastering` changes what it makes


@dataclass(frozen=True)
class Profile:
    """``engine``: a pyttsx3 driver; ``voice``, ``rate`` (words a minute): its properties; ``pace_s``:
    no sentence has less than this many seconds a syllable (three quarters or less of the quickest
    of 250 sentences measured)."""

    voice: str
    rate: int
    pace_s: float
    engine: str = "ivr_espeakng"


PROFILES: Mapping[str, Profile] = {
    "zh": Profile("cmn+f3", 140, 0.20),
    "en": Profile("en-us+f3", 150, 0.10),
}


@functools.cache
def profile_of(language: str) -> Profile:
    """The voice of a language: ours, or espeak-ng's of that name. Raises IvrError when there is none."""
    if language not in PROFILES and language not in VOICES:
        raise IvrError(f"no voice speaks '{language}'", mend="zh, en, or a language of espeak-ng, such as ru")
    return PROFILES.get(language) or Profile(f"{language}+f3", 150, 0.05)


@functools.cache
def identity(language: str) -> str:
    """A line that changes whenever the sound of this language would. Raises IvrError."""
    from importlib.metadata import version

    profile = profile_of(language)
    library = version("espeakng-loader")
    return "|".join(
        map(
            str,
            (profile.engine, library, profile.voice, profile.rate, MASTERING, lexicon.VERSION, SAMPLE_RATE),
        )
    )
