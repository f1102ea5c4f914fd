"""Reads ``calendar.yaml``: service hours, holidays, the Spring Festival rush and other peak periods.

Statutory holidays and make-up workdays come from chinesecalendar for the years it knows; the file's own
``holidays`` and ``workdays`` come on top and win.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta

import yaml

from ivr.authoring.source import Source, nearest
from ivr.dialogue.calendar import KINDS, Calendar, Hours, Period

TOP = ("hours", "holiday_hours", "exceptions", "holidays", "workdays", "periods")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPANS = {"daily": range(7), "weekdays": range(5), "weekends": range(5, 7)}


def read_calendar(source: Source) -> Calendar:
    """The calendar of a file; its faults are noted in the source."""
    top = source.known(source.root(), "the calendar", TOP)
    holidays, workdays = statutory()
    own_holidays = _days(source, top.get("holidays"), "holidays")
    own_workdays = _days(source, top.get("workdays"), "workdays")
    return Calendar(
        _hours(source, top["hours"]) if "hours" in top else (),
        _hours(source, top["holiday_hours"]) if "holiday_hours" in top else None,
        _exceptions(source, top.get("exceptions")),
        (holidays - own_workdays) | own_holidays,
        (workdays - own_holidays) | own_workdays,
        _periods(source, top.get("periods")),
    )


def statutory() -> tuple[frozenset[date], frozenset[date]]:
    """The statutory holidays and the make-up workdays that chinesecalendar knows."""
    from chinese_calendar import constants

    return frozenset(constants.holidays), frozenset(constants.workdays)


def _hours(source: Source, node: yaml.Node) -> tuple[Hours, ...]:
    """``{daily: 06:00-23:00, sat: 08:00-18:00}``; a day may have several, joined with ``,``.

    A single day replaces what a span of days says about it.
    """
    spans: dict[int, tuple[tuple[time, time], ...]] = {}
    given = source.known(node, "hours", (*_SPANS, *DAYS))
    for name in sorted(given, key=lambda name: name in DAYS):
        times = _spans(source, given[name])
        for day in _SPANS.get(name) or [DAYS.index(name)]:
            spans[day] = times
    return tuple(
        Hours(frozenset([day]), start, end) for day, times in sorted(spans.items()) for start, end in times
    )


def _spans(source: Source, node: yaml.Node) -> tuple[tuple[time, time], ...]:
    text = source.word(node, "hours")
    if text == "closed":
        return ()
    spans = []
    for part in text.split(","):
        start, dash, end = part.strip().partition("-")
        try:
            if not dash:
                raise ValueError
            spans.append((_time(start), _time(end)))
        except ValueError:
            source.fault(node, f"hours must be such as 06:00-23:00, or closed, not '{part.strip()}'")
    return tuple(spans)


def _time(text: str) -> time:
    text = text.strip()
    return time.min if text == "24:00" else time.fromisoformat(text)


def _date(source: Source, node: yaml.Node, text: str, what: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        source.fault(node, f"{what}: '{text}' is no day such as 2027-02-10")
        return None


def _days(source: Source, node: yaml.Node | None, what: str) -> frozenset[date]:
    """A list of days; ``2027-02-05 to 2027-02-11`` is all from the one to the other."""
    if node is None:
        return frozenset()
    if not isinstance(node, yaml.SequenceNode):
        source.fault(node, f"{what} must be a list of days")
        return frozenset()
    days: set[date] = set()
    for item in node.value:
        stretch = _stretch(source, item, what)
        if stretch:
            first, last = stretch
            days.update(first + timedelta(n) for n in range((last - first).days + 1))
    return frozenset(days)


def _stretch(source: Source, node: yaml.Node, what: str) -> tuple[date, date] | None:
    first_text, _, last_text = source.word(node, what).partition(" to ")
    first = _date(source, node, first_text.strip(), what)
    last = _date(source, node, last_text.strip(), what) if last_text else first
    if first is None or last is None:
        return None
    if not timedelta(0) <= last - first <= timedelta(400):
        source.fault(node, f"{what}: the last day must be 0 to 400 days after the first")
        return None
    return first, last


def _exceptions(source: Source, node: yaml.Node | None) -> Mapping[date, tuple[tuple[time, time], ...]]:
    exceptions = {}
    for text, key, value in source.pairs(node, "exceptions") if node is not None else ():
        day = _date(source, key, text, "exceptions")
        if day is not None:
            exceptions[day] = _spans(source, value)
    return exceptions


def _periods(source: Source, node: yaml.Node | None) -> tuple[Period, ...]:
    periods = []
    for name, key, value in source.pairs(node, "periods") if node is not None else ():
        if name in KINDS:
            source.fault(key, f"'{name}' means something already; give the period another name")
        given = source.known(value, f"period '{name}'", ("days", "peak"))
        if "days" not in given:
            source.fault(key, f"period '{name}' has no 'days'")
            continue
        peak = source.word(given["peak"], "peak") if "peak" in given else "false"
        if peak not in ("true", "false"):
            source.fault(given["peak"], f"peak must be true or false; {nearest(peak, ('true', 'false'))}")
        items = given["days"].value if isinstance(given["days"], yaml.SequenceNode) else [given["days"]]
        for item in items:
            stretch = _stretch(source, item, f"period '{name}'")
            if stretch:
                periods.append(Period(name, *stretch, peak == "true"))
    return tuple(periods)
