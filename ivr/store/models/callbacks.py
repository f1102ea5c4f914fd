"""Callbacks that callers asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment
from ivr.store.secrets import EncryptedNumber


class Callback(Base):
    """A callback; ``ivr.acd.callbacks`` gives the states. ``place_at``: when the caller came to the queue first.
    ``pending``: the number's hash while it is open, so that a number has one at most. ``turn``: the number of the last
    try; ``dialled``: of the last one in which the number was called. ``told``: the record of the queues knows of it."""

    __tablename__ = "callbacks"
    __table_args__ = (Index("ix_callbacks_state", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(EncryptedNumber)
    number_hash: Mapped[str] = mapped_column(String(32), index=True)
    number_masked: Mapped[str] = mapped_column(Text)
    pending: Mapped[str | None] = mapped_column(String(32), unique=True)
    queue: Mapped[str] = mapped_column(String(40))
    call_uniqueid: Mapped[str] = mapped_column(String(150), index=True)
    node: Mapped[str] = mapped_column(String(40), default="")
    place_at: Mapped[datetime] = mapped_column(Moment)
    requested_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    reason: Mapped[str] = mapped_column(String(20), default="")
    due_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    turn: Mapped[int] = mapped_column(default=0)
    dialled: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    talk_s: Mapped[int | None]
    told: Mapped[bool] = mapped_column(default=False)
