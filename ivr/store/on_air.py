"""The files of the menus on air, read plainly: reports need the calendar among them at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.store.plain import plainly

if TYPE_CHECKING:
    from ivr.store.plain import Source

#: As ``ivr.store.revisions`` puts it: the last switch that was due and was not taken back.
_ON_AIR = """
SELECT r.number, CAST(r.files AS text), r.content_hash
FROM menu_switches s JOIN menu_revisions r ON r.number = s.revision
WHERE s.cancels IS NULL AND s.live_from <= :now
  AND NOT EXISTS (SELECT 1 FROM menu_switches c WHERE c.cancels = s.id)
ORDER BY s.live_from DESC, s.id DESC LIMIT 1
"""


def content_hash(files: Mapping[str, str]) -> str:
    """SHA-256 of the names and texts of ``files``, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for text in (name, files[name]):
            data = text.encode()
            digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


class DamagedRevision(IvrError):
    """A revision whose texts were changed in the database."""

    def __init__(self, number: int) -> None:
        super().__init__(f"revision {number} is damaged in the database", mend="restore a backup, or publish")


def files_on_air(source: Source) -> dict[str, str] | None:
    """The files, name → text; ``None`` while nothing is published. Raises :class:`IvrError`."""
    with plainly(source) as reader:
        for number, text, known in reader.rows(_ON_AIR, now=utc_now()):
            files: dict[str, str] = json.loads(text)
            if content_hash(files) != known:
                raise DamagedRevision(number)
            return files
    return None
