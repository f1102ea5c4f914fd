"""What a YAML file may not be, lest reading it ends the program or never ends: told before anything is built."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

#: More levels than any menu needs. Composing goes down with them, in C: a file of brackets alone would end the program.
DEEPEST = 100
#: So many values may stand for others through ``*name``; ten lines of names of names would be milliards.
COPIES = 20_000

#: What YAML does not allow unless it is escaped.
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Where YAML ends a line.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


# What is published is read several times: from the folder, as it was stored, and to be compared.
@lru_cache(maxsize=128)
def out_of_bounds(text: str, loader: Any) -> tuple[str, int, int] | None:
    """What is wrong, its line and its column (from 1); ``None`` when nothing is.

    Raises :class:`yaml.YAMLError` when the text is not YAML.
    """
    control = _CONTROL.search(text)
    if control:
        breaks = list(_BREAK.finditer(text, 0, control.start()))
        begin = breaks[-1].end() if breaks else 0
        message = f"has a control character, U+{ord(control[0]):04X}; delete it"
        return message, len(breaks) + 1, control.start() - begin + 1
    return _Walk().through(text, loader)


class _Walk:
    """Goes through the events of a text. ``sizes``: name → how many values it stands for; ``open``: the lists and
    maps around the present one, each with its name (or ``None``) and its values so far."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.open: list[tuple[str | None, int]] = []
        self.values = self.copies = 0

    def through(self, text: str, loader: Any) -> tuple[str, int, int] | None:
        event: Any
        for event in yaml.parse(text, Loader=loader):
            message = self._step(event)
            if message:
                return message, event.start_mark.line + 1, event.start_mark.column + 1
        return None

    def _step(self, event: Any) -> str:
        if isinstance(event, yaml.CollectionEndEvent):
            name, before = self.open.pop()
            self._name(name, self.values - before)
        elif isinstance(event, yaml.AliasEvent):
            return self._copy(str(event.anchor))
        elif isinstance(event, yaml.ScalarEvent):
            self.values += 1
            self._name(event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open.append((event.anchor, self.values))
            self.values += 1
            if len(self.open) > DEEPEST:
                return f"is nested deeper than {DEEPEST} levels; is a bracket or a brace too much?"
        return ""

    def _name(self, name: str | None, size: int) -> None:
        if name is not None:
            self.sizes[name] = size

    def _copy(self, name: str) -> str:
        if any(name == outer for outer, _ in self.open):
            return f"'*{name}' stands within what it stands for; write out what is meant"
        self.values += self.sizes.get(name, 0)
        self.copies += self.sizes.get(name, 0)
        if self.copies > COPIES:
            return f"'*{name}': names stand for more than {COPIES} values; write out what is meant"
        return ""
