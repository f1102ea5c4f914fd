"""Loads and saves the rows of the fold (``ivr.acd.record``), many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ivr.acd.caller import area_of
from ivr.acd.fold import Needs, Row
from ivr.acd.outcome import call_outcome
from ivr.acd.record import (
    WAITING,
    AttemptRecord,
    CallRecord,
    EntryRecord,
    PauseRecord,
    SessionRecord,
)
from ivr.store.database import Base, table_of
from ivr.store.models.acd import AgentPause, AgentSession, Attempt, QueueEntry
from ivr.store.models.calls import Call
from ivr.store.queue_hours import keep
from ivr.store.secrets import keyed_hash, mask

_RECORD = 123060  # the number of PostgreSQL's advisory lock for the record
_IN = 500  # values in one IN (…)


@dataclass
class Loaded:
    """Rows that are in the database, and the ids and journal's facts of its calls."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    entries: list[EntryRecord] = field(default_factory=list)
    sessions: list[SessionRecord] = field(default_factory=list)
    pauses: list[PauseRecord] = field(default_factory=list)
    call_rows: dict[str, Call] = field(default_factory=dict)
    #: the entries as they are in the database, while the fold changes those in ``entries``
    before: dict[tuple[str, int], EntryRecord] = field(default_factory=dict)


