"""A menu tree as a graph that a person can take in at a glance.

What is the same everywhere (keys, where silence leads) stands once in the legend, not as edges. A part to which many
ways lead only because nothing else is said is a *hub*: the ways to it are named in the parts (``→ more``), not drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ivr.authoring.source import Fault, Source
from ivr.dialogue.tree import (
    AGAIN,
    BACK,
    HANGUP,
    TARGETS,
    AskPart,
    BranchPart,
    Condition,
    EndPart,
    FormPart,
    MemberPart,
    MenuPart,
    Part,
    RecordPart,
    Reply,
    SayPart,
    Text,
    TransferPart,
    Tree,
)

START = "(start)"
#: From so many ways on, other than options, that lead to a part, they are named and not drawn.
_HUB = 4
#: Characters of a text that are shown.
_EXCERPT = 18
_VERBS: Mapping[type, str] = {
    SayPart: "say",
    MenuPart: "menu",
    FormPart: "form",
    AskPart: "ask",
    BranchPart: "branch",
    MemberPart: "member",
    TransferPart: "transfer",
    RecordPart: "record",
    EndPart: "end",
}
_MISS_WORDS = {"no_input": "silence", "no_match": "wrong keys", "partial": "too few keys"}


@dataclass(frozen=True)
class Node:
    """``kind``: a verb, ``start``, or ``missing`` for a part that is not there. ``lines``: what it does; ``faults`` and
    ``warnings``: what is wrong with it; ``group``: the sub-tree it belongs to, "" for none."""

    name: str
    kind: str
    lines: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Edge:
    """``kind``: ``option``, ``answer``, ``case``, ``then``, or ``miss`` (silence, wrong keys). ``keys``: the key or
    outcome by which it is taken; ``label``: the same for people. ``drawn``: false for a way to a hub."""

    source: str
    target: str
    kind: str
    keys: tuple[str, ...] = ()
    label: str = ""
    drawn: bool = True


@dataclass(frozen=True)
class Graph:
    """``nodes`` by name in the order of the tree, ``START`` first. ``legend``: what holds everywhere, a line each.
    ``groups``: the sub-trees, each by the name of its first part."""

    name: str
    nodes: Mapping[str, Node]
    edges: Sequence[Edge]
    legend: Sequence[str] = ()
    groups: Sequence[str] = ()

    def depths(self) -> dict[str, int]:
        """How many ways each part is from the start, by the shortest."""
        found = {START: 0}
        todo = [START]
        for name in todo:
            for edge in self.edges:
                if edge.source == name and edge.target not in found:
                    found[edge.target] = found[name] + 1
                    todo.append(edge.target)
        return found


def graph_of(tree: Tree, faults: Mapping[str, Sequence[Fault]] | None = None) -> Graph:
    """The graph of a tree, which may be broken. ``faults``: part → its faults."""
    faults = faults or {}
    usual = _usual_misses(tree)
    ways = [Edge(START, tree.start, "then"), *_ways(tree, usual)]
    counts = Counter(way.target for way in ways if way.kind != "option" and way.target not in TARGETS)
    hubs = {name for name, count in counts.items() if count > _HUB}
    edges = _merged(
        Edge(w.source, w.target, w.kind, w.keys, w.label, w.kind == "option" or w.target not in hubs)
        for w in ways
        if w.target not in TARGETS or w.kind == "option"
    )
    groups = _groups(tree, [edge for edge in edges if edge.target in tree.parts])
    nodes = {START: Node(START, "start", (tree.name,))}
    for name, part in tree.parts.items():
        lines = (*_about(tree, part), *_named_ways(name, ways, hubs))
        told = {severity: _told(faults.get(name, ()), severity) for severity in ("error", "warning")}
        kind, group = _VERBS[type(part)], groups.get(name, "")
        nodes[name] = Node(name, kind, lines, told["error"], told["warning"], group)
    for edge in edges:
        if edge.target not in nodes and edge.target not in TARGETS:
            nodes[edge.target] = Node(edge.target, "missing", (), ("there is no such part",))
    return Graph(
        tree.name, nodes, edges, tuple(_legend(tree, usual, hubs)), tuple(dict.fromkeys(groups.values()))
    )


def _told(faults: Iterable[Fault], severity: str) -> tuple[str, ...]:
    return tuple(fault.message for fault in faults if fault.severity == severity)


# --- what a part does -----------------------------------------------------------------------------


def _text(tree: Tree, text: Text | None) -> str:
    words = "" if text is None else text.get(tree.languages[0], "")
    return words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"


def _about(tree: Tree, part: Part) -> Iterator[str]:
    if isinstance(part, SayPart):
        yield _text(tree, part.text)
    elif isinstance(part, MenuPart) and part.intro is not None:
        yield _text(tree, part.intro)
    elif isinstance(part, FormPart):
        labels = [field.label.get(tree.languages[0], "") for field in part.fields]
        yield " · ".join(labels)
        yield f"? {part.ask.name}"
    elif isinstance(part, AskPart):
        yield f"? {part.ask.name}"
    elif isinstance(part, MemberPart):
        yield f"! {part.operation}"
    elif isinstance(part, TransferPart):
        yield f"☎ {part.queue}" + (f" · {part.skill}" if part.skill else "")
    elif isinstance(part, RecordPart):
        yield f"● {_text(tree, part.say)}"
    elif isinstance(part, EndPart):
        yield f"■ {part.outcome}"


def _named_ways(name: str, ways: Sequence[Edge], hubs: Iterable[str]) -> Iterator[str]:
    """The ways of a part that are named in it: to a hub, back, again, and the end of the call."""
    words = {BACK: "↩ back", AGAIN: "↻ again", HANGUP: "■ hang up"}
    named: dict[str, list[str]] = {}
    for way in ways:
        if way.source == name and way.kind != "option" and (way.target in TARGETS or way.target in hubs):
            named.setdefault(way.target, []).extend(way.keys)
    drawn = any(way.source == name and way.target not in (*words, *hubs) for way in ways)
    for target, keys in named.items():
        word = words.get(target, f"→ {target}")
        if len(named) > 1 or _only_misses(keys):
            word = f"{', '.join(keys)} {word}".strip()
        elif drawn:
            word = f"otherwise {word}"
        yield word


def _only_misses(keys: Sequence[str]) -> bool:
    return bool(keys) and all(key in _MISS_WORDS.values() for key in keys)


# --- ways -----------------------------------------------------------------------------------------


def _ways(tree: Tree, usual: Mapping[str, str]) -> Iterator[Edge]:
    for name, part in tree.parts.items():
        if isinstance(part, SayPart):
            yield Edge(name, part.then, "then")
        elif isinstance(part, (MenuPart, TransferPart)):
            if isinstance(part, MenuPart) and part.survey:
                yield Edge(name, part.then, "then", ("no talk",), "no talk")
            for option in part.options:
                label = f"{option.digit} {_text(tree, option.label)}"
                yield Edge(name, option.go, "option", (option.digit,), label)
        elif isinstance(part, BranchPart):
            for case in part.cases:
                label = " and ".join(condition_words(condition) for condition in case.conditions)
                yield Edge(name, case.go, "case", (label,), label)
            yield Edge(name, part.then, "then", ("else",) if part.cases else (), "else" if part.cases else "")
        if isinstance(part, (FormPart, AskPart, MemberPart, TransferPart, RecordPart)):
            yield from _answers(name, part.replies)
        if isinstance(part, (MenuPart, FormPart)):
            yield from _misses(part, usual)


def _answers(name: str, replies: Mapping[str, Reply]) -> Iterator[Edge]:
    for outcome, reply in replies.items():
        yield Edge(name, reply.then, "answer", (outcome,), outcome)


def _misses(part: MenuPart | FormPart, usual: Mapping[str, str]) -> Iterator[Edge]:
    """Where silence and mistakes lead, when it is not where they lead everywhere."""
    for kind, word in _MISS_WORDS.items():
        target = getattr(part.tries, kind).then
        if target != usual.get(kind):
            yield Edge(part.name, target, "miss", (word,), word)


def _usual_misses(tree: Tree) -> dict[str, str]:
    """Where each way to miss leads in most places."""
    parts = [part for part in tree.parts.values() if isinstance(part, (MenuPart, FormPart))]
    return {
        kind: Counter(getattr(part.tries, kind).then for part in parts).most_common(1)[0][0]
        for kind in (_MISS_WORDS if parts else ())
    }


def _merged(edges: Iterable[Edge]) -> list[Edge]:
    """Ways of a kind from one part to another become one."""
    found: dict[tuple[str, str, str], Edge] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.kind)
        same = found.get(key)
        if same is not None:
            labels = [label for label in (same.label, edge.label) if label]
            joined = ", ".join(labels)
            edge = Edge(*key, (*same.keys, *edge.keys), joined, edge.drawn)
        found[key] = edge
    return list(found.values())


def condition_words(condition: Condition) -> str:
    """A condition as a person reads it."""
    limit = f"{condition.limit:g}"
    if condition.kind == "queue":
        return f"{condition.subject} {condition.value}"
    if condition.kind == "waiting":
        return f"{condition.subject}: over {limit} waiting"
    if condition.kind == "wait":
        return f"{condition.subject}: wait over {limit} s"
    if condition.kind == "returning":
        return f"called within {limit} days"
    if condition.kind == "fact":
        return f"{condition.subject} {condition.value}"
    return f"{condition.kind} {condition.value}"


# --- sub-trees and legend -------------------------------------------------------------------------


def _groups(tree: Tree, edges: Sequence[Edge]) -> dict[str, str]:
    """Part → sub-tree: the option of the main menu by which alone it can be reached. A part alone is none."""
    main = next((p for p in tree.parts.values() if isinstance(p, MenuPart)), None)
    if main is None:
        return {}
    after: dict[str, set[str]] = {}
    for edge in edges:
        if edge.drawn:
            after.setdefault(edge.source, set()).add(edge.target)
    options = dict.fromkeys(option.go for option in main.options if option.go in tree.parts)
    roots = [name for name in options if not isinstance(tree.parts[name], TransferPart)]
    reached_by: dict[str, set[str]] = {}
    for root in roots:
        for name in _reach(root, after, {*roots, main.name} - {root}):
            reached_by.setdefault(name, set()).add(root)
    elsewhere = _reach(START, after, set(roots))
    groups = {
        name: next(iter(by)) for name, by in reached_by.items() if len(by) == 1 and name not in elsewhere
    }
    sizes = Counter(groups.values())
    return {name: group for name, group in groups.items() if sizes[group] > 1}


def _reach(start: str, after: Mapping[str, set[str]], barred: set[str]) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in seen and name not in barred:
            seen.add(name)
            todo += after.get(name, ())
    return seen


def _legend(tree: Tree, usual: Mapping[str, str], hubs: Iterable[str]) -> Iterator[str]:
    if tree.keys:
        yield "keys everywhere: " + " · ".join(f"{key} {to}" for key, to in tree.keys.items())
    leads: dict[str, list[str]] = {}
    for kind, target in usual.items():
        leads.setdefault(target, []).append(_MISS_WORDS[kind])
    for target, kinds in leads.items():
        yield f"{' or '.join(kinds)} too often → {target}"
    asks = any(isinstance(part, (FormPart, AskPart)) for part in tree.parts.values())
    if asks:
        yield f"a query that fails → {tree.recover}"
    limits = tree.limits
    yield f"after {limits.seconds // 60} min or {limits.gathers} inputs → {limits.then}"
    if sorted(hubs):
        yield f"ways to {', '.join(sorted(hubs))} are named, not drawn"


def faults_by_part(
    places: Mapping[str, tuple[Source, yaml.Node]], faults: Iterable[Fault]
) -> dict[str, list[Fault]]:
    """Each fault with the part in whose lines it is; those above all parts belong to none."""
    starts = sorted((source.name, key.start_mark.line + 1, name) for name, (source, key) in places.items())
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        above = [name for file, line, name in starts if file == fault.file and line <= fault.line]
        if above:
            found.setdefault(above[-1], []).append(fault)
    return found
