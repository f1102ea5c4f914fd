"""Published menus: immutable numbered revisions, and the switches that put them on air.

On air at a moment is the revision of the last switch (by ``live_from``, then by ``id``) that was due by then and
was not taken back before. Nothing is ever changed or deleted, so this holds for the past as well, and a timed switch
needs nobody to be running at its moment. Who published, rolled back or withdrew what is in the audit log as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session, aliased

from ivr.clock import Clock, utc_now
from ivr.errors import IvrError
from ivr.store import audit
from ivr.store.database import reading, writing
from ivr.store.models.calls import Call
from ivr.store.models.menus import MenuRevision, MenuSwitch
from ivr.store.on_air import DamagedRevision, content_hash

#: Publishers take turns (PostgreSQL's advisory lock; SQLite has one writer at a time anyway).
_PUBLISHING = 123060003
#: How many revisions that were on air before are offered in the place of one that does not read.
_FALLBACKS = 100


@dataclass(frozen=True)
class Revision:
    """A published revision; ``created_at`` is aware, in UTC."""

    number: int
    author: str
    message: str
    created_at: datetime
    content_hash: str


@dataclass(frozen=True)
class Switch:
    """From ``live_from`` (aware, UTC) on, ``revision`` is on air, unless it was ``withdrawn`` before."""

    id: int
    revision: int
    live_from: datetime
    made_at: datetime
    made_by: str
    why: str
    withdrawn: bool


@dataclass(frozen=True)
class Outcome:
    """What publishing or rolling back did: the revision, from when it is on air, whether anything ``changed``."""

    revision: int
    live_from: datetime
    changed: bool


def publish(
    engine: Engine,
    files: Mapping[str, str],
    *,
    author: str,
    message: str = "",
    at: datetime | None = None,
    clock: Clock = utc_now,
) -> Outcome:
    """Store ``files`` (name → text) as the next revision and put it on air, now or ``at`` a moment (aware).

    One transaction. Nothing changes when the same files are on air then anyway. Raises :class:`IvrError`
    when ``at`` is past.
    """
    found = content_hash(files)
    with writing(engine) as session:
        now = _take_turn(session, clock)
        if at is not None and at <= now:
            raise IvrError("the moment is past", where="--at", mend="leave it out to go on air now")
        there = _switch_on_air(session, at or now)
        if there is not None and _hash_of(session, there.revision) == found:
            return Outcome(there.revision, there.live_from, changed=False)
        number = (session.scalar(select(func.max(MenuRevision.number))) or 0) + 1
        session.add(
            MenuRevision(
                number=number,
                author=author,
                message=message,
                created_at=now,
                content_hash=found,
                files=dict(files),
            )
        )
        session.flush()
        outcome = _switch(session, number, now, at, author, message)
        _note(session, now, author, "menu publish", outcome, message)
        return outcome


def put_on_air(
    engine: Engine, number: int, *, by: str, why: str = "rollback", clock: Clock = utc_now
) -> Outcome:
    """Put revision ``number`` on air again at once. Raises :class:`IvrError` when there is none."""
    with writing(engine) as session:
        now = _take_turn(session, clock)
        if session.get(MenuRevision, number) is None:
            raise _unknown(number)
        there = _switch_on_air(session, now)
        if there is not None and there.revision == number:
            return Outcome(number, there.live_from, changed=False)
        outcome = _switch(session, number, now, None, by, why)
        _note(session, now, by, "menu rollback", outcome, why)
        return outcome


def before(engine: Engine, now: datetime) -> int:
    """The revision to go back to from the one on air at ``now`` (aware). Raises :class:`IvrError`."""
    with reading(engine) as session:
        due = session.scalars(_effective(now).with_only_columns(MenuSwitch.revision)).all()
    number = previous(due[::-1])
    if number is None:
        raise IvrError("no revision was on air before this one", mend="ivr menu history shows all")
    return number


def withdraw(engine: Engine, *, by: str, clock: Clock = utc_now) -> list[Switch]:
    """Take back all timed switches that are not due yet; returns them."""
    with writing(engine) as session:
        now = _take_turn(session, clock)
        coming = _pending(session, now)
        for switch in coming:
            session.add(
                MenuSwitch(
                    revision=switch.revision,
                    live_from=now,
                    made_at=now,
                    made_by=by,
                    why="withdrawn",
                    cancels=switch.id,
                )
            )
            details = {"live_from": switch.live_from.isoformat()}
            audit.note(session, now, by, "menu withdraw", str(switch.revision), details)
        return coming


def previous(switches: Sequence[int]) -> int | None:
    """The revision to go back to, after these were put on air one after the other.

    Going back to a revision forgets what came after it, so that going back twice leads further back, never
    forth to what was just left.
    """
    way: list[int] = []
    for revision in switches:
        way = [*way[: way.index(revision)], revision] if revision in way else [*way, revision]
    return way[-2] if len(way) > 1 else None


def on_air(engine: Engine, now: datetime) -> int | None:
    """The revision on air at ``now`` (aware), ``None`` when none is."""
    with reading(engine) as session:
        switch = _switch_on_air(session, now)
        return switch.revision if switch else None


def on_air_and_before(engine: Engine, now: datetime) -> list[int]:
    """The revision on air at ``now`` (aware), then those that were on air before it, the last one first."""
    with reading(engine) as session:
        numbers = session.scalars(_effective(now).with_only_columns(MenuSwitch.revision).limit(_FALLBACKS))
        return list(dict.fromkeys(numbers))


def pending(engine: Engine, now: datetime) -> list[Switch]:
    """The timed switches that are not due at ``now`` (aware), the next one first."""
    with reading(engine) as session:
        return _pending(session, now)


def files_of(engine: Engine, number: int) -> dict[str, str]:
    """The files of a revision, name → text. Raises :class:`IvrError` when there is no such revision, or
    when its texts are no longer those that were published."""
    with reading(engine) as session:
        row = session.get(MenuRevision, number)
        if row is None:
            raise _unknown(number)
        files = dict(row.files)
        if content_hash(files) != row.content_hash:
            raise DamagedRevision(number)
        return files


def hash_of(engine: Engine, number: int) -> str:
    """The content hash of a revision; "" when there is none."""
    with reading(engine) as session:
        return _hash_of(session, number) or ""


def history(engine: Engine) -> tuple[list[Revision], list[Switch]]:
    """All revisions by number, and all switches in the order in which they were made."""
    with reading(engine) as session:
        columns = (
            MenuRevision.number,
            MenuRevision.author,
            MenuRevision.message,
            MenuRevision.created_at,
            MenuRevision.content_hash,
        )
        revisions = [
            Revision(*row) for row in session.execute(select(*columns).order_by(MenuRevision.number))
        ]
        rows = session.scalars(select(MenuSwitch).order_by(MenuSwitch.id)).all()
        withdrawn = {row.cancels for row in rows}
        return revisions, [_plain(row, row.id in withdrawn) for row in rows if row.cancels is None]


def revision_of_call(engine: Engine, uniqueid: str) -> str:
    """The menu revision with which the call began, as the record has it; "" when it has none."""
    with reading(engine) as session:
        return session.scalar(select(Call.menu_revision).where(Call.uniqueid == uniqueid)) or ""


class Published:
    """The published revisions as :class:`ivr.authoring.live.Stored` reads them."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine, self._clock = engine, clock

    def on_air(self) -> list[str]:
        """The revision on air, then those before it."""
        return [str(number) for number in on_air_and_before(self._engine, self._clock())]

    def files(self, revision: str) -> dict[str, str]:
        """The files of a revision. Raises :class:`IvrError`."""
        if not (revision.isascii() and revision.isdigit()):
            raise IvrError(f"'{revision}' is no revision")
        return files_of(self._engine, int(revision))

    def of_call(self, call_id: str) -> str:
        """The revision with which the call began, "" when the record has none."""
        return revision_of_call(self._engine, call_id)


