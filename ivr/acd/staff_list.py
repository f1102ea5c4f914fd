"""A list of staff as a CSV file: who works here, and what they know.

::

    staff,name,pin,skills
    1023,甲班,471100,tickets:1 complaints:3
    1024,乙班,,english:2

The first row names the columns, in any order, in English or Chinese (工号, 姓名, 密码, 技能); only ``staff`` has to be
there. A column that is missing changes nothing; so does an empty name or PIN (a new agent gets a PIN that is made).
An empty field of skills takes all of them away.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ivr.acd.roster import LEVELS

COLUMNS = {"staff": "工号", "name": "姓名", "pin": "密码", "skills": "技能"}
STAFF = re.compile(r"[0-9]{1,10}")
PIN = re.compile(r"[0-9]{4,12}")
_NAMES = {alias.casefold(): name for name, chinese in COLUMNS.items() for alias in (name, chinese)}


@dataclass(frozen=True)
class Listed:
    """An agent of the list; ``None`` for what the list does not say."""

    staff: str
    name: str | None = None
    pin: str | None = None
    skills: Mapping[str, int] | None = None


class SkillFault(ValueError):
    """What is wrong with a skill, in a line."""


def read_skill(text: str, known: Collection[str]) -> tuple[str, int]:
    """``tickets:2`` as (skill, level); without a level it is 1. Raises :class:`SkillFault`."""
    skill, _, level = text.partition(":")
    if skill not in known:
        raise SkillFault(f"there is no skill '{skill}'; known are: {', '.join(known)}")
    if not re.fullmatch(rf"[1-{LEVELS}]", level or "1"):
        raise SkillFault(f"{skill}: the level is from 1, the best, to {LEVELS}, not '{level}'")
    return skill, int(level or 1)


def read_staff_list(
    lines: Iterable[str], known: Collection[str]
) -> tuple[list[Listed], list[tuple[int, str]]]:
    """The agents of a list, and (line, what is wrong) for every fault; ``known``: the skills there are. The agents
    are whole only when there is no fault."""
    reader = csv.reader(lines, strict=True)
    agents: dict[str, Listed] = {}
    faults: list[tuple[int, str]] = []
    try:
        columns = _columns(next(reader, []), faults)
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (faults and not columns):
                _take(cells, columns, known, agents, faults, reader.line_num)
    except csv.Error as fault:
        faults.append((reader.line_num, f"is not CSV: {fault}"))
    return list(agents.values()), faults


def _columns(heads: list[str], faults: list[tuple[int, str]]) -> list[str]:
    """The names of the columns; none when they cannot be used."""
    columns = []
    for head in heads:
        name = _NAMES.get(head.strip().lstrip("\ufeff").casefold(), "")
        if not name or name in columns:
            what = "stands twice" if name else f"is unknown; known are: {', '.join(COLUMNS)}"
            faults.append((1, f"column '{head.strip()}' {what}"))
        columns.append(name)
    if "staff" not in columns:
        faults.append((1, "there is no column 'staff'; the first row names the columns"))
    return [] if faults else columns


def _take(
    cells: list[str],
    columns: list[str],
    known: Collection[str],
    agents: dict[str, Listed],
    faults: list[tuple[int, str]],
    line: int,
) -> None:
    if len(cells) != len(columns):
        faults.append((line, f"has {len(cells)} fields; the first row has {len(columns)}"))
        return
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
    staff, pin = given["staff"], given.get("pin", "")
    if not STAFF.fullmatch(staff):
        faults.append((line, f"staff number '{staff}' is wrong; 1 to 10 digits"))
    elif staff in agents:
        faults.append((line, f"staff number {staff} stands twice"))
    if pin and not PIN.fullmatch(pin):
        faults.append((line, "the PIN is wrong; 4 to 12 digits"))
    skills: dict[str, int] = {}
    for text in given.get("skills", "").replace(";", " ").split():
        try:
            skill, level = read_skill(text, known)
        except SkillFault as fault:
            faults.append((line, str(fault)))
            continue
        if skill in skills:
            faults.append((line, f"skill '{skill}' stands twice"))
        skills[skill] = level
    agents[staff] = Listed(
        staff, given.get("name") or None, pin or None, skills if "skills" in given else None
    )
