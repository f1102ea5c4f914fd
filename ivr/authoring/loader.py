"""From YAML files to a :class:`~ivr.dialogue.tree.Tree`, or to all of their faults at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import yaml

from ivr.authoring import calendar_file, grammar, queues_file, words_file
from ivr.authoring.check import check
from ivr.authoring.lint import Reading, Standards, lint, needless_comments
from ivr.authoring.notices_file import check_notices
from ivr.authoring.part_reader import Defaults, PartReader
from ivr.authoring.pieces import MISSES, Pieces
from ivr.authoring.shared_answers import SharedAnswers
from ivr.authoring.source import Fault, MenuFaults, Source, nearest
from ivr.authoring.translations import Translations
from ivr.dialogue.calendar import Calendar
from ivr.dialogue.queues import USUAL, Queue
from ivr.dialogue.tree import HANGUP, BranchPart, Limits, Part, Text, Tree, Tries
from ivr.dialogue.words import WORDS, sentence
from ivr.rail.answers import SLOT_TYPES
from ivr.speech import LANGUAGES, Wordbook, placeholders

#: The trees that a hotline needs: file name without suffix → what it is for.
TREES = {
    "hotline": "the callers' menu",
    "connected": "what a caller hears when an agent answers",
    "agent": "what an agent hears after a feature code",
}

#: The keys at the top of a tree's file, of one that is included, and of ``defaults``.
TOP = (
    "hotline",
    "languages",
    "check",
    "start",
    "defaults",
    "words",
    "fragments",
    "facts",
    "include",
    "parts",
)
INCLUDED_TOP = ("parameters", "start", "fragments", "parts")
STANDARDS = ("options", "spoken")
DEFAULTS = ("keys", "wait", "between_keys", *MISSES, "then", "error", "limits")

#: part → the source and the node where it stands
Places = dict[str, tuple[Source, yaml.Node]]


def load_trees(folder: Path) -> dict[str, Tree]:
    """All trees of a menu folder by name. Raises :class:`MenuFaults` with the faults of all files."""
    trees: dict[str, Tree] = {}
    faults: dict[Fault, None] = {}  # the calendar's would be told with each tree
    for name in TREES:
        try:
            trees[name] = load_tree(folder / f"{name}.yaml")
        except MenuFaults as found:
            faults.update(dict.fromkeys(found.faults))
    if faults:
        raise MenuFaults(faults)
    return trees


def load_tree(path: Path) -> Tree:
    """One tree with the files it includes, the calendar and the queues beside it.

    Its revision is the hash of all their texts. Raises :class:`MenuFaults` with every error found,
    or :class:`~ivr.errors.IvrError` when a file cannot be read.
    """
    tree, faults = inspect_tree(path)
    errors = [fault for fault in faults if fault.severity == "error"]
    if tree is None or errors:
        raise MenuFaults(errors)
    return tree


def inspect_trees(folder: Path) -> list[Fault]:
    """Every error and warning in all trees and the standing notices of a menu folder, each once, sorted."""
    faults: dict[Fault, None] = {}
    trees: dict[str, Tree | None] = {}
    for name in TREES:
        trees[name], found = inspect_tree(folder / f"{name}.yaml")
        faults.update(dict.fromkeys(found))
    faults.update(dict.fromkeys(check_notices(folder, trees["hotline"])))
    return sorted(faults, key=lambda fault: fault.place)


def inspect_tree(path: Path) -> tuple[Tree | None, list[Fault]]:
    """One tree, ``None`` when it cannot be read at all, and every error and warning in it, sorted.

    Raises :class:`~ivr.errors.IvrError` when a file cannot be read.
    """
    try:
        reader = TreeReader(path)
        tree, sources = reader.read()
    except MenuFaults as found:
        return None, found.faults
    faults = [fault for source in sources for fault in source.faults]
    sound = all(fault.severity != "error" for fault in faults)
    reading = Reading(
        tree, reader.roots, reader.places, reader.nodes, reader.translations, reader.standards, sound
    )
    faults += lint(reading)
    faults += needless_comments(sources)
    return tree, sorted(faults, key=lambda fault: fault.place)


class TreeReader:
    """Reads one tree. After :meth:`read`, ``places`` tells where each part stands, ``nodes`` what stands
    there, and ``roots`` has the whole document of each file of menus."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = Source(path)
        self.sources = [self.source]
        self.places: Places = {}
        self.nodes: dict[str, yaml.Node] = {}
        self.standards = Standards()
        self.roots: list[tuple[Source, yaml.Node]] = []
        self.parts: dict[str, Part] = {}
        self.translations = Translations(path, ("zh",))
        self.queues: dict[str, Queue] = dict(USUAL)

    def read(self) -> tuple[Tree, list[Source]]:
        """The tree, as far as it can be read, and the sources with their faults."""
        source = self.source
        root = source.root()
        self.roots.append((source, root))
        top = source.known(root, "the menu", TOP)
        for needed in ("start", "parts"):
            if needed not in top:
                source.fault(root, grammar.missing_key, f"'{needed}' is missing")
        calendar = self._calendar()
        self.queues = self._queues()
        given = source.known(top["defaults"], "defaults", DEFAULTS) if "defaults" in top else {}
        wordbooks = self._wordbooks()
        languages = self._languages(top, wordbooks)
        wordbooks = {name: book for name, book in wordbooks.items() if name in languages}
        self.translations = Translations(self.path, languages)
        self.sources += self.translations.sources
        pieces = self._pieces(source, languages, calendar, top.get("fragments"))
        self.standards = _standards(pieces, top.get("check"))
        then = source.target(given["then"], "then") if "then" in given else "back"
        words = self._words(pieces, top)
        sentences = {name: sentence(name, words, wordbooks) for name in WORDS}
        defaults = Defaults(pieces.tries(given, Tries()), then, sentences)
        if "parts" in top:
            self._read_parts(top["parts"], pieces, defaults)
        if "include" in top:
            self._include(top["include"], pieces, defaults, calendar)
        tree = Tree(
            name=self.path.stem,
            start=source.target(top["start"], "start") if "start" in top else "",
            parts=self.parts,
            languages=pieces.languages,
            revision=self._revision(),
            keys=pieces.keys(given["keys"], "keys") if "keys" in given else {},
            words=words,
            wordbooks=wordbooks,
            facts=_facts(source, top.get("facts")),
            limits=_limits(pieces, given.get("limits")),
            first_wait_s=_wait(pieces, given, "wait", 5.0),
            next_wait_s=_wait(pieces, given, "between_keys", 3.0),
            recover=source.target(given["error"], "error") if "error" in given else HANGUP,
            calendar=calendar,
            queues=self.queues,
        )
        check(self.sources, tree, self.places)
        return tree, self.sources

    def _pieces(
        self,
        source: Source,
        languages: tuple[str, ...],
        calendar: Calendar,
        fragments: yaml.Node | None,
        inherited: Mapping[str, Text] | None = None,
    ) -> Pieces:
        periods = [period.name for period in calendar.periods]
        known: dict[str, Text] = dict(inherited or {})
        pieces = Pieces(source, languages, periods, self.queues, known, self.translations)
        for name, _, node in source.pairs(fragments, "fragments") if fragments is not None else ():
            known[name] = pieces.text(node, f"fragment '{name}'")
        return pieces

    def _read_parts(self, node: yaml.Node, pieces: Pieces, defaults: Defaults) -> None:
        rows = pieces.source.pairs(node, "parts")
        pieces.source.local = frozenset(name for name, _, _ in rows)
        answers = SharedAnswers(pieces.source, [(name, value) for name, _, value in rows])
        reader = PartReader(pieces, defaults, answers)
        for name, key, value in rows:
            part = reader.part(name, key, value)
            name = reader.source.part_name(name)
            self.places[name] = (reader.source, key)
            self.nodes[name] = value
            if part is not None:
                self.parts[name] = part

    # --- included files ----------------------------------------------------------------------

    def _include(self, node: yaml.Node, pieces: Pieces, defaults: Defaults, calendar: Calendar) -> None:
        if not isinstance(node, yaml.SequenceNode):
            self.source.fault(
                node, grammar.wrong_shape, "include must be a list of {file: …, as: …, with: {…}}"
            )
            return
        for item in node.value:
            given = self.source.known(item, "include", ("file", "as", "with"))
            if "file" not in given or "as" not in given:
                self.source.fault(item, grammar.missing_key, "include needs 'file' and 'as'")
                continue
            name = self.source.word(given["as"], "as")
            pieces.name(given["as"], name)
            if name in self.parts:
                self.source.fault(given["as"], grammar.taken_name, f"there is a part '{name}' already")
            # What the file is found to lack must not make its name unknown as well.
            self.places[name], self.nodes[name] = (self.source, item), item
            file = self.source.word(given["file"], "file")
            path = self.path.parent / file
            if _outside(path, self.path.parent):
                self.source.fault(
                    given["file"],
                    grammar.wrong_value,
                    f"'{file}' lies outside the menu folder; move it into the folder",
                )
                continue
            if not _is_file(path):
                self.source.fault(
                    given["file"], grammar.unknown_name, f"there is no file '{file}' beside {self.path.name}"
                )
                continue
            with_node = given.get("with")
            self._read_included(path, name, item, with_node, pieces, defaults, calendar)

    def _read_included(
        self,
        path: Path,
        name: str,
        place: yaml.Node,
        with_node: yaml.Node | None,
        pieces: Pieces,
        defaults: Defaults,
        calendar: Calendar,
    ) -> None:
        given = {
            key: self.source.part_name(self.source.word(value, f"with: {key}"))
            for key, _, value in (self.source.pairs(with_node, "with") if with_node is not None else ())
        }
        source = Source(path, name, given)
        self.sources.append(source)
        root = source.root()
        self.roots.append((source, root))
        top = source.known(root, "the included file", INCLUDED_TOP)
        takes = (
            [key for key, _, _ in source.pairs(top["parameters"], "parameters")]
            if "parameters" in top
            else []
        )
        source.missing = frozenset(takes) - set(given)
        for parameter in takes:
            if parameter in source.missing:
                self.source.fault(place, grammar.missing_key, f"{path.name} needs '{parameter}' under with")
        for parameter in given:
            if parameter not in takes:
                self.source.fault(
                    place,
                    grammar.unknown_key,
                    f"{path.name} takes no '{parameter}'; {nearest(parameter, takes)}",
                )
        fragments = top.get("fragments")
        inner = self._pieces(source, pieces.languages, calendar, fragments, pieces.fragments)
        if "parts" not in top or "start" not in top:
            source.fault(root, grammar.missing_key, "an included file needs 'start' and 'parts'")
            return
        self._read_parts(top["parts"], inner, defaults)
        start = source.target(top["start"], "start")
        self.parts[name] = BranchPart(name, (), start)

    # --- the top of the file -----------------------------------------------------------------

    def _calendar(self) -> Calendar:
        path = self.path.parent / calendar_file.FILE
        if not path.is_file():
            return calendar_file.load_calendar(self.path.parent)
        source = Source(path)
        self.sources.append(source)
        return calendar_file.read_calendar(source)

    def _queues(self) -> dict[str, Queue]:
        path = self.path.parent / queues_file.FILE
        if not path.is_file():
            return dict(USUAL)
        queues, source = queues_file.read_queues(path)
        self.sources.append(source)
        return queues

    def _revision(self) -> str:
        texts = "\0".join(source.text for source in self.sources)
        return hashlib.sha256(texts.encode()).hexdigest()[:12]

    def _wordbooks(self) -> dict[str, Wordbook]:
        path = self.path.parent / words_file.FILE
        if not path.is_file():
            return {}
        books, source = words_file.read_wordbooks(path)
        self.sources.append(source)
        return books

    def _languages(self, top: Mapping[str, yaml.Node], wordbooks: Mapping[str, Wordbook]) -> tuple[str, ...]:
        node = top.get("languages")
        if node is None:
            return ("zh",)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.source.fault(node, grammar.wrong_shape, "languages must be a list such as [zh, en]")
            return ("zh",)
        languages = []
        for item in node.value:
            language = self.source.word(item, "a language")
            languages.append(language)
            if language and language not in LANGUAGES and language not in wordbooks:
                mend = f"describe it in {words_file.FILE}; {nearest(language, [*LANGUAGES, *wordbooks])}"
                self.source.fault(
                    item, grammar.unknown_name, f"nobody reads the language '{language}': {mend}"
                )
        return tuple(languages)

    def _words(self, pieces: Pieces, top: Mapping[str, yaml.Node]) -> dict[str, Text]:
        given = self.source.known(top["words"], "words", WORDS) if "words" in top else {}
        words = {}
        for name, node in given.items():
            words[name] = pieces.text(node, f"the sentence '{name}'")
            known = words_file.slots_of(name)
            strange = {slot for text in words[name].values() for slot in placeholders(text)} - {*known}
            for slot in sorted(strange):
                message = f"the sentence '{name}' names {{{slot}}}, which has no value there; {nearest(slot, known)}"
                self.source.fault(node, grammar.unfilled_slot, message)
        return words


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name longer than any file's, or with a NUL in it
        return False


