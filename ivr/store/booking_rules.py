"""The rules that say until when a booking is held, read from ``data/booking_deadlines.csv``."""

from __future__ import annotations

import csv
import functools
from collections.abc import Sequence
from datetime import date, time
from pathlib import Path

from ivr.errors import IvrError
from ivr.rail.booking import DeadlineRule
from ivr.rail.service_day import DAY, minutes_of
from ivr.settings import PROJECT

FILE = PROJECT / "data" / "booking_deadlines.csv"
COLUMNS = ["valid_from", "made_from", "until_day", "until_time", "source", "verified"]


@functools.lru_cache(maxsize=4)
def deadline_rules(path: Path = FILE) -> Sequence[DeadlineRule]:
    """All rules of the file, old ones too. Raises :class:`IvrError` with the line that cannot be understood."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise IvrError(f"cannot be read: {fault}", where=str(path)) from None
    reader = csv.DictReader(lines)
    if reader.fieldnames != COLUMNS:
        raise IvrError(f"the columns must be {','.join(COLUMNS)}", where=f"{path}:1")
    rules = []
    for row in reader:
        try:
            rules.append(_rule(row))
        except (ValueError, TypeError) as fault:
            raise IvrError(
                f"not a rule: {fault}",
                where=f"{path}:{reader.line_num}",
                mend="e.g. 2012-01-16,12:00,1,24:00,source,no",
            ) from None
    if not rules:
        raise IvrError("has no rule", where=str(path))
    return tuple(rules)


def _rule(row: dict[str, str]) -> DeadlineRule:
    until = minutes_of(row["until_time"])
    if until > DAY:
        raise ValueError("until_time is past 24:00")
    return DeadlineRule(
        date.fromisoformat(row["valid_from"]),
        time.fromisoformat(row["made_from"]),
        int(row["until_day"]),
        until,
    )
