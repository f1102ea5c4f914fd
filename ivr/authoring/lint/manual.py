"""The manual of the rules, made from their docstrings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from ivr.authoring.rule import Rule

#: The heading of an example → the name under which it is found.
_EXAMPLES = re.compile(r"^(Bad|Good):\n\n((?:(?: {4}.*)?\n?)+)", re.MULTILINE)
_FILE = re.compile(r"^# file: (\S+)$", re.MULTILINE)

_HEAD = """\
# The rules of `ivr menu check`

<!-- made by `ivr menu check --explain all` from the rules themselves; a test keeps it in step -->

An **error** keeps a menu off the air, a **warning** does not (`ivr menu check --strict` makes it count). A rule is silenced for one line
by a comment at its end, `# ok: rule-name`, or in a line of its own above it; say there why it is fine. What is marked **always** cannot
be silenced: without it the menu cannot be read.
"""


def summary(rule: Rule) -> str:
    """The first line of a rule's page."""
    return rule.manual.partition("\n")[0]


def examples(rule: Rule) -> dict[str, dict[str, str]]:
    """``Bad`` and ``Good`` → file name → text; what stands before a ``# file: NAME`` is ``hotline.yaml``."""
    found = {}
    for heading, block in _EXAMPLES.findall(rule.manual + "\n"):
        first, *others = _FILE.split(textwrap.dedent(block))
        found[heading] = {"hotline.yaml": first, **dict(zip(others[::2], others[1::2], strict=True))}
    return found


def page(rule: Rule) -> str:
    """One rule's page in Markdown."""
    body = _EXAMPLES.sub(_fenced, rule.manual + "\n")
    return f"## {rule.name}\n\n*{_kind(rule)}*\n\n{body.rstrip()}\n"


def _kind(rule: Rule) -> str:
    return rule.severity if rule.silenceable else f"{rule.severity}, always"


def _fenced(found: re.Match[str]) -> str:
    return f"{found[1]}:\n\n```yaml\n{textwrap.dedent(found[2]).strip()}\n```\n\n"


def book(rules: Iterable[Rule]) -> str:
    """The whole manual in Markdown."""
    rules = list(rules)
    contents = "\n".join(
        f"| [{rule.name}](#{rule.name}) | {_kind(rule)} | {summary(rule)} |" for rule in rules
    )
    table = f"| rule | | what it finds |\n|---|---|---|\n{contents}\n"
    return "\n".join([_HEAD, table, *(page(rule) for rule in rules)])
