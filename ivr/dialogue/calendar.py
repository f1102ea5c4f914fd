"""When the centre is open, and what kind of day it is. Pure: the days come from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

#: What a day can be called in a condition, besides the names of the site's periods.
KINDS = ("open", "closed", "workday", "holiday", "peak")


@dataclass(frozen=True)
class Hours:
    """Open from ``start`` until ``end`` on the weekdays ``days`` (0 is Monday).

    ``end`` at or before ``start`` is on the next day; 00:00 to 00:00 is the whole day. A night's hours
    belong to the day on which they begin.
    """

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Period:
    """A named stretch of days, both ends included; ``peak``: the railway's 0.50 standard holds."""

    name: str
    first: date
    last: date
    peak: bool = False


@dataclass(frozen=True)
class Calendar:
    """The site's calendar; all times are in the site's zone.

    ``hours`` on ordinary days (``None``: open round the clock, ``()``: closed), ``holiday_hours`` instead of
    them on statutory holidays when given. ``exceptions``: day → hours of that day only, ``()`` is closed.
    ``holidays``: statutory holidays; ``workdays``: weekend days on which people work in exchange: they
    have the hours of a Monday.
    """

    hours: tuple[Hours, ...] | None = None
    holiday_hours: tuple[Hours, ...] | None = None
    exceptions: Mapping[date, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    periods: tuple[Period, ...] = ()

    def is_holiday(self, day: date) -> bool:
        """A statutory holiday, or a weekend day that is not worked."""
        return day in self.holidays or (day.weekday() >= 5 and day not in self.workdays)

    def holidays_known_until(self, today: date) -> date:
        """The last day of the last year, from this one on, whose statutory holidays are known; the last day of the
        year before when this one's are not."""
        years = {day.year for day in self.holidays}
        year = today.year
        while year in years:
            year += 1
        return date(year - 1, 12, 31)

    def is_peak(self, day: date) -> bool:
        """In the Spring Festival rush or another peak period."""
        return any(p.peak and p.first <= day <= p.last for p in self.periods)

    def is_open(self, now: datetime) -> bool:
        """Whether the centre is open at ``now`` (aware, in the site's zone)."""
        today, moment = now.date(), now.time()
        yesterday = today - timedelta(days=1)
        return any(
            _within(moment, start, end, before_midnight=True) for start, end in self._spans(today)
        ) or any(_within(moment, start, end, before_midnight=False) for start, end in self._spans(yesterday))

    def names(self, now: datetime) -> frozenset[str]:
        """All that holds at ``now``: of :data:`KINDS`, and the names of the periods."""
        day = now.date()
        names = {"open" if self.is_open(now) else "closed"}
        names.add("holiday" if self.is_holiday(day) else "workday")
        if self.is_peak(day):
            names.add("peak")
        return frozenset(names | {p.name for p in self.periods if p.first <= day <= p.last})

    def _spans(self, day: date) -> tuple[tuple[time, time], ...]:
        if day in self.exceptions:
            return self.exceptions[day]
        hours = self.hours
        if self.holiday_hours is not None and day in self.holidays:
            hours = self.holiday_hours
        if hours is None:
            return ((time.min, time.min),)
        weekday = 0 if day.weekday() >= 5 and day in self.workdays else day.weekday()
        return tuple((h.start, h.end) for h in hours if weekday in h.days)


def _within(moment: time, start: time, end: time, *, before_midnight: bool) -> bool:
    overnight = end <= start
    if before_midnight:
        return moment >= start if overnight else start <= moment < end
    return overnight and moment < end
