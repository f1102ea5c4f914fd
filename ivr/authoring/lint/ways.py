"""The ways between the parts of a tree, and what can be reached on them."""

from __future__ import annotations

import functools
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.dialogue.tree import (
    AGAIN,
    BACK,
    KEY_WORDS,
    TARGETS,
    AskPart,
    BranchPart,
    FormPart,
    MemberPart,
    MenuPart,
    Misses,
    Part,
    RecordPart,
    Reply,
    SayPart,
    TransferPart,
    Tree,
)

#: How a way is taken: without the caller; by an option (which the caller can go back from); after other keys;
#: by a key that means the same everywhere; after too many misses; after waiting in a queue; when a bound of the
#: call is passed.
NEXT, OPTION, KEYS, GLOBAL = "next", "option", "keys", "global"
MISSED, WAITED, LIMIT = "missed", "waited", "limit"

#: How a queue gives a caller back who has waited in it, or spoken to an agent.
_WAITED = ("answered", "timeout")


@dataclass(frozen=True)
class Way:
    """From a part to another one, or to ``back`` or ``hangup``; ``again`` is the part itself. ``failed``: only when
    something of ours does not work, so nothing that a caller can count on."""

    goal: str
    how: str
    failed: bool = False


Graph = Mapping[str, frozenset[str]]