def _outside(path: Path, folder: Path) -> bool:
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False


#: Who has keyed nothing for so long is not there; a line would be held for nobody.
_LONGEST_WAIT_S = 60


def _wait(pieces: Pieces, given: Mapping[str, yaml.Node], name: str, default: float) -> float:
    return pieces.duration(given[name], name, _LONGEST_WAIT_S) if name in given else default


def _limits(pieces: Pieces, node: yaml.Node | None) -> Limits:
    known = Limits()
    if node is None:
        return known
    source = pieces.source
    values = source.known(node, "limits", ("length", "inputs", "silences", "mistakes", "then"))
    return Limits(
        int(pieces.duration(values["length"], "length")) if "length" in values else known.seconds,
        source.number(values["inputs"], "inputs", 1) if "inputs" in values else known.gathers,
        source.number(values["silences"], "silences", 1) if "silences" in values else known.silences,
        source.number(values["mistakes"], "mistakes", 1) if "mistakes" in values else known.mistakes,
        source.target(values["then"], "then") if "then" in values else HANGUP,
    )


def _standards(pieces: Pieces, node: yaml.Node | None) -> Standards:
    values = pieces.source.known(node, "check", STANDARDS) if node is not None else {}
    return Standards(
        pieces.source.number(values["options"], "options", 1) if "options" in values else Standards.options,
        pieces.duration(values["spoken"], "spoken") if "spoken" in values else Standards.spoken,
    )


def _facts(source: Source, node: yaml.Node | None) -> dict[str, str]:
    facts = {}
    for name, _, value in source.pairs(node, "facts") if node is not None else ():
        facts[name] = source.word(value, f"fact '{name}'")
        if facts[name] not in SLOT_TYPES:
            source.fault(
                value,
                grammar.unknown_name,
                f"there is no type '{facts[name]}'; {nearest(facts[name], SLOT_TYPES)}",
            )
    return facts
