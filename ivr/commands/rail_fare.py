"""``ivr rail fare``: fares, and what they are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from ivr.commands.rail_source import (
    date_option,
    day_of,
    json_option,
    loaded_source,
    print_json,
    two_stations,
)
from ivr.commands.table import table
from ivr.errors import IvrError, UsageFault
from ivr.rail.fare_choice import Priced, itemised, price, reckoned, rules_of
from ivr.rail.fare_formula import LONGEST_KM, Fare, Item
from ivr.rail.fare_rules import PASSENGERS, FareBook
from ivr.rail.inquiry import Inquiry
from ivr.rail.seats import PLACES, Named, named_place
from ivr.rail.train_runs import whole_run
from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.rail.source import RailSource, Ride
    from ivr.store.rail_source import SqlRailSource

#: Place → its key in JSON, where the two differ.
KEYS = {
    "hard_sleeper_upper": "hard_sleeper_up",
    "hard_sleeper_middle": "hard_sleeper_mid",
    "hard_sleeper_lower": "hard_sleeper_low",
    "soft_sleeper_upper": "soft_sleeper_up",
    "soft_sleeper_lower": "soft_sleeper_low",
}


@click.command("fare")
@click.argument("what", nargs=-1)
@click.option("--train", help="Only this train.")
@click.option(
    "--km", type=click.IntRange(1, LONGEST_KM), help="The formula alone, over so many km; needs --train."
)
@click.option("--passenger", type=click.Choice(PASSENGERS), default=PASSENGERS[0], show_default=True)
@date_option
@json_option
def fare_command(
    what: tuple[str, ...], train: str | None, km: int | None, passenger: str, day: str, as_json: bool
) -> None:
    """Fares between two stations (WHAT is FROM TO), of a train's whole run (WHAT is its number), or over --km.

    The basis is table (published), formula (reckoned, ordinary trains) or estimate (reckoned, G, D and C trains). With one
    train, each fare is shown with what it is made of.

    \b
    Example:
      ivr rail fare 北京 上海 --train T109
      ivr rail fare 南京南 上海虹桥 --passenger student
      ivr rail fare G1
      ivr rail fare --km 1463 --train T109 --json
    """
    settings = load()
    on = day_of(day, settings)
    number = (train or "").upper()
    if km is not None:
        if what or not number:
            raise UsageFault("no stations, but a train", where="--km", mend="e.g. --km 1463 --train T109")
        document = _over(settings, number, km, on, passenger)
        _tell(document, [document], as_json)
        return
    if len(what) not in (1, 2) or (len(what) == 1 and train):
        raise UsageFault(
            "one train, or two stations", where=" ".join(what) or "fare", mend="e.g. G1, or 北京 上海"
        )
    with loaded_source(settings) as source:
        number = what[0].upper() if len(what) == 1 else number
        ends = _run_ends(source, number, on) if len(what) == 1 else two_stations(source, *what)
        rides = _rides(source, ends[0], ends[1], number)
        rules = rules_of(source, on)
        priced = price(source, rides, ends[0], ends[1], on, passenger)
        names = [_named(source, code) for code in ends]
        asked = {"from": names[0], "to": names[1], "date": on.isoformat(), "passenger": passenger}
        found = [{**_train(p), **asked, **_fares(itemised(rules, p) if number else p)} for p in priced]
    if not found:
        whose = f"{number} " if number else ""
        raise IvrError(
            f"no fare of {whose}from {names[0]['zh']} to {names[1]['zh']} for {passenger} is known"
        )
    _tell(found[0] if number else {**asked, "trains": found}, found, as_json)


def _over(settings: Settings, number: str, km: int, day: date, passenger: str) -> dict[str, Any]:
    kind = number[0] if number[0].isalpha() else "0"
    try:
        rules = _book(settings).on(day)
    except LookupError as fault:
        raise IvrError(str(fault), mend="--date 2016-10-01, or an older version of the rule") from None
    service = rules.service(number, kind) if re.fullmatch(r"[A-Z]?[0-9]{1,5}", number, re.ASCII) else None
    if service is None:
        raise IvrError(
            f"no fare rule for trains like {number!r}", mend="a number such as T109, K1160, G1, 1461"
        )
    basis, fares = reckoned(rules, service, km, passenger)
    asked = {"train": number, "km": km, "date": day.isoformat(), "passenger": passenger}
    return {**asked, "basis": basis, **_amounts(fares)}


def _book(settings: Settings) -> FareBook:
    """The rules of the loaded data, else those that come with the project: the formula needs no railway."""
    from ivr.rail.fare_rules import read_fare_book
    from ivr.store.feed import Feed
    from ivr.store.rail import DATA
    from ivr.store.rail_fare_files import read_fare_rules

    try:
        with loaded_source(settings) as source:
            book = source.fare_book()
    except IvrError:
        book = None
    if book is not None:
        return book
    with Feed(DATA) as feed:
        rules = read_fare_rules(feed)
        feed.check()
    return read_fare_book(rules[0]["document"])


def _run_ends(source: RailSource, number: str, day: date) -> tuple[str, str]:
    run = whole_run(Inquiry(source, {"train": number}, day))
    if run is None:
        known = source.trains_numbered(number)
        raise IvrError(
            f"{number} doesn't run on {day}" if known else f"no train {number!r}",
            mend=f"ivr rail trains {number} tells when it runs"
            if known
            else "ivr rail trains FROM TO lists those between two stations",
        )
    return run[1]["from"]["code"], run[1]["to"]["code"]


def _rides(source: SqlRailSource, origin: str, destination: str, number: str) -> Sequence[Ride]:
    rides = sorted(source.rides(origin, destination), key=lambda ride: (ride.kind, ride.dep, ride.train))
    if number:
        trains = source.trains_numbered(number)
        rides = [ride for ride in rides if ride.train in trains]
    if not rides:
        whose = f"{number} doesn't run" if number else "no train runs"
        mend = f"ivr rail trains {number}" if number else "ivr rail trains TRAIN lists a train's stops"
        names = [_named(source, code)["zh"] for code in (origin, destination)]
        raise IvrError(f"{whose} from {names[0]} to {names[1]}", mend=mend)
    return rides


def _named(source: SqlRailSource, code: str) -> Named:
    station = source.station(code)
    assert station is not None
    return station.named


def _train(priced: Priced) -> dict[str, Any]:
    return {"train": priced.ride.number, "km": priced.km, "basis": priced.basis}


def _fares(priced: Priced) -> dict[str, Any]:
    return _amounts(priced.fares)


def _amounts(fares: Mapping[str, Fare]) -> dict[str, Any]:
    """Each class's fare in yuan under its key, and its items under ``items``."""
    known = [place for place in PLACES if place in fares]
    return {
        **{_key(place): _yuan(fares[place].jiao) for place in known},
        "items": {_key(place): [_item(item) for item in fares[place].items] for place in known},
    }


