"""The tallies of the queues by the hour, kept in the same transactions as the entries, so that a year is read in a second.

An hour is one of UTC. Zones whose hours begin elsewhere, and what the tallies do not know (agents, menu options), are
read from the entries themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.acd.record import EntryRecord
from ivr.reports.tally import Tally, hour_of
from ivr.store.bulk import insert_rows, update_rows
from ivr.store.database import table_of
from ivr.store.models.acd import QueueHour

_HOURS = table_of(QueueHour)
#: Rows in one statement.
_AT_ONCE = 400
_Cell = tuple[datetime, str]


def keep(session: Session, before: Iterable[EntryRecord], after: Iterable[EntryRecord]) -> None:
    """Put the entries ``after`` into the tallies and take out what they were ``before``. The caller holds the
    record's turn (``ivr.store.record_rows.take_turn``): nobody else writes meanwhile."""
    changes: dict[_Cell, Tally] = {}
    for entries, times in ((before, -1), (after, 1)):
        for entry in entries:
            changes.setdefault((hour_of(entry.entered_at), entry.queue), Tally()).count(entry, times)
    known = _stored(session, changes)
    new, changed = [], []
    for (hour, queue), tally in changes.items():
        before_it = known.get((hour, queue))
        if before_it is None:
            new.append((hour, queue, *_texts(tally).values()))
        else:
            tally.add(before_it)
            changed.append((*_texts(tally).values(), hour, queue))
    insert_rows(session, _HOURS, ("hour", "queue", "summary", "tally"), new)
    update_rows(session, _HOURS, ("summary", "tally"), ("hour", "queue"), changed)


def _stored(session: Session, cells: Collection[_Cell]) -> dict[_Cell, Tally]:
    hours = sorted({hour for hour, _ in cells})
    stored = {}
    for first in range(0, len(hours), _AT_ONCE):
        part = hours[first : first + _AT_ONCE]
        for row in session.execute(select(_HOURS).where(_HOURS.c.hour.in_(part))):
            stored[row.hour, row.queue] = Tally.from_json(row.tally)
    return stored


def _texts(tally: Tally) -> dict[str, str]:
    return {"summary": tally.summary().to_json(), "tally": tally.to_json()}
