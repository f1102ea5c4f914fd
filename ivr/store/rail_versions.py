"""The stored versions of the railway data, and which of them callers hear of.

Rows of a version never change once it is stored. What is live is one row; a reader looks it up once and reads that version
to its end, so a switch is seen whole, by the next query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from ivr.errors import IvrError
from ivr.store.database import Base, reading, table_of
from ivr.store.models import rail as tables
from ivr.store.models.rail import RailDataset, RailLive
from ivr.store.rail_memory import RailMemory, memory_of

#: Everything that belongs to a version, parents before children.
TABLES: tuple[type[Base], ...] = (
    tables.RailStation,
    tables.RailService,
    tables.RailServiceDay,
    tables.RailTrain,
    tables.RailTrainNumber,
    tables.RailStop,
    tables.RailFare,
    tables.RailPairFare,
    tables.RailSeats,
    tables.RailBureau,
    tables.RailOperator,
    tables.RailAreaCode,
    tables.RailPresale,
    tables.RailSaleTime,
    tables.RailHoliday,
    tables.RailLeg,
    tables.RailFareRules,
)

_LIVE = select(table_of(RailLive).c.dataset)
_DATASET = table_of(RailDataset).c
#: A number may come again in a database that was restored; with the moment and the content it names one dataset.
_LIVE_VERSION = select(_DATASET.id, _DATASET.loaded_at, _DATASET.content_hash).join(
    table_of(RailLive), table_of(RailLive).c.dataset == _DATASET.id
)


@dataclass(frozen=True)
class Dataset:
    """A stored version. ``counts``: file → rows; ``files``: file → about, source, as_of, licence, rows, sha256.

    ``form``: csv or gtfs. ``bundled``: the project's own data. ``valid_from``, ``valid_to``: included, ``None`` without
    limit. ``replaced``: the version that was live before it.
    """

    number: int
    version: str
    source: str
    as_of: str
    licence: str
    content_hash: str
    loaded_at: datetime
    counts: Mapping[str, int]
    files: Mapping[str, Mapping[str, Any]]
    form: str
    bundled: bool
    valid_from: date | None
    valid_to: date | None
    replaced: int | None
    live: bool


def live_number(session: Session) -> int:
    """The version that callers hear of. Raises :class:`IvrError` when nothing is loaded."""
    return live_memory(session).number


def live_memory(session: Session) -> RailMemory:
    """What is kept in memory of the version that callers hear of. Raises as :func:`live_number` does."""
    row = session.execute(_LIVE_VERSION).one_or_none()
    if row is None:
        raise IvrError("no railway data is loaded", mend="ivr rail import")
    return memory_of((session.get_bind().engine.url, *row), row.id)


def stored_datasets(session: Session) -> list[Dataset]:
    """All stored versions, newest first."""
    live = session.scalar(_LIVE)
    rows = session.scalars(select(RailDataset).order_by(RailDataset.id.desc()))
    return [_plain(row, live) for row in rows]


def loaded_dataset(engine: Engine) -> Dataset | None:
    """The version that is live, or ``None``."""
    with reading(engine) as session:
        return dataset_of(session)


def dataset_of(session: Session) -> Dataset | None:
    """The same within a session."""
    live = session.scalar(_LIVE)
    row = None if live is None else session.get(RailDataset, live)
    return None if row is None else _plain(row, live)


def switch(session: Session, number: int, now: datetime) -> None:
    """Make a stored version the live one, within the caller's transaction; ``now`` is aware."""
    found = update(RailLive).values(dataset=number, switched_at=now)
    if session.execute(found).rowcount == 0:  # type: ignore[attr-defined]
        session.add(RailLive(id=1, dataset=number, switched_at=now))
        session.flush()


def forget(session: Session, number: int) -> None:
    """Delete a version that is not live."""
    for table in reversed(TABLES):
        session.execute(delete(table).where(table.__table__.columns["dataset"] == number))
    session.execute(delete(RailDataset).where(RailDataset.id == number))


def rows_of(session: Session, table: type[Base], number: int) -> list[dict[str, Any]]:
    """The rows of a version in one of ``TABLES``, column → value."""
    columns = table.__table__.columns
    found = select(*columns).where(columns["dataset"] == number)
    return [dict(row) for row in session.execute(found).mappings()]


def _plain(row: RailDataset, live: int | None) -> Dataset:
    return Dataset(
        row.id,
        row.version,
        row.source,
        row.as_of,
        row.licence,
        row.content_hash,
        row.loaded_at,
        row.counts,
        row.files,
        row.form,
        row.bundled,
        row.valid_from,
        row.valid_to,
        row.replaced,
        live=row.id == live,
    )
