"""What the dialogue writes down of a call: its beginning, its steps, its end.

:class:`BatchingJournal` never keeps a call waiting: what it is told goes into a list in memory, and a thread of
its own writes it within 200 ms. While the database is away the list grows to a bound and is written, in order,
when it is back. :class:`DirectJournal` writes at once, for a program that handles one call.

A step is known by its run of a dialogue and its number there, so that one which was written although the
database did not confirm it is not written again.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from ivr.acd.outcome import call_outcome
from ivr.dialogue.call import CallInfo, Step
from ivr.errors import IvrError
from ivr.store.choices import KEPT_DAYS, remember
from ivr.store.database import insert_new, writing
from ivr.store.models.calls import Call, CallStep
from ivr.store.record_rows import entry_outcomes, take_turn
from ivr.store.secrets import keyed_hash, mask

_log = logging.getLogger(__name__)
_WITHIN_S = 0.1
_RETRY_S = 1.0
_CLOSING_RETRY_S = 0.2
_MOST = 100_000
_BATCH = 1000


@dataclass(frozen=True)
class _Begin:
    call: CallInfo
    revision: str
    at: datetime


@dataclass(frozen=True)
class _Step:
    call_id: str
    entry: str
    run: str
    step: Step


@dataclass(frozen=True)
class _End:
    call_id: str
    entry: str
    at: datetime
    outcome: str


_Note = _Begin | _Step | _End


class _Runs:
    """Which dialogue each call is in: entry and a name for this run of it."""

    def __init__(self) -> None:
        self._runs: dict[str, tuple[str, str]] = {}

    def begin(self, call: CallInfo) -> None:
        self._runs[call.call_id] = (call.entry, secrets.token_hex(8))

    def of(self, call_id: str) -> tuple[str, str]:
        return self._runs.setdefault(call_id, ("", secrets.token_hex(8)))

    def end(self, call_id: str) -> str:
        return self._runs.pop(call_id, ("", ""))[0]


class DirectJournal:
    """Writes each note at once, in a transaction of its own. Raises :class:`IvrError` when the
    database cannot be used. ``keep_days``: for how long callers' choices are kept."""

    def __init__(self, engine: Engine, keep_days: int = KEPT_DAYS) -> None:
        self._engine = engine
        self._keep_days = keep_days
        self._runs = _Runs()

    def begin(self, call: CallInfo, revision: str, at: datetime) -> None:
        """A dialogue of a call begins at ``at`` (aware) with the menu ``revision``."""
        self._runs.begin(call)
        self._put(_Begin(call, revision, at))

    def step(self, call_id: str, step: Step) -> None:
        """A step of the call's dialogue; its private keys are masked already."""
        entry, run = self._runs.of(call_id)
        self._put(_Step(call_id, entry, run, step))

    def end(self, call_id: str, at: datetime, outcome: str) -> None:
        """The dialogue ended at ``at`` (aware) with ``outcome`` (see ``ivr.acd.outcome``)."""
        self._put(_End(call_id, self._runs.end(call_id), at, outcome))

    def close(self) -> None:
        """Nothing is left to write."""

    def _put(self, note: _Note) -> None:
        _write(self._engine, [note], self._keep_days)


class BatchingJournal(DirectJournal):
    """Takes notes without waiting and writes them in a thread of its own."""

    def __init__(self, engine: Engine, keep_days: int = KEPT_DAYS, *, most: int = _MOST) -> None:
        super().__init__(engine, keep_days)
        self._notes: deque[_Note] = deque()
        self._most = most
        self._dropped = 0
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what is left, trying for ``timeout_s`` seconds at most, and stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)
        if self._notes:
            _log.error("%d notes of calls could not be written before the end", len(self._notes))

    def _put(self, note: _Note) -> None:
        with self._wake:
            if len(self._notes) >= self._most:
                self._dropped += 1
                return
            self._notes.append(note)
            self._wake.notify()

    def _run(self) -> None:
        wait = _WITHIN_S
        while True:
            with self._wake:
                if not self._notes and not self._closing:
                    self._wake.wait()
                if self._closing and not self._notes:
                    return
                if not self._closing:
                    self._wake.wait_for(lambda: self._closing, wait)
                batch = [self._notes[index] for index in range(min(_BATCH, len(self._notes)))]
            try:
                _write_what_can_be(self._engine, batch, self._keep_days)
            except (IvrError, SQLAlchemyError) as fault:
                if wait == _WITHIN_S:
                    _log.error("the journal waits for the database: %s", _first_line(fault))
                wait = _RETRY_S
                if self._closing:
                    time.sleep(_CLOSING_RETRY_S)
            else:
                self._written(len(batch), waited=wait != _WITHIN_S)
                wait = _WITHIN_S

    def _written(self, count: int, *, waited: bool) -> None:
        with self._wake:
            for _ in range(count):
                self._notes.popleft()
            dropped, self._dropped = self._dropped, 0
        if waited:
            _log.warning("the journal is written again; %d notes were lost", dropped)


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0]


