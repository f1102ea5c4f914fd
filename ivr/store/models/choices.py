"""What callers chose last, to be offered in their next call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment


class CallerChoice(Base):
    """The station (its telecode) that the number with this keyed hash chose last in the ``field`` of a form; deleted
    after ``until``."""

    __tablename__ = "caller_choices"

    caller_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    station: Mapped[str] = mapped_column(String(64), index=True)
    until: Mapped[datetime] = mapped_column(Moment, index=True)