def _take_turn(session: Session, clock: Clock) -> datetime:
    """Wait until no other publisher is in a transaction; the moment after that."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_PUBLISHING)))
    return clock()


def _switch(session: Session, number: int, now: datetime, at: datetime | None, by: str, why: str) -> Outcome:
    live_from = at
    if live_from is None:
        # A clock that was set back must not leave a later row above this one.
        last = session.scalar(
            select(func.max(MenuSwitch.live_from)).where(MenuSwitch.live_from <= MenuSwitch.made_at)
        )
        live_from = max(now, last) if last else now
    session.add(
        MenuSwitch(revision=number, live_from=live_from, made_at=now, made_by=by, why=why, cancels=None)
    )
    return Outcome(number, live_from, changed=True)


def _note(session: Session, now: datetime, by: str, action: str, outcome: Outcome, message: str) -> None:
    details = {"live_from": outcome.live_from.isoformat(), "message": message}
    audit.note(session, now, by, action, str(outcome.revision), details)


def _effective(now: datetime) -> Select[Any]:
    """The switches that are due, the one on air first."""
    cancel = aliased(MenuSwitch)
    return (
        select(MenuSwitch)
        .where(MenuSwitch.cancels.is_(None), MenuSwitch.live_from <= now)
        .where(~select(cancel.id).where(cancel.cancels == MenuSwitch.id).exists())
        .order_by(MenuSwitch.live_from.desc(), MenuSwitch.id.desc())
    )


def _switch_on_air(session: Session, now: datetime) -> MenuSwitch | None:
    found: MenuSwitch | None = session.scalars(_effective(now).limit(1)).first()
    return found


def _pending(session: Session, now: datetime) -> list[Switch]:
    cancel = aliased(MenuSwitch)
    rows = session.scalars(
        select(MenuSwitch)
        .where(MenuSwitch.cancels.is_(None), MenuSwitch.live_from > now)
        .where(~select(cancel.id).where(cancel.cancels == MenuSwitch.id).exists())
        .order_by(MenuSwitch.live_from, MenuSwitch.id)
    )
    return [_plain(row, withdrawn=False) for row in rows]


def _plain(row: MenuSwitch, withdrawn: bool) -> Switch:
    return Switch(row.id, row.revision, row.live_from, row.made_at, row.made_by, row.why, withdrawn)


def _hash_of(session: Session, number: int) -> str | None:
    return session.scalar(select(MenuRevision.content_hash).where(MenuRevision.number == number))


def _unknown(number: int) -> IvrError:
    return IvrError(f"there is no revision {number}", mend="ivr menu history shows all")
