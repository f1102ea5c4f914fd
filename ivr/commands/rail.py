"""``ivr rail``: what the hotline knows about trains, asked as callers ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ivr.commands.rail_fare import fare_command
from ivr.commands.rail_source import (
    date_option,
    day_of,
    json_option,
    loaded_source,
    now_at,
    opened,
    print_json,
    telecode,
)
from ivr.errors import IvrError, UsageFault
from ivr.rail.answers import Answer
from ivr.rail.keypad import is_keys
from ivr.settings import load


@click.group("rail")
def command() -> None:
    """Railway data: import, info, stations, trains, fares, tickets.

    \b
    Example:
      ivr rail trains 北京南 上海虹桥 --date 2
    """


command.add_command(fare_command)


@command.command("import")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@json_option
def import_command(folder: Path | None, as_json: bool) -> None:
    """Load FOLDER (default: the project's data/) in place of what is loaded. Sold seats stay.

    \b
    Example:
      ivr rail import
    """
    from ivr.store.rail import DATA, load_rail_data

    with opened(load()) as engine:
        changed = load_rail_data(engine, folder or DATA)
    if as_json:
        print_json({"folder": str(folder or DATA), "changed": changed})
    else:
        click.echo(f"{folder or DATA}: {'loaded' if changed else 'is loaded already, nothing to do'}")


@command.command("info")
@json_option
def info_command(as_json: bool) -> None:
    """What is loaded, from where, as of when.

    \b
    Example:
      ivr rail info --json
    """
    from ivr.store.rail import loaded_dataset

    settings = load()
    with opened(settings) as engine:
        dataset = loaded_dataset(engine)
    if dataset is None:
        raise IvrError("no railway data is loaded", mend="ivr rail import")
    loaded_at = dataset.loaded_at.astimezone(settings.zone).isoformat(timespec="seconds")
    files = [
        {
            "file": name,
            "rows": dataset.counts[name],
            **{key: told.get(key, "") for key in ("about", "source", "as_of", "licence")},
        }
        for name, told in dataset.files.items()
        if name in dataset.counts
    ]
    if as_json:
        print_json(
            {
                "version": dataset.version,
                "source": dataset.source,
                "as_of": dataset.as_of,
                "licence": dataset.licence,
                "content_hash": dataset.content_hash,
                "loaded_at": loaded_at,
                "files": files,
            }
        )
        return
    for label, value in (
        ("version", dataset.version),
        ("source", dataset.source),
        ("as of", dataset.as_of),
        ("licence", dataset.licence),
        ("loaded at", loaded_at),
    ):
        click.echo(f"{label:<10} {value}")
    for row in files:
        click.echo(f"{row['rows']:>7}  {row['file']:<20} {row['as_of']:<11} {row['source']}")


@command.command("station")
@click.argument("which")
@json_option
def station_command(which: str, as_json: bool) -> None:
    """The stations that a caller reaches with the keys WHICH, or the station named WHICH.

    \b
    Example:
      ivr rail station 7447
      ivr rail station 上海虹桥
    """
    from ivr.rail.queries import ask

    settings = load()
    with loaded_source(settings) as source:
        if is_keys(which):
            answer = ask(source, "find_station", {"keys": which}, now_at(settings).date())
            codes = [item["station"]["code"] for item in answer.items or [answer.slots] if item]
            stations = [source.station(code) for code in codes]
        else:
            stations = list(source.stations_named(which))
    if not stations:
        raise IvrError(f"no station for {which!r}", mend="keys, a name such as 上海虹桥, or a telecode")
    rows = [
        {
            "telecode": station.telecode,
            "name": station.name,
            "label": station.label,
            "keypad_initials": station.keypad_initials,
            "keypad_pinyin": station.keypad_pinyin,
            "trains": station.traffic,
        }
        for station in stations
        if station is not None
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['telecode']}  {row['name']}  {row['label']}  {row['keypad_initials']}  {row['trains']} trains"
        )


@command.command("trains")
@click.argument("what", nargs=-1, required=True)
@date_option
@json_option
def trains_command(what: tuple[str, ...], day: str, as_json: bool) -> None:
    """The stops of a train, or the direct trains between two stations: WHAT is TRAIN, or FROM TO.

    \b
    Example:
      ivr rail trains G1
      ivr rail trains 北京南 上海虹桥 --date 2026-12-01
    """
    _ask("timetable", "train_timetable", what, day, as_json)


@command.command("tickets")
@click.argument("what", nargs=-1, required=True)
@date_option
@json_option
def tickets_command(what: tuple[str, ...], day: str, as_json: bool) -> None:
    """Tickets left on a train for its whole run, or on the direct trains between two stations.

    \b
    Example:
      ivr rail tickets 北京南 上海虹桥 --date 2
    """
    _ask("tickets", "train_tickets", what, day, as_json)


@command.command("sell")
@click.argument("train")
@click.argument("origin")
@click.argument("destination")
@date_option
@click.option("--class", "seat_class", default="second", show_default=True, help="second, hard_sleeper, …")
@click.option("--seats", "seats", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--release", "give_back", is_flag=True, help="Give sold seats back instead.")
def sell_command(
    train: str, origin: str, destination: str, day: str, seat_class: str, seats: int, give_back: bool
) -> None:
    """Take seats of TRAIN from ORIGIN to DESTINATION out of the inventory; --date is the day of boarding.

    \b
    Example:
      ivr rail sell G1 北京南 上海虹桥 --date 2 --class second --seats 3
    """
    from ivr.rail.service_day import service_date
    from ivr.store.database import writing
    from ivr.store.rail_inventory import release, sell
    from ivr.store.rail_source import SqlRailSource

    settings = load()
    boarding = day_of(day, settings)
    with opened(settings) as engine, writing(engine) as session:
        source = SqlRailSource(session)
        ends = [telecode(source, name) for name in (origin, destination)]
        ride = next((r for r in source.rides(ends[0], ends[1]) if r.train == train.upper()), None)
        if ride is None:
            raise IvrError(
                f"{train} doesn't run from {origin} to {destination}", mend=f"ivr rail trains {train}"
            )
        sold = (ride.train, service_date(boarding, ride.dep), seat_class, ride.from_seq, ride.to_seq, seats)
        if give_back:
            release(session, *sold)
        elif not sell(session, *sold):
            raise IvrError(f"fewer than {seats} {seat_class} are left", where=f"{ride.train} on {boarding}")
    done = "given back" if give_back else "sold"
    click.echo(f"{done}: {seats} {seat_class}, {ride.train}, {origin} to {destination}, {boarding}")


# helpers


def _ask(between: str, of_train: str, what: tuple[str, ...], day: str, as_json: bool) -> None:
    from ivr.rail.queries import ask

    if len(what) > 2:
        raise UsageFault(
            "one train, or two stations", where=" ".join(what), mend="e.g. G1, or 北京南 上海虹桥"
        )
    settings = load()
    now = now_at(settings)
    args: dict[str, Any] = {"date": day_of(day, settings).isoformat()}
    with loaded_source(settings) as source:
        if len(what) == 1:
            name, args["train"] = of_train, what[0].upper()
        else:
            name = between
            args["from"], args["to"] = (telecode(source, station) for station in what)
        answer = ask(source, name, args, now.date(), now.time())
    if as_json:
        print_json({"outcome": answer.outcome, "slots": dict(answer.slots), "items": list(answer.items)})
    else:
        _print(answer)
    if answer.outcome in ("none", "closed"):
        raise SystemExit(1)


def _print(answer: Answer) -> None:
    click.echo("  ".join([answer.outcome, *(f"{name} {_words(v)}" for name, v in answer.slots.items())]))
    for item in answer.items:
        click.echo("  " + "  ".join(f"{name} {_words(value)}" for name, value in item.items()))


def _words(value: Any) -> str:
    return str(value["zh"]) if isinstance(value, dict) else str(value)
