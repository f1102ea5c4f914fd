"""Reads what fares are reckoned from: the rules, and kilometres between neighbouring stops."""

from __future__ import annotations

import json

from ivr.rail.fare_rules import read_fare_book
from ivr.store.feed import Feed
from ivr.store.rail_data import Row

FARE_RULES = "fare_rules.json"


def read_fare_rules(feed: Feed) -> list[Row]:
    """The row with the document of ``fare_rules.json``; none when the feed has no such file, or it is wrong: then the
    fault is noted."""
    if FARE_RULES not in feed.names:
        return []
    text = feed.text(FARE_RULES)
    if FARE_RULES in feed.unread:
        return []
    try:
        document = json.loads(text)
        read_fare_book(document)
    except json.JSONDecodeError as fault:
        feed.fault(FARE_RULES, fault.lineno, f"not JSON: {fault.msg}")
    except ValueError as fault:
        feed.fault(FARE_RULES, 0, f"{fault} (docs/fares.md tells what stands where)")
    else:
        feed.counts[FARE_RULES] = sum(map(len, document.values()))
        return [{"document": document}]
    return []


def leg(row: dict[str, str]) -> Row:
    """A row of ``leg_km.csv``. Raises ValueError."""
    if row["one"] >= row["other"]:
        raise ValueError("'one' must stand before 'other' in the alphabet")
    if row["fast"] not in ("yes", "no"):
        raise ValueError(f"fast must be yes or no, not {row['fast']!r}")
    try:
        km = float(row["km"])
    except ValueError:
        km = 0.0
    if not 0 < km < 10_000:
        raise ValueError(f"{row['km']!r} are no kilometres")
    return {"one": row["one"], "other": row["other"], "fast": row["fast"] == "yes", "km": km}
