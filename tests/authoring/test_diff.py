"""Differences by meaning: what callers or the calendar would notice, and nothing else."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from ivr.authoring.diff import changes
from ivr.authoring.folder import Menus, read_files, read_folder

SHIPPED = read_folder(Path(__file__).parents[2] / "menus")

HOTLINE = """
languages: [zh]
start: main
defaults:
  wait: 5s
  limits: {length: 20m, inputs: 150}
words: {no_match: 您的输入有误。}
parts:
  main:
    menu:
      1: {label: 预售期, go: presale}
      2: {label: 人工服务, go: agent}
  presale:
    ask: presale
    answers:
      told: {say: "预售期为{days}天。"}
  agent:
    transfer: operator
    priority: 5
"""
CALENDAR = """
hours: {daily: 06:00-23:00}
exceptions: {2027-02-05: closed}
periods:
  spring: {days: [2027-01-15 to 2027-02-20], peak: true}
"""
OTHER = "{start: a, parts: {a: {say: 好。, then: hangup}}}"


def menus(hotline: str = HOTLINE, calendar: str = CALENDAR) -> Menus:
    return read_files(
        {"hotline.yaml": hotline, "connected.yaml": OTHER, "agent.yaml": OTHER, "calendar.yaml": calendar},
        "1",
    )


def told(hotline: str = HOTLINE, calendar: str = CALENDAR) -> list[str]:
    return [str(change) for change in changes(menus(), menus(hotline, calendar))]


def test_comments_layout_and_the_order_of_parts_are_no_difference():
    top = yaml.safe_load(HOTLINE)
    top["parts"] = dict(reversed(top["parts"].items()))
    assert told("# a comment\n" + yaml.safe_dump(top, allow_unicode=True, sort_keys=False)) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("预售期为{days}天。", "可购{days}天。", "~ hotline presale answers told say zh: 预售期为{days}天。 → 可购{days}天。"),
        ("label: 预售期", "label: 预售", "~ hotline main options 1 label zh: 预售期 → 预售"),
        ("go: presale", "go: agent", "~ hotline main options 1 go: presale → agent"),
        ("wait: 5s", "wait: 6s", "~ hotline wait: 5.0 → 6.0"),
        ("length: 20m", "length: 30m", "~ hotline limits length: 1200 → 1800"),
        ("inputs: 150", "inputs: 100", "~ hotline limits inputs: 150 → 100"),
        ("您的输入有误。", "对不起。", "~ hotline words no_match zh: 您的输入有误。 → 对不起。"),
        ("priority: 5", "priority: 6", "~ hotline agent priority: 5 → 6"),
        ("priority: 5", "say: 请稍候。\n    priority: 5", "+ hotline agent say: 请稍候。"),
        ("transfer: operator\n    priority: 5", "say: 没有人。\n    then: hangup", "~ hotline agent: transfer → say 没有人。"),
        ("start: main", "start: agent", "~ hotline start: main → agent"),
    ],
)  # fmt: skip
def test_each_meaning_is_one_line(old: str, new: str, line: str):
    assert HOTLINE.count(old) == 1
    assert line in told(HOTLINE.replace(old, new))


def test_one_line_is_all_that_is_told_of_one_change():
    assert told(HOTLINE.replace("预售期为{days}天。", "可购{days}天。")) == [
        "~ hotline presale answers told say zh: 预售期为{days}天。 → 可购{days}天。"
    ]


def test_an_option_comes_goes_and_moves():
    more = HOTLINE.replace(
        "      2: {label: 人工",
        "      3: {label: 重听, go: main}\n      2: {label: 人工",
    )
    assert told(more) == ["+ hotline main options 3: 重听, main"]
    back = [str(change) for change in changes(menus(more), menus())]
    assert back == ["- hotline main options 3: 重听, main"]
    lines = HOTLINE.splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if "1: {label" in line)
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    assert told("".join(lines)) == ["~ hotline main options (order): 1 2 → 2 1"]


def test_a_part_comes_and_goes():
    more = HOTLINE + "  news:\n    say: 新闻。\n    then: main\n"
    assert told(more) == ["+ hotline news: say 新闻。"]
    assert [str(c) for c in changes(menus(more), menus())] == ["- hotline news: say 新闻。"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("06:00-23:00", "07:00-23:00", "~ calendar hours mon: 06:00-23:00 → 07:00-23:00"),
        ("2027-02-05: closed", "2027-02-05: 08:00-12:00", "~ calendar exceptions 2027-02-05: closed → 08:00-12:00"),
        (
            "to 2027-02-20",
            "to 2027-02-21",
            "~ calendar periods spring: 2027-01-15 to 2027-02-20 peak → 2027-01-15 to 2027-02-21 peak",
        ),
        (
            "[2027-01-15 to 2027-02-20]",
            "[2026-02-02 to 2026-03-13, 2027-01-15 to 2027-02-20]",
            "~ calendar periods spring: 2027-01-15 to 2027-02-20 peak → "
            "2026-02-02 to 2026-03-13, 2027-01-15 to 2027-02-20 peak",
        ),
        ("  spring: {", "  summer: {days: [2027-07-01 to 2027-08-31]}\n  spring: {", "+ calendar periods summer: 2027-07-01 to 2027-08-31"),
        ("hours:", "holidays: [2027-06-01]\nhours:", "+ calendar holidays 2027-06-01: 2027-06-01"),
    ],
)  # fmt: skip
def test_the_calendar_is_told_once(old: str, new: str, line: str):
    found = told(calendar=CALENDAR.replace(old, new))
    assert found.count(line) == 1
    assert all(" calendar " in change for change in found)


def test_a_menu_is_no_different_from_itself_and_differences_go_both_ways():
    assert changes(SHIPPED, SHIPPED) == []
    text = SHIPPED.files["hotline.yaml"]
    sentences = re.findall(r"say: (?:>-\n)?\s*([一-鿿，]+)。", text)
    assert len(sentences) > 5
    for sentence in random.Random(1).sample(sentences, 3):
        files = {**SHIPPED.files, "hotline.yaml": text.replace(sentence, sentence + "啊", 1)}
        other = read_files(files, "2")
        there, back = changes(SHIPPED, other), changes(other, SHIPPED)
        assert [(c.before, c.after) for c in there] == [(c.after, c.before) for c in back] != []
