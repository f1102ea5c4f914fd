"""Which sentences of the menus are fixed, so that their sounds can be made ahead."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ivr.authoring.check import texts_of
from ivr.authoring.loader import load_trees
from ivr.dialogue.tree import FormPart, MenuPart, Text, Tree
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
    found: dict[Phrase, None] = {}
    for tree in trees:
        for language in tree.languages:
            found.update(dict.fromkeys(_phrases_of(tree, language)))
    return list(found)


def _phrases_of(tree: Tree, language: str) -> Iterator[Phrase]:
    words = {name: tree.sentence(name) for name in WORDS}
    fixed = functools.partial(_fixed, wordbooks=tree.wordbooks)
    for word in words.values():
        yield from fixed(word, language, _NO_SLOTS)
    for part in tree.parts.values():
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
            yield Phrase(render(phrase.text, slots, language, wordbooks), language)
