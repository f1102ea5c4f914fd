"""``notices.yaml``: what is on air when, and what is told when something is wrong in it."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from ivr.authoring.loader import inspect_trees, load_tree
from ivr.authoring.notices_file import StandingNotices, read_notices
from ivr.settings import PROJECT

ZONE = ZoneInfo("Asia/Shanghai")
BROKEN = sorted((Path(__file__).parent.parent / "broken_notices").glob("*.yaml"))
HOTLINE = load_tree(PROJECT / "menus" / "hotline.yaml")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def standing(tmp_path: Path):
    """The notices of a text; writes it at a time of its own, so that a change is one."""
    notices = StandingNotices(tmp_path, ZONE, lambda: HOTLINE.languages)
    written = [0]

    def write(text: str | None) -> StandingNotices:
        path = tmp_path / "notices.yaml"
        if text is None:
            path.unlink()
            return notices
        path.write_text(dedent(text), "utf-8")
        written[0] += 1
        os.utime(path, ns=(written[0], written[0]))
        return notices

    return write


def said(notices: StandingNotices, moment: str) -> list[str]:
    return [notice.text["zh"] for notice in notices(at(moment))]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_one_defect_one_exact_line(path: Path):
    expected = path.read_text("utf-8").rstrip().rpartition("# fault: ")[2]
    faults = read_notices(path, HOTLINE.languages, HOTLINE.parts)[1]
    assert [str(fault) for fault in faults] == [f"{path}:{expected}"]


def test_there_are_broken_ones():
    assert len(BROKEN) >= 15


def test_the_check_of_the_folder_tells_them(tmp_path: Path):
    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    before = inspect_trees(tmp_path)
    broken = tmp_path / "notices.yaml"
    broken.write_text("notices: [{text: 停运。, before: nowhere}]\n", "utf-8")
    (fault,) = [fault for fault in inspect_trees(tmp_path) if fault not in before]
    assert (fault.file, fault.line, fault.severity) == (str(broken), 1, "error")
    broken.write_text("notices: [{text: 停运。, before: main}]\n", "utf-8")
    assert inspect_trees(tmp_path) == before


def test_a_menu_that_cannot_be_read_hides_no_fault_of_its_own(tmp_path: Path):
    for path in (PROJECT / "menus").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (tmp_path / "hotline.yaml").write_text("[", "utf-8")
    (tmp_path / "notices.yaml").write_text("notices: [{text: 停运。, before: main}]\n", "utf-8")
    assert {Path(fault.file).name for fault in inspect_trees(tmp_path)} == {"hotline.yaml"}


def test_from_and_until(standing):
    notices = standing("""
        notices:
          - {text: 一直播放。}
          - {text: 到中午为止。, until: 2026-02-10T12:00}
          - {text: 两天都播。, from: 2026-02-10, until: 2026-02-11}
          - {text: 明天开始。, from: 2026-02-11T08:00}
    """)
    assert said(notices, "2026-02-10T00:00") == ["一直播放。", "到中午为止。", "两天都播。"]
    assert said(notices, "2026-02-10T12:00") == ["一直播放。", "两天都播。"]
    assert said(notices, "2026-02-11T23:59") == ["一直播放。", "两天都播。", "明天开始。"]
    assert said(notices, "2026-02-12T00:00") == ["一直播放。", "明天开始。"]


def test_each_has_a_number_of_its_own_that_stays(standing):
    first = standing("notices: [{text: 甲地停运。}, {text: 乙地停运。, before: main}]")(
        at("2026-02-10T09:00")
    )
    second = standing("notices: [{text: 乙地停运。, before: main}]")(at("2026-02-10T09:00"))
    assert second == first[1:]
    assert len({notice.id for notice in first}) == 2
    assert all(notice.id < 0 for notice in first)


@pytest.mark.parametrize("text", ["", "# none\n", "notices:\n", "notices: []\n"])
def test_none(standing, text):
    assert said(standing(text), "2026-02-10T09:00") == []


def test_a_change_is_on_air_at_the_next_look_and_a_broken_one_is_not(standing, caplog):
    notices = standing("notices: [{text: 甲地停运。}]")
    assert said(notices, "2026-02-10T09:00") == ["甲地停运。"]
    standing("notices: [{text: 甲地停运。}, {text: 乙地停运")
    with caplog.at_level(logging.ERROR):
        assert said(notices, "2026-02-10T09:00") == ["甲地停运。"]
        assert said(notices, "2026-02-10T09:00") == ["甲地停运。"]
    assert caplog.text.count("standing notices stay as they were") == 1
    standing("notices: [{text: 乙地停运。}]")
    assert said(notices, "2026-02-10T09:00") == ["乙地停运。"]
    standing(None)
    assert said(notices, "2026-02-10T09:00") == []


def test_a_file_that_cannot_be_read_keeps_what_was_known(standing, tmp_path: Path):
    notices = standing("notices: [{text: 甲地停运。}]")
    assert said(notices, "2026-02-10T09:00") == ["甲地停运。"]
    (tmp_path / "notices.yaml").unlink()
    (tmp_path / "notices.yaml").mkdir()
    assert said(notices, "2026-02-10T09:00") == ["甲地停运。"]


def test_what_they_say_can_be_made_ahead(standing):
    notices = standing(
        "notices: [{text: 今天部分列车停运。请留意车站公告。}, {text: 明天开始。, from: 2026-02-11}]"
    )
    said = [(phrase.text, phrase.language) for phrase in notices.phrases(at("2026-02-10T09:00"))]
    assert said == [("今天部分列车停运。", "zh"), ("请留意车站公告。", "zh")]
