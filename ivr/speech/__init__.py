"""Typed values and texts with slots → phrases that a voice can read. Pure.

``speak("time", "06:26", "zh")`` → 六点二十六分; ``compose("{dep}开。", {"dep": ("time", "06:26")}, "zh")`` → its phrases;
``phrases(text, "zh")`` cuts a text without slots into the pieces that become one sound file each;
``readable(text, "zh")`` tells what a voice would stumble over.
"""

from ivr.speech.phrase import Phrase
from ivr.speech.reading import LANGUAGES, SpeechFault, Wordbooks, speak
from ivr.speech.texts import phrases, placeholders, readable, spoken_seconds, syllables
from ivr.speech.wordbook import Wordbook

__all__ = [
    "LANGUAGES",
    "Phrase",
    "SpeechFault",
    "Wordbook",
    "Wordbooks",
    "phrases",
    "placeholders",
    "readable",
    "speak",
    "spoken_seconds",
    "syllables",
]
