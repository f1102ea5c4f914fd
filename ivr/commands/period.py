"""``--from`` and ``--to``: a period in the site's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import click

from ivr.errors import UsageFault

#: Those that an option may name: the first and last years there are leave no room for other zones.
YEARS = range(1970, 3000)

queue_option = click.option("--queue", default="", help="Only this queue.")


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
        at = _read(text, zone, end)
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        raise UsageFault(
            f"'{text}' is no day and no moment", where=option, mend="e.g. 2026-02-10 or 2026-02-10T09:00"
        )
    return at


def _read(text: str, zone: tzinfo, end: bool) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=zone)
    return day_begins(day + timedelta(days=end), zone) if day.year in YEARS else None


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


def no_callers(since: datetime, until: datetime, zone: tzinfo, did: str = "") -> str:
    """The line that stands where a table would be empty; ``did``: what nobody did, a verb in the past."""
    local = [moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") for moment in (since, until)]
    return f"No callers {did + ' ' if did else ''}from {local[0]} to {local[1]}."
