"""The rows that the fold works on (``ivr.acd.fold``), and whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, Union

from ivr.acd.record import (
    AttemptRecord,
    CallRecord,
    EntryRecord,
    LegRecord,
    PauseRecord,
    SessionRecord,
)

Row = Union[CallRecord, EntryRecord, AttemptRecord, LegRecord, SessionRecord, PauseRecord]
_AnyRow = TypeVar("_AnyRow", CallRecord, EntryRecord, AttemptRecord, LegRecord, SessionRecord, PauseRecord)
Span = TypeVar("Span", SessionRecord, PauseRecord)
#: (agent, queue) → what is open, and what other files have told
Spans = defaultdict[tuple[str, str], list[Span]]


@dataclass
class Rows:
    """What was there, in the way it is looked for, and what is new or different.

    ``log``: the number of the file that is read. ``members_persist``: whether agents stay signed in when
    Asterisk is restarted. ``foreign``: the numbers of the files of other nodes, whose rows this one does not end.
    The rows handed in are changed in place.
    """

    log: int
    calls: Mapping[str, CallRecord] = field(default_factory=dict)
    entries: Sequence[EntryRecord] = ()
    sessions: Sequence[SessionRecord] = ()
    pauses: Sequence[PauseRecord] = ()
    legs: Sequence[LegRecord] = ()
    members_persist: bool = True
    foreign: Collection[int] = ()

    def __post_init__(self) -> None:
        self._calls = dict(self.calls)
        self._entries: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda row: row.number):
            self._entries[entry.call].append(entry)
        self._sessions: Spans[SessionRecord] = defaultdict(list)
        for session in self.sessions:
            self._sessions[session.agent, session.queue].append(session)
        self._pauses: Spans[PauseRecord] = defaultdict(list)
        for pause in self.pauses:
            self._pauses[pause.agent, pause.queue].append(pause)
        self._legs = {leg.leg: leg for leg in self.legs}
        self._changed: dict[int, Row] = {}

    @property
    def changed(self) -> list[Row]:
        """The rows that are new or different, each once, in the order of their first change."""
        return list(self._changed.values())

    def _can_end(self, row: CallRecord | SessionRecord | PauseRecord, at: datetime) -> bool:
        """Whether an event of this file, at that time, can end the row."""
        return row.ended_at is None and self._is_mine(row.log, row.began_at, at)

    def _is_mine(self, log: int | None, began_at: datetime, at: datetime) -> bool:
        """Whether a row of the file ``log`` is of this file, or of an older one of the same node."""
        if log is None or log in self.foreign:  # where there are other nodes, the journal's row may be theirs
            return not self.foreign and began_at <= at
        return log == self.log or began_at <= at

    def _touch(self, row: _AnyRow) -> _AnyRow:
        self._changed[id(row)] = row
        return row
