"""The picture of a tree: what is drawn, what is named, what is marked; Graphviz and Mermaid read it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ivr.authoring import loader
from ivr.authoring.graph import START, Edge, Graph, faults_by_part, graph_of
from ivr.authoring.graph_text import percent, to_dot, to_mermaid
from ivr.authoring.loader import TreeReader, inspect_tree, load_tree
from ivr.authoring.traffic import Traffic, lay_over
from ivr.dialogue.tree import Tree
from ivr.reports.traffic import Passage
from ivr.settings import PROJECT

MENUS = PROJECT / "menus"
SMALL = PROJECT / "tests" / "transcripts" / "menus"
TREES = [MENUS / f"{name}.yaml" for name in loader.TREES]
TREES += [path for path in sorted(SMALL.glob("*.yaml")) if path.stem not in ("calendar", "queues")]
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


def edges(graph: Graph, source: str) -> dict[str, str]:
    """Target → label of what is drawn from a part."""
    return {edge.target: edge.label for edge in graph.edges if edge.source == source and edge.drawn}


@pytest.fixture(scope="module")
def hotline() -> Tree:
    return load_tree(MENUS / "hotline.yaml")


@pytest.fixture(scope="module")
def graph(hotline: Tree) -> Graph:
    return graph_of(hotline)


def test_options_are_edges_with_key_and_label(graph: Graph):
    assert edges(graph, "main")["tickets"] == "4 余票查询"
    assert len(edges(graph, "main")) == 9
    assert edges(graph, START) == {"greeting": ""}


def test_queries_transfers_and_ends_are_told_in_the_parts(graph: Graph):
    assert graph.nodes["tickets_by_station"].lines == (
        "出发站 · 到达站 · 乘车日期",
        "? trains_with_tickets",
        "none, not_then, left_then → more",
        "closed ↻ again",
        "gone, sold_out → no_tickets_left",
        "many, one → booking.after_route",
        "busy → tickets_period",
        "error → no_tickets_told",
    )
    assert graph.nodes["agent"].kind == "transfer"
    assert graph.nodes["agent"].lines[0] == "☎ operator"
    assert graph.nodes["agent"].lines[-1].endswith("full → callback")
    assert graph.nodes["goodbye"].lines[-1] == "■ hang up"


def test_retries_are_drawn_only_where_they_lead_somewhere_special(graph: Graph):
    misses = {(e.source, e.target, e.label) for e in graph.edges if e.kind == "miss" and e.drawn}
    assert misses == {("busy", "call_later", "silence")}


def test_what_holds_everywhere_stands_once_in_the_legend(graph: Graph):
    assert "keys everywhere: * repeat · # back · 0 agent" in graph.legend
    assert "a query that fails → agent" in graph.legend
    hubs = next(line for line in graph.legend if line.endswith("are named, not drawn"))
    names = hubs.removeprefix("ways to ").removesuffix(" are named, not drawn").split(", ")
    assert {"after_fares", "after_train_fares", "busy", "more"} <= set(names)
    assert edges(graph, "presale") == {}


def test_sub_trees_are_groups(graph: Graph):
    groups = {name: node.group for name, node in graph.nodes.items()}
    assert groups["tickets_by_train"] == groups["tickets"] == "tickets"
    assert groups["documents"] == "real_name"
    assert groups["main"] == groups["agent"] == groups["more"] == groups["presale"] == ""


def test_conditions_choices_and_records_of_the_small_trees():
    branches = graph_of(load_tree(SMALL / "branches.yaml"))
    assert edges(branches, "where")["crowded"] == "operator: over 20 waiting"
    assert edges(branches, "where")["long"] == "operator: wait over 600 s"
    assert edges(branches, "where")["nobody"] == "operator closed"
    assert edges(branches, "where")["festive"] == "calendar holiday and number 139*"
    assert edges(branches, "where")["again_soon"] == "called within 3 days"
    assert branches.nodes["agent"].lines[0] == "☎ operator · senior"
    assert edges(branches, "main")["back"] == "4 上一级"
    messages = graph_of(load_tree(SMALL / "messages.yaml"))
    assert messages.nodes["message"].lines == ("● 请在嘀声后留言，按井号键结束。", "otherwise ↻ again")
    assert messages.nodes["bye"].lines == ("■ message_left",)
    agent = graph_of(load_tree(MENUS / "agent.yaml"))
    assert edges(agent, "which")["meal"] == "operation pause and key 2"
    assert "! pause" in agent.nodes["meal"].lines
    included = graph_of(load_tree(SMALL / "included.yaml"))
    assert edges(included, "pets") == {"pets.told": ""}


BROKEN = """
start: main
defaults: {keys: {"0": agent}}
parts:
  main:
    menu:
      1: {label: 查询, go: nowhere}
      2: {label: 人工服务, go: agent}
  agent: {transfer: operator, say: "欢迎致电12306。"}
