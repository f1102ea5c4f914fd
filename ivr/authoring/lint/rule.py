"""What a rule is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from ivr.authoring.lint.reading import Reading
from ivr.authoring.source import Source

#: Where, and what is wrong there and how to mend it.
Finding = tuple[Source, yaml.Node, str]
Find = Callable[[Reading], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """``severity``: ``error`` keeps the menu off the air, ``warning`` does not. ``whole``: it needs a tree that
    reads without a fault. ``manual``: its page."""

    name: str
    severity: str
    whole: bool
    manual: str
    find: Find


def error(*, whole: bool) -> Callable[[Find], Rule]:
    """Make a generator of findings a rule of that severity; its name is the function's."""
    return _rule("error", whole)


def warning(*, whole: bool) -> Callable[[Find], Rule]:
    """See :func:`error`."""
    return _rule("warning", whole)


def _rule(severity: str, whole: bool) -> Callable[[Find], Rule]:
    def make(find: Find) -> Rule:
        name = find.__name__.replace("_", "-")
        return Rule(name, severity, whole, inspect.cleandoc(find.__doc__ or ""), find)

    return make
