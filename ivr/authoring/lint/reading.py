"""What rules look at: the tree, and where in which file each of its parts stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from ivr.authoring.lint.ways import Ways
from ivr.authoring.source import Source
from ivr.authoring.translations import Translations
from ivr.dialogue.tree import Tree

Place = tuple[Source, yaml.Node]


@dataclass(frozen=True)
class Standards:
    """What the site asks of its menus (``check:`` at the top of a tree). ``options``: of one menu;
    ``spoken``: seconds of one prompt.

    The defaults: people keep about four things in mind (Cowan 2001), and nobody listens to one voice for
    longer than a minute without a chance to answer.
    """

    options: int = 5
    spoken: float = 60.0


@dataclass(frozen=True)
class Reading:
    """``roots``: each file of menus with its document, the tree's own first. ``places``: part → its key,
    ``nodes``: part → what stands under it. ``sound``: the language has no fault in it."""

    tree: Tree
    roots: Sequence[tuple[Source, yaml.Node]]
    places: Mapping[str, Place]
    nodes: Mapping[str, yaml.Node]
    translations: Translations
    standards: Standards = field(default_factory=Standards)
    sound: bool = True

    @functools.cached_property
    def ways(self) -> Ways:
        """The ways between the parts."""
        return Ways(self.tree)

    def place(self, part: str, *path: str) -> Place:
        """Where ``path`` within a part stands; the part's own name when that was written elsewhere."""
        source, key = self.places[part]
        node = at(self.nodes[part], *path) if path else None
        return source, key if node is None else node

    def top(self, *path: str) -> Place:
        """Where ``path`` from the top of the tree's own file stands; its first line when nowhere."""
        source, root = self.roots[0]
        node = at(root, *path)
        return source, root if node is None else node


def at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """What stands under ``path`` within ``node``; a list is entered by the number of its item."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
        else:
            return None
    return node


def key_at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The key itself of what stands under ``path``."""
    inside = at(node, *path[:-1])
    pairs = inside.value if isinstance(inside, yaml.MappingNode) else []
    return next((key for key, _ in pairs if key.value == path[-1]), None)


def scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Every value and name within ``node``."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars(key)
            yield from scalars(value)
    else:
        for item in node.value:
            yield from scalars(item)
