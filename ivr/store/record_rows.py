"""Loads and saves the rows of the fold (``ivr.acd.record``), many at a time."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.orm import Session

from ivr.acd.callbacks import holder_of
from ivr.acd.fold_rows import Row
from ivr.acd.needs import Needs
from ivr.acd.outcome import call_outcome
from ivr.acd.record import (
    WAITING,
    AttemptRecord,
    CallRecord,
    EntryRecord,
    LegRecord,
    PauseRecord,
    SessionRecord,
)
from ivr.store import figure_hours, queue_hours
from ivr.store.bulk import among, insert_rows, update_rows
from ivr.store.database import table_of
from ivr.store.models.acd import AgentPause, AgentSession, Attempt, Leg, QueueEntry
from ivr.store.models.calls import Call
from ivr.store.secrets import encrypted_number, keyed_hash, mask

_RECORD = 123060  # the number of PostgreSQL's advisory lock for the record


@dataclass
class Loaded:
    """Rows that are in the database, and the journal's facts of its calls. The callers' numbers are not among them: they
    are encrypted, and nothing needs them."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    entries: list[EntryRecord] = field(default_factory=list)
    sessions: list[SessionRecord] = field(default_factory=list)
    pauses: list[PauseRecord] = field(default_factory=list)
    legs: list[LegRecord] = field(default_factory=list)
    #: call → the journal's ``entry`` and ``dialogue``
    call_rows: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: the entries as they are in the database, while the fold changes those in ``entries``
    before: dict[tuple[str, int], EntryRecord] = field(default_factory=dict)


def take_turn(session: Session) -> None:
    """Wait until no other writer of the record is in a transaction: recorder and journals write to
    the same calls, and may all be about to add the same one. SQLite has one writer at a time anyway."""
    if _of_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(_RECORD)))


def _of_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def load(session: Session, wanted: Needs, *, log: int) -> Loaded:
    """The rows that a batch needs."""
    loaded = Loaded()
    if _of_postgresql(session):
        # All is found by an index. Of a table that grew since it was analysed last, or never was, PostgreSQL believes that some
        # hundred calls are most of it, and reads all.
        session.execute(select(func.set_config("enable_seqscan", "off", True)))
    if wanted.calls:
        here = sorted(wanted.calls)
        _load_calls(
            session,
            loaded,
            among(session, _CALLS.c.uniqueid, here),
            among(session, _ENTRIES.c.call_uniqueid, here),
        )
    if wanted.restart:
        open_entry = or_(
            _ENTRIES.c.outcome == WAITING,
            (_ENTRIES.c.outcome == "answered") & _ENTRIES.c.ended_at.is_(None),
        )
        _load_calls(session, loaded, _CALLS.c.outcome == "open", open_entry)
        _load_legs(session, loaded, _LEGS.c.ended_at.is_(None))
    if wanted.legs:
        _load_legs(session, loaded, among(session, _LEGS.c.leg, sorted(wanted.legs)))
    if wanted.agents:
        for table in _SPANS:
            told = (table.c.began_at >= wanted.since) & (table.c.log_id != log)
            theirs = among(session, table.c.agent, sorted(wanted.agents))
            _load_spans(session, loaded, table, theirs & (table.c.ended_at.is_(None) | told))
    if wanted.seats:
        at_seats = among(session, _SESSIONS.c.seat, sorted(wanted.seats)) & _SESSIONS.c.ended_at.is_(None)
        _load_spans(session, loaded, _SESSIONS, at_seats)
    if wanted.restart:
        for table in _SPANS:
            _load_spans(session, loaded, table, table.c.ended_at.is_(None))
    return loaded


def _load_calls(
    session: Session, loaded: Loaded, calls: ColumnElement[bool], entries: ColumnElement[bool]
) -> None:
    for row in session.execute(select(*(_CALLS.c[name] for name in _OF_CALL)).where(calls)):
        if row.uniqueid not in loaded.calls:
            loaded.call_rows[row.uniqueid] = row.entry, row.dialogue
            loaded.calls[row.uniqueid] = CallRecord(
                row.uniqueid, row.began_at, row.log_id, called=row.called, ended_at=row.ended_at,
                hangup_cause=row.hangup_cause, fallback=row.fallback, lost=row.lost,
                option=row.option, skill=row.skill,
            )  # fmt: skip
    for call, number, queue, entered_at, log, area, *same in session.execute(
        select(*(_ENTRIES.c[name] for name in (*_ENTRY_KEYS, *_ENTRY_MADE, *_SAME))).where(entries)
    ):
        if (call, number) not in loaded.before:
            facts = dict(zip(_SAME, same, strict=True))
            record = EntryRecord(call, number, queue, entered_at, log, area=area, **facts)
            loaded.entries.append(record)
            loaded.before[call, number] = copy(record)


