"""The menus that were published, and which of them was on air when.

Both tables only grow: a revision never changes, and a switch that is taken back before its moment gets a row that
says so.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment


class MenuRevision(Base):
    """What was published: ``files`` is name → text, ``content_hash`` their SHA-256 (``ivr.store.revisions``)."""

    __tablename__ = "menu_revisions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    author: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    content_hash: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, str]] = mapped_column(JSON)


class MenuSwitch(Base):
    """From ``live_from`` on, ``revision`` is on air. A row that ``cancels`` another is no switch itself."""

    __tablename__ = "menu_switches"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(ForeignKey("menu_revisions.number"))
    live_from: Mapped[datetime] = mapped_column(Moment, index=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    made_by: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    cancels: Mapped[int | None] = mapped_column(ForeignKey("menu_switches.id"), unique=True)
