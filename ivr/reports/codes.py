"""What calls were about: how many of each code in each queue, and how many have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

COLUMNS = ("queue", "code", "label", "calls", "share")


class Coded(Protocol):
    """``calls`` answered calls of a queue with the same code (``ivr.store.call_codes.Coded``)."""

    @property
    def queue(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def calls(self) -> int: ...


def code_report(coded: Iterable[Coded], answered: Mapping[str, int]) -> list[dict[str, Any]]:
    """One row for each queue and code, most calls first, then one with the code ``None`` for the answered calls without
    one, if there are any. ``answered``: queue → answered calls of the same time; ``share``: of these."""
    calls: dict[str, Counter[str]] = {queue: Counter() for queue in answered}
    labels: dict[tuple[str, str], str] = {}
    for one in coded:
        calls.setdefault(one.queue, Counter())[one.code] += one.calls
        labels[one.queue, one.code] = one.label
    rows = []
    for queue in sorted(calls):
        whole = answered.get(queue, 0)
        told = sorted(calls[queue].items(), key=lambda pair: (-pair[1], pair[0]))
        rest = whole - calls[queue].total()
        for code, number in [*told, *([(None, rest)] if rest > 0 else [])]:
            label = labels[queue, code] if code is not None else None
            share = round(number / whole, 4) if whole else None
            rows.append({"queue": queue, "code": code, "label": label, "calls": number, "share": share})
    return rows
