"""All rows of the record in a form that can be compared, byte for byte."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, inspect, select

from ivr.store.database import reading
from ivr.store.models.acd import (
    AgentPause,
    AgentSession,
    Attempt,
    FigureHour,
    Leg,
    QueueEntry,
    QueueHour,
)
from ivr.store.models.calls import Call, CallStep

_MODELS = (Call, CallStep, QueueEntry, QueueHour, FigureHour, Attempt, Leg, AgentSession, AgentPause)
#: What differs from run to run: the numbers of rows and files, and a dialogue's run.
_NOT_COMPARED = ("id", "log_id", "run")


def rows_of(engine: Engine) -> list[list[tuple[str, ...]]]:
    """For each table its rows, sorted, secrets read."""
    tables = []
    with reading(engine) as session:
        for model in _MODELS:
            names = [column.key for column in inspect(model).column_attrs if column.key not in _NOT_COMPARED]
            rows: list[Any] = list(session.scalars(select(model)))
            tables.append(sorted(tuple(str(getattr(row, name)) for name in names) for row in rows))
    return tables


def canonical(engine: Engine) -> bytes:
    """The same as bytes: a line a row, the table's name first."""
    lines = [
        "|".join((model.__tablename__, *row))
        for model, rows in zip(_MODELS, rows_of(engine), strict=True)
        for row in rows
    ]
    return "\n".join(lines).encode()
