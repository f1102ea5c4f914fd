"""Whatever callers do, a tree that passes the checks ends within its bounds, never raises, and leads to an agent.

``IVR_RANDOM_TREES=20`` plays 10,000 callers on each of so many random trees; it takes some seconds for each.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import get_args

import pytest

from ivr.authoring.loader import inspect_tree, load_trees
from ivr.dialogue.tree import (
    AskPart,
    BranchPart,
    FormPart,
    MemberPart,
    MenuPart,
    Part,
    TransferPart,
    Tree,
)
from ivr.settings import PROJECT

from .callers import Walk, numbers, random_call, reaches_agent, walk
from .trees import random_files, random_notices

CALLERS = 10_000
TREES = 200
CALLERS_IN_A_PART = 40
#: One turn's words and silence may pass the length of a call before anything can be counted.
LAST_TURNS_S = 60.0


def within_bounds(tree: Tree, done: Walk) -> None:
    assert done.gathers <= tree.limits.gathers + 1
    assert done.seconds <= tree.limits.seconds + LAST_TURNS_S * 4
    assert done.outcome != "failed", "the parts lead in a circle"


def good_trees(folder: Path, seed: int) -> Iterator[tuple[Tree, str]]:
    """Random trees that pass the checks, and their texts."""
    found = 0
    for tried, draw in enumerate(numbers(seed), 1):
        for path in folder.glob("*.yaml"):
            path.unlink()
        files = random_files(draw)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        tree, faults = inspect_tree(folder / "tree.yaml")
        if tree is not None and not any(fault.severity == "error" for fault in faults):
            found += 1
            yield tree, "\n".join(files.values())
        assert tried < 100 or found > tried / 20, "hardly any tree passes the checks"


def play(tree: Tree, text: str, seed: str, callers: int, keep: int) -> None:
    """Random callers, with whatever notices are on air; ``keep``: so many of them ask for an agent at each stop."""
    asked: set[tuple[str, str, int]] = set()
    for number in range(callers):
        draw = random.Random(f"{seed} {number}")
        notices = random_notices(draw, tree) if number % 3 == 0 else []
        try:
            done = walk(tree, draw, random_call(draw), keep=number < keep, notices=notices)
            within_bounds(tree, done)
            for session, now in done.stops:
                place = (session.part, session.phase, session.field_index)
                if place not in asked:
                    asked.add(place)
                    assert not transfers(tree) or reaches_agent(tree, session, now, draw), session
        except Exception as fault:
            raise AssertionError(f"caller {seed} {number}: {fault!r}\n{text}") from fault


def transfers(tree: Tree) -> bool:
    return any(isinstance(part, TransferPart) for part in tree.parts.values())


def test_ten_thousand_callers_of_the_shipped_menus():
    tree = load_trees(PROJECT / "menus")["hotline"]
    outcomes: Counter[str] = Counter()
    parts: set[str] = set()
    for number, draw in enumerate(islice(numbers(1), CALLERS)):
        keep = number % 20 == 0
        done = walk(tree, draw, random_call(draw), keep=keep)
        within_bounds(tree, done)
        outcomes[done.outcome] += 1
        for session, now in done.stops:
            parts.add(session.part)
            assert reaches_agent(tree, session, now, draw), session
    assert {"transferred", "completed", "hung_up"} <= set(outcomes), outcomes
    asking = {name for name, part in tree.parts.items() if hasattr(part, "tries")}
    # Few who key at random come far into a booking: each part once more as the first one.
    for name in sorted(asking):
        for draw in islice(numbers(1), CALLERS_IN_A_PART):
            done = walk(replace(tree, start=name), draw, random_call(draw), keep=True)
            within_bounds(tree, done)
            parts |= {session.part for session, _ in done.stops}
            for session, now in done.stops[:5]:
                assert reaches_agent(tree, session, now, draw), session
    assert asking <= parts, "a part in which something is asked was never reached"
    # Elsewhere callers are heard only between the pages of a list.
    assert {type(tree.parts[name]) for name in parts - asking} <= {AskPart}


def test_ten_thousand_callers_of_two_hundred_random_trees(tmp_path: Path):
    constructs: Counter[str] = Counter()
    for number, (tree, text) in enumerate(islice(good_trees(tmp_path, 2026), TREES)):
        constructs.update(constructs_of(tree))
        play(tree, text, str(number), CALLERS // TREES, keep=2)
    wanted = {verb.__name__ for verb in get_args(Part)} - {MemberPart.__name__}  # of agents' own trees
    wanted |= {
        "several fields",
        "only",
        "not",
        "private",
        "two languages",
        "language by key",
        "included",
        "own key 0",
    }
    wanted |= {
        "calendar",
        "queue",
        "waiting",
        "wait",
        "returning",
        "number",
        "caller",
        "chose",
        "language",
        "fact",
    }
    assert wanted <= set(constructs), wanted - set(constructs)


def constructs_of(tree: Tree) -> Iterator[str]:
    """What of the language a tree has."""
    if len(tree.languages) > 1:
        yield "two languages"
    for name, part in tree.parts.items():
        yield type(part).__name__
        if "." in name:
            yield "included"
        if isinstance(part, BranchPart):
            yield from (condition.kind for case in part.cases for condition in case.conditions)
        elif isinstance(part, MenuPart):
            yield from ("language by key" for option in part.options if option.language)
            yield from ("own key 0" for option in part.options if option.digit == "0")
        elif isinstance(part, FormPart):
            yield from ("several fields" for _ in part.fields[1:])
            yield from ("only" for field in part.fields if field.only)
            yield from ("not" for field in part.fields if field.differs_from)
            yield from ("private" for field in part.fields if field.private)


@pytest.mark.timeout(0)
@pytest.mark.skipif("IVR_RANDOM_TREES" not in os.environ, reason="set IVR_RANDOM_TREES to a number of trees")
def test_ten_thousand_callers_of_each_of_many_random_trees(tmp_path: Path):
    seed = random.SystemRandom().randrange(10**9)
    for number, (tree, text) in enumerate(
        islice(good_trees(tmp_path, seed), int(os.environ["IVR_RANDOM_TREES"]))
    ):
        play(tree, text, f"{seed} {number}", CALLERS, keep=200)
