"""Whatever callers do, a tree that passes the checks ends within its bounds, never raises, and leads to an agent."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ivr.authoring.loader import inspect_tree, load_trees
from ivr.dialogue.tree import AskPart, Tree
from ivr.settings import PROJECT

from .callers import Walk, numbers, random_call, random_tree, reaches_agent, walk

CALLERS = 10_000
TREES = 60
CALLERS_EACH = 25
CALLERS_IN_A_PART = 40
#: One turn's words and silence may pass the length of a call before anything can be counted.
LAST_TURNS_S = 60.0


def within_bounds(tree: Tree, done: Walk) -> None:
    assert done.gathers <= tree.limits.gathers + 1
    assert done.seconds <= tree.limits.seconds + LAST_TURNS_S * 4
    assert done.outcome != "failed", "the parts lead in a circle"


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
            assert reaches_agent(tree, session, now, "0", draw), session
    assert {"transferred", "completed", "hung_up"} <= set(outcomes), outcomes
    asking = {name for name, part in tree.parts.items() if hasattr(part, "tries")}
    # Few who key at random come far into a booking: each part once more as the first one.
    for name in sorted(asking):
        for draw in islice(numbers(1), CALLERS_IN_A_PART):
            done = walk(replace(tree, start=name), draw, random_call(draw), keep=True)
            within_bounds(tree, done)
            parts |= {session.part for session, _ in done.stops}
            for session, now in done.stops[:5]:
                assert reaches_agent(tree, session, now, "0", draw), session
    assert asking <= parts, "a part in which something is asked was never reached"
    # Elsewhere callers are heard only between the pages of a list.
    assert {type(tree.parts[name]) for name in parts - asking} <= {AskPart}


def test_random_trees_with_random_callers(tmp_path: Path):
    path = tmp_path / "tree.yaml"
    trees, tried = 0, 0
    verbs: set[str] = set()
    for draw in numbers(2026):
        tried += 1
        path.write_text(random_tree(draw), "utf-8")
        tree, faults = inspect_tree(path)
        if tree is None or any(fault.severity == "error" for fault in faults):
            assert tried < TREES * 40, "hardly any tree passes the checks"
            continue
        trees += 1
        verbs |= {type(part).__name__ for part in tree.parts.values()}
        for seed in range(CALLERS_EACH):
            caller = random.Random(f"{trees} {seed}")
            done = walk(tree, caller, random_call(caller), keep=seed < 3)
            within_bounds(tree, done)
            for session, now in done.stops:
                assert reaches_agent(tree, session, now, "0", caller), path.read_text("utf-8")
        if trees == TREES:
            break
    assert len(verbs) >= 8, verbs
