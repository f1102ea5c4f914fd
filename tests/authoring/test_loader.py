"""The shipped menus load, say what they should, and follow their files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.authoring.loader import load_tree, load_trees
from ivr.authoring.prompts import fixed_phrases
from ivr.authoring.source import MenuFaults
from ivr.dialogue.tree import MenuPart
from ivr.errors import IvrError
from ivr.speech import readable
from ivr.speech.phrase import Phrase

MENUS = Path(__file__).parents[2] / "menus"
#: The order of the real centre.
NINE = "互联网购票 售票预售期 实名制购票规定 余票查询 列车时刻 票价查询 列车担当企业 区号查询 人工服务"


def test_the_nine_options_in_the_order_of_the_real_centre():
    main = load_trees(MENUS)["hotline"].parts["main"]
    assert isinstance(main, MenuPart)
    assert [option.digit for option in main.options] == list("123456789")
    assert [option.label["zh"] for option in main.options] == NINE.split()


def test_an_agent_is_in_reach_from_everywhere():
    assert load_trees(MENUS)["hotline"].keys == {"*": "repeat", "#": "back", "0": "agent"}


def test_fixed_phrases_are_whole_readable_and_unique():
    phrases = fixed_phrases(MENUS)
    assert len(phrases) == len(set(phrases)) > 80
    assert Phrase("余票查询请按四。") in phrases
    assert Phrase("修改到达站请按三。") in phrases
    assert not [p for p in phrases if readable(p.text, p.language) or "{" in p.text]


def test_revision_is_of_the_text(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("{start: a, parts: {a: {say: 你好。, then: hangup}}}", "utf-8")
    first = load_tree(path).revision
    assert load_tree(path).revision == first
    path.write_text("{start: a, parts: {a: {say: 您好。, then: hangup}}}", "utf-8")
    assert load_tree(path).revision != first


def test_faults_of_all_files_are_told_at_once(tmp_path: Path):
    shutil.copytree(MENUS, tmp_path, dirs_exist_ok=True)
    for name in ("hotline", "agent"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(path.read_text("utf-8").replace("start: ", "start: no_"), "utf-8")
    with pytest.raises(MenuFaults) as caught:
        load_trees(tmp_path)
    assert [Path(fault.file).name for fault in caught.value.faults] == ["agent.yaml", "hotline.yaml"]


def test_missing_file_and_foreign_encoding_are_one_line(tmp_path: Path):
    with pytest.raises(IvrError, match="cannot be read: No such file"):
        load_tree(tmp_path / "hotline.yaml")
    (tmp_path / "hotline.yaml").write_bytes("parts: 您好".encode("gbk"))
    with pytest.raises(MenuFaults, match="is not UTF-8"):
        load_tree(tmp_path / "hotline.yaml")
