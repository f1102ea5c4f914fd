"""Notices set on the command line, and all notices that are on air now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ivr.clock import Clock
from ivr.dialogue.notices import Notice
from ivr.errors import IvrError
from ivr.store import audit
from ivr.store.database import reading, writing
from ivr.store.models.notices import NoticeRow

_log = logging.getLogger(__name__)

#: Seconds between two looks: a notice is on air for all calls so much later at most.
LOOK_EVERY_S = 0.8


@dataclass(frozen=True)
class SetNotice:
    """A notice with its story; moments are aware, in UTC. ``state``: on_air, expired or cleared."""

    id: int
    text: Mapping[str, str]
    until: datetime
    before: str
    queue: str
    set_at: datetime
    set_by: str
    cleared_at: datetime | None
    cleared_by: str
    state: str


def set_notice(
    engine: Engine,
    text: Mapping[str, str],
    until: datetime,
    *,
    before: str = "",
    queue: str = "",
    by: str,
    now: datetime,
) -> int:
    """Put a notice on air at ``now`` until ``until`` (both aware); returns its number.

    Raises :class:`IvrError` when ``until`` is past.
    """
    if until <= now:
        raise IvrError("the end is past: nobody would hear it")
    with writing(engine) as session:
        row = NoticeRow(
            text=dict(text), until=until, before=before, queue=queue, set_at=now, set_by=by, cleared_by=""
        )
        session.add(row)
        session.flush()
        details = {"text": dict(text), "until": until.isoformat(), "before": before, "queue": queue}
        audit.note(session, now, by, "notice set", str(row.id), details)
        return row.id


def list_notices(engine: Engine, now: datetime, *, everything: bool = False) -> list[SetNotice]:
    """The notices that are on air at ``now`` (aware), or all there ever were; newest first."""
    wanted = select(NoticeRow).order_by(NoticeRow.id.desc())
    if not everything:
        wanted = wanted.where(NoticeRow.cleared_at.is_(None), NoticeRow.until > now)
    with reading(engine) as session:
        return [_plain(row, now) for row in session.scalars(wanted)]


def notices_at(engine: Engine, moment: datetime) -> list[SetNotice]:
    """The notices that were on air at ``moment`` (aware), or will be as far as is known; the oldest first."""
    wanted = (
        select(NoticeRow).where(NoticeRow.set_at <= moment, NoticeRow.until > moment).order_by(NoticeRow.id)
    )
    with reading(engine) as session:
        rows = session.scalars(wanted)
        return [_plain(row, moment) for row in rows if row.cleared_at is None or row.cleared_at > moment]


def clear_notices(engine: Engine, number: int | None, *, by: str, now: datetime) -> list[int]:
    """Take a notice off the air, or with ``None`` all of them; returns their numbers.

    Raises :class:`IvrError` for a number that is not on air.
    """
    with writing(engine) as session:
        wanted = select(NoticeRow).where(NoticeRow.cleared_at.is_(None), NoticeRow.until > now)
        if number is not None:
            wanted = wanted.where(NoticeRow.id == number)
        rows = session.scalars(wanted.order_by(NoticeRow.id)).all()
        if number is not None and not rows:
            there = session.get(NoticeRow, number)
            what = (
                f"notice {number} is {_plain(there, now).state} already" if there else f"no notice {number}"
            )
            raise IvrError(what, mend="ivr notice list shows those on air")
        for row in rows:
            row.cleared_at, row.cleared_by = now, by
            audit.note(session, now, by, "notice clear", str(row.id), {"text": row.text})
        return [row.id for row in rows]


def _plain(row: NoticeRow, now: datetime) -> SetNotice:
    state = "cleared" if row.cleared_at else "on_air" if row.until > now else "expired"
    return SetNotice(
        row.id,
        row.text,
        row.until,
        row.before,
        row.queue,
        row.set_at,
        row.set_by,
        row.cleared_at,
        row.cleared_by,
        state,
    )


class LiveNotices:
    """All notices on air, for the engine to ask at every turn: those in SQL, then the ``standing`` ones of a file
    (a function of the moment).

    A thread of its own looks every ``every_s`` seconds, so that asking costs nothing. While the database cannot be
    read, what was known stays; a notice ends by its time all the same. Close it, or use it in ``with``.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        standing: Callable[[datetime], Sequence[Notice]] = lambda _now: (),
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._engine, self._clock, self._standing = engine, clock, standing
        self._every_s = every_s
        self._known: tuple[Notice, ...] = ()
        self._trouble = ""
        self._closing = threading.Event()
        self.look()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def __call__(self) -> tuple[Notice, ...]:
        """The notices on air now; never waits."""
        now = self._clock()
        return tuple(notice for notice in self._known if notice.until > now)

    def look(self) -> None:
        """Look now. Raises nothing; trouble is logged once."""
        now = self._clock()
        try:
            found = [
                Notice(row.id, row.text, row.until, row.before, row.queue)
                for row in reversed(list_notices(self._engine, now))
            ]
            self._known = (*found, *self._standing(now))
        except (IvrError, SQLAlchemyError) as fault:
            self._tell(str(fault).splitlines()[0])
        else:
            self._tell("")

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        self._thread.join(10)

    def __enter__(self) -> LiveNotices:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.wait(self._every_s):
            self.look()

    def _tell(self, trouble: str) -> None:
        if trouble and not self._trouble:
            _log.error("notices stay as they were: %s", trouble)
        elif self._trouble and not trouble:
            _log.warning("notices are read again")
        self._trouble = trouble
