"""Service days: a train that runs past midnight keeps the date of its origin, and its times pass 24:00."""

from __future__ import annotations

from datetime import date, timedelta

DAY = 24 * 60


def minutes_of(clock: str) -> int:
    """25:10 → 1510. Raises ValueError."""
    hours, _, minutes = clock.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60):
        raise ValueError(f"{clock!r} is no time HH:MM")
    return int(hours) * 60 + int(minutes)


def clock_of(minutes: int) -> str:
    """1510 → 25:10."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def service_date(boarding: date, dep: int) -> date:
    """The service day of the train that leaves the caller's station on ``boarding``, ``dep`` minutes after the
    service day began."""
    return boarding - timedelta(days=dep // DAY)


def since_boarding_day(minutes: int, dep: int) -> int:
    """``minutes`` of the service day, counted from the begin of the day on which the train leaves at ``dep``."""
    return minutes - dep // DAY * DAY