_CALLS, _ENTRIES, _ATTEMPTS, _LEGS = map(table_of, (Call, QueueEntry, Attempt, Leg))
_SESSIONS, _PAUSES = _SPANS = table_of(AgentSession), table_of(AgentPause)
#: What is read of a call, without what must be decrypted.
_OF_CALL = (
    "uniqueid", "began_at", "log_id", "called", "ended_at", "hangup_cause", "fallback", "lost", "option", "skill",
    "entry", "dialogue",
)  # fmt: skip
#: What is written of a call each time, and of one that is new or whose caller is told of.
_CALL_CHANGES = (
    "began_at", "called", "ended_at", "hangup_cause", "fallback", "lost", "option", "skill", "log_id", "outcome",
)  # fmt: skip
_CALLER = ("caller", "caller_hash", "caller_masked")
#: The rest of a new call is the journal's.
_CALL_NEW = {"linked_id": "", "entry": "", "language": "", "menu_revision": "", "dialogue": ""}
_ENTRY_KEYS = ("call_uniqueid", "number")
_ENTRY_MADE = ("queue", "entered_at", "log_id", "caller_area")
#: columns of an entry that are the same in the record and in the table
_SAME = (
    "position", "outcome", "left_at", "wait_s", "exit_key", "attempts", "agent", "agent_uniqueid", "talk_s", "hold_s",
    "wrapup_s", "ended_at", "ended_by", "transfer_to", "option", "skill", "held_since", "held_ms",
    "first_agent", "first_s", "survey_asked", "survey_score",
)  # fmt: skip
_same_of = attrgetter(*_SAME)
_ATTEMPT = ("call_uniqueid", "entry", "number", "agent", "at", "ring_ms", "outcome")
_LEG = (
    "call_uniqueid", "kind", "began_at", "log_id", "from_seat", "seat", "agent", "ended_at", "talk_s", "consult_s", "hold_s",
    "held_since", "held_ms", "lost",
)  # fmt: skip
_leg_of = attrgetter("call", "kind", "began_at", "log", *_LEG[4:])


def _load_legs(session: Session, loaded: Loaded, which: ColumnElement[bool]) -> None:
    have = {leg.leg for leg in loaded.legs}
    for name, *facts in session.execute(select(_LEGS.c.leg, *(_LEGS.c[name] for name in _LEG)).where(which)):
        if name not in have:
            loaded.legs.append(LegRecord(name, *facts))


def _load_spans(session: Session, loaded: Loaded, table: Table, which: ColumnElement[bool]) -> None:
    have = {row.id for row in (loaded.sessions if table is _SESSIONS else loaded.pauses)}
    for row in session.execute(select(table).where(which).order_by(table.c.id)):
        if row.id in have:
            continue
        facts: dict[str, Any] = {
            "agent": row.agent, "queue": row.queue, "began_at": row.began_at, "log": row.log_id,
            "ended_at": row.ended_at, "ended_by": row.ended_by, "id": row.id,
        }  # fmt: skip
        if table is _PAUSES:
            loaded.pauses.append(PauseRecord(reason=row.reason, **facts))
        else:
            loaded.sessions.append(SessionRecord(seat=row.seat, **facts))


def save(session: Session, changed: Sequence[Row], loaded: Loaded) -> None:
    """Store what the fold has made or changed, and the outcomes of the calls that it concerns."""
    rows: dict[type, list[Any]] = {}
    for row in changed:
        rows.setdefault(type(row), []).append(row)
    entries: list[EntryRecord] = rows.get(EntryRecord, [])
    before = [was for row in entries if (was := loaded.before.get((row.call, row.number)))]
    _save_entries(session, entries, loaded.before)
    # Of what holds a callback's place the caller was counted when asking for it.
    before, counted = ([one for one in them if holder_of(one.call) is None] for them in (before, entries))
    queue_hours.keep(session, before, counted)
    figure_hours.keep(session, before, counted)
    attempts = [
        (row.call, row.entry, row.number, row.agent, row.at, row.ring_ms, row.outcome)
        for row in rows.get(AttemptRecord, [])
    ]
    insert_rows(session, _ATTEMPTS, _ATTEMPT, attempts)
    _save_legs(session, rows.get(LegRecord, []), {leg.leg for leg in loaded.legs})
    _save_spans(session, _SESSIONS, "seat", rows.get(SessionRecord, []))
    _save_spans(session, _PAUSES, "reason", rows.get(PauseRecord, []))
    _save_calls(session, rows.get(CallRecord, []), entries, loaded)