def _write_what_can_be(engine: Engine, notes: Sequence[_Note], keep_days: int) -> None:
    """Store the notes; one that no database would take must not hold up those behind it."""
    try:
        _write(engine, notes, keep_days)
    except StatementError as fault:
        if isinstance(fault, DBAPIError) and not isinstance(fault, DataError):
            raise
        if len(notes) == 1:
            _log.error("a note of a call cannot be written: %s", type(fault.orig or fault).__name__)
            return
        for note in notes:
            _write_what_can_be(engine, [note], keep_days)


def _write(engine: Engine, notes: Sequence[_Note], keep_days: int) -> None:
    """Store the notes, in their order, in one transaction."""
    with writing(engine) as session:
        take_turn(session)
        ids = sorted({_call_id(note) for note in notes})
        rows = {row.uniqueid: row for row in session.scalars(select(Call).where(Call.uniqueid.in_(ids)))}
        steps: list[_Step] = []
        for note in notes:
            if isinstance(note, _Begin):
                rows[note.call.call_id] = _begun(session, rows.get(note.call.call_id), note)
            elif isinstance(note, _Step):
                steps.append(note)
            elif note.call_id in rows:
                _ended(rows[note.call_id], note)
        _add_steps(session, steps)
        for taken in steps:
            if taken.step.remember and (row := rows.get(taken.call_id)):
                remember(session, row.caller or "", taken.step.remember, taken.step.at, keep_days)
        outcomes = entry_outcomes(session, ids)
        for uniqueid, row in rows.items():
            row.outcome = call_outcome(
                ended=row.ended_at is not None,
                lost=row.lost,
                entry=row.entry,
                dialogue=row.dialogue,
                entries=outcomes.get(uniqueid, []),
            )


def _call_id(note: _Note) -> str:
    return note.call.call_id if isinstance(note, _Begin) else note.call_id


def _begun(session: Session, row: Call | None, note: _Begin) -> Call:
    call = note.call
    if row is None:
        row = Call(uniqueid=call.call_id, began_at=note.at, called=call.called, fallback=False, lost=False)
        row.entry = row.dialogue = row.language = row.menu_revision = row.caller_hash = row.caller_masked = ""
        session.add(row)
    if call.caller and not row.caller:
        row.caller, row.caller_hash, row.caller_masked = (
            call.caller,
            keyed_hash(call.caller),
            mask(call.caller),
        )
    row.called = row.called or call.called
    row.linked_id = call.linked_id or row.linked_id or ""
    if not row.entry:  # what comes after the queue belongs to the same call
        row.entry, row.language, row.menu_revision = call.entry, call.language, note.revision
    return row


def _ended(row: Call, note: _End) -> None:
    """The end of a dialogue is the end of the call only for a seat's own call: of a caller's call,
    the recorder knows the end. What the caller hears when an agent answers says nothing of the call."""
    if note.entry != "connected":
        row.dialogue = note.outcome
    if note.entry == "agent":
        row.ended_at = note.at


def _add_steps(session: Session, steps: Sequence[_Step]) -> None:
    if not steps:
        return
    ids = sorted({note.call_id for note in steps})
    counted = session.execute(
        select(CallStep.call_uniqueid, func.max(CallStep.seq))
        .where(CallStep.call_uniqueid.in_(ids))
        .group_by(CallStep.call_uniqueid)
    )
    last = {row[0]: row[1] for row in counted}
    rows: list[dict[str, Any]] = []
    for note in steps:
        seq = last[note.call_id] = last.get(note.call_id, 0) + 1
        step = note.step
        rows.append(
            {
                "call_uniqueid": note.call_id,
                "seq": seq,
                "run": note.run,
                "number": step.seq,
                "at": step.at,
                "entry": note.entry,
                "part": step.part,
                "kind": step.kind,
                "said": step.said,
                "keys": step.keys,
                "query": step.query,
                "outcome": step.outcome,
            }
        )
    insert_new(session, CallStep, rows)
