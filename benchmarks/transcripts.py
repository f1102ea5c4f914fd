"""What a recogniser wrote down, held against what was said: Mandarin, in toneless syllables.

A recogniser writes what it hears in characters and figures of its own choice, so that one sound can be written in many ways;
compared are sounds. The rules, the same for every voice:

=========================  ===================================================================
a character                any of its readings: 长 may stand for chang and for zhang
a Latin letter             as it is said: D and 第 are both di
figures, 6628 or 1,424     a number, or digit by digit, 1 as 一 or as 幺
figures, 20.11 or 20:11    a time (20.11分), an amount (756.5元), or a number with digits behind its point
-in and -ing, -en, -eng    one sound: many speakers do not tell them apart, and the line makes it no easier
=========================  ===================================================================

A *fact* is found when its syllables follow one another in the transcript, all of them and no other between. So that these
rules do not find what was not said, the check also looks for facts of other sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pypinyin import Style, pinyin

from ivr.speech import lexicon, zh
from ivr.voice import mandarin

#: One after the other; of each one of several runs of syllables was said.
Heard = list[list[tuple[str, ...]]]

_SAID_ALIKE = str.maketrans("两〇", "二零")
_FIGURES = re.compile(r"(\d+)[.:：](\d+)(分|元|块)?|(\d+)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_LONGEST = 8  # figures of a number


def syllables(text: str) -> list[str]:
    """The toneless pinyin of words that are said; digits must be written out."""
    return [choice[0][0] for choice in _sounds(text, heteronyms=False)]


def heard(transcript: str) -> Heard:
    """The ways in which a transcript can be read."""
    text, found, at = _THOUSANDS.sub("", transcript), [], 0
    for figures in _FIGURES.finditer(text):
        found += _sounds(text[at : figures.start()])
        found.append(list(dict.fromkeys(tuple(syllables(words)) for words in _readings(figures))))
        at = figures.end()
    return found + _sounds(text[at:])


def _sounds(text: str, heteronyms: bool = True) -> Heard:
    """A choice for each syllable; with ``heteronyms`` of all readings of a character, else of the one that fits."""
    found: Heard = []
    for piece, reading in lexicon.split(text.translate(_SAID_ALIKE)):
        if reading and not heteronyms:
            found += [[(_alike(syllable),)] for syllable in reading.split()]
            continue
        for run in re.findall("[\u4e00-\u9fff]+|[A-Za-z]", piece):
            if run.isascii():
                found += [[(_alike(syllable),)] for syllable in mandarin.letter(run)]
            else:
                every = pinyin(run, style=Style.NORMAL, heteronym=heteronyms)
                found += [list(dict.fromkeys((_alike(syllable),) for syllable in one)) for one in every]
    return found


def _alike(syllable: str) -> str:
    return re.sub("(?<=[ie])ng$", "n", syllable.rstrip("12345").replace("ü", "v"))


def _readings(figures: re.Match[str]) -> Iterator[str]:
    """The words that these figures can stand for."""
    first, second, unit, whole = figures.groups()
    if whole:
        yield zh.spelled(whole)
        yield "".join(zh.DIGITS[int(digit)] for digit in whole)
        if len(whole) <= _LONGEST:
            yield zh.number(int(whole))
        return
    number = zh.number(int(first)) if len(first) <= _LONGEST else zh.spelled(first)
    if unit in (None, "分") and len(second) == 2:
        yield f"{number}点{_minutes(int(second))}"
    if unit != "分":
        fen = f"{zh.DIGITS[int(second[1])]}分" if second[1:].strip("0") else ""
        yield f"{number}元{zh.DIGITS[int(second[0])]}角{fen}"
    yield f"{number}点{zh.spelled(second)}{unit or ''}"


def _minutes(minutes: int) -> str:
    return f"{'零' if minutes < 10 else ''}{zh.number(minutes)}分" if minutes else "整"


def errors(said: Sequence[str], transcript: Heard) -> int:
    """The least number of syllables put in, left out or taken for another, whichever way the transcript is read."""
    row = list(range(len(said) + 1))
    for choice in transcript:
        rows = [_behind(row, run, said) for run in choice]
        row = [min(column) for column in zip(*rows, strict=True)]
    return row[-1]


def _behind(row: list[int], run: Sequence[str], said: Sequence[str]) -> list[int]:
    for other in run:
        new = [row[0] + 1]
        for at, syllable in enumerate(said, 1):
            new.append(min(row[at] + 1, new[-1] + 1, row[at - 1] + (syllable != other)))
        row = new
    return row


def holds(transcript: Heard, fact: Sequence[str]) -> bool:
    """Whether the syllables of ``fact`` follow one another in one of the ways in which the transcript can be read."""
    begun = {0}  # how many of them are behind us
    for choice in transcript:
        after: set[int] = set()
        for run in choice:
            here = begun
            for syllable in run:
                here = {at + 1 for at in here if fact[at] == syllable} | {0}
                if len(fact) in here:
                    return True
            after |= here
        begun = after
    return False