def _save_entries(
    session: Session, entries: Iterable[EntryRecord], known: Mapping[tuple[str, int], EntryRecord]
) -> None:
    new, old, handed_over = [], [], []
    for row in entries:
        values, key = _same_of(row), (row.call, row.number)
        if key in known:
            old.append((*values, *key))
            if known[key].caller != row.caller:
                handed_over.append((*_caller(row.caller), row.area, *key))
        else:
            new.append((*values, *key, row.queue, row.entered_at, row.log, row.area, *_caller(row.caller)))
    insert_rows(session, _ENTRIES, (*_SAME, *_ENTRY_KEYS, *_ENTRY_MADE, *_CALLER), new)
    update_rows(session, _ENTRIES, _SAME, _ENTRY_KEYS, old)
    update_rows(session, _ENTRIES, (*_CALLER, "caller_area"), _ENTRY_KEYS, handed_over)


def _save_legs(session: Session, legs: Iterable[LegRecord], known: Container[str]) -> None:
    new: list[Any] = []
    old: list[Any] = []
    for row in legs:
        (old if row.leg in known else new).append((*_leg_of(row), row.leg))
    insert_rows(session, _LEGS, (*_LEG, "leg"), new)
    update_rows(session, _LEGS, _LEG, ("leg",), old)


def _save_spans(session: Session, table: Table, own: str, rows: Sequence[Any]) -> None:
    """``own``: the column that only sessions, or only pauses, have."""
    new, old = [], []
    for row in rows:
        values = (row.ended_at, row.ended_by, getattr(row, own))
        if row.id is not None:
            old.append((*values, row.id))
        else:
            new.append((*values, row.agent, row.queue, row.began_at, row.log))
    changing = ("ended_at", "ended_by", own)
    insert_rows(session, table, (*changing, "agent", "queue", "began_at", "log_id"), new)
    update_rows(session, table, changing, ("id",), old)


def _save_calls(
    session: Session, calls: Sequence[CallRecord], entries: Sequence[EntryRecord], loaded: Loaded
) -> None:
    changed = {row.uniqueid: row for row in calls}
    outcomes = _outcomes(entries, loaded)
    new, old, told = [], [], []
    for uniqueid in dict.fromkeys([*changed, *(row.call for row in entries)]):
        record = changed.get(uniqueid) or loaded.calls.get(uniqueid)
        if record is None:  # a queue entry of a call that did not come through the hotline
            continue
        entry, dialogue = loaded.call_rows.get(uniqueid, ("", ""))
        outcome = call_outcome(
            ended=record.ended_at is not None, lost=record.lost, entry=entry, dialogue=dialogue,
            entries=outcomes.get(uniqueid, ()),
        )  # fmt: skip
        values = (
            record.began_at, record.called, record.ended_at, record.hangup_cause, record.fallback, record.lost,
            record.option, record.skill, record.log, outcome,
        )  # fmt: skip
        if uniqueid not in loaded.call_rows:
            new.append((*values, uniqueid, *_caller(record.caller), *_CALL_NEW.values()))
        else:
            old.append((*values, uniqueid))
            if record.caller:
                told.append((*_caller(record.caller), uniqueid))
    insert_rows(session, _CALLS, (*_CALL_CHANGES, "uniqueid", *_CALLER, *_CALL_NEW), new)
    update_rows(session, _CALLS, _CALL_CHANGES, ("uniqueid",), old)
    update_rows(session, _CALLS, _CALLER, ("uniqueid",), told)


def _outcomes(entries: Iterable[EntryRecord], loaded: Loaded) -> dict[str, list[str]]:
    """The outcomes of each call's entries, in their order: those that were there, as they are now, and the new ones."""
    every = {(row.call, row.number): row for row in (*loaded.entries, *entries)}
    found: dict[str, list[str]] = {}
    for _, row in sorted(every.items()):
        found.setdefault(row.call, []).append(row.outcome)
    return found


def entry_outcomes(session: Session, calls: Iterable[str]) -> dict[str, list[str]]:
    """The outcomes of each call's queue entries, in their order."""
    found: dict[str, list[str]] = {}
    rows = session.execute(
        select(_ENTRIES.c.call_uniqueid, _ENTRIES.c.outcome)
        .where(among(session, _ENTRIES.c.call_uniqueid, sorted(calls)))
        .order_by(_ENTRIES.c.call_uniqueid, _ENTRIES.c.number)
    )
    for uniqueid, outcome in rows:
        found.setdefault(uniqueid, []).append(outcome)
    return found


def _caller(number: str) -> tuple[str | None, str, str]:
    if not number:
        return None, "", ""
    return encrypted_number(number), keyed_hash(number), mask(number)
