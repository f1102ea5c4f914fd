"""What menus say: the sentences that are always the same, and what those with a caller's data are joined from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ivr.authoring.check import TOLD, texts_of
from ivr.authoring.loader import load_trees
from ivr.dialogue.forms import CANDIDATES_AT_A_TIME, CONFIRM_KEY, LAST_KEY, slot_type
from ivr.dialogue.replies import NEXT_KEY
from ivr.dialogue.tree import FormPart, MenuPart, Part, Text, TransferPart, Tree, Tries
from ivr.dialogue.words import WORDS
from ivr.speech import Phrase, Wordbook, phrases, placeholders
from ivr.speech.compose import OWN, compose
from ivr.speech.reading import LABEL, read_as_told
from ivr.speech.texts import sentences
from ivr.speech.vocabulary import NAMED, Values, Vocabulary

#: What :func:`pack_of` calls the sentences that are always the same.
MENUS = "menus"

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def fixed_phrases(folder: Path) -> list[Phrase]:
    """Every phrase that the trees of a menu folder can say whatever the caller asks, each once.

    Raises :class:`~ivr.authoring.source.MenuFaults` for a folder that cannot go on air.
    """
    return phrases_of(load_trees(folder).values())


def phrases_of(trees: Iterable[Tree]) -> list[Phrase]:
    """Every phrase that these trees can say whatever the caller asks, each once."""
    found = (phrase for tree in trees for saying in _sayings(tree) for phrase in _fixed(tree, saying))
    return list(dict.fromkeys(found))


def pack_of(trees: Iterable[Tree], values: Values) -> dict[Phrase, str]:
    """All that these trees can say, as the phrases of which sounds are made, in the order in which they are needed: those of
    :func:`phrases_of`, then the fragments of texts that ``values`` fill. Each with what it is: :data:`MENUS`, or as
    :meth:`~ivr.speech.vocabulary.Vocabulary.phrases` calls it."""
    trees = list(trees)
    found = dict.fromkeys(phrases_of(trees), MENUS)
    values = {**values, "named": [*_choices(trees), *values.get("named", ())]}
    vocabularies: dict[str, Vocabulary] = {}
    wordbooks: dict[str, Wordbook] = {}
    for tree in trees:
        wordbooks |= tree.wordbooks  # of one file
        for saying in _sayings(tree):
            language = saying.language
            saying.add_to(vocabularies.setdefault(language, Vocabulary(language)))
    made: list[tuple[Phrase, str]] = []
    for vocabulary in vocabularies.values():
        fragments = vocabulary.phrases(values)
        made += zip(read_as_told(fragments, wordbooks), fragments.values(), strict=True)
    for phrase, kind in sorted(made, key=lambda item: item[1] == NAMED):  # there are thousands of names
        found.setdefault(phrase, kind)
    return found


def places_of(trees: Mapping[str, Tree]) -> dict[Phrase, tuple[str, ...]]:
    """The menus' own words, whole sentences and what stands between a caller's data, with the places that say them:
    ``hotline/PART``, ``words/NAME``."""
    found: dict[Phrase, dict[str, None]] = {}
    for name, tree in trees.items():
        for saying in _sayings(tree):
            carriers = Vocabulary(saying.language)
            saying.add_to(carriers)
            for phrase in (*_fixed(tree, saying), *read_as_told(carriers.phrases({}), tree.wordbooks)):
                place = f"{name}/{saying.part}" if saying.part else f"words/{saying.word}"
                found.setdefault(phrase, {})[place] = None
    return {phrase: tuple(places) for phrase, places in found.items()}


def _fixed(tree: Tree, saying: _Saying) -> Iterator[Phrase]:
    """The phrases of a text without a caller's data; of one that has some, the sentences that have none."""
    if not saying.is_open:
        yield from compose(saying.text, saying.own, saying.language, tree.wordbooks)
        return
    for sentence in sentences(saying.text):
        if not set("[]{}") & set(sentence):
            yield from read_as_told(phrases(sentence, saying.language), tree.wordbooks)


def _choices(trees: Iterable[Tree]) -> Iterator[Mapping[str, str]]:
    """The values of choice fields, which answers may name."""
    for tree in trees:
        for part in tree.parts.values():
            for field in part.fields if isinstance(part, FormPart) else ():
                yield from ({**choice.label} for choice in field.choices)


