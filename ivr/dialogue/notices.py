"""Notices: what is told at short notice, whatever menu is on air."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Notice:
    """An emergency announcement until ``until`` (aware).

    ``before``: said before that part; ``queue``: before a transfer to that queue; neither: before the
    next menu or form of every call. Each dialogue hears it once. ``id``: positive for those in SQL, negative for
    those of a file.
    """

    id: int
    text: Mapping[str, str]
    until: datetime
    before: str = ""
    queue: str = ""
