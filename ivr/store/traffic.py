"""Counts the ways that calls took through the menus, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, case, distinct, func, literal, select, union_all

from ivr.reports.traffic import Passage
from ivr.store.database import reading
from ivr.store.models.calls import Call, CallStep


def menu_traffic(
    engine: Engine, since: datetime, until: datetime, entries: tuple[str, ...]
) -> tuple[int, list[Passage]]:
    """How many calls began from ``since`` until before ``until`` (aware) in one of the dialogues ``entries``, and
    every way they took from one step to the next."""
    wanted = (Call.began_at >= since, Call.began_at < until, CallStep.entry.in_(entries))
    one_call, in_order = CallStep.call_uniqueid, CallStep.seq
    steps = (
        select(
            CallStep.call_uniqueid.label("call"),
            CallStep.part,
            CallStep.kind,
            case((func.length(CallStep.keys) > 1, "…"), else_=func.coalesce(CallStep.keys, "")).label(
                "keyed"
            ),
            CallStep.outcome,
            func.lead(CallStep.part, 1, "").over(partition_by=one_call, order_by=in_order).label("next_part"),
            func.row_number().over(partition_by=one_call, order_by=in_order).label("number"),
        )
        .join(Call, Call.uniqueid == CallStep.call_uniqueid)
        .where(*wanted)
        .subquery()
    )
    ways: list[ColumnElement[Any]] = [
        steps.c.part,
        steps.c.kind,
        steps.c.keyed,
        steps.c.outcome,
        steps.c.next_part,
    ]
    calls = func.count(distinct(steps.c.call)).label("calls")
    empty = literal("")
    counted = union_all(
        select(*ways, calls).group_by(*ways),
        select(empty, empty, empty, empty, steps.c.part, calls)
        .where(steps.c.number == 1)
        .group_by(steps.c.part),
    )
    with reading(engine) as session:
        passages = [Passage(*tuple(row)) for row in session.execute(counted)]
        number = session.scalar(select(func.count(distinct(steps.c.call)))) or 0
    return number, passages
