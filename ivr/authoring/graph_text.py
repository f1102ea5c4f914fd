"""A graph as text for Graphviz or Mermaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import wrap

from ivr.authoring.graph import START, Edge, Graph, Node
from ivr.authoring.traffic import Traffic
from ivr.dialogue.tree import TARGETS

#: Whichever of them is there: Linux, Windows, macOS.
FONTS = "Noto Sans CJK SC,WenQuanYi Micro Hei,Microsoft YaHei,PingFang SC,Hiragino Sans GB,sans-serif"

#: kind → fill, line, Graphviz shape, Mermaid brackets
_LOOKS = {
    "start": ("#37474f", "#37474f", "circle", "((", "))"),
    "menu": ("#e3f2fd", "#1565c0", "box", "[", "]"),
    "form": ("#fff8e1", "#f9a825", "box", "[/", "/]"),
    "ask": ("#fff8e1", "#f9a825", "box", "[/", "/]"),
    "branch": ("#f3e5f5", "#7b1fa2", "box", "{{", "}}"),
    "transfer": ("#c8e6c9", "#1b5e20", "box", "([", "])"),
    "record": ("#e8f5e9", "#2e7d32", "box", "[", "]"),
    "member": ("#e8f5e9", "#2e7d32", "box", "[", "]"),
    "say": ("#ffffff", "#90a4ae", "box", "[", "]"),
    "end": ("#eceff1", "#37474f", "box", "([", "])"),
    "missing": ("#ffebee", "#c62828", "box", "[", "]"),
}
_FAULT = "#c62828"
_WARNING = "#ef6c00"
#: Characters in a line of what is wrong with a part.
_WRAP = 34
_TARGET_WORDS = {"back": "↩ back", "again": "↻ again", "hangup": "■ hang up"}
_EDGE_COLOURS = {
    "option": "#1565c0",
    "answer": "#8d6e00",
    "case": "#7b1fa2",
    "then": "#607d8b",
    "miss": "#c62828",
}
_QUIET = "#b0bec5"


def to_dot(graph: Graph, traffic: Traffic | None = None) -> str:
    """The graph in Graphviz's language, left to right."""
    return "\n".join(_dot(graph, traffic)) + "\n"


def _dot(graph: Graph, traffic: Traffic | None) -> Iterator[str]:
    yield f"digraph {_quoted(graph.name)} {{"
    yield "  rankdir=LR; nodesep=0.18; ranksep=0.55; splines=true; newrank=true; ordering=out; bgcolor=white;"
    yield f'  graph [fontname={_quoted(FONTS)}, fontsize=11, fontcolor="#546e7a"];'
    yield f'  node [fontname={_quoted(FONTS)}, fontsize=11, style="rounded,filled", margin="0.12,0.06"];'
    yield f"  edge [fontname={_quoted(FONTS)}, fontsize=10, arrowsize=0.7];"
    drawn: set[str] = set()
    for node in graph.nodes.values():
        if node.group not in drawn or not node.group:
            yield from _dot_cluster(graph, node, traffic)
            drawn.add(node.group)
    depths = graph.depths()
    for edge in _in_dot_order(graph):
        if edge.drawn:
            backward = depths.get(edge.target, len(depths)) <= depths.get(edge.source, len(depths))
            yield from _dot_edge(edge, traffic, backward)
    for hub in graph.nodes:
        touching = [edge for edge in graph.edges if hub in (edge.source, edge.target)]
        if touching and not any(edge.drawn for edge in touching):  # it stands right of the first way to it
            yield f"  {_quoted(touching[0].source)} -> {_quoted(hub)} [style=invis];"
    yield from _dot_legend(graph, traffic)
    yield "}"