def _item(item: Item) -> dict[str, Any]:
    shown: dict[str, Any] = {"what": item.what, "amount": _yuan(item.jiao)}
    if item.rate is not None and item.km is not None:
        shown |= {"rate": float(item.rate), "km": float(item.km)}
    return {**shown, "how": item.how} if item.how else shown


def _key(place: str) -> str:
    return KEYS.get(place, place)


def _yuan(jiao: int) -> float:
    return jiao / 10 if jiao % 10 else jiao // 10


def _tell(document: Any, trains: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    places = [place for place in PLACES if any(_key(place) in train for train in trains)]
    if "trains" in document:
        heads = ["train", "km", "basis", *(named_place(place)["zh"] for place in places)]
        rows = [
            [
                train["train"],
                str(train["km"] or "-"),
                train["basis"],
                *(str(train.get(_key(p), "-")) for p in places),
            ]
            for train in trains
        ]
        click.echo(table(heads, rows))
        return
    ends = f"{document['from']['zh']} to {document['to']['zh']}, " if "from" in document else ""
    km = f"{document['km']} km, " if document["km"] else ""
    click.echo(
        f"{document['train']}, {ends}{km}{document['date']}, {document['passenger']}: {document['basis']}"
    )
    for place in places:
        click.echo(f"{named_place(place)['zh']} {document[_key(place)]}")
        for item in document["items"][_key(place)]:
            click.echo(f"    {item['amount']:>8}  {item['what']}  {item.get('how', '')}".rstrip())
