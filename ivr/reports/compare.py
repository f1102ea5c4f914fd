"""A period beside the same days of the week before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from ivr.reports.queue_stats import Entry, Hour, queue_stats

#: The figures that are compared, as :func:`ivr.reports.queue_stats.queue_stats` defines them.
COMPARED = ("offered", "answered", "answer_rate", "asa_s")
_WEEK = timedelta(days=7)
_NOTHING: dict[str, Any] = {"offered": 0, "answered": 0, "answer_rate": None, "asa_s": None}


def week_before(moment: datetime, zone: tzinfo) -> datetime:
    """The moment at which the clock on the wall told the same a week earlier."""
    return _shifted(moment, -_WEEK, zone)


def _shifted(moment: datetime, by: timedelta, zone: tzinfo) -> datetime:
    # A sum in a zone is one of the clock on the wall; a time that is left out there is brought to one that is.
    return (moment.astimezone(zone) + by).astimezone(timezone.utc)


def columns(by: str) -> list[str]:
    """The keys of a row of :func:`compare`, in their order."""
    return [by, *(f"{name}{end}" for name in COMPARED for end in ("", "_week_before", "_difference"))]


def compare(
    entries: Iterable[Entry | Hour], before: Iterable[Entry | Hour], *, by: str, zone: tzinfo
) -> list[dict[str, Any]]:
    """One row per group that is in ``entries`` or, a week earlier, in ``before``: of each figure its value
    (``offered``), that of the week before (``offered_week_before``) and what it rose by (``offered_difference``; of
    ``answer_rate`` as a ratio, 0.05 are five points). A difference is ``None`` when one of the two is.

    Groups are those of :func:`queue_stats`; an hour, day or week is compared with that at the same time of the
    clock on the wall: what came in the hour that a spring night leaves out is compared with the next hour.
    """
    moved = [replace(entry, entered_at=_shifted(entry.entered_at, _WEEK, zone)) for entry in before]
    now, then = ({row[by]: row for row in queue_stats(some, by=by, zone=zone)} for some in (entries, moved))
    rows = []
    for key in sorted({*now, *then}, key=lambda key: (key is None, key or "")):
        values, old = now.get(key, _NOTHING), then.get(key, _NOTHING)
        row: dict[str, Any] = {by: key}
        for name in COMPARED:
            row |= {name: values[name], f"{name}_week_before": old[name]}
            row[f"{name}_difference"] = _difference(values[name], old[name])
        rows.append(row)
    return rows


def _difference(value: float | None, old: float | None) -> float | None:
    return None if value is None or old is None else round(value - old, 4)
