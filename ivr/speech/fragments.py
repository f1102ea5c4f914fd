"""Where a text with slots is cut, so that the sounds of what stands between the cuts can be made ahead.

The menu's words between two slots are one fragment, and each chunk of a slot's value is one. But a lone syllable makes a
bad sound, so it goes with a neighbour, and so does a measure word (``|``: a cut):

===========================  =================================  ==========================================
a lone syllable              goes with                          example
===========================  =================================  ==========================================
behind a slot                the slot's last chunk              {dep}开，票价 → 六点|二十六分开|，|票价
between two slots            that before it, else that behind   {arr}到{to} → 六点|二十六分到|上海
                                                                {class}余{left} → 二等座|余两张
after a mark, before a slot  the slot's first chunk             ，从{day}起 → ，|从二月|十日起
beside a name                nothing                            从{from}到{to} → 从|北京|到|上海
a measure word               the number before it               {count}趟列车 → 五百|一十八趟|列车
                                                                {train}次列车 → G 幺|零二次|列车
===========================  =================================  ==========================================

Names take no syllable: there are thousands, and each would be made once more with it; amounts and trains take none before
them, for the same reason. Marks behind a slot are not spoken with it: they are a pause. A sentence always ends at a cut. All
of it only looks at the words between two slots, so that every fragment can be told without knowing the values of the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, Union

from ivr.speech.reading import between
from ivr.speech.texts import sentences, syllables

#: The slot types whose values are not made of few chunks.
NAMES = ("named", "text")

T = TypeVar("T")

_MARK = r"[^\w\s'’-]"
_FIRST_WORDS = re.compile(rf"((?:(?!{_MARK}).)*)((?:{_MARK}\s*)*)(.*)", re.DOTALL)
_LAST_WORDS = re.compile(rf"(.*{_MARK}\s*)?(.*)", re.DOTALL)
#: What is counted, in Mandarin; not the next day, 次日.
_MEASURE = re.compile(r"(次(?!日)|[趟张站条项位])([^\W_].*)", re.DOTALL)
_MARKS_BEHIND = re.compile(rf"(.*?)((?:{_MARK}|\s)*)", re.DOTALL)


#: Those whose first chunk is one of many.
_MANY = (*NAMES, "money", "train")
_COUNTED = ("count", "number", "train")


@dataclass(frozen=True)
class Filled(Generic[T]):
    """A slot of the type ``kind``. ``what`` is in it; ``before``, ``after``: the menu's words that are said in one sound with
    its first and its last chunk."""

    what: T
    kind: str
    before: str = ""
    after: str = ""


#: The menu's own words or marks, or a slot.
Unit = Union[str, Filled[T]]


def arranged(units: Sequence[Unit[T]], language: str) -> list[Unit[T]]:
    """The fragments of a text that is made of ``units``, its words and its slots: the same words in the same order."""
    found: list[Unit[T]] = []
    waiting = ""  # for the next slot
    for number, unit in enumerate(units):
        if isinstance(unit, Filled):
            found.append(replace(unit, before=waiting) if waiting else unit)
            waiting = ""
            continue
        follows = units[number + 1] if number + 1 < len(units) else ""
        first, *others = sentences(unit)
        found += [*_behind_a_slot(found, first, language), *others]
        if isinstance(follows, Filled) and follows.kind not in _MANY and found and isinstance(found[-1], str):
            rest, words = _groups(_LAST_WORDS, found[-1])
            if syllables(words, language) == 1:
                waiting = words
                found[-1:] = [rest] if rest else []
    return found


def _behind_a_slot(found: list[Unit[T]], sentence: str, language: str) -> list[Unit[T]]:
    """The fragments of a sentence's words that stand behind what is ``found``; a lone syllable goes with the slot there."""
    slot = found[-1] if found else ""
    words, marks, rest = _groups(_FIRST_WORDS, sentence)
    if not isinstance(slot, Filled):
        return [sentence]
    if slot.kind in _COUNTED and language == "zh" and (measured := _MEASURE.fullmatch(sentence)):
        words, marks, rest = measured[1], "", measured[2]
    number = syllables(words, language)
    if number > 1 or (number == 1 and slot.kind in NAMES):
        return [sentence]
    found[-1] = replace(slot, after=words)
    return [piece for piece in (marks, rest) if piece]


def spoken(slot: Filled[tuple[str, ...]], language: str) -> list[str]:
    """The fragments of a slot whose value has these chunks, marks apart."""
    chunks = [chunk + between(language) for chunk in slot.what[:-1]] + [slot.what[-1] + slot.after]
    chunks[0] = slot.before + chunks[0]
    return [piece for chunk in chunks for piece in _groups(_MARKS_BEHIND, chunk) if piece]


def _groups(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.fullmatch(text)
    assert match is not None  # they match any text
    return match.groups("")
