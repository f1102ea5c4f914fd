"""The figures of the queues (接通率, service level, waits, talk), from queue entries and sessions.

The definitions
===========================  ==========================================================================
``offered``                  callers that tried to enter, refused ones too; the sum of all outcomes and ``waiting``
``answered`` … ``lost``      entries by outcome; ``lost``: Asterisk was restarted while the caller waited
``abandoned_short``          abandoned within S seconds
``answer_rate``              answered / offered; ``_adjusted``: answered / (offered − abandoned_short)
``service_level``            answered within T seconds / answered; ``_offered``: / (offered − abandoned_short)
``asa_s``, ``average_abandon_s``  mean wait of the answered, of the abandoned; ``longest_wait_s``: of all that have left
``talk_s``, ``hold_s``, ``wrapup_s``  means over the answered of which the talk is known (it is without hold); ``hold_s``: once any
                             hold was told of; ``aht_s``: their sum, once any is known; wrap-up is the agents' pauses for it, known by
                             agent and by queue
``occupancy``                (talk + hold + wrap-up) / signed-in time not paused (wrap-up is no pause); by agent and by
                             queue, else null
``standard``                 the share to be answered: 0.85, on peak days 0.50; of a group with both kinds
                             of day the mean, weighted by callers
``standard_met``             answer_rate ≥ standard
===========================  ==========================================================================

A figure whose denominator is 0 is ``None``. Ratios are rounded to 4 decimals, seconds to 1.
An entry counts in the hour, day and week, in the site's zone, in which the caller entered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any

from ivr.acd.record import OUTCOMES, WAITING
from ivr.errors import UsageFault
from ivr.reports.spans import Span, agent_times
from ivr.reports.summary import LIMITS_S, PARTS, Summary, limits_for

STANDARD = 0.85
PEAK_STANDARD = 0.50
GROUPS = ("queue", "agent", "skill", "hour", "day", "week", "option", "area")
#: Groups for which the sums of whole hours are enough.
OF_HOURS = ("queue", "hour", "day", "week")
#: Groups that have sums of their own.
OF_SUMS = ("agent", "skill", "option", "area")


@dataclass(frozen=True)
class Entry:
    """A queue entry as the reports need it. ``entered_at``: aware. ``option``: the menu part that
    transferred the caller, "" when none did, ``skill``: what it asked for. ``agent``: "" unless answered. ``area``: see
    :func:`ivr.acd.caller.area_of`. Seconds are ``None`` when unknown."""

    entered_at: datetime
    queue: str
    outcome: str
    agent: str = ""
    option: str = ""
    area: str = ""
    wait_s: int | None = None
    talk_s: int | None = None
    hold_s: int | None = None
    wrapup_s: int | None = None
    skill: str = ""


@dataclass(frozen=True)
class Hour:
    """All entries that came to ``queue`` within an hour from ``entered_at`` (aware, a whole hour of UTC). For a group of
    :data:`OF_SUMS` it is all that have ``name`` there, and may be a day of UTC."""

    entered_at: datetime
    queue: str
    summary: Summary
    name: str = ""


class _Group:
    """The entries of one row: their sums, and how many came on peak days."""

    def __init__(self, limits: Sequence[int] = LIMITS_S) -> None:
        self.sums = Summary(limits)
        self.in_peak = 0


def queue_stats(
    entries: Iterable[Entry | Hour],
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
    took the call), ``hour`` ("2026-02-10T09:00:00+08:00"), ``day`` ("2026-02-10"), ``week`` (of ISO 8601, from Monday: "2026-W07"), ``option`` (``None``: no
    menu part), ``skill`` (``None``: none asked for) or ``area`` ("021", "mobile"; ``None``: not known). ``since``/``until`` bound ``sessions`` and ``pauses``; what is open lasts until ``until``.
    An agent who was signed in has a row even without a call. Raises :class:`UsageFault` for an unknown ``by``.

    Instead of entries there may be whole hours, where ``by`` is one of :data:`OF_HOURS` (or those of ``by`` itself), the hours are also hours of
    the zone (:func:`ivr.reports.tally.whole_hours`), and their summaries have the limits of
    :func:`ivr.reports.summary.limits_for` the two thresholds.
    """
    if by not in GROUPS:
        raise UsageFault(f"statistics by '{by}' do not exist", mend=f"one of {', '.join(GROUPS)}")
    limits = limits_for(threshold_s, short_s)
    groups = _groups(entries, by, zone, peak, limits)
    if by == "agent":
        for session in sessions:
            groups.setdefault(session.agent, _Group(limits))
    sessions_of, pauses_of = _grouped(sessions, by), _grouped(pauses, by)
    rows = []
    for key in sorted(groups, key=lambda key: (key is None, key or "")):
        group = groups[key]
        at_work = wrap_up = 0.0
        if by in ("agent", "queue") and key is not None:
            times = agent_times(sessions_of.get(key, ()), pauses_of.get(key, ()), since, until).values()
            at_work, wrap_up = sum(time.at_work_s for time in times), sum(time.wrap_up_s for time in times)
        if wrap_up and group.sums.entries("answered"):
            group.sums.part("wrapup_s", group.sums.entries("answered"), round(wrap_up))
        row = _figures(group.sums, by, key, threshold_s, short_s)
        row["occupancy"] = _ratio(sum(group.sums.handled(part)[1] for part in PARTS), at_work)
        row |= _standard(group)
        rows.append(row)
    return rows


