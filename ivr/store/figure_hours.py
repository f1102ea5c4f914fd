"""The sums of the queues' entries by agent, menu option, area and skill, for each hour and each day of UTC: kept in the same
transactions as the entries, so that a year's figures need not read them.

Unlike ``ivr.store.queue_hours`` these have no histogram of waits: other limits than the usual are read from the entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.acd.record import EntryRecord
from ivr.reports.summary import Summary
from ivr.reports.tally import hour_of
from ivr.store.bulk import delete_rows, insert_rows, update_rows
from ivr.store.database import table_of
from ivr.store.models.acd import FigureHour

KINDS = ("agent", "option", "area", "skill")
_TABLE = table_of(FigureHour)
_KEYS = ("kind", "hours", "hour", "name", "queue")
_AT_ONCE = 400
_Cell = tuple[str, int, datetime, str, str]


class _Hours:
    """Sums by the hour: first of entries that are the same in everything, then of each kind."""

    def __init__(self) -> None:
        self._alike: dict[tuple[datetime, str, str, str, str, str], Summary] = {}

    def count(self, entry: Any, times: int = 1) -> None:
        agent = entry.agent if entry.outcome == "answered" else ""
        key = (hour_of(entry.entered_at), entry.queue, agent, entry.option, entry.area, entry.skill)
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = Summary()
        found.count(entry, times)

    def cells(self) -> dict[_Cell, Summary]:
        cells: dict[_Cell, Summary] = {}
        for (hour, queue, *names), summary in self._alike.items():
            for kind, name in zip(KINDS, names, strict=True):
                cells.setdefault((kind, 1, hour, name, queue), Summary()).add(summary)
        return _with_days(cells)


def _with_days(hours: Mapping[_Cell, Summary]) -> dict[_Cell, Summary]:
    sums = dict(hours)
    for (kind, _, hour, name, queue), summary in hours.items():
        sums.setdefault((kind, 24, hour.replace(hour=0), name, queue), Summary()).add(summary)
    return sums


def keep(session: Session, before: Iterable[EntryRecord], after: Iterable[EntryRecord]) -> None:
    """Put the entries ``after`` into the sums and take out what they were ``before``. The caller holds the record's turn."""
    hours = _Hours()
    for entries, times in ((before, -1), (after, 1)):
        for entry in entries:
            hours.count(entry, times)
    changes = hours.cells()
    known = _stored(session, {(cell[1], cell[2]) for cell in changes})
    new: list[Sequence[Any]] = []
    changed: list[Sequence[Any]] = []
    gone: list[Sequence[Any]] = []
    for cell, summary in changes.items():
        text = known.get(cell)
        if text is not None:
            summary.add(Summary.from_json(text))
        if not summary.offered:
            if text is not None:
                gone.append(cell)
        elif text is None:
            new.append((*cell, summary.to_json()))
        else:
            changed.append((summary.to_json(), *cell))
    insert_rows(session, _TABLE, (*_KEYS, "summary"), new)
    update_rows(session, _TABLE, ("summary",), _KEYS, changed)
    delete_rows(session, _TABLE, _KEYS, gone)


def _stored(session: Session, times: Iterable[tuple[int, datetime]]) -> dict[_Cell, str]:
    stored: dict[_Cell, str] = {}
    wanted = sorted(times)
    for hours in (1, 24):
        begins = [hour for length, hour in wanted if length == hours]
        for first in range(0, len(begins), _AT_ONCE):
            part = begins[first : first + _AT_ONCE]
            rows = session.execute(
                select(*_TABLE.c).where(
                    _TABLE.c.kind.in_(KINDS), _TABLE.c.hours == hours, _TABLE.c.hour.in_(part)
                )
            )
            stored.update({tuple(cell): text for *cell, text in rows})
    return stored
