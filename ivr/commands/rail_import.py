"""``ivr rail import|info|rollback``: the versions of the railway data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.menu_publish import print_json, shown
from ivr.errors import IvrError
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.store.feed import FeedFaults
    from ivr.store.rail import Dataset, Imported

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.command("import")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@_json
def import_command(path: Path | None, dry_run: bool, as_json: bool) -> None:
    """Store the data of PATH as a new version and make it live at once; calls in progress hear of it from their next
    question on. PATH is a GTFS feed (a zip or a folder) or a folder of the project's own form; without it, the
    project's data/. Sold seats stay. A fault anywhere changes nothing, and all of them are listed.

    \b
    Example:
      ivr rail import caltrain.zip --dry-run
      ivr rail import caltrain.zip
    """
    from ivr.app import open_store, os_user
    from ivr.store.feed import FeedFaults
    from ivr.store.rail import DATA, import_rail_data

    path = path or DATA
    engine = open_store(load())
    try:
        done = import_rail_data(engine, path, by=os_user(), dry_run=dry_run)
    except FeedFaults as found:
        _tell_faults(found, path, as_json)
        raise SystemExit(1) from None
    finally:
        engine.dispose()
    if as_json:
        print_json(
            {"path": str(path), **vars(done), "notes": list(done.notes), "faults": [], "fault_count": 0}
        )
    else:
        click.echo("\n".join(_told(path, done, dry_run)))


def _tell_faults(found: FeedFaults, path: Path, as_json: bool) -> None:
    if as_json:
        faults = [vars(fault) for fault in found.faults]
        print_json({"path": str(path), "changed": False, "faults": faults, "fault_count": found.count})
        return
    for fault in found.faults:
        click.echo(f"{path}/{fault}")
    rest = found.count - len(found.faults)
    more = f", {rest} of them not listed" if rest else ""
    click.echo(f"{found.count} fault{'s' if found.count > 1 else ''}{more}; nothing was changed")


def _told(path: Path, done: Imported, dry_run: bool) -> list[str]:
    lines = [f"note: {note}" for note in done.notes]
    if dry_run:
        rows = sum(done.counts.values())
        return [*lines, f"{path}: fine, {rows} rows in {len(done.counts)} files; nothing was stored"]
    if not done.changed:
        return [*lines, f"{path}: is loaded already as version {done.number}, nothing to do"]
    back = "" if done.replaced is None else f" (ivr rail rollback goes back to {done.replaced})"
    return [*lines, f"{path}: loaded, version {done.number} is live{back}"]


@click.command("info")
@_json
def info_command(as_json: bool) -> None:
    """The live version: from where, as of when, valid from when to when, its files; and which others are stored.

    \b
    Example:
      ivr rail info --json
    """
    from ivr.app import open_store
    from ivr.store.database import reading
    from ivr.store.rail import stored_datasets

    settings = load()
    engine = open_store(settings)
    try:
        with reading(engine) as session:
            known = stored_datasets(session)
    finally:
        engine.dispose()
    live = next((dataset for dataset in known if dataset.live), None)
    if live is None:
        raise IvrError("no railway data is loaded", mend="ivr rail import")
    if as_json:
        versions = [_row(dataset, settings) for dataset in known]
        print_json({**_row(live, settings), "files": _files(live), "versions": versions})
        return
    for label, value in (
        ("version", f"{live.number} ({live.version})"),
        ("source", live.source),
        ("as of", live.as_of),
        ("valid", _valid(live.valid_from, live.valid_to)),
        ("licence", live.licence),
        ("loaded at", shown(live.loaded_at, settings)),
    ):
        click.echo(f"{label:<10} {value}")
    for row in _files(live):
        click.echo(f"{row['rows']:>7}  {row['file']:<20} {row['as_of']:<11} {row['source']}".rstrip())
    for dataset in known:
        if not dataset.live:
            valid = _valid(dataset.valid_from, dataset.valid_to)
            click.echo(f"stored     {dataset.number} ({dataset.version}), {dataset.source}, valid {valid}")


@click.command("rollback")
@click.argument("version", required=False, type=click.IntRange(min=1))
@_json
def rollback_command(version: int | None, as_json: bool) -> None:
    """Make the version live that was live before this one, or the stored one VERSION; at once. Sold seats stay.

    \b
    Example:
      ivr rail rollback
    """
    from ivr.app import open_store, os_user
    from ivr.store.rail import roll_back

    engine = open_store(load())
    try:
        now = roll_back(engine, version, by=os_user())
    finally:
        engine.dispose()
    if as_json:
        print_json({"number": now.number, "version": now.version, "source": now.source})
    else:
        click.echo(f"version {now.number} ({now.version}) is live: {now.source}")


def _row(dataset: Dataset, settings: Settings) -> dict[str, Any]:
    return {
        "number": dataset.number,
        "live": dataset.live,
        "version": dataset.version,
        "form": dataset.form,
        "source": dataset.source,
        "as_of": dataset.as_of,
        "valid_from": dataset.valid_from and dataset.valid_from.isoformat(),
        "valid_to": dataset.valid_to and dataset.valid_to.isoformat(),
        "licence": dataset.licence,
        "content_hash": dataset.content_hash,
        "loaded_at": dataset.loaded_at.astimezone(settings.zone).isoformat(timespec="seconds"),
        "replaced": dataset.replaced,
    }


def _files(dataset: Dataset) -> list[dict[str, Any]]:
    about = ("about", "source", "as_of", "licence")
    return [
        {"file": name, "rows": rows, **{key: dataset.files.get(name, {}).get(key, "") for key in about}}
        for name, rows in dataset.counts.items()
    ]


def _valid(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return "without limit"
    return f"{first or '…'} to {last or '…'}"
