"""What a lint rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import yaml

from ivr.authoring.lint.reading import Reading
from ivr.authoring.rule import Rule, manual_of, name_of
from ivr.authoring.source import Source

#: Where, and what is wrong there and how to mend it.
Finding = tuple[Source, yaml.Node, str]
Find = Callable[[Reading], Iterator[Finding]]


@dataclass(frozen=True)
class LintRule(Rule):
    """``find`` gives what it finds in a tree; ``whole``: it needs one that reads without a fault."""

    find: Find = field(kw_only=True)
    whole: bool = field(kw_only=True)


def error(*, whole: bool) -> Callable[[Find], LintRule]:
    """Make a generator of findings a rule of that severity; its name is the function's."""
    return lambda find: _rule(find, "error", whole)


def warning(*, whole: bool) -> Callable[[Find], LintRule]:
    """See :func:`error`."""
    return lambda find: _rule(find, "warning", whole)


def _rule(find: Find, severity: str, whole: bool) -> LintRule:
    return LintRule(name_of(find), severity, manual_of(find), find=find, whole=whole)
