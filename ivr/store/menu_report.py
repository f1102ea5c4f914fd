"""Reads what callers did in the menus, counted in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, case, distinct, func, select

from ivr.reports.menu import REPEAT_WITHIN, Choice, MenuCall
from ivr.store.database import reading
from ivr.store.models.calls import Call, CallStep
from ivr.store.queue import CLOCKS_APART, LONGEST_MENU


def menu_calls(engine: Engine, since: datetime, until: datetime, entries: tuple[str, ...]) -> list[MenuCall]:
    """The callers' calls that began from ``since`` (aware) until a day after ``until``, oldest first, each with its
    last step in one of the dialogues ``entries``."""
    last_part = (
        select(CallStep.part)
        .where(CallStep.call_uniqueid == Call.uniqueid, CallStep.entry.in_(entries), CallStep.part != "")
        .order_by(CallStep.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        select(Call.began_at, Call.caller_hash, Call.outcome, func.coalesce(last_part, ""))
        .where(Call.began_at >= since, Call.began_at <= until + REPEAT_WITHIN, Call.entry != "agent")
        .order_by(Call.began_at, Call.id)
    )
    with reading(engine) as session:
        return [MenuCall(*row) for row in session.execute(rows)]


def menu_choices(
    engine: Engine, since: datetime, until: datetime, entries: tuple[str, ...]
) -> tuple[dict[str, int], list[Choice]]:
    """Of the callers' calls that began from ``since`` until before ``until`` (aware): how many came to each part of the
    dialogues ``entries``, and how many keyed what there."""
    begun = select(Call.uniqueid).where(Call.began_at >= since, Call.began_at < until, Call.entry != "agent")
    steps = (
        select(CallStep)
        .where(
            CallStep.call_uniqueid.in_(begun),
            CallStep.entry.in_(entries),
            CallStep.part != "",
            # Follows from the calls; said for the index by kind and time.
            CallStep.at >= since - CLOCKS_APART,
            CallStep.at < until + LONGEST_MENU,
        )
        .subquery()
    )
    keyed = case(
        (steps.c.outcome == "no_input", ""), (func.length(steps.c["keys"]) > 1, "…"), else_=steps.c["keys"]
    )
    calls = func.count(distinct(steps.c.call_uniqueid))
    with reading(engine) as session:
        visits = session.execute(select(steps.c.part, calls.label("calls")).group_by(steps.c.part))
        choices = session.execute(
            select(steps.c.part, keyed, calls)
            .where(steps.c.kind == "gather", steps.c.outcome.in_(("digits", "no_input")))
            .group_by(steps.c.part, keyed)
        )
        return {row.part: row.calls for row in visits}, [Choice(*row) for row in choices]
