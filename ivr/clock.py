"""The time of day as a value that is handed in, so that the core never asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone, tzinfo

#: A function that gives the present moment as an aware datetime.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def system_clock(zone: tzinfo) -> Clock:
    """A clock that tells the present moment in the site's time zone."""
    return lambda: datetime.now(zone)


def fixed_clock(moment: datetime) -> Clock:
    """A clock that always tells ``moment`` (aware); for rehearsals and tests."""
    if moment.tzinfo is None:
        raise ValueError("moment must be aware")
    return lambda: moment
