"""``answers: {like: PART}``."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.authoring.loader import inspect_tree, load_tree
from ivr.dialogue.tree import AskPart, FormPart, Tree

TREE = """\
start: main
parts:
  main:
    menu:
      1: {label: 余票, go: tickets}
      2: {label: 主菜单, go: back}
      0: {label: 人工, go: agent}
  tickets:
    form: {fields: {train: {train: 车次}, date: {date: 日期}}, ask: train_tickets}
    answers:
      none: {say: "没有{train}次列车。"}
      closed: {say: 不在预售期内。, correct: date}
      sold_out: {say: 已经售完。, then: other_day}
      many: {say: 有票。, each: "{class}余{left}张。", at_a_time: 5, then: more}
  other_day:
    form: {fields: {date: {date: 日期}}, ask: train_tickets, with: {train: "{train}"}}
    answers: {like: tickets}
  again_later:
    ask: train_tickets
    with: {train: "{train}", date: "{date}"}
    answers: {like: tickets, sold_out: {say: 现在售完了。, then: agent}}
  more: {menu: {1: {label: 再查一次, go: again_later}, 2: {label: 其他, go: back}}}
  agent: {transfer: operator, answers: {error: {say: 转接失败。, then: hangup}, full: {say: 排队的人很多。, then: hangup}}}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    path = tmp_path / "tree.yaml"
    path.write_text(TREE, "utf-8")
    return load_tree(path)


def test_answers_stand_once_and_hold_in_every_part_that_is_like_it(tree: Tree) -> None:
    tickets, other, later = (tree.parts[name] for name in ("tickets", "other_day", "again_later"))
    assert isinstance(tickets, FormPart)
    assert isinstance(other, FormPart)
    assert isinstance(later, AskPart)
    assert other.replies == tickets.replies
    assert later.replies["many"] == tickets.replies["many"]


def test_an_answer_of_its_own_comes_first(tree: Tree) -> None:
    later = tree.parts["again_later"]
    assert isinstance(later, AskPart)
    assert (later.replies["sold_out"].say, later.replies["sold_out"].then) == (
        {"zh": "现在售完了。"},
        "agent",
    )


def test_nothing_is_corrected_that_was_not_asked_for(tree: Tree) -> None:
    other, later = tree.parts["other_day"], tree.parts["again_later"]
    assert isinstance(other, FormPart)
    assert isinstance(later, AskPart)
    assert other.replies["closed"].correct == "date"
    assert (later.replies["closed"].correct, later.replies["closed"].then) == ("", "back")


def test_what_cannot_happen_here_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "tree.yaml"
    path.write_text(
        TREE.replace("again_later:\n    ask: train_tickets", "again_later:\n    ask: train_fares")
    )
    text = path.read_text("utf-8").replace(
        'with: {train: "{train}", date: "{date}"}', 'with: {train: "{train}"}'
    )
    path.write_text(
        text.replace("{like: tickets, sold_out: {say: 现在售完了。, then: agent}}", "{like: tickets}")
    )
    _, faults = inspect_tree(path)
    assert [fault.message for fault in faults] == ["answers say nothing for: unknown, found"]


def test_a_fault_in_a_shared_answer_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "tree.yaml"
    path.write_text(TREE.replace("at_a_time: 5", "at_a_time: five"), "utf-8")
    _, faults = inspect_tree(path)
    assert [fault.message for fault in faults] == ["at_a_time must be a whole number from 1, not 'five'"]


def test_parts_of_an_included_file_share_among_themselves(tmp_path: Path) -> None:
    (tmp_path / "tickets.yaml").write_text(
        TREE.replace("start: main", "parameters: {agent: an agent}\nstart: main")
        .replace("go: agent", "go: <agent>")
        .replace("then: agent}", "then: <agent>}")
        .split("  agent: {transfer")[0],
        "utf-8",
    )
    path = tmp_path / "tree.yaml"
    path.write_text(
        "start: t\ninclude: [{file: tickets.yaml, as: t, with: {agent: agent}}]\n"
        "parts: {agent: {transfer: operator, answers: {error: {then: hangup}}}}\n"
    )
    part = load_tree(path).parts["t.again_later"]
    assert isinstance(part, AskPart)
    assert part.replies["sold_out"].then == "agent"
    assert part.replies["many"].then == "t.more"
