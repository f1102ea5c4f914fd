"""How long what is said takes: as long as its sounds are, or estimated where a sound is not made yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ivr.speech import Phrase, spoken_seconds
from ivr.voice.sounds import SLOWER, SoundStore
from ivr.voice.wav import sound_seconds

#: Each joint of two sounds costs this much silence.
_JOINT_S = 0.05


@dataclass(frozen=True)
class Spoken:
    """``seconds`` of ``phrases`` sentences, of which ``estimated`` have no sound yet."""

    seconds: float = 0.0
    phrases: int = 0
    estimated: int = 0

    def __add__(self, other: Spoken) -> Spoken:
        return Spoken(
            self.seconds + other.seconds, self.phrases + other.phrases, self.estimated + other.estimated
        )

    def __str__(self) -> str:
        """Such as ``0:42``, ``~0:42`` when some of it is estimated."""
        return f"{'~' if self.estimated else ''}{int(self.seconds) // 60}:{int(self.seconds) % 60:02d}"


class SpokenTime:
    """Measures phrases with the sounds of a home."""

    def __init__(self, home: Path, voice: str = "auto", speed: int = 100) -> None:
        self._sounds = SoundStore(home, voice, speed)

    def of(self, phrases: Iterable[Phrase], slower: bool = False) -> Spoken:
        """How long the phrases take, one after the other; ``slower``: as for a caller who did not understand them."""
        total = Spoken()
        for phrase in phrases:
            path = self._sounds.heard(phrase)
            measured = sound_seconds(path) if path else None
            seconds = spoken_seconds(phrase.text, phrase.language) if measured is None else measured
            seconds *= SLOWER if slower else 1
            joint = _JOINT_S if total.phrases else 0.0
            total += Spoken(seconds + joint, 1, int(measured is None))
        return total
