"""Comments that silence a rule: ``# ok: rule-name``, several with commas between them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from ivr.authoring.source import Fault, Source, nearest

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*ok:\s*(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)")
_UNKNOWN = "unknown-rule"


class Silence:
    """The silencing comments of some files. One at the end of a line is about that line; one that has the
    line to itself is about the next."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._rules: set[tuple[str, int, str]] = set()
        self._comments: list[tuple[str, int, int, str]] = []
        for source in sources:
            for number, line in enumerate(source.text.splitlines(), 1):
                found = _COMMENT.search(line)
                if found:
                    self._note(source.name, number, found)

    def _note(self, file: str, number: int, found: re.Match[str]) -> None:
        alone = not found.string[: found.start()].strip()
        for rule in re.finditer(r"[\w-]+", found["rules"]):
            column = found.start("rules") + rule.start() + 1
            self._rules.add((file, number + alone, rule[0]))
            self._comments.append((file, number, column, rule[0]))

    def covers(self, file: str, line: int, rule: str) -> bool:
        """Whether ``rule`` is silenced there."""
        return (file, line, rule) in self._rules

    def unknown(self, rules: Container[str]) -> list[Fault]:
        """Comments that name no rule: a slip would leave what it means unsilenced, or unseen later."""
        known = list(rules) if isinstance(rules, Iterable) else []
        return [
            Fault(
                file, line, column, f"there is no rule '{rule}'; {nearest(rule, known)}", "warning", _UNKNOWN
            )
            for file, line, column, rule in self._comments
            if rule not in rules
        ]
