"""What a fold makes of lines, in memory, for its tests."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ivr.acd.fold import Fold
from ivr.acd.lines import parse
from ivr.acd.needs import needs
from ivr.acd.record import (
    WAITING,
    AttemptRecord,
    CallRecord,
    EntryRecord,
    LegRecord,
    PauseRecord,
    SessionRecord,
)
from tests.queue_logs.made import ZERO, line

LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"


OPERATOR = "operator"


class Book:
    """A database in memory: hands a fold the rows that its batch needs, and keeps what it changes."""

    def __init__(self) -> None:
        self.calls: dict[str, CallRecord] = {}
        self.entries: dict[tuple[str, int], EntryRecord] = {}
        self.attempts: list[AttemptRecord] = []
        self.sessions: list[SessionRecord] = []
        self.pauses: list[PauseRecord] = []
        self.legs: dict[str, LegRecord] = {}

    def take(self, lines: Sequence[bytes], log: int = 1, **options: Any) -> Book:
        events = [parse(line) for line in lines]
        wanted = needs(events)

        def span_wanted(row: SessionRecord | PauseRecord) -> bool:
            if wanted.restart and row.ended_at is None:
                return True
            if isinstance(row, SessionRecord) and row.seat in wanted.seats and row.ended_at is None:
                return True
            told = row.log != log and wanted.since is not None and row.began_at >= wanted.since
            return row.agent in wanted.agents and (row.ended_at is None or told)

        fold = Fold(
            log,
            calls={
                key: copy(row)
                for key, row in self.calls.items()
                if key in wanted.calls or (wanted.restart and row.ended_at is None)
            },
            entries=[
                copy(row)
                for row in self.entries.values()
                if row.call in wanted.calls or (wanted.restart and (row.outcome == WAITING or row.talking))
            ],
            sessions=[copy(row) for row in self.sessions if span_wanted(row)],
            pauses=[copy(row) for row in self.pauses if span_wanted(row)],
            legs=[
                copy(row)
                for row in self.legs.values()
                if row.leg in wanted.legs or (wanted.restart and row.ended_at is None)
            ],
            **options,
        )
        for event in events:
            fold.take(event)
        for row in fold.changed:
            self._keep(row)
        return self

    def _keep(self, row: object) -> None:
        if isinstance(row, CallRecord):
            self.calls[row.uniqueid] = row
        elif isinstance(row, EntryRecord):
            self.entries[row.call, row.number] = row
        elif isinstance(row, LegRecord):
            self.legs[row.leg] = row
        elif isinstance(row, AttemptRecord):
            self.attempts.append(row)
        elif isinstance(row, SessionRecord):
            self._keep_span(self.sessions, row)
        elif isinstance(row, PauseRecord):
            self._keep_span(self.pauses, row)

    @staticmethod
    def _keep_span(rows: list[Any], row: Any) -> None:
        if row.id is None:
            row.id = len(rows)
            rows.append(row)
        else:
            rows[row.id] = row

    def dump(self) -> list[Any]:
        rows: list[Any] = [
            self.calls.values(),
            self.entries.values(),
            self.attempts,
            self.legs.values(),
            self.sessions,
            self.pauses,
        ]
        return [sorted((asdict(row) | {"id": None} for row in kind), key=repr) for kind in rows]


def second(at: int) -> datetime:
    return datetime.fromtimestamp(ZERO + at, timezone.utc)


def the_log() -> Book:
    return Book().take(LOG.read_bytes().splitlines())


def entry(book: Book, call: str, number: int = 1) -> dict[str, Any]:
    return asdict(book.entries[call, number])


def holds(row: dict[str, Any], **facts: Any) -> None:
    assert {name: row[name] for name in facts} == facts


def answered(*after: tuple[int, str, str, tuple[object, ...]]) -> dict[str, Any]:
    """An entry at 0; the agent answers at 9, is announced until 12."""
    lines = [
        line(0, "7.1", OPERATOR, "NONE", "ENTERQUEUE", "", "13812345678", 1),
        line(9, "7.1", OPERATOR, "1023", "AGENTANSWER"),
        *(line(at, "7.1", OPERATOR, agent, name, *data) for at, agent, name, data in after),
    ]
    whole = Book().take(lines)
    bit_by_bit = Book()
    for each in lines:
        bit_by_bit.take([each])
    assert whole.dump() == bit_by_bit.dump()
    return entry(whole, "7.1")


CONNECT = (12, "1023", "CONNECT", (12, "7.2", 3))
