"""What real calls did, laid over the graph of a tree.

A call's steps tell the parts in which something was asked or done; announcements and branches between two of them leave
no step of their own. So the way between two steps is the shortest one over such silent parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.authoring.graph import START, Edge, Graph
from ivr.dialogue.tree import BACK, KEY_WORDS, Tree
from ivr.reports.traffic import Passage

_SILENT = ("start", "say", "branch", "end")


@dataclass(frozen=True)
class Traffic:
    """``edges``: (source, target, kind) → calls; ``hung_up``, ``asked_agent``: part → calls that hung up there, or
    asked for an agent there with the key that means it everywhere."""

    calls: int
    since: datetime
    until: datetime
    edges: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    hung_up: Mapping[str, int] = field(default_factory=dict)
    asked_agent: Mapping[str, int] = field(default_factory=dict)

    def share(self, edge: Edge) -> float:
        """The share of the calls that took this way, 0 to 1."""
        return self.of_calls(self.edges.get((edge.source, edge.target, edge.kind), 0))

    def of_calls(self, number: int) -> float:
        """A number of calls as a share of all."""
        return min(1.0, number / self.calls) if self.calls else 0.0


def lay_over(
    graph: Graph, tree: Tree, passages: Iterable[Passage], calls: int, since: datetime, until: datetime
) -> Traffic:
    """The traffic on each way of ``graph``. What a changed tree no longer has is left out."""
    edges: dict[tuple[str, str, str], int] = {}
    hung_up: dict[str, int] = {}
    asked: dict[str, int] = {}
    agent = next((key for key, to in tree.keys.items() if to not in (*KEY_WORDS, BACK)), None)
    for passage in passages:
        part = passage.part or START
        if part not in graph.nodes:
            continue
        if passage.outcome == "hung_up":
            hung_up[part] = hung_up.get(part, 0) + passage.calls
            continue
        way = _way(graph, part, passage)
        if agent is not None and passage.kind == "gather" and passage.keys == agent and not way:
            asked[part] = asked.get(part, 0) + passage.calls
        for edge in way:
            key = (edge.source, edge.target, edge.kind)
            edges[key] = edges.get(key, 0) + passage.calls
    return Traffic(calls, since, until, edges, hung_up, asked)


def _way(graph: Graph, part: str, passage: Passage) -> Sequence[Edge]:
    """The edges that a passage took; () when it stayed in the part or took none that is drawn."""
    kind = graph.nodes[part].kind
    first = list(_first_edges(graph, part, passage, kind))
    ways: list[list[Edge]] = [[edge] for edge in first]
    seen = set()
    while ways:
        way = ways.pop(0)
        last = way[-1].target
        if last == passage.next_part or (not passage.next_part and passage.kind != "gather"):
            return way
        if last not in seen and last in graph.nodes and graph.nodes[last].kind in _SILENT:
            seen.add(last)
            ways += [[*way, edge] for edge in graph.edges if edge.source == last]
    return first[:1] if kind == "menu" and first and first[0].kind == "option" else ()


def _first_edges(graph: Graph, part: str, passage: Passage, kind: str) -> Iterator[Edge]:
    """The edges by which the call may have left the part."""
    ways = [edge for edge in graph.edges if edge.source == part]
    if passage.kind == "gather":
        if kind == "menu" and passage.outcome == "digits":
            options = [edge for edge in ways if edge.kind == "option" and passage.keys in edge.keys]
            yield from options
            if options:
                return
        if passage.next_part != part:
            yield from (edge for edge in ways if edge.kind == "miss")
            if kind in ("form", "ask"):  # after the last group of a list
                yield from (edge for edge in ways if edge.kind == "answer")
    elif passage.kind in ("ask", "member", "record"):
        yield from (edge for edge in ways if edge.kind == "answer" and passage.outcome in edge.keys)
        yield from (
            edge for edge in ways if edge.kind == "case" or (kind == "branch" and edge.kind == "then")
        )
    elif passage.kind == "transfer":
        yield from (edge for edge in ways if edge.kind == "answer" and passage.next_part)
    else:
        yield from ways
