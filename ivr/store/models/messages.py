"""Messages that callers left."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment


class Message(Base):
    """A recorded message: ``path`` is relative to the home, ``seconds`` its length, ``part`` the menu part."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_uniqueid: Mapped[str] = mapped_column(String(150), index=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    part: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
