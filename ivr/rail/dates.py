"""Travel dates as callers key them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from ivr.rail.keypad import is_keys

#: The key for a day of the week, before its number: it bears the X of 星期 and the Z of 周, and no month begins with it.
WEEKDAY_KEY = "9"
#: Inputs that begin so are whole after so many keys: no month begins with 2, 3 or 9. (1 is today and the beginning of
#: October, so that a caller ends it with # or waits.)
SHORTER_DATES: Mapping[str, int] = {"2": 1, "3": 1, WEEKDAY_KEY: 2}


def read_date(keys: str, today: date) -> date | None:
    """The date that ``keys`` mean, or ``None``.

    ``1`` today, ``2`` tomorrow, ``3`` the day after; ``91`` to ``97`` the next Monday to Sunday from today on (周五 is
    95); ``MMDD`` the next such day from today on, next year's when this year's has passed (0229: in the next leap
    year); ``YYYYMMDD`` that very day, past or not.
    """
    if not is_keys(keys):
        return None
    if keys in ("1", "2", "3"):
        return _after(today, int(keys) - 1)
    if len(keys) == 2 and keys[0] == WEEKDAY_KEY and keys[1] in "1234567":
        return _after(today, (int(keys[1]) - today.isoweekday()) % 7)
    if len(keys) == 8:
        return _day(int(keys[:4]), keys[4:])
    if len(keys) == 4:
        # Two leap years are at most 8 years apart (1896 and 1904).
        days = (_day(today.year + years, keys) for years in range(9))
        return next((day for day in days if day is not None and day >= today), None)
    return None


def _after(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None


def _day(year: int, month_and_day: str) -> date | None:
    try:
        return date(year, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError:
        return None
