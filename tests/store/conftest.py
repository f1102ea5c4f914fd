"""Logs for the recorder: hand-written hard cases, and made-up ones of any length."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.queue_logs.rows import rows_of

HARD_CASES = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"

Dump = Callable[[Engine], list[Any]]


def _made_up(seed: int, calls: int) -> list[str]:
    """A log of ``calls`` calls that overlap in time, with agents that come, go and pause."""
    rng = random.Random(seed)
    timed: list[tuple[float, str]] = []
    for agent in ("1023", "1024", "1025"):
        at = 1770685200.0
        while at < 1770685200 + calls:
            timed.append((at, f"NONE|operator|{agent}|ADDMEMBER|"))
            at += rng.uniform(5, 40)
            timed.append((at, f"NONE|operator|{agent}|PAUSE|{rng.choice(['tea', 'lunch', ''])}"))
            at += rng.uniform(1, 9)
            timed.append((at, f"NONE|operator|{agent}|UNPAUSE|"))
            at += rng.uniform(5, 40)
            timed.append((at, f"NONE|operator|{agent}|REMOVEMEMBER|"))
            at += 1
    for number in range(calls):
        at = 1770685200 + rng.uniform(0, calls)
        call, caller = f"{int(at)}.{number}", f"138{number:08}"
        agent = rng.choice(["1023", "1024", "1025"])
        timed.append((at, f"{call}|NONE|NONE|CALLBEGIN|{caller}|12306|{at:.3f}"))
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            at += rng.uniform(0.1, 3)
            timed.append((at, f"{call}|operator|NONE|ENTERQUEUE||{caller}|1"))
            for _ in range(rng.choice([0, 0, 1, 2])):
                at += rng.uniform(0.1, 3)
                timed.append((at, f"{call}|operator|{agent}|RINGNOANSWER|1000"))
            at += rng.uniform(0.1, 9)
            end = rng.choice(["CONNECT", "CONNECT", "ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY"])
            if end == "CONNECT":
                timed.append((at, f"{call}|operator|{agent}|CONNECT|5|{call}9|2"))
                at += rng.uniform(1, 20)
                timed.append((at, f"{call}|operator|{agent}|COMPLETEAGENT|5|12|1"))
            else:
                timed.append((at, f"{call}|operator|NONE|{end}|1|1|7"))
        timed.append((at + 0.5, f"{call}|NONE|NONE|CALLEND|16|{at + 0.5:.3f}"))
    timed.append((1770685200 + calls * 0.7, "NONE|NONE|NONE|QUEUESTART|"))
    timed.sort(key=lambda pair: pair[0])
    return [f"{int(at)}|{text}" for at, text in timed]


@pytest.fixture
def dump() -> Dump:
    """All rows of the record in a form that can be compared."""
    return rows_of


@pytest.fixture(scope="session")
def made_up() -> Callable[[int, int], list[str]]:
    """A made-up log: seed, number of calls → lines."""
    return _made_up


@pytest.fixture
def hard_cases() -> Path:
    """A log with every hard case."""
    return HARD_CASES
