"""Reads what fares are reckoned from: the rules, and kilometres between neighbouring stops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ivr.errors import IvrError
from ivr.rail.fare_rules import read_fare_book

FARE_RULES = "fare_rules.json"


def read_fare_rules(folder: Path) -> dict[str, Any] | None:
    """The document of ``fare_rules.json``, checked; ``None`` when the folder has none. Raises :class:`IvrError`."""
    path = folder / FARE_RULES
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_bytes())
        read_fare_book(document)
    except json.JSONDecodeError as fault:
        raise IvrError(f"not JSON: {fault.msg}", where=f"{path}:{fault.lineno}") from None
    except UnicodeDecodeError as fault:
        raise IvrError(f"not UTF-8: {fault.reason}", where=str(path)) from None
    except ValueError as fault:
        raise IvrError(str(fault), where=str(path), mend="docs/fares.md tells what stands where") from None
    assert isinstance(document, dict)
    return document


def leg(row: dict[str, str], stations: set[str]) -> dict[str, Any]:
    """A row of ``leg_km.csv``. Raises ValueError."""
    for name in ("one", "other"):
        if row[name] not in stations:
            raise ValueError(f"station {row[name]} is in no station list")
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
