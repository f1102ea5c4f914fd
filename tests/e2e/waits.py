"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overdue(AssertionError):
    """What was waited for did not come."""


def wait_for(condition: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The first true value of ``condition``. Raises :class:`Overdue` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Overdue(f"not within {seconds:g} s: {what}")
        time.sleep(0.03)
    return value
