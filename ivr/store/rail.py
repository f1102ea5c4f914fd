"""Brings railway data into the database, each import as a version of its own, and goes back to an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.settings import PROJECT
from ivr.store import audit, gtfs, rail_files
from ivr.store.database import Base, reading, writing
from ivr.store.feed import Feed
from ivr.store.models.rail import RailDataset, RailStation, RailTrain
from ivr.store.rail_data import RailData, Row
from ivr.store.rail_versions import (
    TABLES,
    Dataset,
    dataset_of,
    forget,
    loaded_dataset,
    rows_of,
    stored_datasets,
    switch,
)

__all__ = [
    "DATA",
    "Dataset",
    "Imported",
    "dataset_of",
    "import_rail_data",
    "load_bundled_data",
    "load_rail_data",
    "loaded_dataset",
    "roll_back",
    "stored_datasets",
]

#: The data that comes with the project.
DATA = PROJECT / "data"

#: Versions that are kept beside the live one and the one it replaced.
_KEPT = 3
#: PostgreSQL's advisory lock: imports wait for each other.
_IMPORTING = 12308


@dataclass(frozen=True)
class Imported:
    """``changed``: a new version was stored and is live. ``number``: the live version; ``None`` after a dry run.
    ``replaced``: the one that a rollback brings back. ``counts``: file → rows. ``notes``: what was left out or assumed, a line each."""

    form: str
    changed: bool
    number: int | None
    replaced: int | None
    counts: dict[str, int]
    notes: Sequence[str]


def load_bundled_data(engine: Engine) -> bool:
    """Make the project's own data live where nothing is loaded or an older edition of it is live; ``False``, with
    nothing done, where a site's own data is live, or a person went back to an earlier edition."""
    with reading(engine) as session:
        known = stored_datasets(session)
    live = next((dataset for dataset in known if dataset.live), None)
    if live is not None and not live.bundled:
        return False
    with Feed(DATA) as feed:
        wanted = rail_files.content_hash(feed)
    if wanted in {dataset.content_hash for dataset in known if dataset.bundled}:
        return False
    return load_rail_data(engine, DATA)


def load_rail_data(engine: Engine, folder: Path = DATA) -> bool:
    """:func:`import_rail_data` where nobody asked for it; whether anything changed."""
    return import_rail_data(engine, folder, by="start").changed


def import_rail_data(engine: Engine, path: Path, *, by: str, dry_run: bool = False) -> Imported:
    """Store the data of a folder or zip as a new version and make it live, in one transaction; sold seats stay.

    Does nothing when this very content is live already. ``dry_run``: everything is read and checked, and nothing
    stored. ``by`` stands in the audit log. Raises :class:`~ivr.store.feed.FeedFaults` with file and line of all that is
    wrong, :class:`IvrError` for a path that cannot be read; then nothing has changed.
    """
    with Feed(path) as feed:
        data = read_feed(feed)
    if dry_run:
        return Imported(data.form, False, None, None, data.counts, data.notes)
    if data.lacks:
        load_bundled_data(engine)
    with writing(engine) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_IMPORTING)))
        live = dataset_of(session)
        replaced = None if live is None else live.number
        if live is not None and live.content_hash == data.content_hash:
            return Imported(data.form, False, live.number, live.replaced, data.counts, data.notes)
        number = _store(session, data, live, bundled=path == DATA)
        details = {"source": data.provenance["source"], "replaced": replaced}
        audit.note(session, utc_now(), by, "rail import", f"version {number}", details)
    return Imported(data.form, True, number, replaced, data.counts, data.notes)