def _dot_cluster(graph: Graph, first: Node, traffic: Traffic | None) -> Iterator[str]:
    """A sub-tree in a frame; a part at the end of one way in a frame that is not seen, for frames keep their order."""
    touching = [edge for edge in graph.edges if edge.drawn and first.name in (edge.source, edge.target)]
    if not first.group and (len(touching) != 1 or touching[0].kind != "option"):
        yield _dot_node(first, traffic)
        return
    inner = [node for node in graph.nodes.values() if node.group == first.group] if first.group else [first]
    look = 'style="rounded,filled"; fillcolor="#f7f9fa"; pencolor="#cfd8dc"; margin=10;'
    yield f"  subgraph {_quoted('cluster ' + first.name)} {{"
    yield f"    {look if first.group else 'peripheries=0; margin=2;'}"
    yield from (f"  {_dot_node(node, traffic)}" for node in inner)
    yield "  }"


def _in_dot_order(graph: Graph) -> list[Edge]:
    """Graphviz sets the targets of a part within a frame from the bottom up."""
    framed = [edge for edge in graph.edges if graph.nodes[edge.source].group]
    return [edge for edge in graph.edges if edge not in framed] + framed[::-1]


def _dot_node(node: Node, traffic: Traffic | None) -> str:
    fill, line, shape, _, _ = _LOOKS[node.kind]
    if node.name == START:
        return f'  {_quoted(START)} [shape=circle, label="", width=0.25, fixedsize=true, fillcolor="{fill}"];'
    rows = [f"<b>{_html(node.name)}</b>"]
    rows += [f'<font point-size="10" color="#455a64">{_html(text)}</font>' for text in node.lines if text]
    told = [(_FAULT, text) for text in node.faults] + [(_WARNING, text) for text in node.warnings]
    for colour, text in told:
        words = "<br/>".join(_html(line) for line in wrap(text, _WRAP))
        rows.append(f'<font point-size="9" color="{colour}">⚠ {words}</font>')
    rows += [
        f'<font point-size="10" color="#b71c1c">{_html(t)}</font>' for t in _traffic_words(node.name, traffic)
    ]
    colour = _FAULT if node.faults else _WARNING if node.warnings else line
    width = max(_columns(text) for text in [node.name, *node.lines]) * 0.085 + 0.25
    looks = [
        f"shape={shape}",
        f'fillcolor="{fill}"',
        f'color="{colour}"',
        f"penwidth={2.5 if told else 1.2}",
        f"width={width:.2f}",
        f"label=<{'<br/>'.join(rows)}>",
    ]
    return f"  {_quoted(node.name)} [{', '.join(looks)}];"


def _dot_edge(edge: Edge, traffic: Traffic | None, backward: bool) -> Iterator[str]:
    """``backward``: the way leads towards the start; it is given the other way round, so that its source stands
    right of its target all the same."""
    looks = [f'label=" {_escaped(_label(edge, traffic))} "'] if _label(edge, traffic) else []
    colour, width = _EDGE_COLOURS[edge.kind], 1.0
    if traffic is not None:
        share = traffic.share(edge)
        colour, width = (colour, 1.0 + 7.0 * share) if share else (_QUIET, 0.8)
    looks += [f'color="{colour}"', f'fontcolor="{colour}"', f"penwidth={width:.2f}"]
    if edge.kind == "miss":
        looks.append("style=dashed")
    target = edge.target
    if target in TARGETS:  # an option that leads back, or ends the call
        target = f"{edge.source} {edge.target}"
        yield f'  {_quoted(target)} [shape=plaintext, style="", label={_quoted(_TARGET_WORDS[edge.target])}];'
    ends = [_quoted(edge.source), _quoted(target)]
    if backward and edge.source != target:
        ends.reverse()
        looks.append("dir=back")
    yield f"  {' -> '.join(ends)} [{', '.join(looks)}];"


def _dot_legend(graph: Graph, traffic: Traffic | None) -> Iterator[str]:
    rows = [f"<b>{_html(graph.name)}</b>", *(_html(line) for line in _legend(graph, traffic))]
    label = '<br align="left"/>'.join(rows)
    width = max(_columns(line) for line in graph.legend or [""]) * 0.08
    yield (
        f'  "(legend)" [shape=note, style=filled, fillcolor="#fffde7", color="#fbc02d", fontsize=10, '
        f'width={width:.2f}, label=<{label}<br align="left"/>>];'
    )
    yield f'  {{ rank=same; "(legend)"; {_quoted(START)}; }}'


