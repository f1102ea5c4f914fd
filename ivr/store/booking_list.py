"""Bookings as plain rows for people who look after them. Documents and callers are masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, and_, or_, select
from sqlalchemy.orm import Session

from ivr.rail.booking import EXPIRED, HELD
from ivr.rail.documents import masked_id
from ivr.store.booking_orders import status_of
from ivr.store.database import reading
from ivr.store.models.bookings import Booking, BookingPassenger
from ivr.store.rail_source import SqlRailSource


@dataclass(frozen=True)
class PassengerRow:
    document: str
    kind: str
    seat: int
    fare_jiao: int | None


@dataclass(frozen=True)
class BookingRow:
    """``status`` is as it is now, though nobody may have noted it yet. ``origin``, ``destination``: names."""

    number: str
    status: str
    train: str
    travel_date: date
    departure: datetime
    origin: str
    destination: str
    seat_class: str
    total_jiao: int | None
    free_children: int
    made_at: datetime
    deadline: datetime
    ended_at: datetime | None
    made_by: str
    call: str
    caller: str
    passengers: Sequence[PassengerRow]


def find_booking(engine: Engine, number: str, now: datetime) -> BookingRow | None:
    """The booking with this number."""
    with reading(engine) as session:
        booking = session.scalar(select(Booking).where(Booking.number == number))
        return None if booking is None else _row(session, booking, now)


def list_bookings(
    engine: Engine, now: datetime, *, travel: date | None = None, status: str | None = None, limit: int = 50
) -> list[BookingRow]:
    """Bookings of a day of travel and with a status, newest first."""
    query = select(Booking).order_by(Booking.made_at.desc(), Booking.id.desc()).limit(limit)
    if travel is not None:
        query = query.where(Booking.travel_date == travel)
    if status is not None:
        query = query.where(_has(status, now))
    with reading(engine) as session:
        return [_row(session, booking, now) for booking in session.scalars(query).all()]


def _has(status: str, now: datetime) -> ColumnElement[bool]:
    lapsed = and_(Booking.status == HELD, Booking.deadline <= now)
    if status == HELD:
        return and_(Booking.status == HELD, Booking.deadline > now)
    return or_(Booking.status == status, lapsed) if status == EXPIRED else Booking.status == status


def _row(session: Session, booking: Booking, now: datetime) -> BookingRow:
    source = SqlRailSource(session, now)
    passengers = session.scalars(
        select(BookingPassenger)
        .where(BookingPassenger.booking_id == booking.id)
        .order_by(BookingPassenger.number)
    )

    def name(telecode: str) -> str:
        station = source.station(telecode)
        return station.name if station is not None else telecode

    return BookingRow(
        booking.number,
        status_of(booking, now),
        booking.train_number,
        booking.travel_date,
        booking.departure,
        name(booking.from_station),
        name(booking.to_station),
        booking.seat_class,
        booking.total_jiao,
        booking.free_children,
        booking.made_at,
        booking.deadline,
        booking.ended_at,
        booking.made_by,
        booking.call_uniqueid,
        booking.caller_masked,
        [PassengerRow(masked_id(p.document), p.kind, p.seat, p.fare_jiao) for p in passengers],
    )
