"""The manual of the rules is made from their docstrings, and its examples are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.authoring.lint import RULES
from ivr.authoring.lint.manual import book, examples, summary
from ivr.authoring.loader import inspect_tree

PROJECT = Path(__file__).parents[2]


def faults(folder: Path, files: dict[str, str]) -> list:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return inspect_tree(folder / "hotline.yaml")[1]


@pytest.mark.parametrize("rule", RULES)
def test_bad_example_has_this_fault_alone_and_the_good_one_none(rule: str, tmp_path: Path):
    shown = examples(RULES[rule])
    assert {fault.rule for fault in faults(tmp_path, shown["Bad"])} == {rule}
    assert [str(fault) for fault in faults(tmp_path, shown["Good"])] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_page_begins_with_one_sentence(rule):
    assert summary(rule).endswith(".")
    assert rule.manual.split("\n")[1] == ""
    assert rule.severity in ("error", "warning")


def test_the_manual_is_the_one_that_is_shipped():
    shipped = (PROJECT / "docs" / "menu-rules.md").read_text("utf-8")
    assert shipped == book(RULES.values()), "ivr menu check --explain all > docs/menu-rules.md"


@pytest.mark.parametrize("rule", [rule.name for rule in RULES.values() if rule.silenceable])
def test_a_comment_silences_it_where_it_is_told(rule: str, tmp_path: Path):
    files = examples(RULES[rule])["Bad"]
    for fault in faults(tmp_path, files):
        name = Path(fault.file).name
        lines = files[name].split("\n")
        lines[fault.line - 1] += f"  # ok: {rule}"
        files = {**files, name: "\n".join(lines)}
    assert not {rule, "unknown-rule"} & {fault.rule for fault in faults(tmp_path, files)}
