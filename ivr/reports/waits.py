"""How long callers waited: those who were answered, and those who hung up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ivr.reports.queue_stats import Entry, Hour
from ivr.reports.summary import Summary

#: The last whole second of each span of waits, some of :data:`ivr.reports.summary.LIMITS_S`; what is longer is in one more span, without an end.
SPANS_S = (5, 10, 20, 30, 60, 120, 300)
_OUTCOMES = ("answered", "abandoned")
COLUMNS = (
    "from_s", "to_s",
    *(f"{outcome}{figure}" for outcome in _OUTCOMES for figure in ("", "_share", "_share_so_far")),
)  # fmt: skip


def waits(entries: Iterable[Entry | Hour]) -> list[dict[str, Any]]:
    """One row for each span of waits, the shortest first, with the keys :data:`COLUMNS`. Entries whose wait
    is not known are left out. Whole hours have to have the limits :data:`ivr.reports.summary.LIMITS_S`.

    ``from_s`` and ``to_s`` are the first and the last second of the span (``None``: without end). ``answered``
    counts the waits of that length after which an agent took the call, ``answered_share`` is that of all the
    answered, ``answered_share_so_far`` the share of those up to ``to_s`` seconds: at the threshold it is the service
    level. ``abandoned`` likewise. Shares of nobody are ``None``; ratios are rounded to 4 decimals.
    """
    sums = Summary()
    for entry in entries:
        if isinstance(entry, Hour):
            sums.add(entry.summary)
        else:
            sums.count(entry)
    rows = []
    so_far = dict.fromkeys(_OUTCOMES, 0)
    begin = 0
    for end in (*SPANS_S, None):
        row: dict[str, Any] = {"from_s": begin, "to_s": end}
        for outcome in _OUTCOMES:
            whole, _ = sums.waited(outcome)
            number = (whole if end is None else sums.within(outcome, end)) - so_far[outcome]
            so_far[outcome] += number
            row |= {
                outcome: number,
                f"{outcome}_share": round(number / whole, 4) if whole else None,
                f"{outcome}_share_so_far": round(so_far[outcome] / whole, 4) if whole else None,
            }
        rows.append(row)
        begin = (end or 0) + 1
    return rows
