"""``ivr rail trains`` and ``ivr rail departures``: the timetable, asked as callers ask it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.rail_source import (
    date_option,
    day_of,
    json_option,
    loaded_source,
    now_at,
    print_json,
    telecode,
    two_stations,
)
from ivr.errors import UsageFault
from ivr.rail.answers import Answer
from ivr.settings import load

if TYPE_CHECKING:
    from ivr.store.rail_source import SqlRailSource

_after = click.option("--after", metavar="HH:MM", help="Only what leaves at that time or later.")

#: Outcomes that found nothing to ride on that day.
_NOTHING = ("none", "other_day", "gone", "backwards", "passes")


@click.command("trains")
@click.argument("what", nargs=-1, required=True)
@date_option
@_after
@json_option
def trains_command(what: tuple[str, ...], day: str, after: str | None, as_json: bool) -> None:
    """Trains between two stations, or one train: WHAT is FROM TO, TRAIN, or TRAIN FROM TO.

    Where no train goes all the way, the best ways with one change are told.

    \b
    Example:
      ivr rail trains G1
      ivr rail trains 北京南 上海虹桥 --date 2026-12-01 --after 14:00
      ivr rail trains G1 南京南 上海虹桥
    """
    if len(what) > 3:
        raise UsageFault("one train, or two stations, or both", where=" ".join(what), mend="e.g. G1")
    if after is not None and len(what) != 2:
        raise UsageFault("is for trains between two stations", where="--after", mend="give FROM and TO")
    settings = load()
    travel = day_of(day, settings)
    with loaded_source(settings) as source:
        args: dict[str, Any] = {"date": travel.isoformat()}
        if len(what) != 2:
            args["train"] = what[0].upper()
        if len(what) != 1:
            args["from"], args["to"] = two_stations(source, what[-2], what[-1])
        told = _between(source, args, after) if len(what) == 2 else _one_train(source, args)
    _show(told, as_json)


@click.command("departures")
@click.argument("station")
@date_option
@_after
@json_option
def departures_command(station: str, day: str, after: str | None, as_json: bool) -> None:
    """What leaves STATION next: from now on, or on another day from its begin or --after on.

    \b
    Example:
      ivr rail departures 上海虹桥 --after 22:00
    """
    settings = load()
    now, travel = now_at(settings), day_of(day, settings)
    with loaded_source(settings) as source:
        args = {"from": telecode(source, station), "date": travel.isoformat()}
        begin = _clock(after) if after else now.time() if travel == now.date() else None
        told = _answer(source, "departures", args, begin)
    _show(told, as_json)


def _between(source: SqlRailSource, args: dict[str, Any], after: str | None) -> dict[str, Any]:
    begin = _clock(after) if after else None
    told = _answer(source, "timetable", {**args, "period": "all"}, begin)
    if told["outcome"] in ("none", "other_day"):
        told["connections"] = _answer(source, "connections", args, begin)["items"]
    return told


def _one_train(source: SqlRailSource, args: dict[str, Any]) -> dict[str, Any]:
    told = _answer(source, "train_between" if "from" in args else "train_timetable", args, None)
    trains = source.trains_numbered(args["train"])
    told["running"] = [
        {
            "train": train,
            "weekdays": sorted(day + 1 for day in service.weekdays),
            "valid_from": service.valid_from and service.valid_from.isoformat(),
            "valid_to": service.valid_to and service.valid_to.isoformat(),
            "also": sorted(day.isoformat() for day in service.added),
            "not": sorted(day.isoformat() for day in service.removed),
        }
        for train, service in sorted(source.services(trains).items())
    ]
    return told


def _answer(source: SqlRailSource, name: str, args: dict[str, Any], now: time | None) -> dict[str, Any]:
    """The answer as on the day of travel itself: with ``now``, what has left by then is left out."""
    from ivr.rail.queries import ask

    answer: Answer = ask(source, name, args, date.fromisoformat(args["date"]), now)
    return {"outcome": answer.outcome, "slots": dict(answer.slots), "items": list(answer.items)}


def _clock(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageFault(f"{text!r} is no time", where="--after", mend="e.g. 14:00") from None


def _show(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo("  ".join([told["outcome"], *_pairs(told["slots"])]))
        for name in ("items", "connections", "running"):
            for row in told.get(name, ()):
                click.echo("  " + "  ".join(_pairs(row)))
    if told["outcome"] in _NOTHING and not told.get("connections"):
        raise SystemExit(1)


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{name} {_words(value)}" for name, value in values.items() if value not in (None, [])]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value["zh"]) if isinstance(value, dict) else str(value)
