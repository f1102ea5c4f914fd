"""Reads ``words.yaml``: how languages other than Chinese and English are read, and their standing sentences; of Mandarin, how
single words are read.

::

    zh: {readings: {六安: lu4 an1}}          # pinyin with tones
    ru:                                      # the language, by espeak-ng's name of its voice
      time: "{hours} {minutes}"              # 06:26
      full_hour: "{hours} ровно"             # 06:00
      hours: {one: "{n} час", few: "{n} часа", many: "{n} часов"}
      …
      sentences: {option: "{label}: нажмите {key}.", …}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from ivr.authoring import grammar
from ivr.authoring.lint.rules_texts import unreadable_text
from ivr.authoring.source import MenuFaults, Source, nearest
from ivr.dialogue.words import WORDS
from ivr.speech import LANGUAGES, Wordbook, placeholders, readable
from ivr.speech.pinyin import fault_of
from ivr.speech.voices import VOICES
from ivr.speech.wordbook import FRAMES, KEYS, OTHER, UNITS, USUAL, Unit, month_names, plural_categories

FILE = "words.yaml"
LISTS = {"digits": 10, "months": 12, "days": 31}
GENDERS = ("", "m", "f", "n")
MAPS = ("keys", "letters", "names")
TOP = (*FRAMES, *UNITS, *LISTS, *MAPS, "sentences")
#: All that can be said of Mandarin: word → its pinyin.
READINGS = "readings"
#: What every language must give.
NEEDED = (*(frame for frame in FRAMES if frame not in USUAL), *UNITS, "keys", "sentences")


def read_wordbooks(path: Path) -> tuple[dict[str, Wordbook], Source]:
    """The wordbooks of a file by language, as far as they can be read, and the source with its faults."""
    source = Source(path)
    books = {}
    for language, key, node in source.pairs(source.root("the words", may_be_empty=True), "the words"):
        if language == "zh":
            books[language] = _BookReader(source, language).mandarin(node)
        elif language in LANGUAGES:
            source.fault(key, grammar.taken_name, f"'{language}' is read by the program; leave it out")
        elif language not in VOICES:
            hint = nearest(language, VOICES)
            source.fault(key, grammar.unknown_name, f"no voice of espeak-ng speaks '{language}'; {hint}")
        else:
            books[language] = _BookReader(source, language).book(key, node)
    return books, source


class _BookReader:
    """Reads the words of one language."""

    def __init__(self, source: Source, language: str) -> None:
        self.source = source
        self.language = language

    def book(self, key: yaml.Node, node: yaml.Node) -> Wordbook:
        given = self.source.known(node, f"'{self.language}'", TOP)
        needed = [name for name in NEEDED if name not in given]
        if "months" not in given and not month_names(self.language):
            needed.append("months")
        if needed and isinstance(node, yaml.MappingNode):
            self.source.fault(key, grammar.missing_key, f"'{self.language}' has no {', '.join(needed)}")
        lists = {name: self._list(given[name], name) for name in LISTS if name in given}
        maps = {name: self._map(given[name], name) for name in MAPS if name in given}
        lacking = [name for name in KEYS if name not in maps.get("keys", KEYS)]
        if lacking:
            self.source.fault(given["keys"], grammar.missing_key, f"keys has no {' and no '.join(lacking)}")
        return Wordbook(
            self.language,
            {name: self._text(given[name], name, FRAMES[name]) for name in FRAMES if name in given},
            {name: self._unit(given[name], name) for name in UNITS if name in given},
            **lists,  # type: ignore[arg-type]
            **maps,  # type: ignore[arg-type]
            sentences=self._sentences(given["sentences"]) if "sentences" in given else {},
        )

    def mandarin(self, node: yaml.Node) -> Wordbook:
        given = self.source.known(node, "'zh'", (READINGS,))
        readings = {}
        for word, _, value in self.source.pairs(given[READINGS], READINGS) if READINGS in given else ():
            reading = " ".join(self.source.word(value, f"{READINGS}: {word}").split())
            if fault := fault_of(word, reading):
                self.source.fault(value, grammar.wrong_value, f"{word} cannot be read '{reading}': {fault}")
            readings[word] = reading
        return Wordbook(self.language, readings=readings)

    def _text(self, node: yaml.Node, what: str, slots: Iterable[str] = ()) -> str:
        text = self.source.word(node, what)
        for slot in placeholders(text):
            if slot not in slots:
                message = f"{what} names {{{slot}}}, which has no value there; {nearest(slot, slots)}"
                self.source.fault(node, grammar.unfilled_slot, message)
        for problem in readable(text, self.language):
            self.source.fault(node, unreadable_text, f"cannot be spoken: {problem}")
        return text

    def _unit(self, node: yaml.Node, what: str) -> Unit:
        if not isinstance(node, yaml.MappingNode):
            return Unit({OTHER: self._form(node, what)})
        categories = plural_categories(self.language)
        given = self.source.known(node, what, dict.fromkeys([*categories, OTHER, "gender"]))
        gender = self.source.word(given.pop("gender"), "gender") if "gender" in given else ""
        if gender not in GENDERS:
            self.source.fault(node, grammar.wrong_value, f"gender must be m, f or n, not '{gender}'")
        lacking = [name for name in categories if name not in given]
        if lacking:
            self.source.fault(node, grammar.missing_key, f"{what} has no form for {', '.join(lacking)}")
        return Unit({name: self._form(form, f"{what}: {name}") for name, form in given.items()}, gender)

    def _form(self, node: yaml.Node, what: str) -> str:
        text = self._text(node, what, ("n",))
        if text and "{n}" not in text:
            self.source.fault(node, grammar.unfilled_slot, f"{what} does not say its number: {{n}}")
        return text

    def _list(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        if len(items) != LISTS[what]:
            self.source.fault(node, grammar.wrong_shape, f"{what} must be a list of {LISTS[what]} words")
            return ()
        return tuple(self._text(item, what) for item in items)

    def _map(self, node: yaml.Node, what: str) -> dict[str, str]:
        pairs: Iterable[tuple[str, yaml.Node]]
        if what == "keys":
            pairs = self.source.known(node, what, KEYS).items()
        else:
            pairs = ((name, value) for name, _, value in self.source.pairs(node, what))
        return {name: self._text(value, f"{what}: {name}") for name, value in pairs}

    def _sentences(self, node: yaml.Node) -> Mapping[str, str]:
        given = self.source.known(node, "sentences", WORDS)
        missing = [name for name in WORDS if name not in given]
        if missing:
            message = f"'{self.language}' has no sentence for {', '.join(missing)}"
            self.source.fault(node, grammar.missing_text, message)
        return {name: self._text(value, name, slots_of(name)) for name, value in given.items()}


def slots_of(sentence: str) -> tuple[str, ...]:
    """The slots that a standing sentence may have."""
    return placeholders(WORDS[sentence]["zh"])


def readings_in(menus: Path) -> Mapping[str, str]:
    """How words of Mandarin are read in a folder of menus, word → pinyin. Raises MenuFaults for a file with faults."""
    path = menus / FILE
    if not path.is_file():
        return {}
    books, source = read_wordbooks(path)
    if any(fault.severity == "error" for fault in source.faults):
        raise MenuFaults(source.faults)
    return books["zh"].readings if "zh" in books else {}
