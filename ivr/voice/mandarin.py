"""Mandarin words → the phonemes that the neural voice was trained on.

A syllable of Hanyu Pinyin becomes its sounds in IPA, as the model's token table spells them, with an arrow for
the tone behind the vowel: ``zhong1`` → ``ꭧʊ→ŋ``. Tones are those of the dictionary: the model was trained on them and
makes the sandhi (你好, 一张) itself. Words stand apart by a space, clauses by their mark. So does the unit of an amount or a time
(元, 角, 点, 分) behind its number: within a long number the model swallows it, and 元 is heard as 人.

Readings come from our own lexicon for place names, else from pypinyin, which knows polyphones in their phrases.
"""

from __future__ import annotations

import re

from ivr.speech import lexicon
from ivr.speech.lexicon import Own
from ivr.speech.pinyin import parts

#: Raise it when the same words would be given to the model in another way.
VERSION = 4

_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x",
    "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": "",
}  # fmt: skip
#: final as it is spelled behind an initial → its sounds; 0 is the tone's place
_FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "er": "ɚ0", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n",
    "ing": "i0ŋ", "iong": "jʊ0ŋ", "iu": "jou0", "o": "wo0", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "ua": "wa0",
    "uai": "wai0", "uan": "wa0n", "uang": "wa0ŋ", "ui": "wei0", "un": "wə0n", "ueng": "wə0ŋ", "uo": "wo0", "ü": "y0",
    "üe": "ɥe0", "üan": "ɥɛ0n", "ün": "y0n",
}  # fmt: skip
_BUZZED = "ɨ0"  # the vowel of zhi, chi, shi, ri, zi, ci, si

#: How Mandarin speakers say a Latin letter, in syllables of pinyin; where none is near, its sounds.
_LETTERS = {
    "A": "ei1", "B": "bi4", "C": "xi1", "D": "di4", "E": "yi4", "F": "ai1 fu5", "G": "ji4", "H": "ei1 chi5",
    "I": "ai4", "J": "zhei4", "K": "kei4", "L": "ai1 lou5", "M": "ai1 mu5", "N": "en1", "O": "ou1", "P": "pi4",
    "Q": "kiu1", "R": "a1 er5", "S": "ai1 si5", "T": "ti4", "U": "you1", "V": "wei1", "W": "da2 bu5 liu5",
    "X": "ai1 ke5 si5", "Y": "wai4", "Z": "zei4",
}  # fmt: skip
_MARKS = {mark: mark for mark in ",.!?;:…—"} | dict(zip("，、。！？；：", ",,.!?;:", strict=True))
_DIGITS = str.maketrans("0123456789〇", "零一二三四五六七八九零")

#: A unit behind its number.
_UNIT = re.compile("(?<=[零一二两三四五六七八九十百千万])([元角点分])")

_TOKEN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[A-Za-z]|\S")


def syllable(pinyin: str) -> str:
    """The sounds of one syllable with its tone digit: ``xiong2`` → ``ɕjʊ↗ŋ``. Raises ValueError for another text."""
    initial, final, tone = parts(pinyin)
    buzzed = final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s")
    return _INITIALS[initial] + (_BUZZED if buzzed else _FINALS[final]).replace("0", _TONES[tone])


def letter(name: str) -> list[str]:
    """The syllables with their tones in which a Latin letter is said: ``F`` → ``ai1 fu5``."""
    return _LETTERS[name.upper()].split()


def phonemes(text: str, own: Own = ()) -> str:
    """The phonemes of ``text``, with a site's ``own`` readings. Raises ValueError when a character has no reading; the words are not in its text."""
    spoken: list[str] = []
    for piece, reading in lexicon.split(text.translate(_DIGITS), own):
        if reading:
            spoken.append(_joined(reading))
            continue
        for token in _TOKEN.findall(piece):
            if token.upper() in _LETTERS:
                spoken.append(_joined(_LETTERS[token.upper()]))
            elif "\u3400" <= token[0] <= "\u9fff":
                spoken.extend(_words(token))
            elif token in _MARKS and spoken:
                spoken[-1] += _MARKS[token]  # a mark stands close to the word before it
    if spoken and spoken[-1][-1] not in _MARKS:
        spoken[-1] += "."  # without an end the model breaks off single syllables, or goes on with noise
    return " ".join(spoken)


def _joined(reading: str) -> str:
    return "".join(map(syllable, reading.split()))


def _words(characters: str) -> list[str]:
    """The phonemes of each word of a run of Chinese characters; what is in no dictionary, such as a number, is one, and a unit
    behind it another."""
    return [word for piece in _UNIT.split(characters) if piece for word in _in_dictionary(piece)]


def _in_dictionary(characters: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin
    from pypinyin.seg import mmseg

    words: list[str] = []
    alone = False  # whether the last word grows by the next single character
    for word in mmseg.seg.cut(characters):
        readings = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
        if len(readings) != len(word):
            raise ValueError("the voice has no reading for a character")
        spoken = _joined(" ".join(readings))
        if alone and len(word) == 1:
            words[-1] += spoken
        else:
            words.append(spoken)
        alone = len(word) == 1
    return words


def pinyin(text: str, own: Own = ()) -> str:
    """How ``text`` is read, for people: syllables with tone marks, as the neural voice reads them. Empty without pypinyin."""
    return " ".join(reading for _, reading, _ in readings(text, own))


#: Where a reading comes from.
SITE, LEXICON, DICTIONARY = "words.yaml", "lexicon", "pypinyin"


def readings(text: str, own: Own = ()) -> list[tuple[str, str, str]]:
    """``text`` in pieces: characters, their pinyin with tone marks, and where that comes from. Empty without pypinyin."""
    try:
        from pypinyin import Style, lazy_pinyin
        from pypinyin.contrib.tone_convert import to_tone
    except ImportError:
        return []
    found = []
    for piece, reading in lexicon.split(text, own):
        if reading:
            toned = " ".join(to_tone(syllable) for syllable in reading.split())
            found.append((piece, toned, SITE if piece in dict(own) else LEXICON))
        elif piece.strip():
            found.append(
                (piece, " ".join(" ".join(lazy_pinyin(piece, style=Style.TONE)).split()), DICTIONARY)
            )
    return found
