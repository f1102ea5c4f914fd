"""Notices that were set, and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment


class NoticeRow(Base):
    """An emergency announcement: on air from ``set_at`` until ``until`` or ``cleared_at``. ``text``: language →
    words; ``before``: the part, ``queue``: the queue before which it is said, "" for neither."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_on_air", "cleared_at", "until"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[dict[str, str]] = mapped_column(JSON)
    until: Mapped[datetime] = mapped_column(Moment)
    before: Mapped[str] = mapped_column(Text, default="")
    queue: Mapped[str] = mapped_column(Text, default="")
    set_at: Mapped[datetime] = mapped_column(Moment)
    set_by: Mapped[str] = mapped_column(Text)
    cleared_at: Mapped[datetime | None] = mapped_column(Moment)
    cleared_by: Mapped[str] = mapped_column(Text, default="")


class AuditRow(Base):
    """Who did what and when. The database refuses to change or delete a row."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
