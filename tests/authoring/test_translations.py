"""A tree's sentences in further languages stand in a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.authoring.folder import read_files, read_folder
from ivr.authoring.loader import inspect_tree, load_tree

MENUS = Path(__file__).parents[2] / "menus"
TREE = """
languages: [zh, en]
start: main
fragments: {company: 中国铁路}
parts:
  main:
    menu:
      1: {label: 再见, go: bye}
      2: {label: {zh: 公告, en: the notice}, go: notice}
    keys: {"*": next_language}
    no_input: {tries: 1, then: bye}
  notice: {say: "这里是<company>。", then: bye}
  bye:
    say: >-
      感谢您的来电。
      再见。
    then: hangup
"""
ENGLISH = """
- {zh: 再见, en: leaving}
- {zh: 中国铁路, en: China Railway, ru: Китайские железные дороги}
- {zh: "这里是<company>。", en: "This is <company>."}
- {zh: "感谢您的来电。再见。", en: "Thank you for calling. Goodbye."}
"""


@pytest.fixture
def told(tmp_path: Path):
    def told(english: str, tree: str = TREE) -> list[str]:
        (tmp_path / "tree.yaml").write_text(tree, "utf-8")
        (tmp_path / "tree.translations.yaml").write_text(english, "utf-8")
        return [str(fault).removeprefix(f"{tmp_path}/") for fault in inspect_tree(tmp_path / "tree.yaml")[1]]

    return told


def test_texts_are_completed_whatever_their_lines_and_fragments(told, tmp_path: Path):
    assert told(ENGLISH) == []
    parts = load_tree(tmp_path / "tree.yaml").parts
    assert parts["notice"].text == {"zh": "这里是中国铁路。", "en": "This is China Railway."}
    assert parts["bye"].text["en"] == "Thank you for calling. Goodbye."
    assert [option.label["en"] for option in parts["main"].options] == ["leaving", "the notice"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "- {zh: 再见, en: leaving}\n",
            "",
            "tree.yaml:8:18: warning: the label of option 1 has no text for 'en'; write {zh: …, en: …}, or put it into "
            "tree.translations.yaml [missing-text]",
        ),
        (
            "leaving",
            "leaving 12",
            "tree.translations.yaml:2:16: cannot be spoken: '12': write it in words or use a slot with a type "
            "[unreadable-text]",
        ),
        (
            "{zh: 再见, en: leaving}",
            "{en: leaving}",
            "tree.translations.yaml:2:3: a translation has no 'zh', the sentence that it translates [missing-key]",
        ),
        (
            "- {zh: 再见, en: leaving}\n",
            "- {zh: 再见, en: leaving}\n- {zh: 再 见, en: going}\n",
            "tree.translations.yaml:3:8: this sentence stands twice (first in line 2) [duplicate-key]",
        ),
        (
            "This is <company>.",
            "This is <compony>.",
            "tree.translations.yaml:4:29: there is no fragment or parameter 'compony'; did you mean 'company'? "
            "[unknown-name]",
        ),
        (
            "- {zh: 再见, en: leaving}\n",
            "- {zh: 再见, en: leaving}\n- {zh: 没有了, en: gone}\n",
            "tree.translations.yaml:3:8: warning: the tree has no such sentence; write its words here, or delete the "
            "translation [unused-translation]",
        ),
        (
            "- {zh: 再见, en: leaving}\n",
            "- 再见\n",
            "tree.translations.yaml:2:3: a translation must be a map",
        ),
    ],
)
def test_one_defect_is_told_where_it_stands(told, old: str, new: str, fault: str):
    assert old in ENGLISH
    assert any(line.startswith(fault) for line in told(ENGLISH.replace(old, new, 1)))


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_translates_nothing(told, text: str):
    assert {line.rpartition("[")[2] for line in told(text)} == {"missing-text]"}


def test_a_file_that_is_no_list(told):
    assert told("zh: 再见\n") == ["tree.translations.yaml:1:1: the translations must be a list [wrong-shape]"]


def test_a_slot_that_has_no_value_there(told):
    (fault,) = told(ENGLISH.replace("{zh: 再见, en: leaving}", '{zh: 再见, en: "leaving {city}"}'))
    assert fault.startswith("tree.yaml:6:3: part 'main' (en) names {city}, which has no value there")


def test_a_tree_in_one_language_does_not_read_it(told, tmp_path: Path):
    tree = TREE.replace("languages: [zh, en]", "languages: [zh]").replace(
        "{zh: 公告, en: the notice}", "公告"
    )
    assert told("not: a list", tree.replace('    keys: {"*": next_language}\n', "")) == []


def test_a_key_for_the_next_language_needs_one(told):
    tree = TREE.replace("languages: [zh, en]", "languages: [zh]").replace(
        "{zh: 公告, en: the notice}", "公告"
    )
    assert told("", tree) == [
        "tree.yaml:10:17: there is no other language than 'zh'; add one to languages [wrong-value]"
    ]


def test_the_shipped_hotline_speaks_english_throughout():
    hotline = load_tree(MENUS / "hotline.yaml")
    assert hotline.languages == ("zh", "en")
    assert inspect_tree(MENUS / "hotline.yaml")[1] == []


def test_translations_are_part_of_the_revision():
    menus = read_folder(MENUS)
    assert "hotline.translations.yaml" in menus.files
    changed = {**menus.files}
    changed["hotline.translations.yaml"] = changed["hotline.translations.yaml"].replace("area codes", "codes")
    greeting = read_files(changed, "2").trees["hotline"].parts["main"].options[7].label["en"]
    assert greeting == "codes"
