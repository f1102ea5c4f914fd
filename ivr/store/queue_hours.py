"""The tallies of the queues by the hour, kept in the same transactions as the entries, so that a year is read in a second.

An hour is one of UTC. Zones whose hours begin elsewhere, and what the tallies do not know (agents, menu options), are
read from the entries themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import Session

from ivr.acd.callbacks import holder_of
from ivr.acd.record import EntryRecord
from ivr.reports.tally import Tally, hour_of
from ivr.store.bulk import insert_rows, update_rows
from ivr.store.database import table_of
from ivr.store.models.acd import QueueEntry, QueueHour

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


def from_entries(session: Session | Connection) -> Mapping[_Cell, Tally]:
    """All tallies, made anew from the entries."""
    entries = table_of(QueueEntry).c
    wanted = select(
        entries.entered_at, entries.queue, entries.outcome,
        entries.wait_s, entries.talk_s, entries.hold_s, entries.wrapup_s, entries.call_uniqueid,
    )  # fmt: skip
    tallies: dict[_Cell, Tally] = {}
    for row in session.execute(wanted.execution_options(yield_per=5000)):
        entry: Any = row
        if holder_of(row.call_uniqueid) is not None:
            continue
        tallies.setdefault((hour_of(row.entered_at), row.queue), Tally()).count(entry)
    return tallies


def rebuild(session: Session | Connection) -> None:
    """Make all tallies anew from the entries."""
    session.execute(delete(_HOURS))
    rows = [
        {"hour": hour, "queue": queue} | _texts(tally)
        for (hour, queue), tally in from_entries(session).items()
    ]
    for first in range(0, len(rows), _AT_ONCE):
        session.execute(insert(_HOURS), rows[first : first + _AT_ONCE])
