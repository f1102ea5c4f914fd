"""Reads data in the project's own form, that of ``data/``. Every fault names the file and the line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from ivr.rail.keypad import keys_of
from ivr.rail.seats import CLASSES, PLACES
from ivr.rail.service_day import DAY, minutes_of
from ivr.rail.station_names import english_name
from ivr.store.database import Base
from ivr.store.feed import Feed
from ivr.store.models import rail as tables
from ivr.store.rail_data import (
    RailData,
    Row,
    Rows,
    count_traffic,
    day_or_none,
    digits_of,
    filled,
    jiao_of,
    number_changes,
    number_of,
    whole,
)
from ivr.store.rail_fare_files import FARE_RULES, leg, read_fare_rules

#: What is read, with its columns; those in brackets may be missing.
FILES = {
    "stations.csv": "telecode,name,pinyin,initials,city,bureau",
    "former_stations.csv": "name,telecode,pinyin,initials,now",
    "trains.csv": "train,kind,formation,classes[,number][,service]",
    "timetable.csv": "train,seq,station,arr,dep[,number][,km]",
    "other_numbers.csv": "train,number",
    "fares.csv": "train,seq," + ",".join(PLACES),
    "pair_fares.csv": "origin,destination,kind," + ",".join(PLACES),
    "seats.csv": "formation,class,seats,note",
    "operators.csv": "train,operator,depot,valid_from,valid_to",
    "bureaus.csv": "bureau,name,english",
    "area_codes.csv": "code,province,city,pinyin,initials",
    "holidays.csv": "date,kind,name",
    "presale.csv": "valid_from,days,source,verified",
    "sale_times.csv": "telecode,time",
    "services.csv": "service,weekdays,valid_from,valid_to",
    "service_days.csv": "service,date,runs",
    "leg_km.csv": "one,other,fast,km,basis",
}
PROVENANCE = "provenance.json"
#: What there must be: a timetable, and since when tickets are on sale for how many days.
REQUIRED = (PROVENANCE, "stations.csv", "trains.csv", "timetable.csv", "seats.csv", "presale.csv")
TIMETABLE = "timetable.csv"

#: What provenance.json must tell → how much of it is kept.
_TOLD = {"version": 80, "source": 400, "as_of": 200, "licence": 400}


def content_hash(feed: Feed) -> str:
    """A hash of everything that is read; changes when any file does."""
    return feed.content_hash((*FILES, FARE_RULES, PROVENANCE))


def read_rail_files(feed: Feed) -> RailData:
    """Read and check everything; faults are noted in ``feed``."""
    return _Reader(feed).read()


class _Reader:
    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.rows = Rows(feed)

    def read(self) -> RailData:
        for name in REQUIRED:
            if name not in self.feed.names:
                self.feed.fault(name, 0, "is missing")
                self.feed.unread.add(name)
        provenance = self._provenance()
        former = self._table(tables.RailStation, "former_stations.csv", _former)
        stations = self._stations(former)
        services = self._table(tables.RailService, "services.csv", _service, "service")
        days = self._table(tables.RailServiceDay, "service_days.csv", self._service_day, "service", "date")
        seats_of = {
            (row["formation"], row["class"]): row["seats"]
            for row in self._table(None, "seats.csv", _formation, "formation", "class")
        }
        trains = self._table(tables.RailTrain, "trains.csv", lambda row: self._train(row, seats_of), "train")
        stops = self._stops(trains)
        others = self._table(tables.RailTrainNumber, "other_numbers.csv", self._other_number, "train")
        bureaus = self._table(tables.RailBureau, "bureaus.csv", dict, "bureau")
        operators = self._table(tables.RailOperator, "operators.csv", self._operator)
        area_codes = self._table(tables.RailAreaCode, "area_codes.csv", _area_code, "code", "city")
        count_traffic(stations, stops, area_codes)
        rows: dict[type[Base], list[Row]] = {
            tables.RailStation: stations,
            tables.RailService: services,
            tables.RailServiceDay: days,
            tables.RailTrain: [_only(row, "train", "kind", "formation", "service") for row in trains],
            tables.RailTrainNumber: [*number_changes(stops), *others],
            tables.RailStop: stops,
            tables.RailFare: self._fares(stops),
            tables.RailPairFare: self._pair_fares(),
            tables.RailSeats: [
                {"train": row["train"], "seat_class": name, "seats": seats_of[row["formation"], name]}
                for row in trains
                for name in row["classes"]
            ],
            tables.RailBureau: bureaus,
            tables.RailOperator: [{"id": number, **row} for number, row in enumerate(operators, 1)],
            tables.RailAreaCode: area_codes,
            tables.RailPresale: self._table(tables.RailPresale, "presale.csv", _presale, "valid_from"),
            tables.RailSaleTime: self._table(
                tables.RailSaleTime, "sale_times.csv", self._sale_time, "telecode"
            ),
            tables.RailHoliday: self._table(tables.RailHoliday, "holidays.csv", _holiday, "date"),
            tables.RailLeg: self._table(tables.RailLeg, "leg_km.csv", self._leg, "one", "other", "fast"),
            tables.RailFareRules: read_fare_rules(self.feed),
        }
        return RailData("csv", content_hash(self.feed), provenance, self.feed.counts, rows)

    def _table(
        self, table: type[Base] | None, name: str, make: Callable[[dict[str, str]], Row], *key: str
    ) -> list[Row]:
        must, *may = FILES[name].replace("]", "").split("[,")
        return self.rows.read(name, make, must.split(","), may, key=key, table=table, strict=True)

    def _provenance(self) -> dict[str, Any]:
        if PROVENANCE in self.feed.unread:
            return {}
        text = self.feed.text(PROVENANCE)
        if PROVENANCE in self.feed.unread:
            return {}
        try:
            told = json.loads(text)
            return {
                **{name: str(told[name])[:length] for name, length in _TOLD.items()},
                "files": {name: dict(about) for name, about in told["files"].items()},
                **{name: day_or_none(told.get(name)) for name in ("valid_from", "valid_to")},
            }
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            self.feed.fault(PROVENANCE, 0, f"not usable: {fault} (needed: {', '.join(_TOLD)}, files)")
            return {}

    def _stations(self, former: list[Row]) -> list[Row]:
        names = {row["telecode"]: row["name"] for row in former if row["now"]}

        def make(row: dict[str, str], closed: bool = False) -> Row:
            filled(row, "telecode", "name")
            return {
                "city": "",
                "bureau": "",
                **{name: value for name, value in row.items() if name != "now"},
                "former_name": names.get(row["telecode"], ""),
                "closed": closed,
                "keypad_initials": keys_of(row["initials"]),
                "keypad_pinyin": keys_of(row["pinyin"]),
            }

        stations = self._table(tables.RailStation, "stations.csv", make, "telecode")
        closed = [make(row, closed=True) for row in former if not row["now"]]
        self.rows.keys["stations.csv"].update(row["telecode"] for row in closed)
        pinyin = {row["name"]: row["pinyin"] for row in stations}
        for row in (*stations, *closed):
            row["label"] = english_name(row["name"], row["pinyin"], row["city"], pinyin)
        return stations + closed

    def _service_day(self, row: dict[str, str]) -> Row:
        self.rows.known("services.csv", row["service"], "service")
        if row["runs"] not in ("yes", "no"):
            raise ValueError(f"runs must be yes or no, not {row['runs']!r}")
        return {**row, "date": date.fromisoformat(row["date"]), "runs": row["runs"] == "yes"}

    def _other_number(self, row: dict[str, str]) -> Row:
        self.rows.known("trains.csv", row["train"], "train")
        number = number_of(row["number"])
        return {"train": row["train"], "from_seq": 0, "number": number, "digits": digits_of(number)}

    def _sale_time(self, row: dict[str, str]) -> Row:
        self.rows.known("stations.csv", row["telecode"], "station")
        minute = minutes_of(row["time"])
        if minute >= DAY:
            raise ValueError(f"{row['time']!r} is no time of a day")
        return {"telecode": row["telecode"], "minute": minute}

    def _train(self, row: dict[str, str], seats_of: dict[tuple[str, str], int]) -> Row:
        filled(row, "train", "kind")
        classes = [name for name in row["classes"].split("|") if name]
        lacking = [name for name in classes if (row["formation"], name) not in seats_of]
        if lacking and "seats.csv" not in self.feed.unread:
            raise ValueError(
                f"train {row['train']}: formation {row['formation']} has no class {lacking[0]} in seats.csv"
            )
        if row["service"]:
            self.rows.known("services.csv", row["service"], "service")
        number = number_of(row["number"] or row["train"])
        return {**row, "number": number, "service": row["service"] or None, "classes": classes}

    def _stops(self, trains: list[Row]) -> list[Row]:
        before = self.feed.fault_count
        made = StopReader(self.rows, {row["train"]: row["number"] for row in trains})
        stops = self._table(tables.RailStop, TIMETABLE, made.stop, "train", "station")
        if self.feed.fault_count == before:
            made.check_ends()
        return stops

    def _fares(self, stops: list[Row]) -> list[Row]:
        there = {(stop["train"], stop["seq"]) for stop in stops}
        whole_timetable = all(fault.file != TIMETABLE for fault in self.feed.faults)
        made: list[Row] = []

        def make(row: dict[str, str]) -> Row:
            keys: Row = {"train": row["train"], "seq": whole(row["seq"])}
            if whole_timetable and (keys["train"], keys["seq"]) not in there:
                raise ValueError(f"train {keys['train']} has no stop {keys['seq']} in {TIMETABLE}")
            made.extend({**keys, **fare} for fare in _places(row))
            return keys

        self._table(tables.RailFare, "fares.csv", make, "train", "seq")
        return made

    def _pair_fares(self) -> list[Row]:
        made: list[Row] = []

        def make(row: dict[str, str]) -> Row:
            keys: Row = {column: row[column] for column in ("origin", "destination", "kind")}
            for end in ("origin", "destination"):
                self.rows.known("stations.csv", keys[end], "station")
            made.extend({**keys, **fare} for fare in _places(row))
            return keys

        self._table(tables.RailPairFare, "pair_fares.csv", make, "origin", "destination", "kind")
        return made

    def _leg(self, row: dict[str, str]) -> Row:
        for end in ("one", "other"):
            self.rows.known("stations.csv", row[end], "station")
        return leg(row)

    def _operator(self, row: dict[str, str]) -> Row:
        self.rows.known("bureaus.csv", row["operator"], "operator")
        return {
            **row,
            "digits": digits_of(row["train"]),
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": day_or_none(row["valid_to"]),
        }


class StopReader:
    """Makes the rows of timetable.csv, each held against the one before it of its train."""

    def __init__(self, rows: Rows, numbers: dict[str, str]) -> None:
        self._rows = rows
        self._number = numbers
        self._last: dict[str, tuple[int, int]] = {}
        self._km: dict[str, float] = {}
        self._ends: list[tuple[int, str, bool]] = []

    def stop(self, row: dict[str, str]) -> Row:
        """A row of ``rail_stop``. Raises ValueError."""
        train = row["train"]
        arr = minutes_of(row["arr"]) if row["arr"] else None
        dep = minutes_of(row["dep"]) if row["dep"] else None
        seq, (before, left) = whole(row["seq"]), self._last.get(train, (0, -1))
        times = [time for time in (arr, dep) if time is not None]
        # After a fault the next row is held against this one: one slip, one line.
        self._last[train] = (seq, times[-1] if times else left)
        self._rows.known("trains.csv", train, "train")
        self._rows.known("stations.csv", row["station"], "station")
        if seq != before + 1:
            raise ValueError(f"stop {before + 1} of train {train} must come here")
        if not times or (before > 0) != (arr is not None) or times[0] <= left or times[0] > times[-1]:
            raise ValueError(f"the times of train {train} must be there and grow")
        if row["number"]:
            self._number[train] = number_of(row["number"])
        self._ends.append((self._rows.line, train, dep is None))
        return {
            "train": train,
            "seq": seq,
            "station": row["station"],
            "arr": arr,
            "dep": dep,
            "number": self._number.get(train, ""),
            "km": self._kilometres(train, row["km"]),
        }

    def _kilometres(self, train: str, text: str) -> float | None:
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text):
            raise ValueError(f"{text!r} are no kilometres")
        km, before = float(text), self._km.get(train, 0.0)
        self._km[train] = km
        if km < before:
            raise ValueError(f"the kilometres of train {train} must grow")
        return km

    def check_ends(self) -> None:
        """Note each train that has no departure before its terminal, or one there."""
        for here, there in zip(self._ends, [*self._ends[1:], (0, "", True)], strict=True):
            line, train, ends = here
            if ends != (train != there[1]):
                message = f"train {train}: the terminal, and only it, has no dep"
                self._rows.feed.fault(TIMETABLE, line, message)


# rows of single files


def _former(row: dict[str, str]) -> Row:
    filled(row, "telecode", "name")
    keys_of(row["pinyin"] + row["initials"])
    return dict(row)


def _service(row: dict[str, str]) -> Row:
    filled(row, "service")
    days = row["weekdays"]
    if not days or set(days) - set("1234567") or list(days) != sorted(set(days)):
        raise ValueError(f"{days!r} are no weekdays: 1 (Monday) to 7 in order, such as 12345")
    return {
        "service": row["service"],
        "weekdays": sum(1 << int(day) - 1 for day in days),
        "valid_from": day_or_none(row["valid_from"]),
        "valid_to": day_or_none(row["valid_to"]),
    }


def _formation(row: dict[str, str]) -> Row:
    if row["class"] not in CLASSES:
        raise ValueError(f"unknown class {row['class']!r}")
    return {**row, "seats": whole(row["seats"])}


def _places(row: dict[str, str]) -> list[Row]:
    return [{"place": place, "jiao": jiao_of(row[place])} for place in PLACES if row[place]]


def _area_code(row: dict[str, str]) -> Row:
    return {
        "code": row["code"],
        "city": row["city"],
        "province": row["province"],
        "label": row["pinyin"].capitalize(),
        "keypad_initials": keys_of(row["initials"]),
        "keypad_pinyin": keys_of(row["pinyin"]),
    }


def _presale(row: dict[str, str]) -> Row:
    return {
        "valid_from": date.fromisoformat(row["valid_from"]),
        "days": whole(row["days"]),
        "source": row["source"],
        "verified": row["verified"] == "yes",
    }


def _holiday(row: dict[str, str]) -> Row:
    return {**row, "date": date.fromisoformat(row["date"])}


def _only(row: Row, *columns: str) -> Row:
    return {column: row[column] for column in columns}
