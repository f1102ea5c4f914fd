"""What the commands of ``ivr rail`` share: the loaded data, stations and days as people type them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from ivr.errors import IvrError, UsageFault
from ivr.rail.dates import read_date
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.store.database import Engine
    from ivr.store.rail_source import SqlRailSource

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
date_option = click.option(
    "--date", "day", default="1", help="YYYY-MM-DD, or as keyed: 1 today, 2 tomorrow, MMDD."
)


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The database."""
    from ivr.app import open_store

    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def loaded_source(settings: Settings) -> Iterator[SqlRailSource]:
    """The loaded railway data. Raises :class:`IvrError` when there is none."""
    from ivr.store.database import reading
    from ivr.store.rail import dataset_of
    from ivr.store.rail_source import SqlRailSource

    with opened(settings) as engine, reading(engine) as session:
        if dataset_of(session) is None:
            raise IvrError("no railway data is loaded", mend="ivr rail import")
        yield SqlRailSource(session)


def telecode(source: SqlRailSource, name: str) -> str:
    """The telecode of the one station with this name or telecode. Raises :class:`IvrError`."""
    stations = source.stations_named(name)
    if len(stations) == 1:
        return stations[0].telecode
    if stations:
        codes = ", ".join(f"{station.telecode} {station.name}" for station in stations)
        raise IvrError(f"several stations are meant by {name!r}: {codes}", mend="give the telecode")
    raise IvrError(f"no station {name!r}", mend="ivr rail station KEYS finds one, e.g. 7447 for 上海虹桥")


def two_stations(source: SqlRailSource, origin: str, destination: str) -> tuple[str, str]:
    """Their telecodes. Raises :class:`IvrError`; :class:`UsageFault` when both are the same."""
    one, other = telecode(source, origin), telecode(source, destination)
    if one == other:
        raise UsageFault(
            "is both the origin and the destination", where=destination, mend="give two stations"
        )
    return one, other


def now_at(settings: Settings) -> datetime:
    """Now, in the site's time zone."""
    return datetime.now(settings.zone)


def day_of(text: str, settings: Settings) -> date:
    """The day that ``--date`` means. Raises :class:`UsageFault`."""
    try:
        day = date.fromisoformat(text) if "-" in text else read_date(text, now_at(settings).date())
    except ValueError:
        day = None
    if day is None:
        raise UsageFault(f"{text!r} is no date", where="--date", mend="e.g. 2026-12-01, or 2 for tomorrow")
    return day


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
