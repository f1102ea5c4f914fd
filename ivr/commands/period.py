"""``--from`` and ``--to``: a period in the site's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import click

from ivr.errors import UsageFault


def period_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--from`` and ``--to`` as ``from_text`` and ``to_text``."""
    command = click.option(
        "--to", "to_text", metavar="D", help="Last day (included), or a moment (not included)."
    )(command)
    return click.option(
        "--from", "from_text", metavar="D", help="First day, 2026-02-10, or moment, 2026-02-10T09:00."
    )(command)


def moment(text: str, option: str, zone: tzinfo, *, end: bool = False) -> datetime:
    """The moment that ``text`` means, aware. A day means its beginning, with ``end`` the next day's.
    Raises :class:`UsageFault`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return day_begins(day + timedelta(days=1) if end else day, zone)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(
            f"'{text}' is no day and no moment", where=option, mend="e.g. 2026-02-10 or 2026-02-10T09:00"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def day_begins(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time.min, zone)


def period(
    from_text: str | None, to_text: str | None, zone: tzinfo, now: datetime
) -> tuple[datetime, datetime]:
    """The period of a command; without ``--from`` today (or the day of ``--to``), without ``--to`` up to now."""
    until = moment(to_text, "--to", zone, end=True) if to_text else now
    if from_text:
        since = moment(from_text, "--from", zone)
    else:
        last = until - timedelta(microseconds=1)
        since = day_begins(last.astimezone(zone).date(), zone)
    if since >= until:
        raise UsageFault("the period ends before it begins", where="--from/--to")
    return since, until
