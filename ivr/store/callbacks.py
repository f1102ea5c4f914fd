"""Callbacks in SQL: asked for, placed, dialled, ended; each change one transaction.

What Asterisk did with a callback comes from ``queue_log`` (:func:`take`), in the transaction that takes in the line; so it
is neither lost nor counted twice, whatever is killed. Lines that the dialplan writes::

    CALLBACKANSWER  id|try                        the caller's phone was answered
    CALLBACKEND     id|try|Dial's status          the call to the caller is over
    CALLBACKLEFT    id|try                        the holder of the place is gone from the queue
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ivr.acd.callbacks import OPEN, SOON, Rules, Verdict, after_dial, after_restart, holder_id
from ivr.acd.lines import LogEvent
from ivr.store.database import reading, writing
from ivr.store.models.acd import QueueEntry
from ivr.store.models.callbacks import Callback
from ivr.store.secrets import keyed_hash, mask

_CONCERNED = frozenset({"CALLBACKANSWER", "CALLBACKEND", "CALLBACKLEFT", "QUEUESTART"})
#: The clock of a line of the log has whole seconds.
_LOG_CLOCK = timedelta(seconds=1)


def pending(engine: Engine, number: str) -> bool:
    """Whether a callback to the number is open."""
    with reading(engine) as session:
        return session.scalar(select(Callback.id).where(Callback.pending == keyed_hash(number))) is not None


def request(
    engine: Engine,
    number: str,
    queue: str,
    call: str,
    place_at: datetime,
    now: datetime,
    node: str,
) -> str:
    """Note a callback: ``placed``, also when the same call has asked for it before; ``pending`` when another call has.
    ``number``: one that may be called; moments are aware."""
    found = keyed_hash(number)
    row = Callback(
        number=number,
        number_hash=found,
        number_masked=mask(number),
        pending=found,
        queue=queue,
        call_uniqueid=call,
        node=node,
        place_at=min(place_at, now),
        requested_at=now,
        due_at=now,
        changed_at=now,
    )
    try:
        with writing(engine) as session:
            session.add(row)
    except IntegrityError:
        with reading(engine) as session:
            asked = session.scalar(select(Callback.call_uniqueid).where(Callback.pending == found))
        return "placed" if asked == call else "pending"
    return "placed"


def open_callbacks(engine: Engine) -> list[Callback]:
    """Those that are not over, by their place."""
    with reading(engine) as session:
        wanted = select(Callback).where(Callback.state.in_(OPEN)).order_by(Callback.place_at, Callback.id)
        return list(session.scalars(wanted))


def untold(engine: Engine) -> list[Callback]:
    """Those of which the record of the queues does not know yet."""
    with reading(engine) as session:
        return list(session.scalars(select(Callback).where(Callback.told.is_(False)).order_by(Callback.id)))


def set_told(engine: Engine, callback: int) -> None:
    """The record of the queues knows of it."""
    with writing(engine) as session:
        session.execute(update(Callback).where(Callback.id == callback).values(told=True))


def place(engine: Engine, callback: int, node: str, now: datetime) -> int | None:
    """Begin a try of a callback that waits: its number, which no try had before; ``None`` when it waits no more."""
    with writing(engine) as session:
        row = session.get(Callback, callback, with_for_update=True)
        if row is None or row.state != "waiting":
            return None
        row.turn += 1
        row.state, row.node, row.changed_at = "placed", node, now
        return row.turn


def claim(engine: Engine, callback: int, turn: int, now: datetime) -> str:
    """The number, if it may be called now, by this try, which has not called it before; else "". From here on it counts
    as called."""
    with writing(engine) as session:
        row = session.get(Callback, callback, with_for_update=True)  # two at once: the second sees the first
        if row is None or (row.state, row.turn) != ("placed", turn) or row.dialled >= turn:
            return ""
        row.state, row.dialled, row.changed_at = "dialling", turn, now
        row.attempts += 1
        return row.number or ""


def withdraw(engine: Engine, callback: int, due_at: datetime, now: datetime) -> None:
    """Take a holder's place back for now: the callback waits, and keeps its place."""
    with writing(engine) as session:
        session.execute(
            update(Callback)
            .where(Callback.id == callback, Callback.state == "placed")
            .values(state="waiting", due_at=due_at, changed_at=now)
        )


