"""The statements of every answer, made once, and on plain tables: the mapping would take longer than the database.

Their parameters: ``dataset``, and what each names in ``bindparam``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from ivr.store.database import table_of
from ivr.store.models.bookings import SeatMap
from ivr.store.models.rail import (
    RailDataset,
    RailFare,
    RailPairFare,
    RailPresale,
    RailSeats,
    RailStation,
    RailStop,
    RailTrain,
)


def _same_train(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.dataset == other.dataset, one.train == other.train)


_HERE, _THERE = (table_of(RailStop).alias(name) for name in ("here", "there"))
_STATION, _TRAIN, _SEAT, _MAP = (table_of(model).c for model in (RailStation, RailTrain, RailSeats, SeatMap))
_OF_STATION = (
    _STATION.telecode,
    _STATION.name,
    _STATION.label,
    _STATION.keypad_initials,
    _STATION.keypad_pinyin,
    _STATION.traffic,
    _STATION.city,
)
STATION = select(*_OF_STATION).where(
    _STATION.dataset == bindparam("dataset"), _STATION.telecode == bindparam("telecode")
)


def _legs(given: Any, other: Any) -> tuple[Any, Any]:
    """All legs of which the end ``given`` is at a station, and those of them whose ``other`` end is among some."""
    query = (
        select(
            _HERE.c.train,
            _HERE.c.number,
            other.c.station,
            _HERE.c.seq,
            _THERE.c.seq,
            _HERE.c.dep,
            _THERE.c.arr,
        )
        .join(_THERE, _same_train(_HERE.c, _THERE.c) & (_THERE.c.seq > _HERE.c.seq))
        .where(
            _HERE.c.dataset == bindparam("dataset"),
            given.c.station == bindparam("given"),
            _HERE.c.dep.is_not(None),
            _THERE.c.arr.is_not(None),
        )
    )
    return query, query.where(other.c.station.in_(bindparam("among", expanding=True)))


LEGS_FROM, LEGS_TO = _legs(_HERE, _THERE), _legs(_THERE, _HERE)
_LATER = table_of(RailStop).alias("later")
DEPARTURES = (
    select(_HERE.c.train, _HERE.c.number, _HERE.c.dep, *_OF_STATION)
    .join(_THERE, _same_train(_HERE.c, _THERE.c))
    .join(
        table_of(RailStation),
        (_STATION.dataset == _THERE.c.dataset) & (_STATION.telecode == _THERE.c.station),
    )
    .where(
        _HERE.c.dataset == bindparam("dataset"),
        _HERE.c.station == bindparam("station"),
        _HERE.c.dep.is_not(None),
        _THERE.c.seq
        == select(func.max(_LATER.c.seq)).where(_same_train(_HERE.c, _LATER.c)).scalar_subquery(),
    )
)
STOPS_FROM_ORIGIN = (
    select(_THERE.c.train, _THERE.c.seq)
    .join(_HERE, _same_train(_THERE.c, _HERE.c) & (_HERE.c.seq == 1))
    .where(
        _HERE.c.dataset == bindparam("dataset"),
        _HERE.c.station == bindparam("origin"),
        _THERE.c.station == bindparam("destination"),
    )
)
_FARE, _PAIR, _PRESALE, _DATASET = (
    table_of(model).c for model in (RailFare, RailPairFare, RailPresale, RailDataset)
)
ORIGIN_FARES = select(_FARE.train, _FARE.seq, _FARE.place, _FARE.jiao).where(
    _FARE.dataset == bindparam("dataset"),
    _FARE.train.in_(bindparam("trains", expanding=True)),
    _FARE.seq.in_(bindparam("seqs", expanding=True)),
)
PAIR_FARES = select(_PAIR.kind, _PAIR.place, _PAIR.jiao).where(
    _PAIR.dataset == bindparam("dataset"),
    _PAIR.origin == bindparam("origin"),
    _PAIR.destination == bindparam("destination"),
)
PRESALE = select(_PRESALE.valid_from, _PRESALE.days).where(_PRESALE.dataset == bindparam("dataset"))
VALIDITY = select(_DATASET.valid_from, _DATASET.valid_to).where(_DATASET.id == bindparam("dataset"))
SERVICE_OF = select(_TRAIN.train, _TRAIN.service).where(
    _TRAIN.dataset == bindparam("dataset"), _TRAIN.train.in_(bindparam("trains", expanding=True))
)
_BEARS_ITS_CITY = (
    _STATION.dataset == bindparam("dataset"),
    _STATION.city != "",
    _STATION.name.startswith(_STATION.city),
)
HUBS = select(_STATION.telecode, _STATION.city).where(
    *_BEARS_ITS_CITY,
    _STATION.traffic > 0,
    _STATION.city.in_(
        select(_STATION.city).where(
            *_BEARS_ITS_CITY, _STATION.telecode.in_(bindparam("stations", expanding=True))
        )
    ),
)
_STOP = table_of(RailStop).c
RUN = (
    select(_TRAIN.kind, _STOP.seq, _STOP.arr, _STOP.dep, _STOP.number, _STOP.km, *_OF_STATION)
    .join(table_of(RailTrain), _same_train(_STOP, _TRAIN))
    .join(table_of(RailStation), (_STATION.dataset == _STOP.dataset) & (_STATION.telecode == _STOP.station))
    .where(_STOP.dataset == bindparam("dataset"), _STOP.train == bindparam("train"))
    .order_by(_STOP.seq)
)
STOPS_AT = (
    select(_STOP.train, _TRAIN.kind, _STOP.seq, _STOP.arr, _STOP.dep, _STOP.number, _STOP.km)
    .join(table_of(RailTrain), _same_train(_STOP, _TRAIN))
    .where(_STOP.dataset == bindparam("dataset"), _STOP.station == bindparam("station"))
)
SEATS = select(_SEAT.train, _SEAT.seat_class, _SEAT.seats).where(
    _SEAT.dataset == bindparam("dataset"), _SEAT.train.in_(bindparam("trains", expanding=True))
)
SEAT_MAPS = select(_MAP.train, _MAP.service_date, _MAP.seat_class, _MAP.seats, _MAP.taken).where(
    _MAP.train.in_(bindparam("trains", expanding=True)),
    _MAP.service_date.in_(bindparam("days", expanding=True)),
)
