"""Brings the railway data into the database, and says what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, insert
from sqlalchemy.orm import Session

from ivr.clock import utc_now
from ivr.settings import PROJECT
from ivr.store.database import reading, writing
from ivr.store.models.rail import RailDataset
from ivr.store.rail_files import content_hash, read_rail_data

#: The data that comes with the project.
DATA = PROJECT / "data"


@dataclass(frozen=True)
class Dataset:
    """What is loaded. ``counts``: file → rows; ``files``: file → about, source, as_of, licence, rows, sha256."""

    version: str
    source: str
    as_of: str
    licence: str
    content_hash: str
    loaded_at: datetime
    counts: Mapping[str, int]
    files: Mapping[str, Mapping[str, Any]]


def load_rail_data(engine: Engine, folder: Path = DATA) -> bool:
    """Replace the railway data by that of ``folder``, in one transaction; sold seats stay.

    Gives ``False``, and does nothing, when this very content is loaded already. Raises :class:`IvrError` that names
    file and line; then nothing has changed.
    """
    wanted = content_hash(folder)
    present = loaded_dataset(engine)
    if present is not None and present.content_hash == wanted:
        return False
    data = read_rail_data(folder)
    with writing(engine) as session:
        for table in reversed(data.rows):
            session.execute(delete(table))
        session.execute(delete(RailDataset))
        for table, rows in data.rows.items():
            if rows:
                session.execute(insert(table), rows)
        session.add(
            RailDataset(id=1, content_hash=wanted, loaded_at=utc_now(), counts=data.counts, **data.provenance)
        )
    return True


def loaded_dataset(engine: Engine) -> Dataset | None:
    """What is loaded, or ``None``."""
    with reading(engine) as session:
        return dataset_of(session)


def dataset_of(session: Session) -> Dataset | None:
    """The same within a session."""
    row = session.get(RailDataset, 1)
    if row is None:
        return None
    return Dataset(
        row.version,
        row.source,
        row.as_of,
        row.licence,
        row.content_hash,
        row.loaded_at,
        row.counts,
        row.files,
    )
