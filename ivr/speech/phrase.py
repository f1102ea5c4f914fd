"""A phrase: the smallest thing that is played, one sound file each."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """Words ready to be spoken, all numbers already written out, in one language ("zh", "en")."""

    text: str
    language: str = "zh"

    @property
    def prompt_id(self) -> str:
        """Twelve hexadecimal digits that stand for these words in this language, whoever speaks them: the name of a
        recording. White space does not count."""
        words = " ".join(unicodedata.normalize("NFC", self.text).split())
        return hashlib.sha256(f"{self.language}\n{words}".encode()).hexdigest()[:12]