def read_feed(feed: Feed) -> RailData:
    """Read and check everything. Raises :class:`~ivr.store.feed.FeedFaults`, or :class:`IvrError` when neither form
    of data is there."""
    if feed.names.intersection((gtfs.STOPS, gtfs.TRIPS, gtfs.TIMES)):
        data = gtfs.read_gtfs(feed)
        timetable = gtfs.TIMES
    elif feed.names.intersection(rail_files.FILES):
        data = rail_files.read_rail_files(feed)
        timetable = rail_files.TIMETABLE
    else:
        raise IvrError(
            "there is neither a GTFS feed nor data of the project's own form in it",
            where=str(feed.path),
            mend="the files must stand at the top: stop_times.txt …, or timetable.csv … (docs/data.md)",
        )
    if not data.rows[RailTrain] and not feed.fault_count:
        feed.fault(timetable, 0, "no train runs in it")
    feed.check()
    return data


def roll_back(engine: Engine, number: int | None, *, by: str) -> Dataset:
    """Make an earlier version live at once, or the one ``number``; the dataset that is live then.

    Raises :class:`IvrError` when there is none, or that one is live already.
    """
    with writing(engine) as session:
        known = {dataset.number: dataset for dataset in stored_datasets(session)}
        live = next((dataset for dataset in known.values() if dataset.live), None)
        wanted = number if number is not None else live and live.replaced
        if live is None or wanted not in known:
            what = "an earlier version" if number is None else f"version {number}"
            raise IvrError(f"{what} is not stored", mend="ivr rail info lists what is")
        if wanted == live.number:
            raise IvrError(f"version {wanted} is live already", mend="ivr rail info lists what is stored")
        now = utc_now()
        switch(session, wanted, now)
        audit.note(session, now, by, "rail rollback", f"version {wanted}", {"left": live.number})
    return known[wanted]


def _store(session: Session, data: RailData, live: Dataset | None, *, bundled: bool) -> int:
    now = utc_now()
    row = RailDataset(
        content_hash=data.content_hash,
        loaded_at=now,
        counts=data.counts,
        form=data.form,
        bundled=bundled,
        replaced=live and live.number,
        **data.provenance,
    )
    session.add(row)
    session.flush()
    _name_as_before(session, data.rows[RailStation])
    for table in TABLES:
        rows = data.rows.get(table, [])
        if table in data.lacks and live is not None:
            rows = rows_of(session, table, live.number)
        if rows:
            _insert(session, table, [{**values, "dataset": row.id} for values in rows])
    switch(session, row.id, now)
    _prune(session)
    return row.id


def _insert(session: Session, table: type[Base], rows: list[Row]) -> None:
    """All rows at once, past SQLAlchemy: nobody can write to SQLite meanwhile, so every second counts. The rows have the
    same columns; documents become JSON, and dates text where SQLite doesn't know them."""
    columns = tuple(rows[0])
    names, name = ", ".join(columns), table.__tablename__
    driver: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {name} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
        values = ([_plain(row[column]) for column in columns] for row in rows)
        driver.executemany(
            statement, ([v.isoformat() if isinstance(v, date) else v for v in row] for row in values)
        )
    else:
        with driver.cursor() as cursor, cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_plain(row[column]) for column in columns])
    # Without figures the databases look rows up by an index that finds the whole dataset.
    session.execute(text(f"ANALYZE {name}"))


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _name_as_before(session: Session, stations: list[Row]) -> None:
    """Give stations without Latin names the pinyin of the station of the same name in the newest version that has one."""
    silent = {row["name"]: row for row in stations if not row["keypad_pinyin"]}
    columns = ("label", "pinyin", "initials", "city", "bureau", "keypad_initials", "keypad_pinyin")
    found = select(RailStation).where(RailStation.name.in_(silent), RailStation.keypad_pinyin != "")
    for station in session.scalars(found.order_by(RailStation.dataset)):
        silent[station.name].update({column: getattr(station, column) for column in columns})


def _prune(session: Session) -> None:
    """Forget old versions, but never the live one or the one that a rollback would bring back."""
    known = stored_datasets(session)
    live = next(dataset for dataset in known if dataset.live)
    kept = {live.number, live.replaced, *(dataset.number for dataset in known[: _KEPT + 1])}
    for dataset in known:
        if dataset.number not in kept:
            forget(session, dataset.number)
