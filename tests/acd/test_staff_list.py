"""A list of staff as CSV: what it means, and every fault with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.acd.staff_list import Listed, SkillFault, read_skill, read_staff_list

KNOWN = ("operator", "tickets", "english")


def read(text: str):
    return read_staff_list(text.splitlines(keepends=True), KNOWN)


def test_columns_in_any_order_and_in_chinese():
    text = '\ufeff姓名,工号,技能\n"甲班, 组长",1023,tickets:2;english\n\n乙班,1024,\n'
    assert read(text) == (
        [
            Listed("1023", "甲班, 组长", None, {"tickets": 2, "english": 1}),
            Listed("1024", "乙班", None, {}),
        ],
        [],
    )
    assert read("staff,pin\n1023,\n1024,4711\n")[0] == [Listed("1023"), Listed("1024", pin="4711")]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [(1, "there is no column 'staff'; the first row names the columns")]),
        ("staff,salary,staff\n1,2,3\n", [
            (1, "column 'salary' is unknown; known are: staff, name, pin, skills"),
            (1, "column 'staff' stands twice"),
        ]),
        ("staff,name\n1023\n", [(2, "has 1 fields; the first row has 2")]),
        ("staff\n10-23\n1023\n1023\n", [
            (2, "staff number '10-23' is wrong; 1 to 10 digits"), (4, "staff number 1023 stands twice"),
        ]),
        ("staff,pin\n1023,12\n", [(2, "the PIN is wrong; 4 to 12 digits")]),
        ("staff,skills\n1023,tickets:0 german tickets:1 tickets:2\n", [
            (2, "tickets: the level is from 1, the best, to 9, not '0'"),
            (2, "there is no skill 'german'; known are: operator, tickets, english"),
            (2, "skill 'tickets' stands twice"),
        ]),
        ('staff,name\n1023,"x\n', [(2, "is not CSV: unexpected end of data")]),
    ],
)  # fmt: skip
def test_every_fault_is_told_at_once(text: str, faults: list[tuple[int, str]]):
    assert read(text)[1] == faults


def test_a_skill_without_a_level_is_of_the_best():
    assert read_skill("tickets", KNOWN) == ("tickets", 1)
    with pytest.raises(SkillFault):
        read_skill("tickets:10", KNOWN)


@given(st.text())
def test_whatever_is_in_the_file_is_a_list_or_faults(text: str):
    agents, faults = read(text)
    assert faults or all(agent.staff.isdigit() for agent in agents)
