"""From a menu's text to phrases: optional brackets, typed slots, lists within an item, sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ivr.rail.answers import LIST
from ivr.speech import phrases, placeholders, render
from ivr.speech.phrase import Phrase
from ivr.speech.reading import NO_WORDBOOKS, Wordbooks

#: Most of what is said, is said in every call. Texts with slots, which may hold personal data, are not kept.
_fixed = lru_cache(maxsize=4096)(phrases)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")

#: name → (slot type, value)
Slots = Mapping[str, tuple[str, Any]]


def compose(
    text: str,
    slots: Slots,
    language: str,
    wordbooks: Wordbooks = NO_WORDBOOKS,
    lists: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Phrase, ...]:
    """The phrases of ``text`` with its slots read by their types.

    ``[…]`` is left out when a slot in it has no value: ``"{train}次[，票价{fare}]。"``. ``lists``: the slots that are
    lists, each with the text that is said for every entry; the value of an entry's slot is ``None`` where it has none,
    and a list without entries has no value. Raises :class:`~ivr.errors.IvrError` for a slot without a value outside
    brackets.
    """
    if "{" not in text and "[" not in text:
        return _fixed(text, language)
    around = {name: slot for name, slot in slots.items() if slot[0] != LIST}
    told = {
        name: ("text", _told(entry, slots[name][1], around, language, wordbooks))
        for name, entry in lists.items()
        if name in slots and slots[name][1]
    }
    return phrases(_filled(text, {**around, **told}, language, wordbooks), language)


def _told(entry: str, rows: Any, around: Slots, language: str, wordbooks: Wordbooks) -> str:
    of_rows = [
        {name: slot for name, slot in {**around, **row}.items() if slot[1] is not None} for row in rows
    ]
    words = [_filled(entry, slots, language, wordbooks) for slots in of_rows]
    return ("" if language == "zh" else " ").join(words)


def _filled(text: str, slots: Slots, language: str, wordbooks: Wordbooks) -> str:
    def keep(match: re.Match[str]) -> str:
        inner = match.group(1)
        return inner if all(name in slots for name in placeholders(inner)) else ""

    return render(_BRACKET.sub(keep, text), slots, language, wordbooks)
