"""What is wrong in a menu that can be read: ways, prompts and keys that would trouble a caller.

A rule is a generator in one of the ``rules_…`` modules; its docstring is its page in the manual. A fault is
silenced by a comment ``# ok: rule-name`` at the end of its line, or in a line of its own above it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivr.authoring import grammar
from ivr.authoring.lint import rules_fields, rules_files, rules_keys, rules_texts, rules_ways
from ivr.authoring.lint.reading import Reading, Standards
from ivr.authoring.lint.rule import LintRule
from ivr.authoring.rule import Rule
from ivr.authoring.source import Fault, Source, nearest

_LINT: dict[str, LintRule] = {
    rule.name: rule
    for rule in sorted(
        (
            value
            for module in (rules_fields, rules_files, rules_keys, rules_texts, rules_ways)
            for value in vars(module).values()
            if isinstance(value, LintRule)
        ),
        key=lambda rule: rule.name,
    )
}
#: Every rule by its name, those of the language too, sorted.
RULES: dict[str, Rule] = dict(sorted({**grammar.RULES, **_LINT}.items()))

__all__ = ["RULES", "Reading", "Standards", "lint", "needless_comments"]


def lint(reading: Reading) -> list[Fault]:
    """The faults that the rules find, without those that are silenced.

    Rules that need the whole tree wait until it reads without a fault: what follows from a wrong name
    would only hide it.
    """
    faults = []
    for rule in _LINT.values():
        if reading.sound or not rule.whole:
            for source, node, message in rule.find(reading):
                line, column = node.start_mark.line + 1, node.start_mark.column + 1
                if not source.silence.covers(line, rule.name):
                    faults.append(Fault(source.name, line, column, message, rule.severity, rule.name))
    return list(dict.fromkeys(faults))


def needless_comments(sources: Iterable[Source]) -> list[Fault]:
    """The comments that silence nothing, since there is no such rule or it cannot be silenced."""
    faults = []
    for source in sources:
        for line, column, name in source.silence.comments:
            rule = RULES.get(name)
            if rule is None:
                message = f"there is no rule '{name}'; {nearest(name, RULES)}"
            elif not rule.silenceable:
                message = f"'{name}' cannot be silenced: without it the menu cannot be read; mend the fault"
            else:
                continue
            severity, named = grammar.unknown_rule.severity, grammar.unknown_rule.name
            faults.append(Fault(source.name, line, column, message, severity, named))
    return faults