# --- Mermaid --------------------------------------------------------------------------------------


def to_mermaid(graph: Graph, traffic: Traffic | None = None) -> str:
    """The graph as a Mermaid flowchart, which GitHub and GitLab draw in a page."""
    return "\n".join(_mermaid(graph, traffic)) + "\n"


def _mermaid(graph: Graph, traffic: Traffic | None) -> Iterator[str]:
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    yield "flowchart LR"
    for group in ["", *graph.groups]:
        if group:
            yield f'  subgraph g_{ids[group]}[" "]'
        for node in graph.nodes.values():
            if node.group == group:
                yield f"    {ids[node.name]}{_mermaid_node(node, traffic)}:::is_{node.kind}"
        if group:
            yield "  end"
    widths = []
    drawn = [edge for edge in graph.edges if edge.drawn]
    for number, edge in enumerate(drawn):
        arrow = "-.->" if edge.kind == "miss" else "-->"
        label = _label(edge, traffic)
        target = ids.get(edge.target, "")
        if not target:
            target = f'e{number}["{_TARGET_WORDS[edge.target]}"]'
        yield f"  {ids[edge.source]} {arrow}" + (f'|"{_plain(label)}"| ' if label else " ") + target
        share = traffic.share(edge) if traffic is not None else 0.0
        if share:
            widths.append(f"  linkStyle {number} stroke-width:{1 + 7 * share:.1f}px")
    yield from widths
    legend = "<br/>".join(_plain(line) for line in _legend(graph, traffic))
    yield f'  legend["<b>{_plain(graph.name)}</b><br/>{legend}"]:::legend'
    for kind, (fill, line, *_) in _LOOKS.items():
        ink = "#fff" if kind == "start" else "#263238"
        yield f"  classDef is_{kind} fill:{fill},stroke:{line},color:{ink}"
    yield "  classDef legend fill:#fffde7,stroke:#fbc02d,color:#263238,text-align:left"
    for node in graph.nodes.values():
        if node.faults or node.warnings:
            colour = _FAULT if node.faults else _WARNING
            yield f"  style {ids[node.name]} stroke:{colour},stroke-width:3px"


def _mermaid_node(node: Node, traffic: Traffic | None) -> str:
    _, _, _, before, after = _LOOKS[node.kind]
    if node.name == START:
        return f'{before}" "{after}'
    rows = [f"<b>{_plain(node.name)}</b>", *(_plain(text) for text in node.lines if text)]
    rows += [f"⚠ {_plain(text)}" for text in (*node.faults, *node.warnings)]
    rows += [_plain(text) for text in _traffic_words(node.name, traffic)]
    return f'{before}"{"<br/>".join(rows)}"{after}'


# --- both -----------------------------------------------------------------------------------------


def _legend(graph: Graph, traffic: Traffic | None) -> Sequence[str]:
    if traffic is None:
        return graph.legend
    return (*graph.legend, f"{traffic.calls} calls, {traffic.since:%Y-%m-%d} to {traffic.until:%Y-%m-%d}")


def _label(edge: Edge, traffic: Traffic | None) -> str:
    share = traffic.share(edge) if traffic is not None else 0.0
    return f"{edge.label} {percent(share)}".strip() if share else edge.label


def _traffic_words(name: str, traffic: Traffic | None) -> Iterator[str]:
    if traffic is not None:
        if traffic.hung_up.get(name):
            yield f"hung up here {percent(traffic.of_calls(traffic.hung_up[name]))}"
        if traffic.asked_agent.get(name):
            yield f"asked for an agent {percent(traffic.of_calls(traffic.asked_agent[name]))}"


def percent(share: float) -> str:
    """``0.123`` → ``12 %``; what is less than one in a hundred is not rounded away."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "<1 %"


def _columns(text: str) -> int:
    """The width in Latin letters: a Chinese character is as wide as two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _html(text: str) -> str:
    return escape(text, quote=True)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _plain(text: str) -> str:
    """Text in Mermaid's quotes: entities with ``#`` for what it would read as markup."""
    return "".join(f"#{ord(c)};" if c in '"<>#&`' else c for c in text)
