"""What is wrong in a menu that can be read: ways, prompts and keys that would trouble a caller.

A rule is a generator in one of the ``rules_…`` modules; its docstring is its page in the manual. A fault is
silenced by a comment ``# ok: rule-name`` at the end of its line, or in a line of its own above it.
"""

from __future__ import annotations

from ivr.authoring.lint import rules_fields, rules_files, rules_keys, rules_texts, rules_ways
from ivr.authoring.lint.reading import Reading, Standards
from ivr.authoring.lint.rule import Rule
from ivr.authoring.lint.silence import Silence
from ivr.authoring.source import Fault

#: Every rule by its name, sorted.
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in sorted(
        (
            value
            for module in (rules_fields, rules_files, rules_keys, rules_texts, rules_ways)
            for value in vars(module).values()
            if isinstance(value, Rule)
        ),
        key=lambda rule: rule.name,
    )
}

__all__ = ["RULES", "Reading", "Standards", "lint"]


def lint(reading: Reading) -> list[Fault]:
    """The faults that the rules find, without those that are silenced.

    Rules that need the whole tree wait until it reads without a fault: what follows from a wrong name
    would only hide it.
    """
    silence = Silence(source for source, _ in reading.roots)
    faults = silence.unknown(RULES)
    for rule in RULES.values():
        if reading.sound or not rule.whole:
            for source, node, message in rule.find(reading):
                line, column = node.start_mark.line + 1, node.start_mark.column + 1
                if not silence.covers(source.name, line, rule.name):
                    faults.append(Fault(source.name, line, column, message, rule.severity, rule.name))
    return list(dict.fromkeys(faults))
