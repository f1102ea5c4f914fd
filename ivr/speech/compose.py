"""From a menu's text to phrases: optional brackets, typed slots, sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ivr.speech import phrases, placeholders, render
from ivr.speech.phrase import Phrase
from ivr.speech.reading import NO_WORDBOOKS, Wordbooks

#: Most of what is said, is said in every call. Texts with slots, which may hold personal data, are not kept.
_fixed = lru_cache(maxsize=4096)(phrases)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")


def compose(
    text: str, slots: Mapping[str, tuple[str, Any]], language: str, wordbooks: Wordbooks = NO_WORDBOOKS
) -> tuple[Phrase, ...]:
    """The phrases of ``text`` with its slots read by their types.

    ``[…]`` is left out when a slot in it has no value: ``"{train}次[，票价{fare}]。"``. Raises
    :class:`~ivr.errors.IvrError` for a slot without a value outside brackets.
    """

    if "{" not in text and "[" not in text:
        return _fixed(text, language)

    def keep(match: re.Match[str]) -> str:
        inner = match.group(1)
        return inner if all(name in slots for name in placeholders(inner)) else ""

    return phrases(render(_BRACKET.sub(keep, text), slots, language, wordbooks), language)
