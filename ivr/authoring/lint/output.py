"""Faults for other programs: JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ivr import __version__
from ivr.authoring.lint import RULES
from ivr.authoring.lint.manual import summary
from ivr.authoring.rule import Rule
from ivr.authoring.source import Fault

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """JSON: file, line, column, message, severity, rule."""
    return [vars(fault) for fault in faults]


def as_github(faults: Iterable[Fault], here: Path) -> list[str]:
    """Workflow commands; files are told relative to ``here``."""
    return [
        f"::{fault.severity} file={_property(_relative(fault.file, here))},line={fault.line},col={fault.column},"
        f"title={_property(fault.rule)}::{_data(fault.message)}"
        for fault in faults
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _relative(file: str, here: Path) -> str:
    path = Path(file).absolute()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def as_sarif(faults: Iterable[Fault], here: Path) -> Mapping[str, Any]:
    """A SARIF 2.1.0 log of one run with every rule; files within ``here`` are told relative to it."""
    rules = [_rule(rule) for rule in RULES.values()]
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "ivr menu check", "version": __version__, "rules": rules}
    results = [_result(fault, numbers, here) for fault in faults]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": summary(rule)},
        "help": {"text": rule.manual, "markdown": rule.manual},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(fault: Fault, numbers: Mapping[str, int], here: Path) -> dict[str, Any]:
    region = {"startLine": fault.line, "startColumn": fault.column}
    place = {"artifactLocation": {"uri": _uri(fault.file, here)}, "region": region}
    return {
        "ruleId": fault.rule,
        "ruleIndex": numbers[fault.rule],
        "level": fault.severity,
        "message": {"text": fault.message},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str, here: Path) -> str:
    path = Path(file).absolute()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
