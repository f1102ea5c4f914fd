"""``ivr rail``: what the hotline knows about trains, asked as callers ask it."""

from __future__ import annotations

from typing import Any

import click

from ivr.commands.rail_fare import fare_command
from ivr.commands.rail_import import import_command, info_command, rollback_command
from ivr.commands.rail_source import (
    date_option,
    day_of,
    json_option,
    loaded_source,
    now_at,
    opened,
    print_json,
    two_stations,
)
from ivr.commands.rail_trains import departures_command, trains_command
from ivr.errors import IvrError, UsageFault
from ivr.rail.answers import Answer
from ivr.rail.keypad import is_keys
from ivr.settings import load

_SUBCOMMANDS = (
    import_command,
    info_command,
    rollback_command,
    trains_command,
    departures_command,
    fare_command,
)


@click.group("rail")
def command() -> None:
    """Railway data: import, info, rollback, stations, trains, fares, tickets.

    \b
    Example:
      ivr rail trains 北京南 上海虹桥 --date 2
    """


for _sub in _SUBCOMMANDS:
    command.add_command(_sub)


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
        ends = two_stations(source, origin, destination)
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
    from ivr.app import ticket_source
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
            args["from"], args["to"] = two_stations(source, *what)
        answer = ask(source, name, args, now.date(), now.time(), ticket_source(settings))
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
