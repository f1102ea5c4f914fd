"""Reads ``TREE.translations.yaml``: the sentences of a tree in further languages, each beside the one it translates.

::

    - zh: 您好。
      en: Welcome.

A text that stands in the tree in its first language alone is completed from here, so the tree stays readable. A sentence
is found by its words; white space does not count. One that stands in the tree as a map keeps what the map says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from ivr.authoring import grammar
from ivr.authoring.source import Source

_SUFFIX = ".translations.yaml"


class Translations:
    """The translations of the tree in the file ``tree``, found by the words of the first of its ``languages``.

    ``name``: how their file is called; ``sources`` has it when there is one.
    """

    def __init__(self, tree: Path, languages: tuple[str, ...]) -> None:
        self.first, self.languages = languages[0], languages
        self.sources: list[Source] = []
        self._used: set[str] = set()
        self._entries: dict[str, dict[str, yaml.Node]] = {}
        path = tree.with_name(tree.stem + _SUFFIX)
        self.name = path.name
        if len(languages) > 1 and path.is_file():
            source = Source(path)
            self.sources.append(source)
            self._read(source)

    def _read(self, source: Source) -> None:
        root = source.root("the translations", may_be_empty=True, shape=yaml.SequenceNode)
        for item in root.value:
            given = {language: node for language, _, node in source.pairs(item, "a translation")}
            if self.first not in given:
                if isinstance(item, yaml.MappingNode):
                    what = f"a translation has no '{self.first}', the sentence that it translates"
                    source.fault(item, grammar.missing_key, what)
                continue
            key = _key(source.word(given[self.first], self.first))
            if key in self._entries:
                line = self._entries[key][self.first].start_mark.line + 1
                message = f"this sentence stands twice (first in line {line})"
                source.fault(given[self.first], grammar.duplicate_key, message)
            elif key:
                self._entries[key] = given

    def find(self, text: str, language: str) -> tuple[Source, yaml.Node] | None:
        """Where ``text``, in the first language, stands in another ``language``."""
        entry = self._entries.get(_key(text))
        if entry is None or language not in entry:
            return None
        self._used.add(_key(text))
        return self.sources[0], entry[language]

    def texts(self) -> Iterator[tuple[Source, yaml.Node, str, str]]:
        """Every translation: the source, the node, the language, the words."""
        for entry in self._entries.values():
            for language, node in entry.items():
                if language in self.languages and language != self.first:
                    yield self.sources[0], node, language, self.sources[0].word(node, language)

    def unused(self) -> Iterator[tuple[Source, yaml.Node]]:
        """The entries that no text asked for."""
        for key, entry in self._entries.items():
            if key not in self._used:
                yield self.sources[0], entry[self.first]


def _key(text: str) -> str:
    return "".join(text.split())
