"""Reads what callers said of the talks afterwards, counted in SQL: only entries that were asked about are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from ivr.reports.queue_stats import Surveyed
from ivr.reports.tally import whole_hours
from ivr.store.plain import plainly

if TYPE_CHECKING:
    from ivr.store.plain import Source

#: Statistics by → the column that has it.
_COLUMNS = {"agent": "agent", "option": "option", "area": "caller_area", "skill": "skill"}


def surveyed(
    source: Source, since: datetime, until: datetime, queue: str = "", *, by: str, zone: tzinfo
) -> Iterator[Surveyed]:
    """The entries of callers who came from ``since`` until before ``until`` (aware) and were asked, of one queue or of
    all with "": those of an hour together, apart by queue and by what statistics ``by`` that are about; where the hours of ``zone``
    are not those of UTC, each for itself."""
    with plainly(source) as reader:
        at = reader.hour("entered_at") if whole_hours(since, until, zone) is not None else "entered_at"
        of = "AND queue = :queue" if queue else ""
        wanted = f"""
            SELECT {at}, queue, {_COLUMNS.get(by, "''")}, COUNT(*), COUNT(survey_score), COALESCE(SUM(survey_score), 0)
            FROM queue_entries WHERE survey_asked AND entered_at >= :since AND entered_at < :until {of}
            GROUP BY 1, 2, 3"""  # noqa: S608
        for moment, name, group, asked, answered, total in reader.rows(
            wanted, since=since, until=until, queue=queue
        ):
            yield Surveyed(reader.moment(moment), name, group, asked, answered, int(total))
