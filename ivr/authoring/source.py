"""A YAML file whose every value knows its line and column, and the faults found in it.

Values are read as the text that stands in the file: ``no`` is the word "no" and ``010`` the digits
"010", whatever YAML would make of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ivr.authoring import grammar
from ivr.authoring.bounds import out_of_bounds
from ivr.authoring.rule import Rule
from ivr.authoring.silence import Silence
from ivr.errors import IvrError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: No number in a menu needs more digits.
_DIGITS = 9


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: ``line`` and ``column`` count from 1. ``severity``: ``error`` keeps the
    menu off the air, ``warning`` does not. ``rule``: the name of the rule that it breaks."""

    file: str
    line: int
    column: int
    message: str
    severity: str
    rule: str

    @property
    def place(self) -> tuple[str, int, int]:
        """What faults are sorted by."""
        return self.file, self.line, self.column

    def __str__(self) -> str:
        warning = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.file}:{self.line}:{self.column}: {warning}{self.message} [{self.rule}]"


class MenuFaults(IvrError):
    """A menu file that cannot go on air. ``faults`` are in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.place)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Source:
    """One file while it is read; faults are collected, so that all are told at once.

    ``parameters``: what ``<name>`` stands for in this file. ``prefix``: stands before the names of the
    file's parts (``local``) in the tree. ``missing``: parameters that were not given, as told already.
    ``targets`` collects every way that was named.
    """

    def __init__(self, path: Path, prefix: str = "", parameters: Mapping[str, str] | None = None) -> None:
        self.name = str(path)
        self.prefix = prefix
        self.parameters = dict(parameters or {})
        self.local: frozenset[str] = frozenset()
        self.missing: frozenset[str] = frozenset()
        self.faults: list[Fault] = []
        self.targets: list[tuple[yaml.Node, str]] = []
        try:
            self.text = path.read_text("utf-8")
        except UnicodeDecodeError as fault:
            raise self._unreadable(f"is not UTF-8: {fault.reason}; save it as UTF-8") from None
        except OSError as fault:
            raise IvrError(f"cannot be read: {fault.strerror}", where=self.name) from None
        self.silence = Silence(self.text)

    def root(
        self,
        what: str = "the menu",
        *,
        may_be_empty: bool = False,
        shape: type[yaml.Node] = yaml.MappingNode,
    ) -> yaml.Node:
        """The whole document, a map or a list. Raises :class:`MenuFaults` when it does not parse."""
        try:
            beyond = out_of_bounds(self.text, _Loader)
            if beyond:
                raise self._unreadable(*beyond)
            node = yaml.compose(self.text, Loader=_Loader)
        except yaml.MarkedYAMLError as fault:
            mark = fault.problem_mark or fault.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise self._unreadable(f"is not YAML: {fault.problem}", line, column) from None
        except yaml.YAMLError as fault:
            raise self._unreadable(f"is not YAML: {fault}") from None
        if node is None and may_be_empty:
            begin = yaml.Mark(self.name, 0, 0, 0, None, 0)
            return shape("tag:yaml.org,2002:map", [], begin, begin)
        if node is None:
            raise self._unreadable("is empty; a menu needs start and parts")
        if not isinstance(node, shape):
            form = "a map of name: value" if shape is yaml.MappingNode else "a list"
            self.fault(node, grammar.wrong_shape, f"{what} must be {form}")
            raise MenuFaults(self.faults)
        return node

    def _unreadable(self, message: str, line: int = 1, column: int = 1) -> MenuFaults:
        rule = grammar.not_yaml
        return MenuFaults([Fault(self.name, line, column, message, rule.severity, rule.name)])

    def fault(self, node: yaml.Node, rule: Rule, message: str) -> None:
        """Note that ``rule`` is broken at ``node``, unless a comment there silences it."""
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        fault = Fault(self.name, line, column, message, rule.severity, rule.name)
        if not (rule.silenceable and self.silence.covers(line, rule.name)) and fault not in self.faults:
            self.faults.append(fault)  # once, though several parts may share what is wrong

    def pairs(self, node: yaml.Node, what: str) -> list[tuple[str, yaml.Node, yaml.Node]]:
        """``(key, key node, value node)`` of a mapping; double keys are faults."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, grammar.wrong_shape, f"{what} must be a map of name: value")
            return []
        seen: dict[str, yaml.Node] = {}
        rows: list[tuple[str, yaml.Node, yaml.Node]] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key, grammar.wrong_shape, f"a name in {what} must be plain text")
            elif key.value in seen:
                self.fault(
                    key,
                    grammar.duplicate_key,
                    f"'{key.value}' stands twice in {what} (first in line {seen[key.value].start_mark.line + 1})",
                )
            else:
                seen[key.value] = key
                rows.append((key.value, key, value))
        return rows

    def known(self, node: yaml.Node, what: str, allowed: Iterable[str]) -> dict[str, yaml.Node]:
        """A mapping whose keys must be among ``allowed``."""
        allowed = list(allowed)
        values = {}
        for key, key_node, value in self.pairs(node, what):
            if key in allowed:
                values[key] = value
            else:
                self.fault(
                    key_node, grammar.unknown_key, f"unknown key '{key}' in {what}; {nearest(key, allowed)}"
                )
        return values

    def word(self, node: yaml.Node, what: str) -> str:
        """A single non-empty word or text."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.fault(node, grammar.wrong_shape, f"{what} must be a text")
            return ""
        text = str(node.value).strip()
        for name, value in self.parameters.items():
            text = text.replace(f"<{name}>", value)
        return text

    def part_name(self, name: str) -> str:
        """The name in the tree of a part that this file calls ``name``."""
        return f"{self.prefix}.{name}" if self.prefix and name in self.local else name

    def target(self, node: yaml.Node, what: str) -> str:
        """The name of the part that a way leads to."""
        target = self.part_name(self.word(node, what))
        if target:
            self.targets.append((node, target))
        return target

    def number(self, node: yaml.Node, what: str, least: int = 0) -> int:
        """A whole number, ``least`` or more."""
        text = self.word(node, what)
        if text and text.isascii() and text.isdigit():
            if len(text) > _DIGITS:
                self.fault(node, grammar.wrong_value, f"{what} is a number of more than {_DIGITS} digits")
                return least
            if int(text) >= least:
                return int(text)
        if text:
            self.fault(node, grammar.wrong_value, f"{what} must be a whole number from {least}, not '{text}'")
        return least


#: So many known words are told in a hint; who needs more of them looks them up.
_TOLD = 24


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    more = f" and {len(known) - _TOLD} more" if len(known) > _TOLD else ""
    return f"known are: {', '.join(known[:_TOLD])}{more}" if known else "there are none"
