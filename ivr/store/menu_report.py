"""Reads what callers did in the menus, counted in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, and_, case, distinct, func, select

from ivr.reports.menu import REPEAT_WITHIN, Choice, MenuCall
from ivr.store.database import reading
from ivr.store.models.calls import Call, CallStep


def menu_calls(engine: Engine, since: datetime, until: datetime, entries: tuple[str, ...]) -> list[MenuCall]:
    """The callers' calls that began from ``since`` (aware) until a day after ``until``, oldest first, each with its
    last step in one of the dialogues ``entries``."""
    wanted = (Call.began_at >= since, Call.began_at <= until + REPEAT_WITHIN, Call.entry != "agent")
    from_last = func.row_number().over(partition_by=CallStep.call_uniqueid, order_by=CallStep.seq.desc())
    steps = (
        select(CallStep.call_uniqueid.label("call"), CallStep.part, from_last.label("from_last"))
        .join(Call, Call.uniqueid == CallStep.call_uniqueid)
        .where(*wanted, CallStep.entry.in_(entries), CallStep.part != "")
        .subquery()
    )
    rows = (
        select(Call.began_at, Call.caller_hash, Call.outcome, func.coalesce(steps.c.part, ""))
        .outerjoin(steps, and_(steps.c.call == Call.uniqueid, steps.c.from_last == 1))
        .where(*wanted)
        .order_by(Call.began_at, Call.id)
    )
    with reading(engine) as session:
        return [MenuCall(*row) for row in session.execute(rows)]


def menu_choices(
    engine: Engine, since: datetime, until: datetime, entries: tuple[str, ...]
) -> tuple[dict[str, int], list[Choice]]:
    """Of the callers' calls that began from ``since`` until before ``until`` (aware): how many came to each part of the
    dialogues ``entries``, and how many keyed what there."""
    wanted = (
        Call.began_at >= since,
        Call.began_at < until,
        Call.entry != "agent",
        CallStep.entry.in_(entries),
        CallStep.part != "",
    )
    steps = select(CallStep).join(Call, Call.uniqueid == CallStep.call_uniqueid).where(*wanted).subquery()
    keyed = case(
        (steps.c.outcome == "no_input", ""), (func.length(steps.c["keys"]) > 1, "…"), else_=steps.c["keys"]
    )
    calls = func.count(distinct(steps.c.call_uniqueid))
    with reading(engine) as session:
        visits = session.execute(select(steps.c.part, calls).group_by(steps.c.part))
        choices = session.execute(
            select(steps.c.part, keyed, calls)
            .where(steps.c.kind == "gather", steps.c.outcome.in_(("digits", "no_input")))
            .group_by(steps.c.part, keyed)
        )
        return dict(visits.tuples().all()), [Choice(*row) for row in choices]