def columns(by: str) -> list[str]:
    """The keys of a row of :func:`queue_stats`, in their order."""
    return [*_figures(Summary(), by, None, LIMITS_S[0], LIMITS_S[0]), "occupancy", *_standard(_Group())]


def _groups(
    entries: Iterable[Entry | Hour],
    by: str,
    zone: tzinfo,
    peak: Callable[[date], bool] | None,
    limits: Sequence[int],
) -> dict[str | None, _Group]:
    groups: defaultdict[str | None, _Group] = defaultdict(lambda: _Group(limits))
    is_peak = cache(peak) if peak is not None else None
    for entry in entries:
        group = groups[_group(entry, by, zone)]
        if isinstance(entry, Hour):
            group.sums.add(entry.summary)
            number = entry.summary.offered
        else:
            group.sums.count(entry)
            number = 1
        if is_peak is not None and is_peak(entry.entered_at.astimezone(zone).date()):
            group.in_peak += number
    return dict(groups)


def _group(entry: Entry | Hour, by: str, zone: tzinfo) -> str | None:
    if by == "queue":
        return entry.queue
    if by in OF_SUMS:
        name: str = entry.name if isinstance(entry, Hour) else getattr(entry, by)
        return name or None
    local = entry.entered_at.astimezone(zone)
    if by == "day":
        return local.date().isoformat()
    if by == "week":
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02}"
    # minutes are taken off in absolute time, so that the hour that comes twice stays two hours
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (entry.entered_at.astimezone(timezone.utc) - into).astimezone(zone).isoformat()


def _grouped(spans: Iterable[Span], by: str) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.agent if by == "agent" else span.queue, []).append(span)
    return found


def _figures(sums: Summary, by: str, key: str | None, threshold_s: int, short_s: int) -> dict[str, Any]:
    offered, answered = sums.offered, sums.entries("answered")
    row: dict[str, Any] = {by: key, "threshold_s": threshold_s, "short_s": short_s, "offered": offered}
    row |= {outcome: sums.entries(outcome) for outcome in (*OUTCOMES, WAITING)}
    short, in_time = sums.within("abandoned", short_s), sums.within("answered", threshold_s)
    row |= {
        "abandoned_short": short,
        "answer_rate": _ratio(answered, offered),
        "answer_rate_adjusted": _ratio(answered, offered - short),
        "answered_in_time": in_time,
        "service_level": _ratio(in_time, answered),
        "service_level_offered": _ratio(in_time, offered - short),
        "asa_s": _mean(*sums.waited("answered")),
        "longest_wait_s": sums.longest_s,
        "average_abandon_s": _mean(*sums.waited("abandoned")),
    }
    means = mean_parts(sums)
    row |= {part: None if part not in means else round(means[part], 1) for part in PARTS}
    row["aht_s"] = round(sum(means.values()), 1) if means else None
    return row


def mean_parts(sums: Summary) -> dict[str, float]:
    """The mean seconds of each part of handling a call that is known. Who was not held was held for 0 s."""
    handled = {part: sums.handled(part) for part in PARTS}
    if handled["hold_s"][0]:
        handled["hold_s"] = max(handled["hold_s"][0], handled["talk_s"][0]), handled["hold_s"][1]
    return {part: seconds / known for part, (known, seconds) in handled.items() if known}


def _standard(group: _Group) -> dict[str, Any]:
    offered = group.sums.offered
    standard = STANDARD + (PEAK_STANDARD - STANDARD) * (group.in_peak / offered if offered else 0.0)
    met = group.sums.entries("answered") / offered >= standard if offered else None
    return {"standard": round(standard, 4), "standard_met": met}


def _mean(known: int, seconds: int) -> float | None:
    return round(seconds / known, 1) if known else None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole > 0 else None
