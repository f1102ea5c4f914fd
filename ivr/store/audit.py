"""The audit log: who did what and when. Rows are only added; the database refuses anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.store.database import reading
from ivr.store.models.notices import AuditRow


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done; ``at`` is aware, in UTC."""

    at: datetime
    who: str
    action: str
    subject: str
    details: Mapping[str, Any]


def note(
    session: Session, at: datetime, who: str, action: str, subject: str, details: Mapping[str, Any]
) -> None:
    """Add an entry, in the transaction of what was done. ``action``: such as ``notice set``; ``details``:
    JSON values, nothing about callers."""
    session.add(AuditRow(at=at, who=who, action=action, subject=subject, details=dict(details)))


def entries(engine: Engine, *, action: str = "", limit: int = 100) -> list[AuditEntry]:
    """The entries that came last, newest first; of one kind, or of all with ``""``."""
    wanted = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if action:
        wanted = wanted.where(AuditRow.action == action)
    with reading(engine) as session:
        return [
            AuditEntry(row.at, row.who, row.action, row.subject, row.details)
            for row in session.scalars(wanted)
        ]
