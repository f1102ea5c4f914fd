"""Callers whom the centre knows to need more: the elderly, the disabled, and others whom it wants to serve first. The number is
kept encrypted, found by its keyed hash, and shown masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from ivr.acd.caller import MARKS, is_number
from ivr.errors import IvrError, UsageFault
from ivr.rail.answers import Answer
from ivr.store.audit import note
from ivr.store.database import reading, writing
from ivr.store.models.calls import CallerMark
from ivr.store.secrets import keyed_hash, mask


@dataclass(frozen=True)
class Marked:
    """A mark of a caller; ``caller``: masked. ``at``: aware, in UTC."""

    caller: str
    mark: str
    reason: str
    who: str
    at: datetime


def mark_caller(
    engine: Engine, number: str, marks: Sequence[str], reason: str, who: str, now: datetime
) -> None:
    """Give the caller these marks, each with the reason; one that there is gets the new reason. Raises :class:`UsageFault` for
    what is no number."""
    _check(number)
    with writing(engine) as session:
        for one in marks:
            row = CallerMark(
                caller_hash=keyed_hash(number),
                mark=one,
                caller=number,
                caller_masked=mask(number),
                reason=reason,
                who=who,
                at=now,
            )
            session.merge(row)
        note(session, now, who, "caller mark", mask(number), {"marks": list(marks), "reason": reason})


def unmark_caller(engine: Engine, number: str, marks: Sequence[str], who: str, now: datetime) -> list[str]:
    """Take these marks away, all without any named; gives those that there were. Raises :class:`UsageFault` for what is no
    number, :class:`IvrError` when there were none."""
    _check(number)
    wanted = (CallerMark.caller_hash == keyed_hash(number)) & CallerMark.mark.in_(marks or MARKS)
    with writing(engine) as session:
        had = sorted(session.scalars(select(CallerMark.mark).where(wanted)))
        if not had:
            raise IvrError(f"{mask(number)} has no such mark", mend="ivr caller list")
        session.execute(delete(CallerMark).where(wanted))
        note(session, now, who, "caller unmark", mask(number), {"marks": had})
    return had


def marked_callers(engine: Engine) -> list[Marked]:
    """All marks, the newest first."""
    with reading(engine) as session:
        rows = session.scalars(select(CallerMark).order_by(CallerMark.at.desc(), CallerMark.mark))
        return [Marked(row.caller_masked, row.mark, row.reason, row.who, row.at) for row in rows]


def marks_of(session: Session, caller: str) -> Answer:
    """``known`` with the ``marks`` of the number, as words with a space between; ``none`` without any, and for callers who
    withhold it."""
    if not is_number(caller):
        return Answer("none")
    marks = sorted(
        session.scalars(select(CallerMark.mark).where(CallerMark.caller_hash == keyed_hash(caller)))
    )
    return Answer("known", {"marks": " ".join(marks)}) if marks else Answer("none")


def _check(number: str) -> None:
    if not is_number(number):
        raise UsageFault(f"'{number}' is no caller's number", mend="as in the calls: 13812345678")
