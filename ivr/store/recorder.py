"""The recorder: takes ``queue_log`` into the database, each line exactly once.

The rows that a batch of lines makes or changes are stored in one transaction with the position after it, and
what was not stored is read again. So it may be killed at any instant, and the database may go away at any
instant: the rows end up the same as in one undisturbed run.

Which lines were taken in already is known per file by content (``ivr.acd.position``), so a rotated, copied or
compressed log is not taken in twice. Where two different files overlap, beginnings that another file has told
are skipped, and what follows them finds nothing open to change (``ivr.acd.fold``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Protocol

from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ivr.acd.callbacks import Rules
from ivr.acd.fold import Fold
from ivr.acd.lines import parse
from ivr.acd.needs import needs
from ivr.acd.position import Batch, Position
from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.store import callbacks
from ivr.store.database import reading, writing
from ivr.store.models.acd import LogPosition
from ivr.store.record_rows import load, save, take_turn

_log = logging.getLogger(__name__)
_BATCH = 20_000  # only an old log, or one that was left alone for a while, has so many
_RULES = Rules()
_POLL_S = 0.25
_LONGEST_PAUSE_S = 5.0
_REMEMBERED = 200  # files; a rotated log is not older than that


class Log(Protocol):
    """Where lines come from (``ivr.telephony.queue_log.QueueLog``)."""

    def read(self, known: Sequence[Position], limit: int = ...) -> Batch | None:
        """The next complete lines after what is known to be stored."""

    def close(self) -> None:
        """Let go of open files."""


class _Overtaken(Exception):
    """Another recorder was quicker; nothing was stored."""


class Recorder:
    """Takes one log into one database. ``node``: whose log it is, where several Asterisks have one database; ``None``:
    that of the file if it is known, else of a site with one. ``members_persist``: see ``ivr.acd.fold.Fold``."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        *,
        node: str | None = None,
        members_persist: bool = True,
        batch: int = _BATCH,
        callbacks: Rules = _RULES,
    ) -> None:
        self._engine = engine
        self._source = log
        self._node = node
        self._members_persist = members_persist
        self._batch = batch
        self._callbacks = callbacks
        self._known: list[Position] | None = None
        self._newest = 0

    def run_once(self) -> int:
        """Take in every complete line that is there now; returns how many. Raises :class:`IvrError`
        (log or database out of reach); nothing is lost by it, the next run goes on."""
        taken = 0
        try:
            while True:
                if self._known is None:
                    self._known, self._newest = stored_positions(self._engine, self._node)
                batch = self._source.read(self._known, self._batch)
                if batch is None:
                    return taken
                try:
                    stored = self._take(batch)
                except _Overtaken:
                    self._known = None
                    continue
                self._known = [stored, *(position for position in self._known if position.id != stored.id)]
                self._newest = max(self._newest, stored.id)
                taken += len(batch.lines)
        except (IvrError, SQLAlchemyError) as fault:
            self._known = None  # a commit may have succeeded without our hearing of it
            if isinstance(fault, IvrError):
                raise
            raise IvrError(f"the record cannot be written: {fault}", mend="ivr doctor says more") from fault

    def follow(self, stop: Event) -> None:
        """Take in lines as they come until ``stop`` is set. Faults are logged and tried again."""
        pause, failing = _POLL_S, False
        while not stop.is_set():
            try:
                self.run_once()
            except IvrError as fault:
                pause, failing = (min(pause * 2, _LONGEST_PAUSE_S), True)
                _log.error("the recorder waits %.1f s and goes on: %s", pause, fault)
            else:
                if failing:
                    _log.info("the recorder has caught up")
                pause, failing = _POLL_S, False
            stop.wait(pause)
        self._source.close()

    def _take(self, batch: Batch) -> Position:
        events = [parse(line) for line in batch.lines]
        with writing(self._engine) as session:
            take_turn(session)
            position = _advance(session, batch, self._newest, self._node or "")
            rows = load(session, needs(events), log=position.id)
            fold = Fold(
                position.id,
                calls=rows.calls,
                entries=rows.entries,
                sessions=rows.sessions,
                pauses=rows.pauses,
                legs=rows.legs,
                members_persist=self._members_persist,
                foreign=_logs_of_others(session, position.id),
            )
            for event in events:
                fold.take(event)
            save(session, fold.changed, rows)
            callbacks.take(session, events, self._node or "", self._callbacks)
        return position


def ingest(engine: Engine, log: Log, *, node: str | None = None, members_persist: bool = True) -> int:
    """Take in a whole file of ``node``; returns how many lines were new. The same file again gives 0: the last
    line without its line end, if there is one, waits until it is complete."""
    try:
        return Recorder(engine, log, node=node, members_persist=members_persist).run_once()
    finally:
        log.close()


def stored_positions(engine: Engine, node: str | None = None) -> tuple[list[Position], int]:
    """The positions of the files taken in last, of one ``node`` or of all, the last one first; and the highest id of all."""
    wanted = select(LogPosition).order_by(LogPosition.taken_at.desc()).limit(_REMEMBERED)
    if node is not None:
        wanted = wanted.where(LogPosition.node == node)
    with reading(engine) as session:
        rows = session.scalars(wanted)
        return [_position(row) for row in rows], _newest(session)


def _position(row: LogPosition) -> Position:
    return Position(
        offset=row.offset,
        head_size=row.head_size,
        head=row.head,
        tail_size=row.tail_size,
        tail=row.tail,
        path=row.path,
        device=row.device,
        inode=row.inode,
        id=row.id,
    )


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(LogPosition.id))) or 0


def _logs_of_others(session: Session, log: int) -> frozenset[int]:
    """The numbers of the files of other nodes than that of the file ``log``."""
    node = select(LogPosition.node).where(LogPosition.id == log).scalar_subquery()
    return frozenset(session.scalars(select(LogPosition.id).where(LogPosition.node != node)))


def _advance(session: Session, batch: Batch, newest: int, node: str) -> Position:
    """Store the position after the batch, provided that it is still where the batch begins; a new file
    only when no file was added since the positions were read (it might be this one)."""
    after = batch.after
    values = {
        "path": after.path,
        "device": after.device,
        "inode": after.inode,
        "offset": after.offset,
        "head_size": after.head_size,
        "head": after.head,
        "tail_size": after.tail_size,
        "tail": after.tail,
        "taken_at": utc_now(),
    }
    if after.id:
        moved = session.execute(
            update(LogPosition)
            .where(LogPosition.id == after.id, LogPosition.offset == batch.before)
            .values(lines=LogPosition.lines + len(batch.lines), **values)
        )
        if getattr(moved, "rowcount", 0) != 1:
            raise IvrError(
                "another recorder takes in the same log", where=after.path, mend="stop one of them"
            )
        return after
    if _newest(session) != newest:
        raise _Overtaken
    row = LogPosition(node=node, lines=len(batch.lines), **values)
    session.add(row)
    session.flush()
    return replace(after, id=row.id)
