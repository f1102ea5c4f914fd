"""Queues and agents, as the record of ``queue_log`` has them (``ivr.acd.record`` gives the meanings).

``log_id`` is the log file from which a row was made: a line that comes again in another file
(a copy, an overlapping old log) is known by it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment
from ivr.store.secrets import EncryptedNumber


class LogPosition(Base):
    """How far one log file of a ``node`` was taken in. The file is known by its content: ``head`` and ``tail`` are
    SHA-256 of its first ``head_size`` bytes and of the ``tail_size`` bytes before ``offset``."""

    __tablename__ = "log_positions"

    id: Mapped[int] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(String(40), default="")
    path: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(String(20), default="")
    inode: Mapped[str] = mapped_column(String(20), default="")
    offset: Mapped[int] = mapped_column(BigInteger)
    head_size: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    tail_size: Mapped[int]
    tail: Mapped[str] = mapped_column(String(64))
    lines: Mapped[int] = mapped_column(default=0)
    taken_at: Mapped[datetime] = mapped_column(Moment)


class QueueEntry(Base):
    """One caller's try to be served by one queue; ``number`` counts the tries of the call."""

    __tablename__ = "queue_entries"
    __table_args__ = (
        Index("ix_queue_entries_queue_entered", "queue", "entered_at"),
        Index("ix_queue_entries_open", "outcome", "ended_at"),
    )

    call_uniqueid: Mapped[str] = mapped_column(String(150), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(150))
    caller: Mapped[str | None] = mapped_column(EncryptedNumber)
    caller_hash: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_masked: Mapped[str] = mapped_column(Text, default="")
    caller_area: Mapped[str] = mapped_column(String(8), default="")
    position: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(Moment, index=True)
    outcome: Mapped[str] = mapped_column(String(20), default="waiting")
    left_at: Mapped[datetime | None] = mapped_column(Moment)
    wait_s: Mapped[int | None]
    exit_key: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    agent: Mapped[str] = mapped_column(String(150), default="", index=True)
    agent_uniqueid: Mapped[str] = mapped_column(String(150), default="")
    talk_s: Mapped[int | None]
    hold_s: Mapped[int | None]
    wrapup_s: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[str] = mapped_column(String(20), default="")
    transfer_to: Mapped[str] = mapped_column(Text, default="")
    option: Mapped[str] = mapped_column(String(150), default="")
    skill: Mapped[str] = mapped_column(String(150), default="")
    held_since: Mapped[datetime | None] = mapped_column(Moment)
    held_ms: Mapped[int | None]
    log_id: Mapped[int] = mapped_column(ForeignKey("log_positions.id"))


class QueueHour(Base):
    """The entries that came to ``queue`` in the hour of UTC that begins at ``hour``: ``tally``
    (``ivr.reports.tally``) and its ``summary`` (``ivr.reports.summary``), both as JSON. Written in the transactions
    that write the entries, and always what their rows give."""

    __tablename__ = "queue_hours"

    hour: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    queue: Mapped[str] = mapped_column(String(150), primary_key=True)
    summary: Mapped[str] = mapped_column(Text)
    tally: Mapped[str] = mapped_column(Text)


class FigureHour(Base):
    """Sums (``ivr.reports.summary``, as JSON) of the entries that came to ``queue`` within ``hours`` hours of UTC from ``hour``
    on, by one more thing: ``kind`` is agent, option, area or skill, ``name`` which one. Written as :class:`QueueHour`."""

    __tablename__ = "figure_hours"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    hours: Mapped[int] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    name: Mapped[str] = mapped_column(String(150), primary_key=True)
    queue: Mapped[str] = mapped_column(String(150), primary_key=True)
    summary: Mapped[str] = mapped_column(Text)


class Leg(Base):
    """A seat's talk that did not come from a queue (``ivr.acd.record.LegRecord``)."""

    __tablename__ = "legs"

    leg: Mapped[str] = mapped_column(String(150), primary_key=True)
    call_uniqueid: Mapped[str] = mapped_column(String(150), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    from_seat: Mapped[str] = mapped_column(String(150), default="")
    seat: Mapped[str] = mapped_column(String(150), default="")
    agent: Mapped[str] = mapped_column(String(150), default="")
    began_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    talk_s: Mapped[int | None]
    consult_s: Mapped[int | None]
    hold_s: Mapped[int | None]
    held_since: Mapped[datetime | None] = mapped_column(Moment)
    held_ms: Mapped[int | None]
    lost: Mapped[bool] = mapped_column(default=False)
    log_id: Mapped[int] = mapped_column(ForeignKey("log_positions.id"))


class Attempt(Base):
    """One ring of one agent's phone for one entry."""

    __tablename__ = "attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["call_uniqueid", "entry"], ["queue_entries.call_uniqueid", "queue_entries.number"]
        ),
    )

    call_uniqueid: Mapped[str] = mapped_column(String(150), primary_key=True)
    entry: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(150), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    ring_ms: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(String(20))


class AgentSession(Base):
    """An agent signed in to a queue ("" for the agent pool's own sign-in)."""

    __tablename__ = "agent_sessions"
    __table_args__ = (Index("ix_agent_sessions_agent", "agent", "queue", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(150))
    seat: Mapped[str] = mapped_column(String(150), default="")
    queue: Mapped[str] = mapped_column(String(150))
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    ended_by: Mapped[str] = mapped_column(String(20), default="")
    log_id: Mapped[int] = mapped_column(ForeignKey("log_positions.id"))


class AgentPause(Base):
    """An agent's pause in one queue, for one reason."""

    __tablename__ = "agent_pauses"
    __table_args__ = (Index("ix_agent_pauses_agent", "agent", "queue", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(150))
    queue: Mapped[str] = mapped_column(String(150))
    reason: Mapped[str] = mapped_column(Text, default="")
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    ended_by: Mapped[str] = mapped_column(String(20), default="")
    log_id: Mapped[int] = mapped_column(ForeignKey("log_positions.id"))


class Agent(Base):
    """A person with a staff number. The PIN is kept as scrypt with a salt of its own."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(Text, default="")
    pin_salt: Mapped[bytes] = mapped_column(LargeBinary)
    pin_hash: Mapped[bytes] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
    wrong_pins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)


class AgentSkill(Base):
    """What an agent knows: ``skill`` is the name of a queue, ``level`` from 1, the best, to 9."""

    __tablename__ = "agent_skills"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(40), primary_key=True)
    level: Mapped[int]
