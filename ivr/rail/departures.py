"""What leaves a station next."""

from __future__ import annotations

from datetime import timedelta

from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.inquiry import Inquiry, Query
from ivr.rail.service_day import DAY, clock_of, service_date
from ivr.rail.timetable import listed, running

#: More are not told.
MOST_DEPARTURES = 9


def departures(inquiry: Inquiry) -> Answer:
    """The next trains to leave a station within a day; those after midnight are told with times from 24:00 on."""
    station, day = inquiry.station("from"), inquiry.day()
    trains = inquiry.source.departures(station.telecode)
    runs = running(inquiry.source, (train.train for train in trains))
    begin = inquiry.minute_on(day)
    found = [
        (dep, train)
        for train in trains
        for number in (0, 1)
        if begin <= (dep := train.dep % DAY + number * DAY) < begin + DAY
        and runs(train.train, service_date(day + timedelta(days=number), train.dep))
    ]
    found.sort(key=lambda one: (one[0], one[1].number))
    items = tuple(
        {"train": train.number, "dep": clock_of(dep), "to": train.terminal.named}
        for dep, train in found[:MOST_DEPARTURES]
    )
    return listed({"from": station.named, "date": day.isoformat()}, items, len(items))


_FROM = {"from": "named", "date": "date"}
_DEPARTURE = {"train": "train", "dep": "time", "to": "named"}

QUERIES: tuple[Query, ...] = (
    (
        QuerySpec(
            "departures",
            takes={"from": "station", "date": "date"},
            outcomes={
                "none": _FROM,
                "one": {**_FROM, **_DEPARTURE},
                "many": {**_FROM, "count": "count"},
            },
            items={"one": _DEPARTURE, "many": _DEPARTURE},
            about="the next trains to leave a station, at most nine, with the station where each ends",
        ),
        departures,
    ),
)
