"""The figures of the queues (接通率, service level, waits, talk), from queue entries and sessions.

The definitions
===========================  ==========================================================================
``offered``                  callers that tried to enter, refused ones too; the sum of all outcomes and ``waiting``
``answered`` … ``lost``      entries by outcome; ``lost``: Asterisk was restarted while the caller waited
``abandoned_short``          abandoned within S seconds
``answer_rate``              answered / offered; ``_adjusted``: answered / (offered − abandoned_short)
``service_level``            answered within T seconds / answered; ``_offered``: / (offered − abandoned_short)
``asa_s``, ``average_abandon_s``  mean wait of the answered, of the abandoned; ``longest_wait_s``: of all that have left
``talk_s``, ``hold_s``, ``wrapup_s``  means over the answered of which it is known; ``aht_s``: their sum, once any is known
``occupancy``                (talk + hold + wrap-up) / signed-in time not paused; by agent and by queue, else null
``standard``                 the share to be answered: 0.85, on peak days 0.50; of a group with both kinds
                             of day the mean, weighted by callers
``standard_met``             answer_rate ≥ standard
===========================  ==========================================================================

A figure whose denominator is 0 is ``None``. Ratios are rounded to 4 decimals, seconds to 1.
An entry counts in the hour, day and week, in the site's zone, in which the caller entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from ivr.acd.record import OUTCOMES, WAITING
from ivr.errors import UsageFault
from ivr.reports.spans import Span, ready_seconds

STANDARD = 0.85
PEAK_STANDARD = 0.50
GROUPS = ("queue", "agent", "hour", "day", "week", "option")


@dataclass(frozen=True)
class Entry:
    """A queue entry as the reports need it. ``entered_at``: aware. ``option``: the menu part that
    transferred the caller, "" when none did. ``agent``: "" unless answered. Seconds are ``None`` when unknown."""

    entered_at: datetime
    queue: str
    outcome: str
    agent: str = ""
    option: str = ""
    wait_s: int | None = None
    talk_s: int | None = None
    hold_s: int | None = None
    wrapup_s: int | None = None


def queue_stats(
    entries: Iterable[Entry],
    *,
    by: str = "queue",
    threshold_s: int = 20,
    short_s: int = 10,
    zone: tzinfo,
    sessions: Sequence[Span] = (),
    pauses: Sequence[Span] = (),
    until: datetime | None = None,
    since: datetime | None = None,
    peak: Callable[[date], bool] | None = None,
) -> list[dict[str, Any]]:
    """One row per group, in the order of the group's field: ``queue``, ``agent`` (``None``: no agent
    took the call), ``hour`` ("2026-02-10T09:00:00+08:00"), ``day`` ("2026-02-10"), ``week`` (of ISO 8601, from Monday: "2026-W07") or ``option`` (``None``: no
    menu part). ``since``/``until`` bound ``sessions`` and ``pauses``; what is open lasts until ``until``.
    An agent who was signed in has a row even without a call. Raises :class:`UsageFault` for an unknown ``by``.
    """
    if by not in GROUPS:
        raise UsageFault(f"statistics by '{by}' do not exist", mend=f"one of {', '.join(GROUPS)}")
    groups: dict[str | None, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_group(entry, by, zone), []).append(entry)
    if by == "agent":
        for session in sessions:
            groups.setdefault(session.agent, [])
    rows = []
    for key in sorted(groups, key=lambda key: (key is None, key or "")):
        row, busy = _figures(groups[key], by, key, threshold_s, short_s)
        ready = ready_seconds(_of(by, key, sessions), _of(by, key, pauses), since, until)
        row["occupancy"] = _ratio(busy, ready) if by in ("agent", "queue") and key is not None else None
        row |= _standard(groups[key], row["answer_rate"], zone, peak)
        rows.append(row)
    return rows


def columns(by: str) -> list[str]:
    """The keys of a row of :func:`queue_stats`, in their order."""
    row, _ = _figures([], by, None, 0, 0)
    return [*row, "occupancy", *_standard([], None, timezone.utc, None)]


def _figures(
    entries: Sequence[Entry], by: str, key: str | None, threshold_s: int, short_s: int
) -> tuple[dict[str, Any], int]:
    """The row of a group without occupancy and standard, and the seconds in which its agents were busy."""
    row: dict[str, Any] = {by: key, "threshold_s": threshold_s, "short_s": short_s}
    row |= _counts(entries, short_s)
    row |= _waits(entries, row, threshold_s)
    busy = _talks(entries, row)
    return row, busy


def _group(entry: Entry, by: str, zone: tzinfo) -> str | None:
    if by in ("queue", "agent", "option"):
        name: str = getattr(entry, by)
        return name if by == "queue" else name or None
    local = entry.entered_at.astimezone(zone)
    if by == "day":
        return local.date().isoformat()
    if by == "week":
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02}"
    # minutes are taken off in absolute time, so that the hour that comes twice stays two hours
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (entry.entered_at.astimezone(timezone.utc) - into).astimezone(zone).isoformat()


def _of(by: str, key: str | None, spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if (span.agent if by == "agent" else span.queue) == key]


def _counts(entries: Sequence[Entry], short_s: int) -> dict[str, Any]:
    counts = dict.fromkeys((*OUTCOMES, WAITING), 0)
    for entry in entries:
        counts[entry.outcome] += 1
    short = sum(
        entry.outcome == "abandoned" and entry.wait_s is not None and entry.wait_s <= short_s
        for entry in entries
    )
    return {"offered": len(entries), **counts, "abandoned_short": short}


def _waits(entries: Sequence[Entry], row: dict[str, Any], threshold_s: int) -> dict[str, Any]:
    answered = [entry.wait_s for entry in entries if entry.outcome == "answered" and entry.wait_s is not None]
    abandoned = [
        entry.wait_s for entry in entries if entry.outcome == "abandoned" and entry.wait_s is not None
    ]
    waits = [entry.wait_s for entry in entries if entry.wait_s is not None]
    in_time = sum(wait <= threshold_s for wait in answered)
    adjusted = row["offered"] - row["abandoned_short"]
    return {
        "answer_rate": _ratio(row["answered"], row["offered"]),
        "answer_rate_adjusted": _ratio(row["answered"], adjusted),
        "answered_in_time": in_time,
        "service_level": _ratio(in_time, row["answered"]),
        "service_level_offered": _ratio(in_time, adjusted),
        "asa_s": _mean(answered),
        "longest_wait_s": max(waits, default=None),
        "average_abandon_s": _mean(abandoned),
    }


def _talks(entries: Sequence[Entry], row: dict[str, Any]) -> int:
    """Add the means of the talk to ``row``; returns the seconds in which agents were busy."""
    answered = [entry for entry in entries if entry.outcome == "answered"]
    busy, handling = 0, 0.0
    for name in ("talk_s", "hold_s", "wrapup_s"):
        known: list[int] = [value for entry in answered if (value := getattr(entry, name)) is not None]
        row[name] = _mean(known)
        busy += sum(known)
        handling += sum(known) / len(known) if known else 0
    any_known = any(row[name] is not None for name in ("talk_s", "hold_s", "wrapup_s"))
    row["aht_s"] = round(handling, 1) if any_known else None
    return busy


def _standard(
    entries: Sequence[Entry], answer_rate: float | None, zone: tzinfo, peak: Callable[[date], bool] | None
) -> dict[str, Any]:
    in_peak = 0
    if peak is not None:
        in_peak = sum(peak(entry.entered_at.astimezone(zone).date()) for entry in entries)
    share = in_peak / len(entries) if entries else 0.0
    standard = STANDARD + (PEAK_STANDARD - STANDARD) * share
    answered = sum(entry.outcome == "answered" for entry in entries)
    met = answered / len(entries) >= standard if answer_rate is not None else None
    return {"standard": round(standard, 4), "standard_met": met}


def _mean(values: Sequence[int]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole > 0 else None
