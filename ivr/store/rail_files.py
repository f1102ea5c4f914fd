"""Reads the files of ``data/`` into table rows. Every fault names the file and the line."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ivr.errors import IvrError
from ivr.rail.keypad import keys_of
from ivr.rail.seats import CLASSES, PLACES
from ivr.rail.service_day import minutes_of
from ivr.store.database import Base
from ivr.store.models import rail as tables
from ivr.store.rail_fare_files import FARE_RULES, leg, read_fare_rules

Row = dict[str, Any]

#: What is read, with the columns that must be there. Those in brackets may be missing, and so may the files of
#: ``OPTIONAL``.
FILES = {
    "stations.csv": "telecode,name,pinyin,initials,city,bureau",
    "former_stations.csv": "name,telecode,pinyin,initials,now",
    "trains.csv": "train,kind,formation,classes[,number][,service]",
    "timetable.csv": "train,seq,station,arr,dep[,number][,km]",
    "fares.csv": "train,seq," + ",".join(PLACES),
    "pair_fares.csv": "origin,destination,kind," + ",".join(PLACES),
    "seats.csv": "formation,class,seats,note",
    "operators.csv": "train,operator,depot,valid_from,valid_to",
    "bureaus.csv": "bureau,name,english",
    "area_codes.csv": "code,province,city,pinyin,initials",
    "holidays.csv": "date,kind,name",
    "presale.csv": "valid_from,days,source,verified",
    "services.csv": "service,weekdays,valid_from,valid_to",
    "service_days.csv": "service,date,runs",
    "leg_km.csv": "one,other,fast,km,basis",
}
OPTIONAL = ("services.csv", "service_days.csv", "leg_km.csv", FARE_RULES)
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class RailData:
    """``rows``: table → its rows, parents before children. ``counts``: file → rows."""

    provenance: dict[str, Any]
    counts: dict[str, int]
    rows: dict[type[Base], list[Row]]


def content_hash(folder: Path) -> str:
    """A hash of everything that is read; changes when any file does."""
    digest = hashlib.sha256()
    for name in sorted((*FILES, FARE_RULES, PROVENANCE)):
        if name in OPTIONAL and not (folder / name).exists():
            continue
        digest.update(name.encode() + b"\0" + hashlib.sha256(_bytes(folder / name)).digest())
    return digest.hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise IvrError(
            f"cannot be read: {fault.strerror}",
            where=str(path),
            mend="the folder must hold all files of data/ (see docs/data.md)",
        ) from None


def read_rail_data(folder: Path) -> RailData:
    """Read and check the whole folder. Raises :class:`IvrError` with file and line."""
    return _Reader(folder).read()


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, int] = {}

    def read(self) -> RailData:
        provenance = self._provenance()
        stations = self._stations()
        services = self._unique("services.csv", self._service, "service")
        named = {row["service"] for row in services}
        service_days = self._unique(
            "service_days.csv", lambda row: self._service_day(row, named), "service", "date"
        )
        trains = self._unique("trains.csv", lambda row: self._train(row, named), "train")
        seats = self._seats(trains)
        numbers = {row["train"]: row["number"] for row in trains}
        trains = [_without(row, "classes", "number") for row in trains]
        codes = {row["telecode"] for row in stations}
        stops = self._stops(numbers, codes)
        traffic = Counter(row["station"] for row in stops)
        cities: Counter[str] = Counter()
        for row in stations:
            row["traffic"] = traffic[row["telecode"]]
            cities[row["city"]] += row["traffic"]
        bureaus = self._unique("bureaus.csv", dict, "bureau")
        known = {row["bureau"] for row in bureaus}
        area_codes = self._unique("area_codes.csv", self._area_code, "code", "city")
        for row in area_codes:
            row["traffic"] = cities[row["city"]]
        rows: dict[type[Base], list[Row]] = {
            tables.RailStation: stations,
            tables.RailService: services,
            tables.RailServiceDay: service_days,
            tables.RailTrain: trains,
            tables.RailTrainNumber: list(_number_changes(stops)),
            tables.RailStop: stops,
            tables.RailFare: self._fares("fares.csv", "train", "seq"),
            tables.RailPairFare: self._fares("pair_fares.csv", "origin", "destination", "kind"),
            tables.RailSeats: seats,
            tables.RailBureau: bureaus,
            tables.RailOperator: [
                {"id": number, **row}
                for number, row in enumerate(
                    self._all("operators.csv", lambda row: self._operator(row, known)), 1
                )
            ],
            tables.RailAreaCode: area_codes,
            tables.RailPresale: self._unique("presale.csv", self._presale, "valid_from"),
            tables.RailHoliday: self._unique("holidays.csv", self._holiday, "date"),
            tables.RailLeg: self._unique("leg_km.csv", lambda row: leg(row, codes), "one", "other", "fast"),
            tables.RailFareRules: self._fare_rules(),
        }
        self._ends_fit(stops)
        return RailData(provenance, self.counts, rows)

    # files

    def _provenance(self) -> dict[str, Any]:
        path = self.folder / PROVENANCE
        try:
            told = json.loads(_bytes(path))
            return {
                **{name: told[name] for name in ("version", "source", "as_of", "licence", "files")},
                **{name: _day_or_none(told.get(name)) for name in ("valid_from", "valid_to")},
            }
        except (ValueError, KeyError, TypeError) as fault:
            raise IvrError(
                f"not usable: {fault}",
                where=str(path),
                mend="it needs version, source, as_of, licence and files",
            ) from None

    def _lines(self, name: str) -> Iterator[tuple[int, dict[str, str]]]:
        path = self.folder / name
        if name in OPTIONAL and not path.exists():
            return
        try:
            text = _bytes(path).decode("utf-8")
        except UnicodeDecodeError as fault:
            raise IvrError(f"not UTF-8: {fault.reason}", where=str(path)) from None
        reader = csv.DictReader(text.splitlines())
        must, *may = FILES[name].replace("]", "").split("[,")
        columns = [*must.split(","), *(column for column in may if column in (reader.fieldnames or ()))]
        if reader.fieldnames != columns:
            raise IvrError(f"the columns must be {FILES[name]}", where=f"{path}:1")
        count = 0
        for row in reader:
            if None in row or None in row.values():
                raise IvrError(f"the row must have {len(columns)} columns", where=f"{path}:{reader.line_num}")
            count += 1
            yield reader.line_num, row
        self.counts[name] = count

    def _all(self, name: str, make: Callable[[dict[str, str]], Row]) -> list[Row]:
        rows = []
        for line, row in self._lines(name):
            try:
                rows.append(make(row))
            except (ValueError, LookupError) as fault:
                raise IvrError(str(fault.args[0]), where=f"{self.folder / name}:{line}") from None
        return rows

    def _unique(self, name: str, make: Callable[[dict[str, str]], Row], *key: str) -> list[Row]:
        seen = set()

        def once(row: dict[str, str]) -> Row:
            made = make(row)
            names = tuple(made[column] for column in key)
            if names in seen:
                raise ValueError(f"{' '.join(map(str, names))} stands there twice")
            seen.add(names)
            return made

        return self._all(name, once)

    # rows

    def _stations(self) -> list[Row]:
        former = list(self._all("former_stations.csv", dict))
        names = {row["telecode"]: row["name"] for row in former if row["now"]}

        def make(row: dict[str, str], closed: bool = False) -> Row:
            return {
                "city": "",
                "bureau": "",
                **{name: value for name, value in row.items() if name != "now"},
                "former_name": names.get(row["telecode"], ""),
                "label": row["pinyin"].capitalize(),
                "closed": closed,
                "keypad_initials": keys_of(row["initials"]),
                "keypad_pinyin": keys_of(row["pinyin"]),
            }

        stations = self._unique("stations.csv", make, "telecode")
        return stations + [make(row, closed=True) for row in former if not row["now"]]

    def _service(self, row: dict[str, str]) -> Row:
        days = row["weekdays"]
        if not days or set(days) - set("1234567") or list(days) != sorted(set(days)):
            raise ValueError(f"{days!r} are no weekdays: 1 (Monday) to 7 in order, such as 12345")
        return {
            "service": row["service"],
            "weekdays": sum(1 << int(day) - 1 for day in days),
            "valid_from": _day_or_none(row["valid_from"]),
            "valid_to": _day_or_none(row["valid_to"]),
        }

    def _service_day(self, row: dict[str, str], services: set[str]) -> Row:
        if row["service"] not in services:
            raise ValueError(f"service {row['service']} is not in services.csv")
        if row["runs"] not in ("yes", "no"):
            raise ValueError(f"runs must be yes or no, not {row['runs']!r}")
        return {**row, "date": date.fromisoformat(row["date"]), "runs": row["runs"] == "yes"}

    def _train(self, row: dict[str, str], services: set[str]) -> Row:
        if not row["train"] or not row["kind"]:
            raise ValueError("train and kind must not be empty")
        service = row.get("service") or None
        if service is not None and service not in services:
            raise ValueError(f"service {service} is not in services.csv")
        return {**row, "number": _number(row.get("number") or row["train"]), "service": service}

    def _seats(self, trains: list[Row]) -> list[Row]:
        def make(row: dict[str, str]) -> Row:
            if row["class"] not in CLASSES:
                raise ValueError(f"unknown class {row['class']!r}")
            return {**row, "seats": _whole(row["seats"])}

        seats = {
            (row["formation"], row["class"]): row["seats"]
            for row in self._unique("seats.csv", make, "formation", "class")
        }
        made = []
        for train in trains:
            for name in filter(None, train["classes"].split("|")):
                if (train["formation"], name) not in seats:
                    raise IvrError(
                        f"train {train['train']}: formation {train['formation']} has no class {name}",
                        where=str(self.folder / "trains.csv"),
                        mend="add it to seats.csv",
                    )
                made.append(
                    {
                        "train": train["train"],
                        "seat_class": name,
                        "seats": seats[train["formation"], name],
                    }
                )
        return made

    def _stops(self, numbers: dict[str, str], stations: set[str]) -> list[Row]:
        last: dict[str, tuple[int, int]] = {}
        present = dict(numbers)
        reached: dict[str, float] = {}

        def make(row: dict[str, str]) -> Row:
            if row["train"] not in numbers:
                raise ValueError(f"train {row['train']} is not in trains.csv")
            if row["station"] not in stations:
                raise ValueError(f"station {row['station']} is in no station list")
            arr = minutes_of(row["arr"]) if row["arr"] else None
            dep = minutes_of(row["dep"]) if row["dep"] else None
            seq, (before, left) = _whole(row["seq"]), last.get(row["train"], (0, -1))
            if seq != before + 1:
                raise ValueError(f"stop {before + 1} of train {row['train']} must come here")
            times = [time for time in (arr, dep) if time is not None]
            if not times or (before > 0) != (arr is not None) or times[0] <= left or times[0] > times[-1]:
                raise ValueError(f"the times of train {row['train']} must be there and grow")
            last[row["train"]] = (seq, times[-1])
            if row.get("number"):
                present[row["train"]] = _number(row["number"])
            km = _km(row["km"]) if row.get("km") else None
            if km is not None and km < reached.get(row["train"], 0):
                raise ValueError(f"the kilometres of train {row['train']} must grow")
            reached[row["train"]] = km or reached.get(row["train"], 0)
            return {
                "train": row["train"],
                "seq": seq,
                "station": row["station"],
                "arr": arr,
                "dep": dep,
                "number": present[row["train"]],
                "km": km,
            }

        return self._unique("timetable.csv", make, "train", "station")

    def _ends_fit(self, stops: list[Row]) -> None:
        for stop, following in zip(stops, [*stops[1:], {"train": ""}], strict=True):
            if (stop["dep"] is None) != (stop["train"] != following["train"]):
                raise IvrError(
                    f"train {stop['train']}: the terminal, and only it, has no dep",
                    where=str(self.folder / "timetable.csv"),
                )

    def _fares(self, name: str, *key: str) -> list[Row]:
        made: list[Row] = []

        def make(row: dict[str, str]) -> Row:
            keys: Row = {column: row[column] for column in key}
            if "seq" in keys:
                keys["seq"] = _whole(row["seq"])
            made.extend({**keys, "place": p, "jiao": _jiao(row[p])} for p in PLACES if row[p])
            return keys

        self._unique(name, make, *key)
        return made

    def _fare_rules(self) -> list[Row]:
        document = read_fare_rules(self.folder)
        if document is None:
            return []
        self.counts[FARE_RULES] = sum(map(len, document.values()))
        return [{"document": document}]

    def _operator(self, row: dict[str, str], bureaus: set[str]) -> Row:
        if row["operator"] not in bureaus:
            raise ValueError(f"operator {row['operator']!r} is not in bureaus.csv")
        return {
            **row,
            "digits": _digits(row["train"]),
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        }

    def _area_code(self, row: dict[str, str]) -> Row:
        return {
            "code": row["code"],
            "city": row["city"],
            "province": row["province"],
            "label": row["pinyin"].capitalize(),
            "keypad_initials": keys_of(row["initials"]),
            "keypad_pinyin": keys_of(row["pinyin"]),
        }

    def _presale(self, row: dict[str, str]) -> Row:
        return {
            "valid_from": date.fromisoformat(row["valid_from"]),
            "days": _whole(row["days"]),
            "source": row["source"],
            "verified": row["verified"] == "yes",
        }

    def _holiday(self, row: dict[str, str]) -> Row:
        return {**row, "date": date.fromisoformat(row["date"])}


def _number_changes(stops: Iterable[Row]) -> Iterator[Row]:
    """Under which number each train runs from which stop on; a number at the terminal alone is none."""
    before: tuple[str, str] | None = None
    for stop in stops:
        now = (stop["train"], stop["number"])
        if now != before and stop["dep"] is not None:
            yield {
                "train": stop["train"],
                "from_seq": stop["seq"],
                "number": stop["number"],
                "digits": _digits(stop["number"]),
            }
        before = now


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _day_or_none(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str) -> str:
    """A number that can be spoken and keyed: at most one letter, then one to five digits."""
    if not re.fullmatch(r"[A-Z]?[0-9]{1,5}", text):
        raise ValueError(f"{text!r} is no train number such as G102")
    return text


def _km(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text):
        raise ValueError(f"{text!r} are no kilometres")
    return float(text)


def _digits(train: str) -> str:
    return "".join(character for character in train if character.isdigit())


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{text!r} is no whole number above 0")
    return int(text)


def _jiao(yuan: str) -> int:
    """54.5 yuan are 545 jiao."""
    whole, _, tenth = yuan.partition(".")
    if not whole.isdigit() or (tenth and not (tenth.isdigit() and len(tenth) == 1)):
        raise ValueError(f"{yuan!r} is no fare in yuan")
    return int(whole) * 10 + int(tenth or 0)
