"""Who runs a train (担当企业): the railway bureau and its crew depot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.source import Operation


def _slots(operation: Operation) -> dict[str, Any]:
    slots: dict[str, Any] = {"operator": operation.operator}
    if operation.depot:
        slots["depot"] = operation.depot
    return slots


def _valid(operation: Operation, day: date) -> bool:
    return operation.valid_from <= day and (operation.valid_to is None or day <= operation.valid_to)


def _different(operations: Sequence[Operation]) -> list[Operation]:
    by_name = {(operation.operator["code"], operation.depot): operation for operation in operations}
    return list(by_name.values())


def operator_of(inquiry: Inquiry) -> Answer:
    """The operator on ``date``; ``dated``: no row is valid that day, this is the newest one."""
    train = {"train": inquiry.text("train")}
    rows = inquiry.source.operations(train["train"])
    if not rows:
        return Answer("none", train)
    valid = _different([row for row in rows if _valid(row, inquiry.day())])
    if len(valid) == 1:
        return Answer("one", {**train, **_slots(valid[0])})
    if valid:
        return Answer("many", {**train, "count": len(valid)}, tuple(_slots(row) for row in valid))
    newest = max(rows, key=lambda row: (row.valid_to or date.max, row.valid_from))
    slots = {**train, **_slots(newest), "valid_from": newest.valid_from.isoformat()}
    if newest.valid_to is not None:
        slots["valid_to"] = newest.valid_to.isoformat()
    return Answer("dated", slots)


_OPERATOR = {"operator": "named", "depot": "text"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "operator_of",
            takes={"train": "train", "date": "date"},
            outcomes={
                "none": {"train": "train"},
                "one": {"train": "train", **_OPERATOR},
                "many": {"train": "train", "count": "count"},
                "dated": {"train": "train", **_OPERATOR, "valid_from": "date", "valid_to": "date"},
            },
            items={"many": _OPERATOR},
            optional=frozenset({"one.depot", "dated.depot", "dated.valid_to", "items.depot"}),
            about="bureau and crew depot of a train on a day; dated: none is valid then, this is the newest known",
        ),
        operator_of,
    ),
)