def end(engine: Engine, callback: int, state: str, now: datetime) -> bool:
    """End a callback that is not being made as ``cancelled`` or ``expired``; whether it was so."""
    with writing(engine) as session:
        done = session.execute(
            update(Callback)
            .where(Callback.id == callback, Callback.state.in_(("waiting", "placed")))
            .values(state=state, pending=None, changed_at=now)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


def listed(engine: Engine, every: bool, limit: int) -> list[Callback]:
    """The open ones by their place; with ``every`` also those that are over, the newest first."""
    if not every:
        return open_callbacks(engine)[:limit]
    with reading(engine) as session:
        return list(session.scalars(select(Callback).order_by(Callback.id.desc()).limit(limit)))


def found(engine: Engine, callback: int) -> Callback | None:
    """The callback with that number."""
    with reading(engine) as session:
        return session.get(Callback, callback)


def agent_of(engine: Engine, row: Callback) -> str:
    """The agent of the last try, "" while none has taken it."""
    with reading(engine) as session:
        wanted = (
            select(QueueEntry.agent)
            .where(QueueEntry.call_uniqueid == holder_id(row.id, row.turn), QueueEntry.outcome == "answered")
            .order_by(QueueEntry.number.desc())
        )
        return session.scalars(wanted.limit(1)).first() or ""


def take(session: Session, events: Iterable[LogEvent], node: str, rules: Rules) -> None:
    """Take in what the log of ``node`` tells of callbacks. A line of a try that is not the last one changes nothing."""
    for event in events:
        if event.name not in _CONCERNED:
            continue
        if event.name == "QUEUESTART":
            open_ones = (
                select(Callback).where(Callback.state.in_(OPEN[1:]), Callback.node == node).with_for_update()
            )
            for row in session.scalars(open_ones):
                if row.changed_at <= event.at + _LOG_CLOCK:
                    _judge(row, after_restart(row.state, row.attempts, event.at, rules), event.at)
            continue
        callback, turn = event.number(0), event.number(1)
        row_ = session.get(Callback, callback, with_for_update=True) if callback is not None else None
        if row_ is not None and row_.turn == turn:
            _took(row_, event, rules)
    session.flush()


def _took(row: Callback, event: LogEvent, rules: Rules) -> None:
    if event.name == "CALLBACKANSWER":
        if row.state == "dialling":
            row.state, row.changed_at = "connected", event.at
    elif event.name == "CALLBACKLEFT":
        if row.state == "placed":
            _judge(row, Verdict("waiting", "not_dialled", event.at + SOON), event.at)
    elif row.state in ("dialling", "connected"):
        # By the lines: Dial()'s own ANSWEREDTIME counts from the agent's answer.
        talked = event.at - row.changed_at if row.state == "connected" else timedelta()
        row.talk_s = max(0, int(talked.total_seconds()))
        _judge(row, after_dial(event.text(2), row.talk_s, row.attempts, event.at, rules), event.at)


def _judge(row: Callback, verdict: Verdict, at: datetime) -> None:
    row.state, row.reason, row.changed_at = verdict.state, verdict.reason, at
    row.due_at = verdict.due_at or at
    if verdict.state not in OPEN:
        row.pending = None


def counted(rows: Sequence[Callback]) -> dict[str, int]:
    """Queue → how many of ``rows`` are its."""
    found_: dict[str, int] = {}
    for row in rows:
        found_[row.queue] = found_.get(row.queue, 0) + 1
    return found_