def take_turn(session: Session) -> None:
    """Wait until no other writer of the record is in a transaction: recorder and journals write to
    the same calls, and may all be about to add the same one. SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_RECORD)))


def load(session: Session, wanted: Needs, *, log: int) -> Loaded:
    """The rows that a batch needs."""
    loaded = Loaded()
    for part in _parts(wanted.calls):
        _load_calls(session, loaded, Call.uniqueid.in_(part), QueueEntry.call_uniqueid.in_(part))
    if wanted.restart:
        open_entry = or_(
            QueueEntry.outcome == WAITING, (QueueEntry.outcome == "answered") & QueueEntry.ended_at.is_(None)
        )
        _load_calls(session, loaded, Call.outcome == "open", open_entry)
    for part in _parts(wanted.agents):
        for model in (AgentSession, AgentPause):
            told = (model.began_at >= wanted.since) & (model.log_id != log)
            _load_spans(session, loaded, model, model.agent.in_(part) & (model.ended_at.is_(None) | told))
    if wanted.restart:
        for model in (AgentSession, AgentPause):
            _load_spans(session, loaded, model, model.ended_at.is_(None))
    return loaded


def _load_calls(
    session: Session, loaded: Loaded, calls: ColumnElement[bool], entries: ColumnElement[bool]
) -> None:
    for row in session.scalars(select(Call).where(calls)):
        if row.uniqueid not in loaded.calls:
            loaded.call_rows[row.uniqueid] = row
            loaded.calls[row.uniqueid] = CallRecord(
                uniqueid=row.uniqueid,
                began_at=row.began_at,
                log=row.log_id,
                caller=row.caller or "",
                called=row.called,
                ended_at=row.ended_at,
                hangup_cause=row.hangup_cause,
                fallback=row.fallback,
                lost=row.lost,
            )
    for entry in session.scalars(select(QueueEntry).where(entries)):
        key = (entry.call_uniqueid, entry.number)
        if key not in loaded.before:
            record = entry_record(entry)
            loaded.entries.append(record)
            loaded.before[key] = copy(record)


def entry_record(row: QueueEntry) -> EntryRecord:
    """The row as the fold keeps it."""
    return EntryRecord(
        call=row.call_uniqueid,
        number=row.number,
        queue=row.queue,
        entered_at=row.entered_at,
        log=row.log_id,
        caller=row.caller or "",
        **{name: getattr(row, name) for name in _SAME},
    )


#: columns of an entry that are the same in the record and in the table
_SAME = (
    "position",
    "outcome",
    "left_at",
    "wait_s",
    "exit_key",
    "attempts",
    "agent",
    "agent_uniqueid",
    "talk_s",
    "hold_s",
    "wrapup_s",
    "ended_at",
    "ended_by",
    "transfer_to",
)


def _load_spans(
    session: Session, loaded: Loaded, model: type[AgentSession] | type[AgentPause], which: ColumnElement[bool]
) -> None:
    have = {row.id for row in (loaded.sessions if model is AgentSession else loaded.pauses)}
    rows: Iterable[Any] = session.scalars(select(model).where(which).order_by(model.id))
    for row in rows:
        if row.id in have:
            continue
        facts: dict[str, Any] = {
            "agent": row.agent,
            "queue": row.queue,
            "began_at": row.began_at,
            "log": row.log_id,
            "ended_at": row.ended_at,
            "ended_by": row.ended_by,
            "id": row.id,
        }
        if isinstance(row, AgentPause):
            loaded.pauses.append(PauseRecord(reason=row.reason, **facts))
        else:
            loaded.sessions.append(SessionRecord(**facts))


def save(session: Session, changed: Sequence[Row], loaded: Loaded) -> None:
    """Store what the fold has made or changed, and the outcomes of the calls that it concerns."""
    calls = [row for row in changed if isinstance(row, CallRecord)]
    entries = [row for row in changed if isinstance(row, EntryRecord)]
    _save_entries(session, entries, loaded.before)
    keep(
        session, [before for row in entries if (before := loaded.before.get((row.call, row.number)))], entries
    )
    _insert(session, Attempt, [_attempt(row) for row in changed if isinstance(row, AttemptRecord)])
    _save_spans(session, AgentSession, [row for row in changed if isinstance(row, SessionRecord)])
    _save_spans(session, AgentPause, [row for row in changed if isinstance(row, PauseRecord)])
    _save_calls(session, calls, entries, loaded)


def _save_entries(
    session: Session, entries: Iterable[EntryRecord], known: Mapping[tuple[str, int], EntryRecord]
) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    handed_over: list[dict[str, Any]] = []
    for row in entries:
        values = {name: getattr(row, name) for name in _SAME}
        values |= {"call_uniqueid": row.call, "number": row.number}
        if (row.call, row.number) in known:
            old.append(values)
            if known[row.call, row.number].caller != row.caller:
                key = {"call_uniqueid": row.call, "number": row.number}
                handed_over.append(key | _caller(row.caller) | {"caller_area": area_of(row.caller)})
        else:
            values |= {"queue": row.queue, "entered_at": row.entered_at, "log_id": row.log}
            new.append(values | _caller(row.caller) | {"caller_area": area_of(row.caller)})
    _insert(session, QueueEntry, new)
    if old:
        session.execute(update(QueueEntry), old)
    if handed_over:
        session.execute(update(QueueEntry), handed_over)


def _attempt(row: AttemptRecord) -> dict[str, Any]:
    return {
        "call_uniqueid": row.call,
        "entry": row.entry,
        "number": row.number,
        "agent": row.agent,
        "at": row.at,
        "ring_ms": row.ring_ms,
        "outcome": row.outcome,
    }


def _save_spans(
    session: Session,
    model: type[AgentSession] | type[AgentPause],
    rows: Sequence[SessionRecord] | Sequence[PauseRecord],
) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for row in rows:
        values: dict[str, Any] = {"ended_at": row.ended_at, "ended_by": row.ended_by}
        if row.id is not None:
            old.append(values | {"id": row.id})
            continue
        values |= {"agent": row.agent, "queue": row.queue, "began_at": row.began_at, "log_id": row.log}
        if isinstance(row, PauseRecord):
            values["reason"] = row.reason
        new.append(values)
    _insert(session, model, new)
    if old:
        session.execute(update(model), old)


def _save_calls(
    session: Session, calls: Sequence[CallRecord], entries: Sequence[EntryRecord], loaded: Loaded
) -> None:
    concerned = dict.fromkeys([row.uniqueid for row in calls] + [row.call for row in entries])
    outcomes = entry_outcomes(session, concerned)
    changed = {row.uniqueid: row for row in calls}
    new: list[dict[str, Any]] = []
    for uniqueid in concerned:
        record, row = changed.get(uniqueid) or loaded.calls.get(uniqueid), loaded.call_rows.get(uniqueid)
        if record is None:  # a queue entry of a call that did not come through the hotline
            continue
        values: dict[str, Any] = {
            "began_at": record.began_at,
            "called": record.called,
            "ended_at": record.ended_at,
            "hangup_cause": record.hangup_cause,
            "fallback": record.fallback,
            "lost": record.lost,
            "log_id": record.log,
            "outcome": call_outcome(
                ended=record.ended_at is not None,
                lost=record.lost,
                entry=row.entry if row else "",
                dialogue=row.dialogue if row else "",
                entries=outcomes.get(uniqueid, []),
            ),
        }
        if row is None:
            new.append({"uniqueid": uniqueid} | values | _caller(record.caller))
            continue
        if record.caller != (row.caller or ""):
            values |= _caller(record.caller)
        for name, value in values.items():
            setattr(row, name, value)
    _insert(session, Call, new)


def entry_outcomes(session: Session, calls: Iterable[str]) -> dict[str, list[str]]:
    """The outcomes of each call's queue entries, in their order."""
    found: dict[str, list[str]] = {}
    for part in _parts(calls):
        rows = session.execute(
            select(QueueEntry.call_uniqueid, QueueEntry.outcome)
            .where(QueueEntry.call_uniqueid.in_(part))
            .order_by(QueueEntry.call_uniqueid, QueueEntry.number)
        )
        for uniqueid, outcome in rows:
            found.setdefault(uniqueid, []).append(outcome)
    return found


def _caller(number: str) -> dict[str, str | None]:
    if not number:
        return {"caller": None, "caller_hash": "", "caller_masked": ""}
    return {"caller": number, "caller_hash": keyed_hash(number), "caller_masked": mask(number)}


def _insert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:  # into the table: the mapper would send rows with a null apart from those without
        session.execute(insert(table_of(model)), rows)


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _IN):
        yield ordered[start : start + _IN]
