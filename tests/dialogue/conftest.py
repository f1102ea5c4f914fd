"""Small trees for the engine's tests, written as an admin would."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.authoring.loader import load_tree
from ivr.dialogue.call import CallInfo
from ivr.dialogue.tree import Tree

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CALL = CallInfo("1700000000.1", caller="13800001234", called="12306")

SMALL = """
    languages: [zh]
    start: greeting
    defaults:
      keys: {"*": repeat, "#": back, "0": agent}
      no_input: {tries: 1, then: agent}
      no_match: {tries: 2, then: agent}
      then: more
      error: agent
      limits: {length: 10m, inputs: 40, silences: 6, mistakes: 9, then: agent}
    parts:
      greeting: {say: 您好，这里是测试热线。, then: main}
      main:
        menu:
          1: {label: 列车时刻, go: timetable}
          2: {label: 预售期, go: presale}
          3: {label: 区号查询, go: code}
          4: {label: 二级菜单, go: second}
        outro: 重听请按星号键。
      second:
        menu:
          1: {label: 公告, go: notice}
      notice: {say: 这是一条公告。}
      more:
        menu:
          1: {label: 主菜单, go: main}
        no_input: {tries: 1, then: goodbye}
      goodbye: {say: 感谢来电。, then: hangup}
      timetable:
        form:
          fields:
            from: {station: 出发站}
            to: {station: 到达站, not: from}
            date: {date: 日期}
          read_back: "{from}到{to}，{date}。"
          ask: timetable
        answers:
          none: {say: "{date}没有列车。"}
          many: {say: "找到下列列车。", each: "{train}次，{dep}开。", at_a_time: 2}
      presale:
        ask: presale
        answers:
          told: {say: "可以购买{last_day}及以前的车票。"}
      code:
        form:
          fields:
            keys: {digits: 区号, keys: 3 to 4}
          ask: city_of_area_code
        answers:
          none: {say: "没有区号{keys}。"}
          one: {say: "{code}是{city}。"}
          many: {say: 有几个城市。, each: "{city}。"}
      agent:
        transfer: operator
        say: 正在转接。
        answers:
          answered: {then: goodbye}
          timeout: {say: 坐席全忙。, then: more}
"""


@pytest.fixture
def write_tree(tmp_path: Path):
    """Load a tree from its text."""

    def load(text: str, name: str = "hotline") -> Tree:
        path = tmp_path / f"{name}.yaml"
        path.write_text(dedent(text), "utf-8")
        return load_tree(path)

    return load


@pytest.fixture
def small(write_tree) -> Tree:
    return write_tree(SMALL)


@pytest.fixture
def call(small: Tree) -> Any:
    """A call on the small tree."""
    from .rehearsal import Rehearsal

    return Rehearsal(small)
