"""A phrase: what is played as one sound, or as the sounds of its parts, joined."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field

from ivr.speech.lexicon import Own, applying

_MARKS = re.compile(r"[\W_]*$")


@dataclass(frozen=True)
class Phrase:
    """Words ready to be spoken, all numbers already written out, in one language ("zh", "en").

    ``parts``: the same words cut where sounds that are made ahead may be joined, marks apart from the words before them
    where they are no part of the sound; () for a phrase that is always one sound. They are only another way to say
    it: phrases of the same words are equal. ``readings``: the words in it that a site wants read in a way of its own, with
    their pinyin.
    """

    text: str
    language: str = "zh"
    parts: tuple[str, ...] = field(default=(), compare=False)
    readings: Own = ()

    @property
    def fragments(self) -> tuple[tuple[Phrase, str], ...]:
        """The phrases whose sounds, joined, say this one, each with the marks that stand between it and the next."""
        found: list[tuple[Phrase, str]] = []
        for part in self.parts:
            marks = _MARKS.search(part)[0].strip()  # type: ignore[index]  # it finds at least nothing, at the end
            if part.strip() != marks:
                words = part.strip()
                own = applying(words, dict(self.readings)) if self.readings else ()
                found.append((Phrase(words, self.language, readings=own), marks))
            elif found:
                found[-1] = (found[-1][0], found[-1][1] + marks)
        return tuple(found)

    @property
    def prompt_id(self) -> str:
        """Twelve hexadecimal digits that stand for these words in this language, whoever speaks them: the name of a
        recording. White space does not count."""
        words = " ".join(unicodedata.normalize("NFC", self.text).split())
        return hashlib.sha256(f"{self.language}\n{words}".encode()).hexdigest()[:12]