# --- what a tree says -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Saying:
    """A text of a tree in one language. ``kinds``: the slots that a caller's data fills, with their types; ``own``: those that
    the menu fills itself, with their values; ``part`` says it, or it is the standing sentence ``word``."""

    text: str
    language: str
    kinds: Mapping[str, str]
    own: Mapping[str, tuple[str, str]]
    part: str = ""
    word: str = ""

    @property
    def is_open(self) -> bool:
        """Whether what is said depends on a caller's data."""
        return any(name not in self.own for name in placeholders(self.text))

    def add_to(self, vocabulary: Vocabulary) -> None:
        """Let it be made of fragments, where it is."""
        if self.is_open:
            lists = [name for name, kind in self.kinds.items() if kind == TOLD]
            vocabulary.add(self.text, self.kinds, self.own, lists)


def _sayings(tree: Tree) -> Iterator[_Saying]:
    """Every text of a tree as it is said, in each of its languages; what stands in a bundle of texts in one of them."""
    for language in tree.languages:
        speaker = _Speaker(tree, language)
        for name in WORDS:
            yield from speaker.word_alone(name)
        for part in tree.parts.values():
            for saying in speaker.of_part(part):
                yield replace(saying, part=part.name)


class _Speaker:
    """What a tree says in one language."""

    def __init__(self, tree: Tree, language: str) -> None:
        self._tree, self._language = tree, language

    def word_alone(self, name: str) -> Iterator[_Saying]:
        """A standing sentence that needs nothing of a part."""
        if name == "next_items":
            own = {"key": ("key", NEXT_KEY)}
            yield from self._said(self._tree.sentence(name), {"left": "count"}, own, name)
        elif not any(map(placeholders, self._tree.sentence(name).values())):
            yield from self._said(self._tree.sentence(name), word=name)

    def of_part(self, part: Part) -> Iterator[_Saying]:
        """All that a part says."""
        options = part.options if isinstance(part, (MenuPart, TransferPart)) else ()
        labels = [option.label for option in options]
        for text, kinds, _ in texts_of(self._tree, part):
            # What has a label or a key in it is told below, with each of them; a label is told with its key.
            if text not in labels and not {*OWN} & {*kinds.values()}:
                yield from self._said(text, kinds)
        if isinstance(part, MenuPart):
            yield from self._missed(part.tries)
        for option in options:
            yield from self._word("option", option.label, option.digit)
        if isinstance(part, FormPart):
            yield from self._missed(part.tries)
            yield from self._of_form(part)

    def _of_form(self, form: FormPart) -> Iterator[_Saying]:
        yield from self._word("confirm", {}, CONFIRM_KEY)
        kinds = {**self._tree.facts, **{field.name: slot_type(field) for field in form.fields}}
        for number, field in enumerate(form.fields, 2):
            yield from self._word("correct_field", field.label, str(number))
            yield from self._said(field.prompt, kinds, {"label": self._label(field.label)})
            if field.last:
                own = {"key": ("key", LAST_KEY)}
                yield from self._said(field.last, {"last": slot_type(field)}, own)
            if field.tries:
                yield from self._missed(field.tries)
            for choice in field.choices:
                yield from self._word("option", choice.label, choice.digit)
            for name in ("not_found", "candidates", "candidates_again"):
                yield from self._word(name, field.label)
            for other in form.fields:
                if other.name in field.differs_from or field.name in other.differs_from:
                    own = {"label": self._label(field.label), "other": self._label(other.label)}
                    yield from self._said(self._tree.sentence("same"), _NOTHING, own)
            for key in range(1, CANDIDATES_AT_A_TIME + 1) if field.lookup else ():
                own = {"key": ("key", str(key))}
                yield from self._said(self._tree.sentence("candidate"), {"candidate": slot_type(field)}, own)

    def _missed(self, tries: Tries) -> Iterator[_Saying]:
        for misses in (tries.no_input, tries.no_match, tries.partial):
            for text in misses.say:
                yield from self._said(text, self._tree.facts)

    def _word(self, name: str, label: Text, key: str = "") -> Iterator[_Saying]:
        own = {"label": self._label(label), "key": ("key", key)}
        yield from self._said(self._tree.sentence(name), _NOTHING, own)

    def _label(self, label: Text) -> tuple[str, str]:
        found = (label.get(name) for name in (self._language, self._tree.languages[0], *label))
        return LABEL, next((words for words in found if words), "")

    def _said(
        self,
        text: Text,
        kinds: Mapping[str, str] = _NOTHING,
        own: Mapping[str, tuple[str, str]] = _NOTHING,
        word: str = "",
    ) -> Iterator[_Saying]:
        words = text.get(self._language)
        known = {*kinds, *own}
        if words and all(name in known for name in placeholders(words)):
            yield _Saying(words, self._language, kinds, own, word=word)
