"""Reads what callers said of the talks afterwards, counted in SQL: only entries that were asked about are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone, tzinfo
from typing import Any

from sqlalchemy import Engine, func, select

from ivr.reports.queue_stats import OF_HOURS, Surveyed
from ivr.reports.tally import whole_hours
from ivr.store.database import reading, table_of
from ivr.store.models.acd import QueueEntry
from ivr.store.queue import option_of, transfers

_ENTRIES = table_of(QueueEntry).c
_AT_ONCE = 5000


def surveyed(
    engine: Engine, since: datetime, until: datetime, queue: str = "", *, by: str, zone: tzinfo
) -> Iterator[Surveyed]:
    """The entries of callers who came from ``since`` until before ``until`` (aware) and were asked, of one queue or of
    all with "", as far together as statistics ``by`` that allow; hours are those of ``zone``."""
    in_hours = by in (*OF_HOURS, "agent") and whole_hours(since, until, zone) is not None
    asked, scored = func.count(), func.count(_ENTRIES.survey_score)
    total = func.coalesce(func.sum(_ENTRIES.survey_score), 0)
    where = [_ENTRIES.entered_at >= since, _ENTRIES.entered_at < until, _ENTRIES.survey_asked]
    if queue:
        where.append(_ENTRIES.queue == queue)
    with reading(engine) as session:
        dialect = session.get_bind().dialect.name
        at: Any = _hour(dialect) if in_hours else _ENTRIES.entered_at
        which = [at, _ENTRIES.queue, _ENTRIES.agent]
        if by not in OF_HOURS and by != "agent":
            which += [_ENTRIES.caller_area, _ENTRIES.call_uniqueid, _ENTRIES.number]
        wanted = select(*which, asked, scored, total).where(*where).group_by(*which)
        ways = transfers(session, since, until) if by == "option" else {}
        for row in session.execute(wanted.execution_options(yield_per=_AT_ONCE)):
            moment, name, agent, *more, count, answers, points = row
            area, call = more[:2] if more else ("", "")
            at = _moment(moment)
            yield Surveyed(
                at, name, agent, option_of(ways.get(call, ()), at), area, count, answers, int(points)
            )


def _hour(dialect: str) -> Any:
    """The hour of UTC in which an entry came."""
    if dialect == "postgresql":
        return func.date_trunc("hour", _ENTRIES.entered_at, "UTC")
    return func.strftime("%Y-%m-%dT%H:00:00+00:00", _ENTRIES.entered_at)


def _moment(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo is not None else at.replace(tzinfo=timezone.utc)
