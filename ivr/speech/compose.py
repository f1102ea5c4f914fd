"""From a menu's text to phrases: optional brackets, typed slots, lists within an item, sentences, their fragments."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ivr.rail.answers import LIST
from ivr.speech.fragments import NAMES, Filled, Unit, arranged, spoken
from ivr.speech.phrase import Phrase
from ivr.speech.reading import (
    LABEL,
    LANGUAGES,
    NO_WORDBOOKS,
    SpeechFault,
    Wordbooks,
    between,
    chunks,
    read_as_told,
    speak,
)
from ivr.speech.texts import SLOT, phrases, placeholders, sentences, spans

#: Most of what is said, is said in every call. Texts with slots that may hold personal data are not kept.
_fixed = lru_cache(maxsize=4096)(phrases)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")

#: The slot types whose value stands in the menu: their words are the text's own.
OWN = (LABEL, "key")

#: name → (slot type, value)
Slots = Mapping[str, tuple[str, Any]]


def compose(
    text: str,
    slots: Slots,
    language: str,
    wordbooks: Wordbooks = NO_WORDBOOKS,
    lists: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Phrase, ...]:
    """The phrases of ``text`` with its slots read by their types; those with a value in them have parts.

    ``[…]`` is left out when a slot in it has no value: ``"{train}次[，票价{fare}]。"``. ``lists``: the slots that are
    lists, each with the text that is said for every entry; the value of an entry's slot is ``None`` where it has none,
    and a list without entries has no value. What a slot brings in is never filled again. Raises :class:`SpeechFault` for a
    slot without a value outside brackets, and for a value of another form than its type.
    """
    if "{" not in text and "[" not in text:
        return read_as_told(_fixed(text, language), wordbooks)
    if (
        not lists
        and language in LANGUAGES
        and all(kind in OWN and isinstance(value, str) for kind, value in slots.values())
    ):
        return read_as_told(_of_the_menu(text, tuple(slots.items()), language), wordbooks)
    told = {name: slots[name][1] for name in lists if name in slots and slots[name][1]}
    known = {name: slot for name, slot in slots.items() if slot[0] != LIST}
    fragments: list[str] = []
    for piece, is_list in at_lists(without_brackets(text, {*known, *told}), told):
        if is_list:
            rows = [{**known, **row} for row in told[piece]]
            entries = [_fragments(lists[piece], _valued(row), language, wordbooks) for row in rows]
            fragments += itertools.chain(*_parted(entries, language))
        else:
            fragments += _fragments(piece, known, language, wordbooks)
    return read_as_told(_sentences(fragments, language), wordbooks)


@lru_cache(maxsize=4096)
def _of_the_menu(
    text: str, own: tuple[tuple[str, tuple[str, str]], ...], language: str
) -> tuple[Phrase, ...]:
    """The phrases of a text whose slots are all ``own``: each key and what it does, in every call."""
    return _sentences(_fragments(text, dict(own), language, NO_WORDBOOKS), language)


def without_brackets(text: str, names: Collection[str]) -> str:
    """``text`` with the words in brackets where all their slots are among ``names``, without the others."""

    def keep(match: re.Match[str]) -> str:
        inner = match.group(1)
        return inner if all(name in names for name in placeholders(inner)) else ""

    return _BRACKET.sub(keep, text)


def bracketed(text: str) -> Iterator[str]:
    """``text`` in every way that :func:`without_brackets` may give it: with and without the words of each bracket."""
    pieces = _BRACKET.split(text)
    ways = [
        (piece, "") if number % 2 and SLOT.search(piece) else (piece,) for number, piece in enumerate(pieces)
    ]
    return map("".join, itertools.product(*ways))


def at_lists(text: str, lists: Collection[str]) -> Iterator[tuple[str, bool]]:
    """``text`` cut at the slots that are ``lists``: what is between them, and their names, which are marked with True."""
    start = 0
    for found in SLOT.finditer(text):
        if found[1] in lists:
            yield text[start : found.start()], False
            yield found[1], True
            start = found.end()
    yield text[start:], False


def units(
    text: str,
    own: Slots,
    kinds: Mapping[str, str],
    language: str,
    wordbooks: Wordbooks = NO_WORDBOOKS,
) -> list[Unit[str]]:
    """The words of ``text`` and its slots in turn. The words of the slots ``own`` are the text's; of the others ``kinds`` gives
    the slot type. Raises :class:`SpeechFault` for a slot that is neither."""
    found: list[Unit[str]] = []
    words = ""
    for number, piece in enumerate(SLOT.split(text)):
        if number % 2 == 0:
            words += piece
        elif piece in own:
            words += speak(*own[piece], language, wordbooks)
        elif piece in kinds:
            found += [words] if words else []
            found.append(Filled(piece, kinds[piece]))
            words = ""
        else:
            there_are = ", ".join(sorted({*own, *kinds})) or "none"
            raise SpeechFault(f"unknown slot '{{{piece}}}'", mend=f"there are: {there_are}")
    return [*found, words] if words else found


def _valued(slots: Slots) -> Slots:
    return {name: slot for name, slot in slots.items() if slot[1] is not None}


def _parted(entries: list[list[str]], language: str) -> list[list[str]]:
    """The entries with what stands between two of them."""
    space = between(language)
    return [[space, *entry] if number and space else entry for number, entry in enumerate(entries)]


def _fragments(text: str, slots: Slots, language: str, wordbooks: Wordbooks) -> list[str]:
    text = without_brackets(text, slots)
    own = {name: slot for name, slot in slots.items() if slot[0] in OWN}
    kinds = {name: kind for name, (kind, _) in slots.items() if kind not in OWN}
    found: list[str] = []
    for unit in arranged(units(text, own, kinds, language, wordbooks), language):
        if isinstance(unit, str):
            found.append(unit)
        else:
            read = in_chunks(*slots[unit.what], language, wordbooks)
            found += spoken(Filled(read, unit.kind, unit.before, unit.after), language)
    return found


def in_chunks(kind: str, value: Any, language: str, wordbooks: Wordbooks = NO_WORDBOOKS) -> tuple[str, ...]:
    """The chunks of a value; a name that has sentences in it is cut at their ends."""
    read = chunks(kind, value, language, wordbooks)
    return tuple(piece for name in read for piece in sentences(name)) if kind in NAMES else read


def _sentences(fragments: Sequence[str], language: str) -> tuple[Phrase, ...]:
    """The phrases of a text in fragments. What is one fragment is a sound by itself; so is all that is said in a language
    of a wordbook, whose values are not made of few chunks."""
    whole = "".join(fragments)
    found = []
    for start, end, spoken_in in spans(whole, language):
        parts = _within(fragments, start, end) if language in LANGUAGES and spoken_in == language else ()
        found.append(Phrase(whole[start:end].strip(), spoken_in, parts if len(parts) > 1 else ()))
    return tuple(found)


def _within(fragments: Sequence[str], start: int, end: int) -> tuple[str, ...]:
    """The fragments from ``start`` to ``end`` in their text."""
    found, at = [], 0
    for fragment in fragments:
        part = fragment[max(0, start - at) : max(0, end - at)]
        at += len(fragment)
        if part:
            found.append(part)
    return tuple(found)
