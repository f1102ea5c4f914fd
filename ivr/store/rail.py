"""Brings railway data into the database, each import as a version of its own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from ivr.clock import utc_now
from ivr.settings import PROJECT
from ivr.store.database import reading, writing
from ivr.store.models.rail import RailDataset, RailLive
from ivr.store.rail_files import RailData, content_hash, read_rail_data
from ivr.store.rail_versions import (
    TABLES,
    Dataset,
    dataset_of,
    forget,
    loaded_dataset,
    stored_datasets,
    switch,
)

__all__ = ["DATA", "Dataset", "dataset_of", "load_bundled_data", "load_rail_data", "loaded_dataset"]

#: The data that comes with the project.
DATA = PROJECT / "data"

#: Versions that are kept beside the live one and the one it replaced.
_KEPT = 3


def load_bundled_data(engine: Engine) -> bool:
    """Make the project's own data live where nothing is loaded or an older edition of it is live; ``False``, with
    nothing done, where a site's own data is live, or a person went back to an earlier edition."""
    with reading(engine) as session:
        known = stored_datasets(session)
    live = next((dataset for dataset in known if dataset.live), None)
    if live is not None and not live.bundled:
        return False
    if content_hash(DATA) in {dataset.content_hash for dataset in known if dataset.bundled}:
        return False
    return load_rail_data(engine, DATA)


def load_rail_data(engine: Engine, folder: Path = DATA) -> bool:
    """Store the data of ``folder`` as a new version and make it live, in one transaction; sold seats stay.

    Gives ``False``, and does nothing, when this very content is live already. Raises :class:`IvrError` that names
    file and line; then nothing has changed.
    """
    wanted = content_hash(folder)
    present = loaded_dataset(engine)
    if present is not None and present.content_hash == wanted:
        return False
    data = read_rail_data(folder)
    with writing(engine) as session:
        _store(session, data, wanted, bundled=folder == DATA)
    return True


def _store(session: Session, data: RailData, content: str, *, bundled: bool) -> None:
    now = utc_now()
    row = RailDataset(
        content_hash=content,
        loaded_at=now,
        counts=data.counts,
        form="csv",
        bundled=bundled,
        replaced=session.scalar(select(RailLive.dataset)),
        **data.provenance,
    )
    session.add(row)
    session.flush()
    for table in TABLES:
        if rows := data.rows.get(table):
            session.execute(insert(table), [{"dataset": row.id, **values} for values in rows])
    switch(session, row.id, now)
    _prune(session)


def _prune(session: Session) -> None:
    """Forget old versions, but never the live one or the one that a rollback would bring back."""
    known = stored_datasets(session)
    live = next(dataset for dataset in known if dataset.live)
    kept = {live.number, live.replaced, *(dataset.number for dataset in known[: _KEPT + 1])}
    for dataset in known:
        if dataset.number not in kept:
            forget(session, dataset.number)
