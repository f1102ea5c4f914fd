"""Reads ``calendar.yaml``: service hours, holidays, the Spring Festival rush and other peak periods.

Statutory holidays and make-up workdays come from chinesecalendar for the years it knows; the file's own
``holidays`` and ``workdays`` come on top and win. A file that is missing or says nothing is a centre that is
open round the clock.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path

import yaml

from ivr.authoring import grammar
from ivr.authoring.source import MenuFaults, Source
from ivr.dialogue.calendar import KINDS, Calendar, Hours, Period

TOP = ("hours", "holiday_hours", "exceptions", "holidays", "workdays", "periods")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FILE = "calendar.yaml"
SPANS = {"daily": range(7), "weekdays": range(5), "weekends": range(5, 7)}
# Stricter than fromisoformat, which takes other forms in each Python: 20270210, 08:00+02:00.
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: The hours of one day.
DayHours = tuple[tuple[time, time], ...]


def load_calendar(folder: Path) -> Calendar:
    """The calendar of a menu folder. Raises :class:`MenuFaults` with all that is wrong in it."""
    path = folder / FILE
    if not path.is_file():
        return Calendar(holidays=statutory()[0], workdays=statutory()[1])
    source = Source(path)
    calendar = read_calendar(source)
    if source.faults:
        raise MenuFaults(source.faults)
    return calendar


def read_calendar(source: Source) -> Calendar:
    """The calendar of a file; its faults are noted in the source."""
    top = source.known(source.root("the calendar", may_be_empty=True), "the calendar", TOP)
    holidays, workdays = statutory()
    own_holidays = _days(source, top.get("holidays"), "holidays")
    own_workdays = _days(source, top.get("workdays"), "workdays")
    for day in sorted(own_holidays & own_workdays):
        source.fault(
            top["workdays"], grammar.contradiction, f"{day} is among the holidays and among the workdays"
        )
    return Calendar(
        read_hours(source, top["hours"], "hours") if "hours" in top else None,
        read_hours(source, top["holiday_hours"], "holiday_hours") if "holiday_hours" in top else None,
        _exceptions(source, top.get("exceptions")),
        (holidays - own_workdays) | own_holidays,
        (workdays - own_holidays) | own_workdays,
        _periods(source, top.get("periods")),
    )


@functools.lru_cache(maxsize=1)
def statutory() -> tuple[frozenset[date], frozenset[date]]:
    """The statutory holidays and the make-up workdays that chinesecalendar knows."""
    from chinese_calendar import constants

    return frozenset(constants.holidays), frozenset(constants.workdays)


def read_hours(source: Source, node: yaml.Node, what: str) -> tuple[Hours, ...]:
    """``{daily: 06:00-23:00, sat: 08:00-18:00}``; a day may have several, joined with ``,``.

    A single day replaces what a span of days says about it, and ``weekdays`` what ``daily`` says.
    """
    spans: dict[int, DayHours] = {}
    given = source.known(node, what, (*SPANS, *DAYS))
    for name in sorted(given, key=[*SPANS, *DAYS].index):
        times = _spans(source, given[name], what)
        for day in SPANS.get(name) or [DAYS.index(name)]:
            spans[day] = times
    return tuple(
        Hours(frozenset([day]), start, end) for day, times in sorted(spans.items()) for start, end in times
    )


def _spans(source: Source, node: yaml.Node, what: str) -> DayHours:
    text = source.word(node, what)
    if text in ("", "closed"):
        return ()
    spans = []
    for part in text.split(","):
        start, _, end = (word.strip() for word in part.partition("-"))
        if _TIME.fullmatch(start) and (_TIME.fullmatch(end) or end == "24:00"):
            spans.append((time.fromisoformat(start), _end(end)))
        else:
            source.fault(
                node,
                grammar.wrong_value,
                f"{what} must be such as 06:00-23:00, or closed, not '{part.strip()}'",
            )
    return tuple(spans)


def _end(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)


def _date(source: Source, node: yaml.Node, text: str, what: str) -> date | None:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    source.fault(node, grammar.wrong_value, f"{what}: '{text}' is no day such as 2027-02-10")
    return None


def _days(source: Source, node: yaml.Node | None, what: str) -> frozenset[date]:
    """A list of days; ``2027-02-05 to 2027-02-11`` is all from the one to the other."""
    if node is None:
        return frozenset()
    if not isinstance(node, yaml.SequenceNode):
        source.fault(node, grammar.wrong_shape, f"{what} must be a list of days")
        return frozenset()
    return frozenset(day for item in node.value for day in _all_days(_stretch(source, item, what)))


def _all_days(stretch: tuple[date, date] | None) -> list[date]:
    if stretch is None:
        return []
    first, last = stretch
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _stretch(source: Source, node: yaml.Node, what: str) -> tuple[date, date] | None:
    """``2027-02-05``, or ``2027-02-05 to 2027-02-11``, both included."""
    text = source.word(node, what)
    if not text:
        return None
    first_text, to, last_text = text.partition(" to ")
    first = _date(source, node, first_text.strip(), what)
    last = _date(source, node, last_text.strip(), what) if to else first
    if first is None or last is None:
        return None
    if not timedelta(0) <= last - first <= timedelta(400):
        source.fault(node, grammar.wrong_value, f"{what}: the last day must be 0 to 400 days after the first")
        return None
    return first, last


def _exceptions(source: Source, node: yaml.Node | None) -> Mapping[date, DayHours]:
    """``{2027-02-06: closed, 2027-02-08 to 2027-02-10: 09:00-12:00}``."""
    exceptions: dict[date, DayHours] = {}
    for _, key, value in source.pairs(node, "exceptions") if node is not None else ():
        days = _all_days(_stretch(source, key, "exceptions"))
        twice = [day for day in days if day in exceptions]
        if twice:
            source.fault(key, grammar.duplicate_key, f"exceptions: {twice[0]} has hours already")
        exceptions.update(dict.fromkeys(days, _spans(source, value, "exceptions")))
    return exceptions


def _periods(source: Source, node: yaml.Node | None) -> tuple[Period, ...]:
    """``{name: {days: 2027-01-22 to 2027-03-02, peak: true}}``; ``days`` may be a list."""
    periods = []
    for name, key, value in source.pairs(node, "periods") if node is not None else ():
        if name in KINDS:
            source.fault(
                key, grammar.taken_name, f"'{name}' means something already; give the period another name"
            )
        given = source.known(value, f"period '{name}'", ("days", "peak"))
        if "days" not in given:
            if isinstance(value, yaml.MappingNode):
                source.fault(key, grammar.missing_key, f"period '{name}' has no 'days'")
            continue
        peak = source.word(given["peak"], "peak") if "peak" in given else "false"
        if peak not in ("", "true", "false"):
            source.fault(given["peak"], grammar.wrong_value, f"peak must be true or false, not '{peak}'")
        items = given["days"].value if isinstance(given["days"], yaml.SequenceNode) else [given["days"]]
        for item in items:
            stretch = _stretch(source, item, f"period '{name}'")
            if stretch:
                periods.append(Period(name, *stretch, peak == "true"))
    return tuple(periods)
