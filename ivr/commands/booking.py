"""``ivr booking``: bookings by telephone, for those who help callers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.rail_source import two_stations
from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.rail.booking_number import grouped, is_booking_number
from ivr.rail.booking_queries import mobile_of
from ivr.rail.dates import read_date
from ivr.rail.seats import CLASSES
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.rail.answers import Answer
    from ivr.store.booking_list import BookingRow
    from ivr.store.database import Engine

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_number = click.argument("number")

#: What stands in the way of a booking, in an agent's words. {name}: a slot of the answer.
_REFUSALS = {
    "none": "no such train runs between these stations on {date}",
    "closed": "{date} is not on sale; on sale are {first_day} to {last_day}",
    "gone": "{train} has left at {dep}",
    "sold_out": "{train} is sold out in this class",
    "few": "only {left} left",
    "booked_already": "passenger {which} has a booking on {date} already",
    "child_alone": "a child does not travel alone",
    "too_many_free": "one free child for each adult, of whom there are {adults}",
}


@click.group("booking")
def command() -> None:
    """Bookings by telephone: book, list, show, cancel, paid.

    \b
    Example:
      ivr booking list --day 2026-11-24
    """


@command.command("book")
@click.argument("train")
@click.argument("origin")
@click.argument("destination")
@click.option(
    "--date",
    "day",
    default="1",
    show_default=True,
    help="YYYY-MM-DD, or as keyed: 1 today, 2 tomorrow, MMDD.",
)
@click.option("--class", "seat_class", default="second", show_default=True, help="second, hard_sleeper, …")
@click.option("--free-children", type=click.IntRange(0, 3), default=0, help="Under six, without a seat.")
@click.option("--phone", default="", help="Where the text message goes.")
@click.option("--call", default="", help="The call's id: the same request of a call books once.")
@_json
def book_command(
    train: str,
    origin: str,
    destination: str,
    day: str,
    seat_class: str,
    free_children: int,
    phone: str,
    call: str,
    as_json: bool,
) -> None:
    """Book TRAIN from ORIGIN to DESTINATION. Resident IDs are read from standard input, one a line: what stands in a
    command is seen by others.

    \b
    Example:
      ivr booking book G102 上海虹桥 南京南 --date 2 --class second < ids.txt
    """
    from ivr.app import os_user
    from ivr.store.bookings import Request, book
    from ivr.store.database import reading
    from ivr.store.rail_source import SqlRailSource

    settings = load()
    now = _now(settings)
    if settings.tickets_url:
        raise IvrError(
            "tickets are sold by the site's own system, not by the hotline",
            where="IVR_TICKETS_URL",
            mend="book there",
        )
    if seat_class not in CLASSES:
        raise UsageFault(f"there is no class {seat_class!r}", where="--class", mend=", ".join(CLASSES))
    travel = _day(day, now.date())
    if phone and not mobile_of(phone):
        raise UsageFault("no mobile number", where="--phone", mend="eleven digits, e.g. 13800001234")
    documents = _documents(now.date())
    with _opened(settings) as engine:
        with reading(engine) as session:
            ends = two_stations(SqlRailSource(session), origin, destination)
        args = {
            "from": ends[0],
            "to": ends[1],
            "date": travel.isoformat(),
            "train": train.upper(),
            "class": seat_class,
        }
        answer = book(engine, Request(args, documents, free_children, call, phone, os_user()), now)
        if answer.outcome != "booked":
            why = _without_class(engine, args) if answer.outcome == "sold_out" else ""
            raise IvrError(why or _refusal(answer), where=f"{train.upper()} {origin} {destination}")
        row = _row(engine, answer.slots["number"], now)
    _print_one(row, settings, as_json)


@command.command("list")
@click.option("--day", "day", default=None, help="Of this day of travel: YYYY-MM-DD.")
@click.option("--status", type=click.Choice(["held", "paid", "cancelled", "expired"]), default=None)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@_json
def list_command(day: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """Bookings, newest first.

    \b
    Example:
      ivr booking list --status held --json
    """
    from ivr.store.booking_list import list_bookings

    settings = load()
    now = _now(settings)
    travel = None if day is None else _day(day, now.date())
    with _opened(settings) as engine:
        rows = list_bookings(engine, now, travel=travel, status=status, limit=limit)
    if as_json:
        _print_json([_document(row, settings) for row in rows])
        return
    heads = ["number", "status", "train", "travel", "leaves", "from", "to", "class", "tickets", "held until"]
    cells = [
        [
            grouped(row.number),
            row.status,
            row.train,
            row.travel_date.isoformat(),
            f"{row.departure.astimezone(settings.zone):%H:%M}",
            row.origin,
            row.destination,
            CLASSES[row.seat_class][1],
            str(len(row.passengers)),
            f"{row.deadline.astimezone(settings.zone):%m-%d %H:%M}",
        ]
        for row in rows
    ]
    click.echo(table(heads, cells, left=8) if cells else "No bookings.")


@command.command("show")
@_number
@_json
def show_command(number: str, as_json: bool) -> None:
    """One booking. Documents are masked.

    \b
    Example:
      ivr booking show 825317097
    """
    settings = load()
    with _opened(settings) as engine:
        row = _row(engine, _checked(number), _now(settings))
    _print_one(row, settings, as_json)


@command.command("cancel")
@_number
@_json
def cancel_command(number: str, as_json: bool) -> None:
    """Cancel a booking that is held; its seats are free at once.

    \b
    Example:
      ivr booking cancel 825317097
    """
    from ivr.store.booking_orders import cancel_unasked

    _change(number, as_json, cancel_unasked, "cancelled")


@command.command("paid")
@_number
@_json
def paid_command(number: str, as_json: bool) -> None:
    """Note that a booking's tickets were collected: it no longer runs out.

    \b
    Example:
      ivr booking paid 825317097
    """
    from ivr.store.booking_orders import pay

    _change(number, as_json, pay, "paid")


def _change(number: str, as_json: bool, change: Any, done: str) -> None:
    settings = load()
    now = _now(settings)
    number = _checked(number)
    with _opened(settings) as engine:
        outcome = change(engine, number, now)
        if outcome == "unknown":
            raise _unknown(number)
        if outcome != "done":
            raise IvrError(f"booking {grouped(number)} is {outcome}", mend="only a held one can be changed")
        row = _row(engine, number, now)
    if as_json:
        _print_json(_document(row, settings))
    else:
        click.echo(f"booking {grouped(number)} is {done}")


# --- helpers --------------------------------------------------------------------------------------


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    from ivr.app import open_store

    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _now(settings: Settings) -> datetime:
    return datetime.now(settings.zone)


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if "-" in text else read_date(text, today)
    except ValueError:
        day = None
    if day is None:
        raise UsageFault(f"{text!r} is no date", mend="e.g. 2026-12-01, or 2 for tomorrow")
    return day


def _documents(today: date) -> list[str]:
    from ivr.rail.booking import MOST_TICKETS
    from ivr.rail.documents import read_id

    if sys.stdin.isatty():
        click.echo("Resident IDs, one a line, then Ctrl-D:", err=True)
    # Not sys.stdin.read(): a Ctrl-C between two reads of it would wait for the next line.
    lines = [word for line in iter(sys.stdin.readline, "") for word in line.split()]
    if not 1 <= len(lines) <= MOST_TICKETS:
        raise UsageFault(
            f"{len(lines)} resident IDs on standard input", mend=f"1 to {MOST_TICKETS} of them, one a line"
        )
    documents = []
    for place, line in enumerate(lines, 1):
        document = read_id(line, today)
        if document is None:
            raise UsageFault(f"resident ID {place} is wrong", mend="eighteen signs whose check digit fits")
        documents.append(document)
    return documents


def _without_class(engine: Engine, args: Mapping[str, str]) -> str:
    """That the train has no such class at all, if that is so."""
    from ivr.store.database import reading
    from ivr.store.rail_source import SqlRailSource

    with reading(engine) as session:
        source = SqlRailSource(session)
        rides = source.rides(args["from"], args["to"])
        of_trains = source.seats([ride.train for ride in rides if ride.number == args["train"]]).values()
        names = [name for name in CLASSES if any(name in seats for seats in of_trains)]
    return "" if args["class"] in names else f"it has no {args['class']}; it has {', '.join(names) or 'none'}"


def _refusal(answer: Answer) -> str:
    return _REFUSALS[answer.outcome].format(**answer.slots)


def _checked(number: str) -> str:
    digits = number.replace(" ", "").replace("-", "")
    if not is_booking_number(digits):
        raise UsageFault(
            f"{number!r} is no booking number", mend="nine digits; the last one checks the others"
        )
    return digits


def _unknown(number: str) -> IvrError:
    return IvrError(f"there is no booking {grouped(number)}", mend="ivr booking list shows all")


def _row(engine: Engine, number: str, now: datetime) -> BookingRow:
    from ivr.store.booking_list import find_booking

    row = find_booking(engine, number, now)
    if row is None:
        raise _unknown(number)
    return row


def _document(row: BookingRow, settings: Settings) -> dict[str, Any]:
    def moment(value: datetime | None) -> str | None:
        return None if value is None else value.astimezone(settings.zone).isoformat(timespec="seconds")

    return {
        "number": row.number,
        "status": row.status,
        "train": row.train,
        "travel_date": row.travel_date.isoformat(),
        "departure": moment(row.departure),
        "from": row.origin,
        "to": row.destination,
        "class": row.seat_class,
        "total": None if row.total_jiao is None else row.total_jiao / 10,
        "free_children": row.free_children,
        "made_at": moment(row.made_at),
        "deadline": moment(row.deadline),
        "ended_at": moment(row.ended_at),
        "made_by": row.made_by or None,
        "call": row.call or None,
        "caller": row.caller or None,
        "passengers": [
            {
                "document": passenger.document,
                "kind": passenger.kind,
                "seat": passenger.seat,
                "fare": None if passenger.fare_jiao is None else passenger.fare_jiao / 10,
            }
            for passenger in row.passengers
        ],
    }


def _print_one(row: BookingRow, settings: Settings, as_json: bool) -> None:
    if as_json:
        _print_json(_document(row, settings))
        return
    told = _document(row, settings)
    passengers = told.pop("passengers")
    told["number"] = grouped(row.number)
    for name, value in told.items():
        click.echo(f"{name:<14} {'-' if value is None else value}")
    for place, passenger in enumerate(passengers, 1):
        fare = "-" if passenger["fare"] is None else passenger["fare"]
        click.echo(
            f"passenger {place}    {passenger['document']}  {passenger['kind']}  seat {passenger['seat']}  {fare}"
        )


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
