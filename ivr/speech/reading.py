"""A slot's JSON value → words, by its type (``ivr.rail.answers.SLOT_TYPES``)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any, Union

from ivr.errors import IvrError
from ivr.rail.answers import SLOT_TYPES
from ivr.speech import en, zh
from ivr.speech.lexicon import applying
from ivr.speech.phrase import Phrase
from ivr.speech.wordbook import Wordbook

#: What knows the readings of a language.
Words = Union[ModuleType, Wordbook]

#: The languages that need no wordbook → the module that knows their readings.
LANGUAGES: Mapping[str, ModuleType] = {"zh": zh, "en": en}
#: language → its wordbook
Wordbooks = Mapping[str, Wordbook]
NO_WORDBOOKS: Wordbooks = {}


#: What a reader gives: words in chunks, or in one piece.
Read = Union[str, tuple[str, ...]]

#: The slot type of a field's or an option's name, which stands in the menu; for the rest see ``SLOT_TYPES``.
LABEL = "label"

#: Digits of a long number that are told in one breath.
_GROUP = 3
#: A phone number is told as people tell it: 138 0013 8000, 010 6512 3456.
_PHONE = re.compile(r"(1[0-9]{2}|0(?:10|2[0-9])|0[3-9][0-9]{2})([0-9]{4})([0-9]{3,4})")


class SpeechFault(IvrError):
    """A value, slot or language that cannot be spoken."""


class _Unfit(ValueError):
    pass


def _match(pattern: str, value: Any) -> re.Match[str]:
    found = re.fullmatch(pattern, value, re.ASCII) if isinstance(value, str) else None
    if found is None:
        raise _Unfit
    return found


def _whole(value: Any, lowest: int = -(10**15)) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value < 10**15:
        raise _Unfit
    return value


def _time(value: Any, words: Words, language: str) -> Read:
    found = _match(r"(\d{1,3}):([0-5]\d)", value)
    return words.time(int(found[1]), int(found[2]))


def _date(value: Any, words: Words, language: str) -> Read:
    year, month, day = map(int, _match(r"(\d{4})-(\d\d)-(\d\d)", value).groups())
    try:
        datetime.date(year, month, day)
    except ValueError:
        raise _Unfit from None
    return words.date(month, day)


def _money(value: Any, words: Words, language: str) -> Read:
    return words.money(Decimal(_match(r"-?\d{1,12}(\.\d{1,2}0*)?", value)[0]))


def _train(value: Any, words: Words, language: str) -> Read:
    found = _match(r"([A-Z]{0,2})(\d{1,5})", value)
    return words.train(" ".join(found[1]), found[2])


def _count(value: Any, words: Words, language: str) -> Read:
    return words.counted(_whole(value, 0))


def _number(value: Any, words: Words, language: str) -> Read:
    return words.numbered(_whole(value))


def _minutes(value: Any, words: Words, language: str) -> Read:
    return words.duration(_whole(value, 0))


def _digits(value: Any, words: Words, language: str) -> Read:
    return words.line_digits(_match(r"[0-9*#]+", value)[0])


def _grouped(value: Any, words: Words, language: str) -> Read:
    digits = _match(r"[0-9]+", value)[0]
    phone = _PHONE.fullmatch(digits)
    groups = [group for group in phone.groups() if group] if phone else re.findall(f".{{1,{_GROUP}}}", digits)
    read: list[str] = []
    for group in groups:
        if read:
            read[-1] += "，" if language == "zh" else ","
        read += _in_chunks(words.line_digits(group))
    return tuple(read)


def _document(value: Any, words: Words, language: str) -> Read:
    found = _match(r"[0-9A-Z]*([0-9A-Z]{2})", value)
    return " ".join(
        words.spelled(part) if part.isdigit() else part for part in re.findall(r"\d+|\D", found[1])
    )


def _key(value: Any, words: Words, language: str) -> Read:
    return words.key(_match(r"[0-9*#]", value)[0])


def _named(value: Any, words: Words, language: str) -> Read:
    if not isinstance(value, Mapping):
        raise _Unfit
    known: tuple[Any, ...] = (value.get(language), value.get("zh"))
    if isinstance(words, Wordbook):  # a Latin name is read better than a Chinese one
        known = (value.get(language), words.names.get(str(value.get("zh"))), value.get("en"), value.get("zh"))
    others = (text for name, text in value.items() if name != "code")
    name = next((name for name in (*known, *others) if name), None)
    if not isinstance(name, str):
        raise _Unfit
    return name


def _text(value: Any, words: Words, language: str) -> Read:
    if not isinstance(value, str):
        raise _Unfit
    return value


_READERS: Mapping[str, Callable[[Any, Words, str], Read]] = {
    "time": _time,
    "date": _date,
    "money": _money,
    "train": _train,
    "count": _count,
    "number": _number,
    "minutes": _minutes,
    "digits": _digits,
    "grouped": _grouped,
    "document": _document,
    "key": _key,
    "named": _named,
    "text": _text,
    LABEL: _text,
}


def chunks(type: str, value: Any, language: str, wordbooks: Wordbooks = NO_WORDBOOKS) -> tuple[str, ...]:
    """The words for ``value``, whose form ``ivr.rail.answers.SLOT_TYPES`` gives, in chunks: of a number or a time each is
    one of few, of a name it is the whole name, and in a language of ``wordbooks`` everything is one.

    ``language``: "zh", "en", or one of ``wordbooks``; a ``named`` value without an English name keeps its Chinese one.
    Raises :class:`SpeechFault` for an unknown type or language and for a value of another form.
    """
    reader = _READERS.get(type)
    words: Words | None = LANGUAGES.get(language) or wordbooks.get(language)
    if reader is None:
        raise SpeechFault(f"unknown slot type '{type}'", mend=f"one of {', '.join(SLOT_TYPES)}")
    if words is None:
        raise SpeechFault(
            f"unknown language '{language}'", mend=f"one of {', '.join([*LANGUAGES, *wordbooks])}"
        )
    try:
        return _in_chunks(reader(value, words, language))
    except _Unfit:
        raise SpeechFault(f"{value!r} is not a {type}") from None


def _in_chunks(read: Read) -> tuple[str, ...]:
    return (read,) if isinstance(read, str) else read


def speak(type: str, value: Any, language: str, wordbooks: Wordbooks = NO_WORDBOOKS) -> str:
    """The words of :func:`chunks` as one text."""
    return between(language).join(chunks(type, value, language, wordbooks))


def between(language: str) -> str:
    """What stands between two words."""
    return "" if language == "zh" else " "


def read_as_told(phrases: Iterable[Phrase], wordbooks: Wordbooks) -> tuple[Phrase, ...]:
    """``phrases`` with the readings that a site gives their words."""
    book = wordbooks.get("zh")
    if book is None:
        return tuple(phrases)
    return tuple(
        replace(phrase, readings=own)
        if phrase.language == "zh" and (own := applying(phrase.text, book.readings))
        else phrase
        for phrase in phrases
    )
