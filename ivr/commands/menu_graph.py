"""``ivr menu graph``: a menu tree as a picture."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.errors import IvrError, UsageFault
from ivr.files import write_whole
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.authoring.graph import Graph
    from ivr.authoring.traffic import Traffic
    from ivr.dialogue.tree import Tree

_FORMATS = ("svg", "dot", "mermaid", "json")
_SUFFIXES = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".md": "mermaid", ".json": "json"}
#: The dialogues that are played in a tree, as the record names them.
_ENTRIES = {"hotline": ("hotline", "after_queue")}
_DOT_WITHIN_S = 60


@click.command("graph")
@click.argument("tree", default="hotline")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="Default: by the name of --out, else svg."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--traffic", is_flag=True, help="Lay the calls of the last week over it.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="How many days of calls."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def graph(tree: str, form: str | None, out: Path | None, traffic: bool, days: int, as_json: bool) -> None:
    """Draw TREE (hotline, agent, connected, or a file): options on the edges, queries ?, transfers, ends, faults ⚠.

    SVG is drawn by Graphviz; Mermaid needs nothing and is drawn by GitHub and GitLab. With --traffic each edge has its
    share of the calls, each part the share that hung up or asked for an agent there.

    \b
    Example:
      ivr menu graph --out menu.svg
      ivr menu graph --traffic --out menu.svg
      ivr menu graph --format mermaid
    """
    from ivr.authoring.graph import faults_by_part, graph_of
    from ivr.authoring.loader import TreeReader, inspect_tree
    from ivr.authoring.source import MenuFaults

    settings = load()
    form = "json" if as_json else form or _SUFFIXES.get(out.suffix if out else ".svg", "svg")
    path = _path(settings, tree)
    found, faults = inspect_tree(path)
    if found is None:
        raise MenuFaults(faults)
    reader = TreeReader(path)
    reader.read()
    drawn = graph_of(found, faults_by_part(reader.places, faults))
    measured = _traffic(settings, drawn, found, days) if traffic else None
    text = _text(drawn, measured, form)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(out, text)
    except OSError as fault:
        raise IvrError(f"cannot be written: {fault.strerror}", where=str(out)) from None
    click.echo(f"{out}: {len(drawn.nodes) - 1} parts")


def _path(settings: Settings, tree: str) -> Path:
    for path in (settings.menus / f"{tree}.yaml", Path(tree)):
        if path.is_file():
            return path
    from ivr.authoring.loader import TREES

    raise UsageFault(
        f"there is no tree '{tree}'", where="TREE", mend=f"a file, or one of: {', '.join(TREES)}"
    )


def _traffic(settings: Settings, graph: Graph, tree: Tree, days: int) -> Traffic:
    from ivr.app import open_store
    from ivr.authoring.traffic import lay_over
    from ivr.store.migrate import upgrade
    from ivr.store.traffic import menu_traffic

    until = datetime.now(settings.zone)
    since = until - timedelta(days=days)
    if not settings.home.is_dir():
        raise IvrError("there are no calls yet", where=str(settings.home), mend="start the hotline once")
    engine = open_store(settings)
    try:
        upgrade(engine)
        calls, passages = menu_traffic(engine, since, until, _ENTRIES.get(tree.name, (tree.name,)))
    finally:
        engine.dispose()
    return lay_over(graph, tree, passages, calls, since, until)


def _text(graph: Graph, traffic: Traffic | None, form: str) -> str:
    from ivr.authoring.graph_text import to_dot, to_mermaid

    if form == "mermaid":
        return to_mermaid(graph, traffic)
    if form == "json":
        return json.dumps(_document(graph, traffic), ensure_ascii=False, indent=2) + "\n"
    dot = to_dot(graph, traffic)
    return dot if form == "dot" else _svg(dot)


def _document(graph: Graph, traffic: Traffic | None) -> dict[str, Any]:
    nodes = [asdict(node) for node in graph.nodes.values()]
    edges = [asdict(edge) for edge in graph.edges]
    document: dict[str, Any] = {
        "name": graph.name,
        "nodes": nodes,
        "edges": edges,
        "legend": list(graph.legend),
    }
    if traffic is not None:
        document["calls"] = traffic.calls
        for row, edge in zip(edges, graph.edges, strict=True):
            row["share"] = round(traffic.share(edge), 4)
        for row in nodes:
            row["hung_up"] = round(traffic.of_calls(traffic.hung_up.get(row["name"], 0)), 4)
            row["asked_agent"] = round(traffic.of_calls(traffic.asked_agent.get(row["name"], 0)), 4)
    return document


def _svg(dot: str) -> str:
    program = shutil.which("dot")
    if program is None:
        raise IvrError(
            "the picture needs Graphviz, which is not installed",
            mend="apt install graphviz, or: ivr menu graph --format mermaid",
        )
    try:
        done = subprocess.run(  # noqa: S603 - Graphviz, which the user installed
            [program, "-Tsvg"], input=dot.encode(), capture_output=True, timeout=_DOT_WITHIN_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise IvrError(
            f"Graphviz could not draw it: {fault}", mend="ivr menu graph --format mermaid"
        ) from None
    return done.stdout.decode()
