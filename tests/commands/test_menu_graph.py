"""``ivr menu graph`` as an admin uses it."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ivr.app import open_store
from ivr.authoring.loader import load_tree
from ivr.dialogue.call import CallInfo, Step
from ivr.settings import PROJECT, Settings
from ivr.store.journal import DirectJournal
from ivr.store.migrate import upgrade

from .conftest import Ivr


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed (apt install graphviz)")
def test_svg_with_fonts_for_chinese(ivr: Ivr, tmp_path: Path):
    out = tmp_path / "menu.svg"
    done = ivr("menu", "graph", "--out", out)
    parts = len(load_tree(PROJECT / "menus" / "hotline.yaml").parts)
    assert (done.code, done.out) == (0, f"{out}: {parts} parts\n")
    svg = out.read_text("utf-8")
    assert "<svg" in svg
    assert "4 余票查询" in svg
    assert "Noto Sans CJK SC" in svg


def test_without_graphviz_one_line_says_what_to_do(ivr: Ivr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = ivr("menu", "graph")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "ivr: the picture needs Graphviz, which is not installed "
        "(apt install graphviz, or: ivr menu graph --format mermaid)\n"
    )
    assert ivr("menu", "graph", "--format", "mermaid").out.startswith("flowchart LR\n")


def test_the_name_of_the_file_tells_the_format(ivr: Ivr, tmp_path: Path):
    for name, begin in [("a.dot", "digraph"), ("a.mmd", "flowchart"), ("a.json", "{")]:
        assert ivr("menu", "graph", "agent", "--out", tmp_path / name).code == 0
        assert (tmp_path / name).read_text("utf-8").startswith(begin)


def test_unknown_tree_broken_file_and_unwritable_place(ivr: Ivr, tmp_path: Path):
    done = ivr("menu", "graph", "hotlin")
    assert done.code == 2
    assert done.err.startswith("ivr: TREE: there is no tree 'hotlin' (a file, or one of: hotline, ")
    broken = tmp_path / "broken.yaml"
    broken.write_text("start: [", "utf-8")
    done = ivr("menu", "graph", broken)
    assert (done.code, done.err.count("\n")) == (1, 1)
    done = ivr("menu", "graph", "--format", "dot", "--out", tmp_path / "none" / "a.dot")
    assert (done.code, done.out) == (1, "")
    assert "cannot be written" in done.err


def test_traffic_is_of_the_last_week(ivr: Ivr, tmp_path: Path):
    done = ivr("menu", "graph", "--traffic", "--json")
    assert (done.code, done.out) == (1, "")
    assert "there are no calls yet" in done.err
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    engine = open_store(settings)
    upgrade(engine)
    journal, now = DirectJournal(engine), datetime.now(timezone.utc)
    for number in range(4):
        call = CallInfo(f"1795308086.{number}", caller="13800001234")
        journal.begin(call, "r1", now)
        journal.step(call.call_id, Step(1, now, "main", "gather", keys="4", outcome="digits"))
        hung_up = "hung_up" if number == 0 else "no_input"
        journal.step(call.call_id, Step(2, now, "tickets", "gather", keys="", outcome=hung_up))
    engine.dispose()
    document = ivr("menu", "graph", "--traffic", "--json").document
    assert document["calls"] == 4
    shares = {(edge["source"], edge["target"]): edge["share"] for edge in document["edges"]}
    assert shares["main", "tickets"] == 1.0
    assert shares["main", "fares"] == 0.0
    (tickets,) = [node for node in document["nodes"] if node["name"] == "tickets"]
    assert tickets["hung_up"] == 0.25
