"""Which voice speaks a language, and how: all that decides what a sound file holds."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr.errors import IvrError
from ivr.settings import KOKORO_SPEAKERS
from ivr.speech import lexicon
from ivr.speech.voices import VOICES
from ivr.voice import english, mandarin
from ivr.voice.kokoro_pack import ENGLISH_SPEAKER, ESPEAK, FILES, MODEL, TOKENS, speaks, style_file

SAMPLE_RATE = 8000  #: of every sound file, 16-bit mono PCM
WIDE_RATE = 16000  #: of the file beside it, for callers with a wideband codec
HEAD_S, TAIL_S = 0.030, 0.120  #: the silence before and behind what is said in it
MASTERING = 1  #: raise it when :mod:`ivr.voice.mastering` changes what it makes


@dataclass(frozen=True)
class Profile:
    """``engine``: a pyttsx3 driver; ``voice``, ``rate`` (words a minute; of Kokoro's own speed 200): its properties; ``pace_s``:
    no sentence has less than this many seconds a syllable (three quarters or less of the quickest
    of 250 sentences measured)."""

    voice: str
    rate: int
    pace_s: float
    engine: str = "ivr_espeakng"


#: What espeak-ng, which is always there, is told for a language.
PROFILES: Mapping[str, Profile] = {
    "zh": Profile("cmn+f3", 140, 0.20),
    "en": Profile("en-us+f3", 150, 0.10),
}

#: What Kokoro is told for each of its speakers.
KOKORO_PROFILES: Mapping[str, Profile] = {
    **{speaker: Profile(speaker, 200, 0.13, "ivr_kokoro") for speaker in KOKORO_SPEAKERS},
    ENGLISH_SPEAKER: Profile(ENGLISH_SPEAKER, 200, 0.08, "ivr_kokoro"),
}


def neural(language: str, speaker: str) -> bool:
    """Whether the neural voice speaks ``language`` where ``speaker`` was chosen."""
    return speaks(language, speaker) != ESPEAK


@functools.cache
def profile_of(language: str, speaker: str = ESPEAK, speed: int = 100) -> Profile:
    """The voice of a language where ``speaker`` speaks Mandarin: Kokoro's, ours of espeak-ng, or espeak-ng's of that
    name; at ``speed`` per cent. Raises IvrError when there is none."""
    profile = _usual(language, speaker)
    return replace(profile, rate=round(profile.rate * speed / 100), pace_s=profile.pace_s * 100 / speed)


def _usual(language: str, speaker: str) -> Profile:
    if neural(language, speaker):
        return KOKORO_PROFILES[speaks(language, speaker)]
    if language not in PROFILES and language not in VOICES:
        raise IvrError(f"no voice speaks '{language}'", mend="zh, en, or a language of espeak-ng, such as ru")
    return PROFILES.get(language) or Profile(f"{language}+f3", 150, 0.05)


@functools.cache
def identity(language: str, speaker: str = ESPEAK, speed: int = 100) -> str:
    """A line that changes whenever the sound of this language would. Raises IvrError."""
    from importlib.metadata import version

    profile = profile_of(language, speaker, speed)
    if neural(language, speaker):
        files = [FILES[name].sha256 for name in (MODEL, TOKENS, style_file(profile.voice))]
        if language == "zh":
            made_by = [*files, version("pypinyin"), mandarin.VERSION]
        else:
            made_by = [*files, version("espeakng-loader"), english.VERSION]
    else:
        made_by = [version("espeakng-loader")]
    what = (
        profile.engine,
        *made_by,
        profile.voice,
        profile.rate,
        MASTERING,
        lexicon.VERSION,
        SAMPLE_RATE,
        WIDE_RATE,
    )
    return "|".join(map(str, what))
