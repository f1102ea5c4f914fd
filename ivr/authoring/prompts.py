"""Which sentences of the menus are fixed, so that their sounds can be made ahead."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ivr.authoring.check import texts_of
from ivr.authoring.loader import load_trees
from ivr.dialogue.tree import FormPart, MenuPart, Part, Text, Tree
from ivr.dialogue.words import WORDS
from ivr.speech import Wordbooks, phrases, placeholders, render
from ivr.speech.phrase import Phrase

_NO_SLOTS: Mapping[str, tuple[str, Any]] = {}


def fixed_phrases(folder: Path) -> list[Phrase]:
    """Every phrase that the trees of a menu folder can say whatever the caller asks, each once.

    Raises :class:`~ivr.authoring.source.MenuFaults` for a folder that cannot go on air.
    """
    return phrases_of(load_trees(folder).values())


def phrases_of(trees: Iterable[Tree]) -> list[Phrase]:
    """Every phrase that these trees can say whatever the caller asks, each once."""
    return list(dict.fromkeys(phrase for tree in trees for phrase, _, _ in _said(tree)))


def places_of(trees: Mapping[str, Tree]) -> dict[Phrase, tuple[str, ...]]:
    """The phrases of :func:`phrases_of` with the places that say them: ``hotline/PART``, ``words/NAME``."""
    found: dict[Phrase, dict[str, None]] = {}
    for name, tree in trees.items():
        for phrase, part, word in _said(tree):
            found.setdefault(phrase, {})[f"{name}/{part}" if part else f"words/{word}"] = None
    return {phrase: tuple(places) for phrase, places in found.items()}


def _said(tree: Tree) -> Iterator[tuple[Phrase, str, str]]:
    """Each fixed phrase with the part that says it, or with the name of the standing sentence that it is."""
    for language in tree.languages:
        words = {name: tree.sentence(name) for name in WORDS}
        fixed = functools.partial(_fixed, wordbooks=tree.wordbooks)
        for name, word in words.items():
            for phrase in fixed(word, language, _NO_SLOTS):
                yield phrase, "", name
        for part in tree.parts.values():
            for phrase in _phrases_of(tree, part, words, language, fixed):
                yield phrase, part.name, ""


def _phrases_of(
    tree: Tree, part: Part, words: Mapping[str, Text], language: str, fixed: Callable[..., Iterator[Phrase]]
) -> Iterator[Phrase]:
    labels = [option.label for option in part.options] if isinstance(part, MenuPart) else []
    for text, _, _ in texts_of(tree, part):
        if text not in labels:  # a label is only ever said within its option's sentence
            yield from fixed(text, language, _NO_SLOTS)
    if isinstance(part, MenuPart):
        for option in part.options:
            yield from fixed(words["option"], language, _slots(option.label, option.digit, language))
    elif isinstance(part, FormPart):
        yield from _phrases_of_form(words, part, language, fixed)


def _phrases_of_form(
    words: Mapping[str, Text], form: FormPart, language: str, fixed: Callable[..., Iterator[Phrase]]
) -> Iterator[Phrase]:
    yield from fixed(words["confirm"], language, {"key": ("key", "1")})
    for number, field in enumerate(form.fields, 2):
        slots = _slots(field.label, str(number), language)
        yield from fixed(words["correct_field"], language, slots)
        yield from fixed(field.prompt, language, slots)
        for name in ("not_found", "candidates"):
            yield from fixed(words[name], language, slots)


def _slots(label: Text, key: str, language: str) -> Mapping[str, tuple[str, Any]]:
    spoken = label.get(language) or next(iter(label.values()))
    return {"label": ("text", spoken), "key": ("key", key)}


def _fixed(
    text: Text, language: str, slots: Mapping[str, tuple[str, Any]], wordbooks: Wordbooks
) -> Iterator[Phrase]:
    """The phrases of a text in which no slot is open: cut first, as the caller hears it cut."""
    words = text.get(language, "")
    for phrase in phrases(words, language):
        if "[" not in phrase.text and all(name in slots for name in placeholders(phrase.text)):
            yield Phrase(render(phrase.text, slots, language, wordbooks), phrase.language)
