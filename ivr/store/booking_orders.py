"""Bookings that are there: told, cancelled, paid for, and ended when their time is over.

Whoever ends a booking locks the seat map first and the booking's row then.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from ivr.rail.answers import Answer
from ivr.rail.booking import CANCELLED, EXPIRED, HELD, PAID
from ivr.rail.seats import money, named_place
from ivr.store.database import reading, writing
from ivr.store.models.bookings import Booking, BookingPassenger
from ivr.store.rail_inventory import Locked
from ivr.store.rail_source import SqlRailSource

_LAPSED = (
    select(Booking)
    .where(
        Booking.status == HELD,
        Booking.deadline <= bindparam("now"),
        Booking.train == bindparam("train"),
        Booking.service_date == bindparam("service_date"),
        Booking.seat_class == bindparam("seat_class"),
    )
    .with_for_update()
)
WRONG_TRIES = 5
LOCKED_FOR = timedelta(hours=1)


def is_live(booking: Booking, now: datetime) -> bool:
    """Whether the booking has its seats."""
    return booking.status == PAID or (booking.status == HELD and now < booking.deadline)


def until(booking: Booking, now: datetime) -> dict[str, str]:
    """The slots that tell until when a booking is held."""
    end = booking.deadline.astimezone(now.tzinfo)
    return {"until_day": end.date().isoformat(), "until_time": f"{end:%H:%M}"}


def status_of(booking: Booking, now: datetime) -> str:
    """held, paid, cancelled or expired, as it is at ``now``, whatever was written down so far."""
    return EXPIRED if booking.status == HELD and not is_live(booking, now) else booking.status


def order(engine: Engine, number: str, tail: str, now: datetime) -> Answer:
    """The answer to ``booking_order``."""
    booking = _identified(engine, number, tail, now)
    if isinstance(booking, Answer):
        return booking
    status = status_of(booking, now)
    with reading(engine) as session:
        told = _told(session, booking, now)
    return Answer(status, {**told, **(until(booking, now) if status == HELD else {})})


def cancel(
    engine: Engine, number: str, tail: str, now: datetime, wanted: Callable[[], bool] = lambda: True
) -> Answer:
    """The answer to ``booking_cancel``: ``done``, or why not. ``wanted`` as for :func:`ivr.store.bookings.book`."""
    booking = _identified(engine, number, tail, now)
    if isinstance(booking, Answer):
        return booking
    with writing(engine, wanted) as session:
        outcome = end_booking(session, booking.id, CANCELLED, now)
    return Answer(outcome)


def end_booking(session: Session, booking_id: int, status: str, now: datetime) -> str:
    """Give the seats of a held booking back and note why it ended: ``done``, or the status it has instead."""
    found = session.get_one(Booking, booking_id)
    locked = Locked(session, found.train, found.service_date, found.seat_class)
    query = select(Booking).where(Booking.id == booking_id).with_for_update()
    booking = session.scalars(query.execution_options(populate_existing=True)).one()
    if booking.status != HELD:
        return booking.status
    lapsed = not is_live(booking, now)
    _end(session, locked, booking, EXPIRED if lapsed else status, now)
    locked.save()
    return EXPIRED if lapsed and status != EXPIRED else "done"


def _end(session: Session, locked: Locked, booking: Booking, status: str, now: datetime) -> None:
    seats = [passenger.seat for passenger in passengers_of(session, booking)]
    locked.segments.free(booking.from_seq, booking.to_seq, seats)
    booking.status, booking.ended_at, booking.request = status, now, None


def end_lapsed(session: Session, locked: Locked, now: datetime) -> None:
    """End the bookings of a locked seat map whose deadline has passed."""
    for booking in session.scalars(_LAPSED, {**locked.key, "now": now}).all():
        _end(session, locked, booking, EXPIRED, now)


def expire_due(engine: Engine, now: datetime) -> int:
    """End every booking whose deadline has passed; how many. Each is a transaction of its own. Their seats count as
    free before that, too."""
    with reading(engine) as session:
        due = session.scalars(
            select(Booking.id).where(Booking.status == HELD, Booking.deadline <= now).order_by(Booking.id)
        ).all()
    ended = 0
    for booking_id in due:
        with writing(engine) as session:
            ended += end_booking(session, booking_id, EXPIRED, now) == "done"
    return ended


def pay(engine: Engine, number: str, now: datetime) -> str:
    """Note that a held booking's tickets were paid for or collected: ``done``, ``unknown``, or the status it has."""
    with writing(engine) as session:
        booking = session.scalar(select(Booking).where(Booking.number == number).with_for_update())
        if booking is None:
            return "unknown"
        status = status_of(booking, now)
        if status == HELD:
            booking.status = PAID
            return "done"
        return status


def cancel_unasked(engine: Engine, number: str, now: datetime) -> str:
    """Cancel a booking without asking for a document, for staff: ``done``, ``unknown``, or the status it has."""
    with writing(engine) as session:
        booking_id = session.scalar(select(Booking.id).where(Booking.number == number))
        return "unknown" if booking_id is None else end_booking(session, booking_id, CANCELLED, now)


def _identified(engine: Engine, number: str, tail: str, now: datetime) -> Booking | Answer:
    """The booking whose number and last four signs of one passenger's document these are; else ``wrong`` or ``locked``.

    A number that does not exist is as wrong as a wrong document. Tries are counted in a transaction of their own.
    """
    with writing(engine) as session:
        booking = session.scalar(select(Booking).where(Booking.number == number).with_for_update())
        if booking is None:
            return Answer("wrong")
        if booking.locked_until is not None and now < booking.locked_until:
            return Answer("locked")
        passengers = passengers_of(session, booking)
        if any(secrets.compare_digest(passenger.document[-4:], tail) for passenger in passengers):
            booking.wrong_tries, booking.locked_until = 0, None
            return booking
        booking.wrong_tries += 1
        if booking.wrong_tries < WRONG_TRIES:
            return Answer("wrong")
        booking.wrong_tries, booking.locked_until = 0, now + LOCKED_FOR
        return Answer("locked")


def passengers_of(session: Session, booking: Booking) -> Sequence[BookingPassenger]:
    query = select(BookingPassenger).where(BookingPassenger.booking_id == booking.id)
    return session.scalars(query.order_by(BookingPassenger.number)).all()


def _told(session: Session, booking: Booking, now: datetime) -> dict[str, Any]:
    source = SqlRailSource(session, now)
    names = {}
    for slot, telecode in (("from", booking.from_station), ("to", booking.to_station)):
        station = source.station(telecode)
        names[slot] = station.named if station else {"code": telecode, "zh": telecode, "en": telecode}
    leaves = booking.departure.astimezone(now.tzinfo)
    price = {} if booking.total_jiao is None else {"total": money(booking.total_jiao)}
    return {
        **names,
        "train": booking.train_number,
        "date": booking.travel_date.isoformat(),
        "dep": f"{leaves:%H:%M}",
        "class": named_place(booking.seat_class),
        "tickets": len(passengers_of(session, booking)),
        **price,
    }
