"""A made-up GTFS feed of a commuter railway: 32 stations with two platforms each, 218 trips of which 58 are a bus's,
weekday, Saturday and Sunday services with exceptions, trains past midnight, fares by zone."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

STATIONS = 32
FIRST = ("Alder", "Birch", "Cedar", "Dove", "Elm", "Fox", "Grand", "Heron")
SECOND = ("Bay", "Creek", "Mills", "Square")
NAMES = [f"{first} {second}" for second in SECOND for first in FIRST]
#: service → (weekday flags, how many trains, how many bus trips)
SERVICES = {"weekday": ("1111100", 92, 0), "saturday": ("0000010", 36, 29), "sunday": ("0000001", 32, 29)}
ROWS = dict[str, list[dict[str, object]]]


def zone(station: int) -> int:
    return station // 6 + 1


def trains() -> list[tuple[str, str, str, list[int], int]]:
    """(trip, service, number, stations, departure in minutes): odd numbers run south; every third skips stations."""
    made = []
    for service, (_, count, _) in SERVICES.items():
        for index in range(count):
            way = list(range(0, STATIONS, 3 if index % 3 == 2 else 1))
            if index % 2:
                way.reverse()
            made.append((f"{index}-{service}", service, str(101 + index), way, 270 + index * 1200 // count))
    return made


def clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}:00"


def platform(station: int, way: list[int]) -> str:
    return f"70{station:02d}{1 if way[0] < way[-1] else 2}"


def make(currency: str = "CNY") -> ROWS:
    """File → its rows; files may be edited before they are written."""
    rows: ROWS = {
        "agency.txt": [
            {"agency_id": "CR", "agency_name": "Coast Railway", "agency_timezone": "Asia/Shanghai"}
        ],
        "feed_info.txt": [
            {
                "feed_publisher_name": "Coast Railway, Ltd.",
                "feed_lang": "en",
                "feed_version": "spring",
                "feed_start_date": "20260101",
                "feed_end_date": "20261231",
            }
        ],
        "routes.txt": [
            {"route_id": "line", "agency_id": "CR", "route_long_name": "Coast Line", "route_type": 2},
            {"route_id": "bus", "agency_id": "CR", "route_long_name": "Shuttle", "route_type": 3},
        ],
        "stops.txt": [],
        "calendar.txt": [],
        "calendar_dates.txt": [],
        "trips.txt": [],
        "stop_times.txt": [],
        "fare_attributes.txt": [],
        "fare_rules.txt": [],
    }
    for station, name in enumerate(NAMES):
        place: dict[str, object] = {"stop_lat": 37.0 + station / 50, "stop_lon": -122.0}
        rows["stops.txt"].append({"stop_id": f"st{station}", "stop_name": name, **place, "location_type": 1})
        for side in (1, 2):
            rows["stops.txt"].append(
                {
                    "stop_id": f"70{station:02d}{side}",
                    "stop_name": f"{name} Station",
                    **place,
                    "zone_id": zone(station),
                    "location_type": 0,
                    "parent_station": f"st{station}",
                }
            )
    for service, (flags, _, buses) in SERVICES.items():
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        rows["calendar.txt"].append(
            {
                "service_id": service,
                **dict(zip(days, flags, strict=True)),
                "start_date": "20260105",
                "end_date": "20261231",
            }
        )
        for index in range(buses):
            trip = f"bus-{service}-{index}"
            rows["trips.txt"].append({"route_id": "bus", "service_id": service, "trip_id": trip})
            rows["stop_times.txt"] += [
                call(trip, 1, "70001", 400 + index, 400 + index),
                call(trip, 2, "70011", 420 + index, 420 + index),
            ]
    for service, kind in (("weekday", 2), ("sunday", 1)):  # a holiday on a Monday
        rows["calendar_dates.txt"].append({"service_id": service, "date": "20260525", "exception_type": kind})
    for trip, service, number, way, dep in trains():
        rows["trips.txt"].append(
            {"route_id": "line", "service_id": service, "trip_id": trip, "trip_short_name": number}
        )
        for index, station in enumerate(way):
            time = dep + 4 * index
            rows["stop_times.txt"].append(call(trip, 5 * (index + 1), platform(station, way), time, time + 1))
    zones = range(1, zone(STATIONS - 1) + 1)
    for apart in range(len(zones)):
        rows["fare_attributes.txt"].append(
            {"fare_id": f"f{apart}", "price": f"{3.5 + 2 * apart:.2f}", "currency_type": currency}
        )
    for here in zones:
        for there in zones:
            rule = {"fare_id": f"f{abs(here - there)}", "route_id": "line"}
            rows["fare_rules.txt"].append({**rule, "origin_id": here, "destination_id": there})
    return rows


def call(trip: str, sequence: int, stop: str, arr: int, dep: int) -> dict[str, object]:
    """A row of stop_times.txt."""
    return {
        "trip_id": trip,
        "arrival_time": clock(arr),
        "departure_time": clock(dep),
        "stop_id": stop,
        "stop_sequence": sequence,
        "pickup_type": 0,
        "drop_off_type": 0,
    }


def text(rows: list[dict[str, object]], end: str = "\n") -> str:
    """The rows as CSV; a column stands there if any row has it."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def pack(path: Path, files: Mapping[str, list[dict[str, object]] | str | bytes]) -> Path:
    """Write the zip; a file may be given as rows, text, or bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, text(content) if isinstance(content, list) else content)
    return path
