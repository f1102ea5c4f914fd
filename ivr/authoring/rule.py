"""What a rule of ``ivr menu check`` is, whether it is about the language or about what callers would suffer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """``severity``: ``error`` keeps the menu off the air, ``warning`` does not. ``manual``: its page, as a docstring
    says it. ``silenceable``: a comment may take it off a line, since the tree can be built all the same."""

    name: str
    severity: str
    manual: str
    silenceable: bool = True


def name_of(function: Callable[..., object]) -> str:
    """The name of the rule that a function defines."""
    return function.__name__.replace("_", "-")


def manual_of(function: Callable[..., object]) -> str:
    """Its page."""
    return inspect.cleandoc(function.__doc__ or "")
