"""Running days of a GTFS feed: calendar.txt and calendar_dates.txt."""

from __future__ import annotations

import re
from datetime import date, datetime

from ivr.store.models import rail as tables
from ivr.store.rail_data import Row, Rows, filled

CALENDAR, CALENDAR_DATES = "calendar.txt", "calendar_dates.txt"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_services(rows: Rows) -> tuple[list[Row], list[Row]]:
    """Rows of ``rail_service`` and of ``rail_service_day``; a service without a row of its own runs on added days only."""

    def make(row: dict[str, str]) -> Row:
        filled(row, "service_id")
        for name in _WEEKDAYS:
            if row[name] not in ("0", "1"):
                raise ValueError(f"{name} must be 0 or 1, not {row[name]!r}")
        first, last = day_of(row["start_date"]), day_of(row["end_date"])
        if last < first:
            raise ValueError(f"end_date {row['end_date']} is before start_date {row['start_date']}")
        days = sum(1 << bit for bit, name in enumerate(_WEEKDAYS) if row[name] == "1")
        return {"service": row["service_id"], "weekdays": days, "valid_from": first, "valid_to": last}

    def make_day(row: dict[str, str]) -> Row:
        filled(row, "service_id")
        if row["exception_type"] not in ("1", "2"):
            raise ValueError(f"exception_type must be 1 or 2, not {row['exception_type']!r}")
        runs = row["exception_type"] == "1"
        return {"service": row["service_id"], "date": day_of(row["date"]), "runs": runs}

    must = ["service_id", *_WEEKDAYS, "start_date", "end_date"]
    services = rows.read(CALENDAR, make, must, key=("service_id",), table=tables.RailService)
    must = ["service_id", "date", "exception_type"]
    key = ("service_id", "date")
    days = rows.read(CALENDAR_DATES, make_day, must, key=key, table=tables.RailServiceDay)
    named = {row["service"] for row in services}
    for service in dict.fromkeys(row["service"] for row in days if row["service"] not in named):
        services.append({"service": service, "weekdays": 0, "valid_from": None, "valid_to": None})
    return services, days


def day_of(text: str) -> date:
    """20261122 → a date. Raises ValueError."""
    try:
        if not re.fullmatch(r"[0-9]{8}", text):
            raise ValueError
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        raise ValueError(f"{text!r} is no date YYYYMMDD") from None
