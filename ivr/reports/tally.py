"""Counts of queue entries that can be taken back, so that an hour's can be kept while its entries change.

The old state of an entry is taken out, the new one put in. Waits are a histogram, seconds → entries: the longest one
is known again after it was taken out, and any limit can be asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo

from ivr.acd.record import WAITING
from ivr.reports.summary import LIMITS_S, PARTS, Counted, Summary

HOUR = timedelta(hours=1)


@dataclass
class Tally:
    """``outcomes``: outcome → entries; ``waits``: (outcome, wait in seconds) → entries; ``parts``: part → [answered
    entries of which it is known, their seconds]."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waits: Counter[tuple[str, int]] = field(default_factory=Counter)
    parts: dict[str, list[int]] = field(default_factory=lambda: {part: [0, 0] for part in PARTS})

    def count(self, entry: Counted, times: int = 1) -> None:
        """Put an entry in, or with ``times=-1`` take it out again."""
        self.outcomes[entry.outcome] += times
        if entry.wait_s is not None and entry.outcome != WAITING:  # not while the greeting is told
            self.waits[entry.outcome, entry.wait_s] += times
        if entry.outcome == "answered":
            for part in PARTS:
                seconds = getattr(entry, part)
                if seconds is not None:
                    self.parts[part][0] += times
                    self.parts[part][1] += times * seconds

    def count_alike(
        self, outcome: str, wait_s: int | None, entries: int, parts: Iterable[tuple[int, int]]
    ) -> None:
        """Put in ``entries`` with the same outcome and wait; of each of :data:`PARTS` of how many it is known, and the seconds."""
        self.outcomes[outcome] += entries
        if wait_s is not None and outcome != WAITING:
            self.waits[outcome, wait_s] += entries
        if outcome == "answered":
            for part, (known, seconds) in zip(PARTS, parts, strict=True):
                self.parts[part][0] += known
                self.parts[part][1] += seconds

    def add(self, other: Tally) -> None:
        """Put in all that ``other`` has, which may be less than nothing."""
        self.outcomes.update(other.outcomes)
        self.waits.update(other.waits)
        for part, (known, seconds) in other.parts.items():
            self.parts[part][0] += known
            self.parts[part][1] += seconds

    def summary(self, limits: Sequence[int] = LIMITS_S) -> Summary:
        """The sums, with the waits of at most each of ``limits``."""
        summary = Summary(limits)
        for outcome, number in self.outcomes.items():
            summary.outcome(outcome, number)
        for (outcome, wait), number in self.waits.items():
            if number:
                summary.wait(outcome, wait, number)
        for part, (known, seconds) in self.parts.items():
            summary.part(part, known, seconds)
        return summary

    def to_json(self) -> str:
        """As JSON; equal tallies give equal texts, zeros are left out."""
        waits: dict[str, dict[int, int]] = {}
        for (outcome, wait), number in sorted(self.waits.items()):
            if number:
                waits.setdefault(outcome, {})[wait] = number
        outcomes = {outcome: number for outcome, number in sorted(self.outcomes.items()) if number}
        parts = {part: numbers for part, numbers in self.parts.items() if numbers[0]}
        return json.dumps({"outcomes": outcomes, "waits": waits, "parts": parts}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Tally:
        """What :meth:`to_json` wrote."""
        document = json.loads(text)
        tally = cls(Counter(document["outcomes"]))
        tally.parts.update(document["parts"])
        for outcome, waits in document["waits"].items():
            for wait, number in waits.items():
                tally.waits[outcome, int(wait)] = number
        return tally


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour of UTC in which an aware moment lies."""
    return moment.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)


def whole_hours(since: datetime, until: datetime, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """From the first whole hour of UTC at or after ``since`` to the last at or before ``until`` (aware); ``None`` where
    there is none in between, or where the zone's hours begin in the middle of UTC's (Asia/Kolkata)."""
    first, last = hour_of(since), hour_of(until)
    if first < since:
        first += HOUR
    hour = first
    while hour < last:
        if (hour.astimezone(zone).utcoffset() or timedelta()) % HOUR:
            return None
        hour += HOUR
    return (first, last) if first < last else None


def stretches(
    first: datetime, last: datetime, zone: tzinfo, peak: Callable[[date], bool] | None
) -> list[tuple[datetime, datetime]]:
    """From ``first`` to ``last`` (whole hours of UTC) in stretches each of which has only peak days of ``zone``, or none."""
    found: list[tuple[datetime, datetime]] = []
    begin, hour = first, first
    before: bool | None = None
    while hour < last:
        now = peak is not None and peak(hour.astimezone(zone).date())
        if before is not None and now != before:
            found.append((begin, hour))
            begin = hour
        before = now
        hour += HOUR
    found.append((begin, last))
    return found


def spans(
    same: Iterable[tuple[datetime, datetime]],
) -> tuple[list[tuple[datetime, datetime]], list[datetime]]:
    """How stretches (from and to whole hours of UTC) are covered: by spans of hours, and by days of UTC each of which lies within one
    of them."""
    hours: list[tuple[datetime, datetime]] = []
    days: list[datetime] = []
    for begin, end in same:
        day = begin.replace(hour=0)
        if day < begin:
            day += 24 * HOUR
        last_day = end.replace(hour=0)
        if day >= last_day:
            hours.append((begin, end))
            continue
        hours += [(begin, day), (last_day, end)]
        while day < last_day:
            days.append(day)
            day += 24 * HOUR
    return [span for span in hours if span[0] < span[1]], days
