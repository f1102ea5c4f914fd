"""A phrase: the smallest thing that is played, one sound file each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """Words ready to be spoken, all numbers already written out, in one language ("zh", "en")."""

    text: str
    language: str = "zh"
