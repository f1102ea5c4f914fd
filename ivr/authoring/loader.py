"""From a YAML file to a :class:`~ivr.dialogue.tree.Tree`, or to all of its faults at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ivr.authoring.queries import QUERIES
from ivr.authoring.source import MenuFaults, Source, nearest
from ivr.dialogue.tree import HANGUP, Limits, Part, Tree, Tries
from ivr.rail.answers import SLOT_TYPES

#: The trees that a hotline needs: file name without suffix → what it is for.
TREES = {
    "hotline": "the callers' menu",
    "connected": "what a caller hears when an agent answers",
    "agent": "what an agent hears after a feature code",
}

_TOP = ("hotline", "languages", "start", "defaults", "words", "facts", "parts")
_DEFAULTS = ("keys", "wait", "between_keys", "no_input", "no_match", "then", "error", "limits")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Defaults:
    """What stands once for the whole tree."""

    tries: Tries
    then: str
    languages: tuple[str, ...]


def load_trees(folder: Path) -> dict[str, Tree]:
    """All trees of a menu folder by name. Raises :class:`MenuFaults` with the faults of all files."""
    trees: dict[str, Tree] = {}
    faults = []
    for name in TREES:
        try:
            trees[name] = load_tree(folder / f"{name}.yaml")
        except MenuFaults as found:
            faults += found.faults
    if faults:
        raise MenuFaults(faults)
    return trees


def load_tree(path: Path) -> Tree:
    """One tree. Its revision is the hash of the file's text.

    Raises :class:`MenuFaults` with every fault found, or :class:`~ivr.errors.IvrError` when the
    file cannot be read.
    """
    from ivr.authoring.check import check
    from ivr.authoring.part_reader import PartReader

    source = Source(path)
    root = source.root()
    top = source.known(root, "the menu", _TOP)
    for needed in ("start", "parts"):
        if needed not in top:
            source.fault(root, f"'{needed}' is missing")
    languages = _languages(source, top)
    tree_defaults = source.known(top["defaults"], "defaults", _DEFAULTS) if "defaults" in top else {}
    defaults = Defaults(_tries(source, tree_defaults), _target(source, tree_defaults, "then"), languages)
    reader = PartReader(source, defaults, QUERIES)
    parts: dict[str, Part] = {}
    places: dict[str, yaml.Node] = {}
    if "parts" in top:
        for name, key, node in source.pairs(top["parts"], "parts"):
            places[name] = key
            part = reader.part(name, key, node)
            if part is not None:
                parts[name] = part
    tree = Tree(
        name=path.stem,
        start=source.target(top["start"], "start") if "start" in top else "",
        parts=parts,
        languages=languages,
        revision=hashlib.sha256(source.text.encode()).hexdigest()[:12],
        keys=_keys(source, tree_defaults.get("keys")),
        words={
            name: reader.text(node, f"the sentence '{name}'")
            for name, node in (
                source.known(top["words"], "words", reader.word_names()).items() if "words" in top else ()
            )
        },
        facts=_facts(source, top.get("facts")),
        limits=_limits(source, tree_defaults),
        first_wait_s=duration(source, tree_defaults["wait"], "wait") if "wait" in tree_defaults else 5.0,
        next_wait_s=duration(source, tree_defaults["between_keys"], "between_keys")
        if "between_keys" in tree_defaults
        else 3.0,
        recover=_target(source, tree_defaults, "error", HANGUP),
    )
    check(source, tree, places)
    if source.faults:
        raise MenuFaults(source.faults)
    return tree


def duration(source: Source, node: yaml.Node, what: str) -> float:
    """Seconds of ``5s``, ``20m`` or ``1h``."""
    text = source.word(node, what)
    match = _DURATION.fullmatch(text)
    if match and float(match[1]) > 0:
        return float(match[1]) * _UNITS[match[2]]
    if text:
        source.fault(node, f"{what} must be a time such as 5s, 20m or 1h, not '{text}'")
    return 1.0


def read_tries(source: Source, node: yaml.Node, what: str, times: int, then: str) -> tuple[int, str]:
    """``{tries: 2, then: agent}``."""
    values = source.known(node, what, ("tries", "then"))
    if "tries" in values:
        times = source.number(values["tries"], f"{what}: tries")
    return times, source.target(values["then"], f"{what}: then") if "then" in values else then


def _tries(source: Source, defaults: Mapping[str, yaml.Node]) -> Tries:
    silent, wrong = (2, HANGUP), (3, HANGUP)
    if "no_input" in defaults:
        silent = read_tries(source, defaults["no_input"], "no_input", *silent)
    if "no_match" in defaults:
        wrong = read_tries(source, defaults["no_match"], "no_match", *wrong)
    return Tries(silent[0], wrong[0], silent[1], wrong[1])


def _target(source: Source, values: Mapping[str, yaml.Node], key: str, default: str = "back") -> str:
    return source.target(values[key], key) if key in values else default


def _limits(source: Source, defaults: Mapping[str, yaml.Node]) -> Limits:
    if "limits" not in defaults:
        return Limits()
    values = source.known(defaults["limits"], "limits", ("length", "inputs", "silences", "mistakes", "then"))
    known = Limits()
    return Limits(
        int(duration(source, values["length"], "length")) if "length" in values else known.seconds,
        source.number(values["inputs"], "inputs", 1) if "inputs" in values else known.gathers,
        source.number(values["silences"], "silences", 1) if "silences" in values else known.silences,
        source.number(values["mistakes"], "mistakes", 1) if "mistakes" in values else known.mistakes,
        _target(source, values, "then", HANGUP),
    )


def _languages(source: Source, top: Mapping[str, yaml.Node]) -> tuple[str, ...]:
    node = top.get("languages")
    if node is None:
        return ("zh",)
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        source.fault(node, "languages must be a list such as [zh, en]")
        return ("zh",)
    return tuple(source.word(item, "a language") for item in node.value)


def _keys(source: Source, node: yaml.Node | None) -> dict[str, str]:
    keys = {}
    for key, place, value in source.pairs(node, "keys") if node is not None else ():
        if key not in ("*", "#", "0"):
            source.fault(place, f"'{key}' cannot mean the same everywhere; only *, # and 0 can")
        meaning = source.word(value, f"key {key}")
        if meaning != "repeat":
            source.targets.append((value, meaning))
        keys[key] = meaning
    return keys


def _facts(source: Source, node: yaml.Node | None) -> dict[str, str]:
    facts = {}
    for name, _, value in source.pairs(node, "facts") if node is not None else ():
        facts[name] = source.word(value, f"fact '{name}'")
        if facts[name] not in SLOT_TYPES:
            source.fault(value, f"there is no type '{facts[name]}'; {nearest(facts[name], SLOT_TYPES)}")
    return facts
