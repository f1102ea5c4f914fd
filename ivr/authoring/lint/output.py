"""Faults for other programs: JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ivr import __version__
from ivr.authoring.lint import RULES
from ivr.authoring.lint.manual import summary
from ivr.authoring.source import Fault

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: The rule of faults in the language itself, which no lint rule finds.
LANGUAGE = "menu-language"
_ABOUT_LANGUAGE = "What stands in the file is not the menu language."
_UNKNOWN_RULE = "unknown-rule"
_ABOUT_UNKNOWN_RULE = "A comment silences a rule that does not exist."


def as_rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """JSON: file, line, column, message, severity, rule ("" for the language)."""
    return [vars(fault) for fault in faults]


def as_github(faults: Iterable[Fault], here: Path) -> list[str]:
    """Workflow commands; files are told relative to ``here``."""
    return [
        f"::{fault.severity} file={_property(_relative(fault.file, here))},line={fault.line},col={fault.column},"
        f"title={_property(fault.rule or LANGUAGE)}::{_data(fault.message)}"
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
    rules = _rules()
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "ivr menu check", "version": __version__, "rules": rules}
    results = [_result(fault, numbers, here) for fault in faults]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules() -> list[dict[str, Any]]:
    rules = [_rule(rule.name, rule.severity, summary(rule), rule.manual) for rule in RULES.values()]
    rules.append(_rule(LANGUAGE, "error", _ABOUT_LANGUAGE, _ABOUT_LANGUAGE))
    rules.append(_rule(_UNKNOWN_RULE, "warning", _ABOUT_UNKNOWN_RULE, _ABOUT_UNKNOWN_RULE))
    return rules


def _rule(name: str, level: str, short: str, manual: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": short},
        "help": {"text": manual, "markdown": manual},
        "defaultConfiguration": {"level": level},
    }


def _result(fault: Fault, numbers: Mapping[str, int], here: Path) -> dict[str, Any]:
    rule = fault.rule or LANGUAGE
    region = {"startLine": fault.line, "startColumn": fault.column}
    place = {"artifactLocation": {"uri": _uri(fault.file, here)}, "region": region}
    return {
        "ruleId": rule,
        "ruleIndex": numbers[rule],
        "level": fault.severity,
        "message": {"text": fault.message},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str, here: Path) -> str:
    path = Path(file).absolute()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
