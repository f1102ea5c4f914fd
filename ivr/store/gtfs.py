"""Reads a GTFS feed (https://gtfs.org/documentation/schedule/reference/) as railway data.

Platforms become their station, trips trains, trip numbers what callers key; trips of routes that are no railway are
left out. What a feed does not know (seats, kilometres) stays unknown. Every fault names the file and the line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from ivr.store.database import Base
from ivr.store.feed import Feed
from ivr.store.gtfs_calendar import CALENDAR, CALENDAR_DATES, day_of, read_services
from ivr.store.gtfs_fares import Pattern, read_fares
from ivr.store.gtfs_names import TRANSLATIONS, read_translations, station_of, train_number
from ivr.store.gtfs_times import Part, StopTime, fault_of, going_on, guessed, minutes_of, used
from ivr.store.models import rail as tables
from ivr.store.rail_data import RailData, Row, Rows, count_traffic, digits_of, filled, number_changes

STOPS, ROUTES, TRIPS, TIMES = "stops.txt", "routes.txt", "trips.txt", "stop_times.txt"
REQUIRED = ("agency.txt", STOPS, ROUTES, TRIPS, TIMES)
FILES = (
    *REQUIRED,
    CALENDAR,
    CALENDAR_DATES,
    "feed_info.txt",
    "fare_attributes.txt",
    "fare_rules.txt",
    "frequencies.txt",
    TRANSLATIONS,
)
_FARES_2 = "fare_leg_rules.txt"

#: Tram, metro, rail, monorail; and the same in the extended route types: railway, urban railway, tram.
_RAIL_TYPES = {0, 1, 2, 12, *range(100, 118), *range(400, 406), *range(900, 907)}


@dataclass(frozen=True)
class _Trip:
    line: int
    route: str
    service: str
    number: str
    block: str


def read_gtfs(feed: Feed) -> RailData:
    """Read and check everything; faults are noted in ``feed``."""
    return _Gtfs(feed).read()


class _Gtfs:
    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.rows = Rows(feed)
        self.notes: list[str] = []
        self.info: Row = {}

    def read(self) -> RailData:
        self._present()
        self.info = self._info()
        agencies = self._agencies()
        stops = self._stops()
        routes = self._routes(agencies)
        services, days = read_services(self.rows)
        trips = self._trips(routes)
        stop_rows = self._stop_rows(self._times(trips), stops)
        trains = self._trains(trips, stop_rows)
        used = {row["station"] for row in stop_rows}
        stations = [station_of(stops[code]) for code in sorted(used)]
        count_traffic(stations, stop_rows, [])
        self._note(
            sum(not row["keypad_pinyin"] for row in stations), "stations have no Latin name to be keyed"
        )
        through = going_on(self._parts(trips, stop_rows))
        self._note(through, "trains go on as another one (block_id): told as a change, not as one ride")
        if _FARES_2 in self.feed.names:
            self.notes.append(f"fares version 2 ({_FARES_2} and its like) are not read")
        valid_from, valid_to = self._validity(services, days)
        runs = {row["service"] for row in trains}
        operators = self._operators(trips, trains, routes, valid_from)
        patterns = self._patterns(trips, stop_rows, stops)
        rows: dict[type[Base], list[Row]] = {
            tables.RailStation: stations,
            tables.RailService: [row for row in services if row["service"] in runs],
            tables.RailServiceDay: [row for row in days if row["service"] in runs],
            tables.RailTrain: trains,
            tables.RailTrainNumber: list(number_changes(stop_rows)),
            tables.RailStop: [{name: row[name] for name in _STOP_COLUMNS} for row in stop_rows],
            tables.RailPairFare: read_fares(self.rows, patterns, self.notes),
            tables.RailBureau: [
                {"bureau": code, "name": name, "english": name} for code, name in agencies.items()
            ],
            tables.RailOperator: operators,
        }
        provenance = self._provenance(agencies, valid_from, valid_to)
        return RailData(
            "gtfs",
            self.feed.content_hash(FILES),
            provenance,
            self.feed.counts,
            rows,
            self.notes,
            lacks=(tables.RailAreaCode, tables.RailPresale, tables.RailHoliday),
        )

    def _note(self, count: int, what: str) -> None:
        if count:
            self.notes.append(f"{count} {what}")

    # files

    def _present(self) -> None:
        for name in REQUIRED:
            if name not in self.feed.names:
                self.feed.fault(name, 0, "is missing")
                self.feed.unread.add(name)
        if not self.feed.names.intersection((CALENDAR, CALENDAR_DATES)):
            self.feed.fault(CALENDAR, 0, f"is missing, and so is {CALENDAR_DATES}")
            self.feed.unread.add(CALENDAR)

    def _agencies(self) -> dict[str, str]:
        """Key → name."""

        def make(row: dict[str, str]) -> Row:
            filled(row, "agency_name")
            return {"bureau": row["agency_id"] or "agency", "name": row["agency_name"]}

        found = self.rows.read(
            "agency.txt", make, ["agency_name"], ["agency_id"], key=("agency_id",), table=tables.RailBureau
        )
        return {row["bureau"]: row["name"] for row in found}

    def _stops(self) -> dict[str, Row]:
        """stop_id → code and name of its station, and its own zone."""

        def make(row: dict[str, str]) -> Row:
            filled(row, "stop_id")
            kind = row["location_type"] or "0"
            if kind not in "01234":
                raise ValueError(f"location_type {kind!r} is not 0 to 4")
            if kind in "01":
                filled(row, "stop_name")
            return {"telecode": row["stop_id"], "name": row["stop_name"], "line": self.rows.line, **row}

        may = ("stop_name", "location_type", "parent_station", "zone_id")
        found = self.rows.read(STOPS, make, ["stop_id"], may, key=("stop_id",), table=tables.RailStation)
        known = {row["stop_id"]: row for row in found}
        names = read_translations(self.rows)
        stops = {}
        for code, row in known.items():
            parent = row["parent_station"]
            if parent and parent not in self.rows.keys[STOPS]:
                self.feed.fault(STOPS, row["line"], f"parent_station {parent!r} is not in {STOPS}")
            station = known.get(parent, row)
            stops[code] = {
                "telecode": station["stop_id"],
                "name": station["stop_name"],
                **{
                    language: names.get((language, "record_id", station["stop_id"]))
                    or names.get((language, "field_value", station["stop_name"]), "")
                    for language in ("zh", "en")
                },
                "zone": row["zone_id"],
            }
        return stops

    def _routes(self, agencies: dict[str, str]) -> dict[str, str]:
        """Route that is a railway → its agency."""

        def make(row: dict[str, str]) -> Row:
            filled(row, "route_id")
            if not re.fullmatch(r"[0-9]{1,4}", row["route_type"]):
                raise ValueError(f"route_type {row['route_type']!r} is no number")
            agency = row["agency_id"] or next(iter(agencies), "")
            if row["agency_id"]:
                self.rows.known("agency.txt", agency, "agency")
            return {**row, "agency": agency, "rail": int(row["route_type"]) in _RAIL_TYPES}

        found = self.rows.read(ROUTES, make, ["route_id", "route_type"], ["agency_id"], key=("route_id",))
        return {row["route_id"]: row["agency"] for row in found if row["rail"]}

    def _trips(self, routes: dict[str, str]) -> dict[str, _Trip]:
        """The trips that are trains."""
        services = self.rows.keys[CALENDAR] | {name for name, _ in self.rows.keys[CALENDAR_DATES]}
        unread = self.feed.unread.intersection((CALENDAR, CALENDAR_DATES))
        templates = {row["trip_id"] for _, row in self.feed.rows("frequencies.txt", ["trip_id"])}
        left_out: Counter[str] = Counter()

        def make(row: dict[str, str]) -> Row:
            filled(row, "trip_id")
            self.rows.known(ROUTES, row["route_id"], "route")
            if row["service_id"] not in services and not unread:
                raise ValueError(
                    f"service {row['service_id']!r} is in neither {CALENDAR} nor {CALENDAR_DATES}"
                )
            return {"train": row["trip_id"], "line": self.rows.line, **row}

        columns = ("route_id", "service_id", "trip_id")
        trips = {}
        uncounted = 0
        for row in self.rows.read(
            TRIPS, make, columns, ["trip_short_name", "block_id"], key=("trip_id",), table=tables.RailTrain
        ):
            if row["route_id"] not in routes or row["trip_id"] in templates:
                left_out["repeat at intervals" if row["trip_id"] in templates else "are no railway's"] += 1
                continue
            number = train_number(row["trip_short_name"], row["trip_id"])
            if not number:
                uncounted += 1
                number = str(uncounted)
            trips[row["trip_id"]] = _Trip(
                row["line"], row["route_id"], row["service_id"], number, row["block_id"]
            )
        for why, count in left_out.items():
            self._note(count, f"trips left out: they {why}")
        self._note(uncounted, "trips have no number in the feed; they were counted from 1")
        return trips

    def _times(self, trips: dict[str, _Trip]) -> dict[str, list[StopTime]]:
        """Trip → its stops in their order."""
        times: dict[str, list[StopTime]] = defaultdict(list)
        seen: set[tuple[str, str]] = set()
        passed = 0

        def make(row: dict[str, str]) -> Row:
            nonlocal passed
            trip = row["trip_id"]
            self.rows.known(TRIPS, trip, "trip")
            self.rows.known(STOPS, row["stop_id"], "stop")
            if not re.fullmatch(r"[0-9]{1,9}", row["stop_sequence"]):
                raise ValueError(f"stop_sequence {row['stop_sequence']!r} is no number")
            if (trip, row["stop_sequence"]) in seen:
                raise ValueError(f"stop_sequence {row['stop_sequence']} of trip {trip} stands there twice")
            seen.add((trip, row["stop_sequence"]))
            arr, dep = minutes_of(row["arrival_time"]), minutes_of(row["departure_time"])
            if trip not in trips:
                return row
            on, off = row["pickup_type"] != "1", row["drop_off_type"] != "1"
            if not on and not off:
                passed += 1
                return row
            arr, dep = (dep if arr is None else arr), (arr if dep is None else dep)
            order = int(row["stop_sequence"])
            times[trip].append(StopTime(order, self.rows.line, row["stop_id"], arr, dep, on, off))
            return row

        must = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")
        self.rows.read(TIMES, make, must, ("pickup_type", "drop_off_type"))
        self._note(passed, "stops left out: nobody may get in or out there")
        ordered = {trip: sorted(times[trip]) for trip in trips}
        kept = {trip: calls for trip, calls in ordered.items() if len(used(calls)) > 1}
        self._note(len(trips) - len(kept), "trips left out: they have fewer than two stops")
        return kept

    # rows

    def _stop_rows(self, times: dict[str, list[StopTime]], stops: dict[str, Row]) -> list[Row]:
        made = []
        for trip, calls in times.items():
            if fault := fault_of(trip, calls):
                self.feed.fault(TIMES, *fault)
                continue
            calls = used(guessed(calls))
            last = len(calls)
            for seq, call in enumerate(calls, 1):
                if call.stop in stops:
                    made.append(
                        {
                            "train": trip,
                            "seq": seq,
                            "station": stops[call.stop]["telecode"],
                            "arr": call.arr if seq > 1 and call.off else None,
                            "dep": call.dep if seq < last and call.on else None,
                            "km": None,
                            "stop": call.stop,
                        }
                    )
        return made

    def _trains(self, trips: dict[str, _Trip], stop_rows: list[Row]) -> list[Row]:
        """The trains, in the order of the feed; fills in the number of their stops."""
        running = {}
        for row in stop_rows:
            trip = trips[row["train"]]
            row["number"] = trip.number
            running[row["train"]] = trip
        return [
            {
                "train": train,
                "kind": trip.number[0] if trip.number[0].isalpha() else "0",
                "formation": "",
                "service": trip.service,
            }
            for train, trip in running.items()
        ]

    def _parts(self, trips: dict[str, _Trip], stop_rows: list[Row]) -> list[Part]:
        """The trains that are part of a block."""
        ways: dict[str, list[Row]] = defaultdict(list)
        for row in stop_rows:
            if trips[row["train"]].block:
                ways[row["train"]].append(row)
        return [
            Part(
                (trips[train].block, trips[train].service),
                way[0]["dep"],
                way[-1]["arr"],
                [row["station"] for row in way],
            )
            for train, way in ways.items()
        ]

    def _operators(
        self, trips: dict[str, _Trip], trains: list[Row], routes: dict[str, str], valid_from: date | None
    ) -> list[Row]:
        running = (trips[row["train"]] for row in trains)
        pairs = dict.fromkeys((trip.number, routes[trip.route]) for trip in running)
        return [
            {
                "id": row,
                "train": number,
                "digits": digits_of(number),
                "operator": agency,
                "depot": "",
                "valid_from": valid_from or date(1970, 1, 1),
                "valid_to": None,
            }
            for row, (number, agency) in enumerate(pairs, 1)
        ]

    def _patterns(self, trips: dict[str, _Trip], stop_rows: list[Row], stops: dict[str, Row]) -> set[Pattern]:
        ways: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in stop_rows:
            ways[row["train"]].append((row["station"], stops[row["stop"]]["zone"]))
        return {
            (
                trips[train].route,
                trips[train].number[0] if trips[train].number[0].isalpha() else "0",
                tuple(way),
            )
            for train, way in ways.items()
        }

    def _validity(self, services: list[Row], days: list[Row]) -> tuple[date | None, date | None]:
        """From feed_info.txt, else from the first to the last day on which anything runs."""
        first = [row["valid_from"] for row in services if row["valid_from"]]
        last = [row["valid_to"] for row in services if row["valid_to"]]
        added = [row["date"] for row in days if row["runs"]]
        return (
            self.info.get("from") or min(first + added, default=None),
            self.info.get("to") or max(last + added, default=None),
        )

    def _info(self) -> Row:
        def make(row: dict[str, str]) -> Row:
            return {
                "publisher": row["feed_publisher_name"],
                "version": row["feed_version"],
                "from": day_of(row["feed_start_date"]) if row["feed_start_date"] else None,
                "to": day_of(row["feed_end_date"]) if row["feed_end_date"] else None,
            }

        may = ("feed_publisher_name", "feed_version", "feed_start_date", "feed_end_date")
        found = self.rows.read("feed_info.txt", make, (), may)
        return found[0] if found else {}

    def _provenance(
        self, agencies: dict[str, str], valid_from: date | None, valid_to: date | None
    ) -> dict[str, Any]:
        publisher = self.info.get("publisher") or ", ".join(agencies.values())
        version = self.info.get("version") or (str(valid_from) if valid_from else self.feed.path.stem)
        return {
            "version": version[:80],
            "source": f"{publisher} (GTFS, {self.feed.path.name})"[:400],
            "as_of": f"{valid_from or '?'} to {valid_to or '?'}",
            "licence": "the feed names none; ask its publisher before you pass it on",
            "files": {name: {} for name in self.feed.counts},
            "valid_from": valid_from,
            "valid_to": valid_to,
        }


_STOP_COLUMNS = ("train", "seq", "station", "arr", "dep", "number", "km")
