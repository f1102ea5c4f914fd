"""Texts with ``{slots}``: fill them, cut them into phrases, tell what cannot be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ivr.speech.phrase import Phrase

SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

#: Sentence ends, together with closing quotes after them. A Latin mark ends a sentence only before
#: white space or at the end of the text.
_END = re.compile(r"(?:[。！？；]|[.!?;]+(?=[\s”’）」』\"')]|$))+[”’）」』\"')]*")

#: Fewer syllables than this do not become a sound file of their own: every joint of two files
#: costs about 50 ms of silence, and a lone 您好 is cheap to say again.
SHORTEST = 4

#: Seconds a spoken syllable takes, pauses included: measured over the shipped voices' sounds of 88 Chinese
#: sentences (1,081 syllables) and 22 English ones (226).
SECONDS_PER_SYLLABLE: Mapping[str, float] = {"zh": 0.36, "en": 0.29}
#: Of a language that was not measured.
_USUAL_SECONDS = 0.29

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff〇"
_TOKEN = re.compile(r"[0-9０-９]+(?:[.:,][0-9]+)*|[A-Za-z]+|\S")
_WORD = re.compile(r"[0-9０-９]+(?:[.:,][0-9]+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\S")
_ZH_READABLE = re.compile(rf"[{_HAN}，。！？；：、“”‘’（）《》…—·,.!?;:]")
_EN_READABLE = re.compile(r"[A-Za-z]+|[,.!?;:'\"’“”()\-]")
_READABLE = re.compile(
    r"[^\W\d_]+(?:['’][^\W\d_]+)*|[\u0300-\u036f]|[,.!?;:'\"’“”()\-–—«»¿¡、。，！？；：؟،।]"
)
#: Of an alphabet's letters only the vowels make syllables; a sign of another script is one by itself.
_VOWELS, _CYRILLIC_VOWELS = "aeiouyαεηιουω", "аеёиоуыэюяіїє"
_CONSONANTS = rf"(?![{_VOWELS}{_CYRILLIC_VOWELS}])[a-zа-яіїєґα-ω]"
_SYLLABLE = re.compile(
    rf"[{_VOWELS}]+|[{_CYRILLIC_VOWELS}]|(?<![^\W\d_])(?:{_CONSONANTS})+(?![^\W\d_])|[^\W_a-zа-яіїєґα-ω]"
)
#: Words of another language within Chinese: a name such as San Francisco or 4th & King, not the letter of a train.
_LETTER = "A-Za-zÀ-ɏ"
_LATIN = re.compile(
    rf"(?<![{{0-9_{_LETTER}])[0-9]*[{_LETTER}][{_LETTER}'’-]*[{_LETTER}](?:[ &/,.]+[0-9]*[{_LETTER}][{_LETTER}'’-]*)*[.!?]*"
)
_CHINESE = re.compile(rf"[{_HAN}][{_HAN}，。！？；：、“”]*")
_ZH_LETTER = re.compile(r"(?<![A-Za-z])[A-Z](?![A-Za-z])")


def placeholders(text: str) -> tuple[str, ...]:
    """The names of the slots in ``text``, each once, in order."""
    return tuple(dict.fromkeys(SLOT.findall(text)))


def syllables(text: str, language: str) -> int:
    """About how many syllables are spoken: a Chinese character, digit or letter of its own is one;
    a word of an alphabet has as many as it has groups of vowels."""
    if language == "en":
        text = re.sub(r"(?<=[aeiouy][b-df-hj-np-tv-xz])e\b", "", text, flags=re.IGNORECASE)
        return len(re.findall(r"[aeiouy]+|\b[b-df-hj-np-tv-xz]+\b|[^\W_a-z]", text, re.IGNORECASE))
    if language == "zh":
        return len(re.findall(r"[^\W_]", text))
    letters = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return len(_SYLLABLE.findall(unicodedata.normalize("NFC", bare)))


def spoken_seconds(text: str, language: str) -> float:
    """About how many seconds ``text`` takes to say."""
    return syllables(text, language) * SECONDS_PER_SYLLABLE.get(language, _USUAL_SECONDS)


def phrases(text: str, language: str) -> tuple[Phrase, ...]:
    """Cut ``text`` at the ends of its sentences, very short ones joined with a neighbour.

    No character is lost or moved, save white space at the cuts. Text without a single word gives (). Latin words within
    Chinese, such as a foreign station's name, are phrases of their own, in English, and Chinese words within another
    language are Chinese ones; marks that stand alone beside them go.
    """
    return tuple(
        Phrase(text[start:end].strip(), spoken_in) for start, end, spoken_in in spans(text, language)
    )


def spans(text: str, language: str) -> list[tuple[int, int, str]]:
    """Where the phrases of :func:`phrases` begin and end in ``text``, white space included, and their language."""
    other, pattern = ("en", _LATIN) if language == "zh" else ("zh", _CHINESE)
    if found := pattern.search(text):
        start, end = found.span()
        after = [(end + first, end + last, name) for first, last, name in spans(text[end:], language)]
        return [*spans(text[:start], language), (start, end, other), *after]
    cut: list[tuple[int, int]] = []
    start = 0
    for piece in sentences(text):
        end = start + len(piece)
        last = text[slice(*cut[-1])] if cut else ""
        if cut and (syllables(last, language) < SHORTEST or syllables(piece, language) < SHORTEST):
            cut[-1] = cut[-1][0], end
        else:
            cut.append((start, end))
        start = end
    return [(start, end, language) for start, end in cut if syllables(text[start:end], language)]


def sentences(text: str) -> list[str]:
    """``text`` cut behind the end of each sentence, however short it is; of an empty text one that is empty."""
    ends = [found.end() for found in _END.finditer(text)]
    cuts = [0, *ends, *([len(text)] if len(text) not in ends else [])]
    return [text[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]


def readable(text: str, language: str) -> list[str]:
    """What a voice would stumble over in ``text``, one line each; slots are taken out first.

    Mandarin: digits, Latin words (a single capital letter, as of a train, is fine), markup.
    English: digits, anything but Latin letters, markup. Other languages: digits, markup.
    """
    text = SLOT.sub(" ", text)
    if language == "zh":
        text = _ZH_LETTER.sub(" ", text)
    fine = {"zh": _ZH_READABLE, "en": _EN_READABLE}.get(language, _READABLE)
    problems = []
    for piece in dict.fromkeys((_TOKEN if language in ("zh", "en") else _WORD).findall(text)):
        if fine.fullmatch(piece):
            continue
        if piece[0].isdigit():
            hint = "write it in words or use a slot with a type"
        elif language == "zh" and piece[0].isascii() and piece[0].isalpha():
            hint = "the Mandarin voice spells Latin words badly; write Chinese"
        elif piece in "{}":
            hint = "a slot is {name}: a letter first, then letters, digits or _"
        else:
            hint = "no voice reads it"
        shown = piece if piece.isprintable() else f"U+{ord(piece[0]):04X}"
        problems.append(f"'{shown}': {hint}")
    return problems