"""


def test_faults_are_marked_where_they_are(tmp_path: Path):
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    tree, faults = inspect_tree(path)
    assert tree is not None
    reader = TreeReader(path)
    reader.read()
    graph = graph_of(tree, faults_by_part(reader.places, faults))
    assert any("there is no part 'nowhere'" in fault for fault in graph.nodes["main"].faults)
    assert graph.nodes["nowhere"].kind == "missing"
    assert not graph.nodes["main"].warnings or graph.nodes["main"].faults
    assert any("12306" in told for told in (*graph.nodes["agent"].faults, *graph.nodes["agent"].warnings))
    assert "⚠" in to_dot(graph)
    assert "⚠" in to_mermaid(graph)


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.stem)
def test_graphviz_draws_every_tree(path: Path):
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed (apt install graphviz)")
    graph = graph_of(load_tree(path))
    done = subprocess.run([program, "-Tsvg"], input=to_dot(graph).encode(), capture_output=True, check=True)
    svg = done.stdout.decode()
    assert not [line for line in done.stderr.decode().splitlines() if "rror" in line]
    for node in graph.nodes.values():
        if node.name != START:
            assert f">{node.name}</text>" in svg


def test_mermaid_text_is_well_formed(graph: Graph):
    text = to_mermaid(graph)
    lines = text.splitlines()
    assert lines[0] == "flowchart LR"
    assert text.count("subgraph ") == text.count("\n  end\n") == len(graph.groups) == 6
    assert '|"4 余票查询"|' in text
    assert "# back" not in text, "a # begins an entity in Mermaid"
    assert '.->|"silence"|' in text


def test_names_with_quotes_and_markup_stay_text():
    tree = Tree("a", 'p"<b>', {})
    text = to_dot(graph_of(tree))
    assert "label=<<b>p&quot;&lt;b&gt;</b>" in text
    assert "#34;#60;b#62;" in to_mermaid(graph_of(tree))


# --- traffic --------------------------------------------------------------------------------------


def laid(graph: Graph, tree: Tree, *passages: Passage, calls: int = 100) -> Traffic:
    return lay_over(graph, tree, passages, calls, NOW, NOW)


def test_a_key_is_counted_on_its_option_and_silent_parts_on_the_way(graph: Graph, hotline: Tree):
    traffic = laid(
        graph,
        hotline,
        Passage("", "", "", "", "main", 100),
        Passage("main", "gather", "4", "digits", "tickets", 60),
        Passage("main", "gather", "3", "digits", "real_name", 10),
        Passage("real_name", "gather", "1", "digits", "more", 6),
        Passage("more", "gather", "", "no_input", "", 5),
    )
    share = {(e.source, e.target): traffic.share(e) for e in graph.edges if traffic.share(e)}
    assert share[START, "greeting"] == share["greeting", "other_language"] == share["hours", "main"] == 1.0
    assert share["main", "tickets"] == 0.6
    assert share["real_name", "documents"] == share["documents", "more"] == 0.06


def test_hang_ups_and_the_agent_key_are_counted_at_the_part(graph: Graph, hotline: Tree):
    traffic = laid(
        graph,
        hotline,
        Passage("main", "gather", "", "hung_up", "", 20),
        Passage("tickets", "gather", "0", "digits", "agent", 7),
        Passage("more", "gather", "0", "digits", "agent", 3),
        Passage("agent", "transfer", "", "operator", "busy", 4),
        Passage("busy", "gather", "", "no_input", "busy", 2),
        Passage("code_of_city", "ask", "", "many", "more", 9),
        Passage("gone_from_the_tree", "gather", "1", "digits", "main", 9),
    )
    assert traffic.hung_up == {"main": 20}
    assert traffic.asked_agent == {"tickets": 7}, "in 'more' the key is an option, and is counted there"
    share = {(e.source, e.target): traffic.share(e) for e in graph.edges if traffic.share(e)}
    assert share == {("more", "agent"): 0.03, ("agent", "busy"): 0.04, ("code_of_city", "more"): 0.09}
    for text in (to_dot(graph, traffic), to_mermaid(graph, traffic)):
        assert "hung up here 20 %" in text
        assert "asked for an agent 7 %" in text
        assert "100 calls, 2026-11-23 to 2026-11-23" in text


def test_branches_are_passed_by_the_way_to_the_next_step():
    tree = load_tree(SMALL / "branches.yaml")
    graph = graph_of(tree)
    traffic = laid(
        graph,
        tree,
        Passage("where", "ask", "", "known", "where", 50),
        Passage("main", "gather", "9", "digits", "agent", 10),
        Passage("main", "gather", "2", "digits", "main", 10),
        Passage("main", "gather", "1", "digits", "main", 5),
    )
    share = {(e.source, e.target): traffic.share(e) for e in graph.edges if traffic.share(e)}
    assert share["main", "agent"] == 0.1
    assert share["main", "rules"] == 0.05
    assert share["main", "next"] == 0.1


def test_no_calls_are_no_shares(graph: Graph, hotline: Tree):
    traffic = laid(graph, hotline, calls=0)
    assert traffic.share(Edge("main", "tickets", "option")) == 0.0
    assert percent(0.004) == "<1 %"
    assert percent(0.125) == "12 %"