class Ways:
    """All ways of a tree. Sets of parts are by name."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.of: dict[str, tuple[Way, ...]] = {
            name: tuple(dict.fromkeys(_resolved(name, _ways(tree, part))))
            for name, part in tree.parts.items()
        }

    def graph(self, *hows: str, failed: bool = True) -> Graph:
        """part → the parts to which the ways taken like that lead; ``failed``: those of failures too."""
        parts = self.tree.parts
        return {
            name: frozenset(
                way.goal
                for way in ways
                if way.how in hows and way.goal in parts and (failed or not way.failed)
            )
            for name, ways in self.of.items()
        }

    @functools.cached_property
    def all(self) -> Graph:
        return self.graph(NEXT, OPTION, KEYS, GLOBAL, MISSED, WAITED, LIMIT)

    @functools.cached_property
    def level(self) -> Graph:
        """The ways on which nothing is noted to go back to."""
        return self.graph(NEXT, KEYS, GLOBAL, MISSED, WAITED, LIMIT)

    @functools.cached_property
    def level_reversed(self) -> Graph:
        return reverse(self.level)

    @functools.cached_property
    def reachable(self) -> frozenset[str]:
        """The parts a caller can get to."""
        return closure(self.all, [self.tree.start])

    @functools.cached_property
    def without_way_back(self) -> frozenset[str]:
        """The parts a caller can be in without a menu to go back to: before the first option, and
        after a queue, where a new dialogue begins."""
        after_queue = [
            way.goal
            for name in self.reachable
            if isinstance(self.tree.parts[name], TransferPart)
            for way in self.of[name]
        ]
        return closure(self.level, [self.tree.start, *after_queue])

    @functools.cached_property
    def below_an_option(self) -> frozenset[str]:
        """The parts a caller can be in with a menu to go back to."""
        goals = [way.goal for name in self.reachable for way in self.of[name] if way.how == OPTION]
        return closure(self.level, goals)

    @functools.cached_property
    def leading_back(self) -> frozenset[str]:
        """The parts from which ``back`` can be reached with the menu before them still noted."""
        backs = [name for name, ways in self.of.items() if any(way.goal == BACK for way in ways)]
        return closure(self.level_reversed, backs)

    def menus_above(self, part: str) -> frozenset[str]:
        """The menus to which ``back`` can lead from a part."""
        here = closure(self.level_reversed, [part])
        return frozenset(menu for name in here for menu in self._options_to[name] if menu in self.reachable)

    @functools.cached_property
    def _options_to(self) -> Graph:
        return reverse(self.graph(OPTION))


def closure(graph: Graph, begin: Iterable[str]) -> frozenset[str]:
    """Everything that can be reached from ``begin``, itself included."""
    found = {name for name in begin if name in graph}
    todo = list(found)
    while todo:
        new = graph[todo.pop()] - found
        found |= new
        todo += new
    return frozenset(found)


def reverse(graph: Graph) -> Graph:
    """The same ways the other way round."""
    turned: dict[str, set[str]] = defaultdict(set)
    for name, goals in graph.items():
        for goal in goals:
            turned[goal].add(name)
    return {name: frozenset(turned[name]) for name in graph}


def cycles(graph: Graph) -> Iterator[list[str]]:
    """A shortest cycle of each knot, through the part of it that comes first in the graph."""
    for knot in knots(graph):
        yield _shortest(graph, min(knot, key=list(graph).index))


def knots(graph: Graph) -> list[frozenset[str]]:
    """The largest sets of parts of which each can be reached from each, itself too (Kosaraju's way)."""
    turned, seen, found = reverse(graph), set[str](), []
    for name in reversed(_finished(graph)):
        knot = {name} - seen
        todo = list(knot)
        while todo:
            new = turned[todo.pop()] - seen - knot
            knot |= new
            todo += new
        seen |= knot
        if len(knot) > 1 or (knot and name in graph[name]):
            found.append(frozenset(knot))
    return found


def _finished(graph: Graph) -> list[str]:
    """All parts, each after those that can be reached from it and not it from them."""
    seen: set[str] = set()
    order: list[str] = []
    for begin in graph:
        todo = [] if begin in seen else [(begin, iter(graph[begin]))]
        seen.add(begin)
        while todo:
            name, goals = todo[-1]
            goal = next((goal for goal in goals if goal not in seen), None)
            if goal is None:
                order.append(name)
                todo.pop()
            else:
                seen.add(goal)
                todo.append((goal, iter(graph[goal])))
    return order


def _shortest(graph: Graph, name: str) -> list[str]:
    paths = deque([[name]])
    seen: set[str] = set()
    while True:
        path = paths.popleft()
        for goal in sorted(graph[path[-1]]):
            if goal == name:
                return path
            if goal not in seen:
                seen.add(goal)
                paths.append([*path, goal])


# --- the ways of one part ------------------------------------------------------------------------


def _resolved(name: str, ways: Iterable[Way]) -> Iterator[Way]:
    for way in ways:
        yield Way(name, way.how, way.failed) if way.goal == AGAIN else way


def _ways(tree: Tree, part: Part) -> Iterator[Way]:
    read: Callable[[Tree, Part], Iterator[Way]] = _READERS.get(type(part), lambda tree, part: iter(()))
    yield from read(tree, part)


def _of_say(tree: Tree, part: SayPart) -> Iterator[Way]:
    yield Way(part.then, NEXT)


def _of_menu(tree: Tree, part: MenuPart) -> Iterator[Way]:
    for option in part.options:
        yield Way(option.go, KEYS if option.go in TARGETS else OPTION)
    yield from _of_input(tree, tree.keys_of(part), {option.digit for option in part.options})
    yield from _of_misses(part.tries.no_input, part.tries.no_match)
    if part.survey:
        yield Way(part.then, NEXT)


def _of_form(tree: Tree, part: FormPart) -> Iterator[Way]:
    yield from _of_replies(tree, part.replies, part.ask.outcomes, KEYS)
    for field in part.fields:
        tries = field.tries or part.tries
        yield from _of_input(tree, tree.keys, {choice.digit for choice in field.choices})
        yield from _of_misses(tries.no_input, tries.no_match)
        if field.min_keys > 1:  # a single key is never too few
            yield from _of_misses(tries.partial)


def _of_input(tree: Tree, keys: Mapping[str, str], taken: set[str]) -> Iterator[Way]:
    for key, meaning in keys.items():
        if key not in taken and meaning not in KEY_WORDS:
            yield Way(meaning, GLOBAL)
    yield Way(tree.limits.then, LIMIT)


def _of_misses(*kinds: Misses) -> Iterator[Way]:
    for misses in kinds:
        yield Way(misses.then, MISSED)


def _of_replies(tree: Tree, replies: Mapping[str, Reply], outcomes: Iterable[str], how: str) -> Iterator[Way]:
    for outcome, reply in replies.items():
        yield Way(reply.then, how, outcome == "error")
    if any(outcome not in replies for outcome in (*outcomes, "error")):
        yield Way(tree.recover, how, failed=True)


def _of_ask(tree: Tree, part: AskPart) -> Iterator[Way]:
    yield from _of_replies(tree, part.replies, part.ask.outcomes, NEXT)


def _of_member(tree: Tree, part: MemberPart) -> Iterator[Way]:
    yield from _of_replies(tree, part.replies, (), NEXT)


def _of_record(tree: Tree, part: RecordPart) -> Iterator[Way]:
    yield from _of_replies(tree, part.replies, (), KEYS)  # the caller speaks or ends it with a key
    yield Way(tree.limits.then, LIMIT)


def _of_branch(tree: Tree, part: BranchPart) -> Iterator[Way]:
    shadowed = shadowed_cases(part)
    for number, case in enumerate(part.cases):
        if number not in shadowed:
            yield Way(case.go, NEXT)
    yield Way(part.then, NEXT)


def shadowed_cases(part: BranchPart) -> dict[int, int]:
    """The cases that are never looked at, since one before them is so whenever they are: number → that one's."""
    found: dict[int, int] = {}
    for number, case in enumerate(part.cases):
        for before in range(number):
            if set(part.cases[before].conditions) <= set(case.conditions):
                found.setdefault(number, before)
    return found


def _of_transfer(tree: Tree, part: TransferPart) -> Iterator[Way]:
    for option in part.options:  # a new dialogue begins, with nothing to go back to
        yield Way(option.go, KEYS)
    for status, reply in part.replies.items():
        yield Way(reply.then, WAITED if status in _WAITED else NEXT)


_READERS: Mapping[type, Callable[..., Iterator[Way]]] = {
    SayPart: _of_say,
    MenuPart: _of_menu,
    FormPart: _of_form,
    AskPart: _of_ask,
    MemberPart: _of_member,
    RecordPart: _of_record,
    BranchPart: _of_branch,
    TransferPart: _of_transfer,
}
