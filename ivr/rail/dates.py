"""Travel dates as callers key them."""

from __future__ import annotations

from datetime import date, timedelta

from ivr.rail.keypad import is_keys


def read_date(keys: str, today: date) -> date | None:
    """The date that ``keys`` mean, or ``None``.

    ``1`` today, ``2`` tomorrow, ``3`` the day after; ``MMDD`` the next such day from today on (0229: in the next
    leap year); ``YYYYMMDD`` that very day, past or not.
    """
    if not is_keys(keys):
        return None
    if keys in ("1", "2", "3"):
        return today + timedelta(days=int(keys) - 1)
    if len(keys) == 8:
        return _day(int(keys[:4]), keys[4:])
    if len(keys) == 4:
        # Two leap years are at most 8 years apart (1896 and 1904).
        days = (_day(today.year + years, keys) for years in range(9))
        return next((day for day in days if day is not None and day >= today), None)
    return None


def _day(year: int, month_and_day: str) -> date | None:
    try:
        return date(year, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError:
        return None
