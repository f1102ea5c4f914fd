"""Comments that silence a rule: ``# ok: rule-name``, several with commas between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*ok:\s*(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)")


class Silence:
    """The silencing comments of one file. One at the end of a line is about that line; one that has the line
    to itself is about the next. ``comments``: line and column of each name, and the name."""

    def __init__(self, text: str) -> None:
        self._rules: set[tuple[int, str]] = set()
        self.comments: list[tuple[int, int, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            found = _COMMENT.search(line) if "ok:" in line else None
            for line_of, column, rule in _named(number, found) if found else ():
                self._rules.add((line_of, rule))
                self.comments.append((number, column, rule))

    def covers(self, line: int, rule: str) -> bool:
        """Whether ``rule`` is silenced there."""
        return (line, rule) in self._rules


def _named(number: int, found: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """The line that the comment is about, the column and the name of each rule in it."""
    alone = not found.string[: found.start()].strip()
    for rule in re.finditer(r"[\w-]+", found["rules"]):
        yield number + alone, found.start("rules") + rule.start() + 1, rule[0]
