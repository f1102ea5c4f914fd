"""Calls and their steps. A call's row has two writers, each with its own columns:

- the recorder (from ``queue_log``): ``began_at``, ``caller``, ``called``, ``ended_at``, ``hangup_cause``,
  ``fallback``, ``lost``, ``option``, ``skill``, ``log_id``;
- the journal (from the dialogue): ``linked_id``, ``entry``, ``language``, ``menu_revision``, ``dialogue`` and the
  steps. It fills ``began_at``, ``caller`` and ``called`` only where the recorder has not been yet.

Either may come first. ``outcome`` is computed by both from the same rule (``ivr.acd.outcome``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment
from ivr.store.secrets import EncryptedNumber


class Call(Base):
    """One caller's call, from the first ring to the end."""

    __tablename__ = "calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    uniqueid: Mapped[str] = mapped_column(String(150), unique=True)
    linked_id: Mapped[str] = mapped_column(String(150), default="")
    entry: Mapped[str] = mapped_column(String(40), default="")
    caller: Mapped[str | None] = mapped_column(EncryptedNumber)
    caller_hash: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_masked: Mapped[str] = mapped_column(Text, default="")
    called: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(20), default="")
    menu_revision: Mapped[str] = mapped_column(Text, default="")
    began_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(String(40), default="open", index=True)
    hangup_cause: Mapped[int | None]
    dialogue: Mapped[str] = mapped_column(String(40), default="")
    fallback: Mapped[bool] = mapped_column(default=False)
    lost: Mapped[bool] = mapped_column(default=False)
    option: Mapped[str] = mapped_column(String(150), default="")
    skill: Mapped[str] = mapped_column(String(150), default="")
    log_id: Mapped[int | None] = mapped_column(ForeignKey("log_positions.id"))


class CallStep(Base):
    """One step of a call. ``seq`` counts through all dialogues of the call, ``number`` is the
    dialogue's own count; ``run`` names one run of a dialogue, so that a step is never written twice."""

    __tablename__ = "call_steps"
    __table_args__ = (
        UniqueConstraint("call_uniqueid", "run", "number"),
        Index("ix_call_steps_order", "call_uniqueid", "seq"),
        Index("ix_call_steps_kind_at", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_uniqueid: Mapped[str] = mapped_column(String(150))
    seq: Mapped[int]
    run: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    entry: Mapped[str] = mapped_column(String(40))
    part: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(20))
    said: Mapped[str] = mapped_column(Text, default="")
    keys: Mapped[str | None] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(Text, default="")
