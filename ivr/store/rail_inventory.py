"""The seat inventory: seats sold, counted on each segment of a train on a service day.

A ride from stop ``from_seq`` to ``to_seq`` takes a seat on the segments ``from_seq`` … ``to_seq - 1``. Several sellers
may sell at once and never oversell: the rows of the ride are made, then locked in the order of their segments (so
that two sellers never wait for each other), and only then compared with the seats of the train. SQLite locks the
whole database instead; use :func:`ivr.store.database.writing`, which takes that lock when the transaction begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ivr.errors import IvrError
from ivr.store.models.rail import RailSeats, RailSold, RailStop
from ivr.store.rail_versions import live_number


def sell(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int, n: int = 1
) -> bool:
    """Sell ``n`` seats within the session's transaction; ``False``, with nothing sold, when fewer are left.

    Raises :class:`IvrError` for a train, class or ride that doesn't exist, or ``n`` below 1.
    """
    seats = _check(session, train, seat_class, from_seq, to_seq, n)
    _make_rows(session, train, service_date, seat_class, range(from_seq, to_seq))
    rows = _locked(session, train, service_date, seat_class, from_seq, to_seq)
    if any(row.sold + n > seats for row in rows):
        return False
    for row in rows:
        row.sold += n
    session.flush()
    return True


def release(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int, n: int = 1
) -> None:
    """Give ``n`` sold seats back. Raises :class:`IvrError` when fewer are sold on any segment of the ride."""
    _check(session, train, seat_class, from_seq, to_seq, n)
    rows = _locked(session, train, service_date, seat_class, from_seq, to_seq)
    if len(rows) < to_seq - from_seq or any(row.sold < n for row in rows):
        raise IvrError(
            f"fewer than {n} {seat_class} are sold from stop {from_seq} to {to_seq}",
            where=f"{train} on {service_date}",
        )
    for row in rows:
        row.sold -= n
    session.flush()


def _check(session: Session, train: str, seat_class: str, from_seq: int, to_seq: int, n: int) -> int:
    """How many seats the train has in this class."""
    dataset = live_number(session)
    seats = session.scalar(
        select(RailSeats.seats).where(
            RailSeats.dataset == dataset, RailSeats.train == train, RailSeats.seat_class == seat_class
        )
    )
    if seats is None:
        raise IvrError(
            f"no seats of class {seat_class}", where=f"train {train}", mend="see: ivr rail tickets"
        )
    stops = select(func.max(RailStop.seq)).where(RailStop.dataset == dataset, RailStop.train == train)
    last = session.scalar(stops) or 0
    if not 1 <= from_seq < to_seq <= last:
        raise IvrError(f"no ride from stop {from_seq} to stop {to_seq} of {last}", where=f"train {train}")
    if n < 1:
        raise IvrError("the number of seats must be 1 or more")
    return seats


def _make_rows(
    session: Session, train: str, service_date: date, seat_class: str, segments: Sequence[int]
) -> None:
    rows = [
        {
            "train": train,
            "service_date": service_date,
            "seat_class": seat_class,
            "segment": segment,
            "sold": 0,
        }
        for segment in segments
    ]
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    session.execute(insert(RailSold).values(rows).on_conflict_do_nothing())


def _locked(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int
) -> Sequence[RailSold]:
    query = (
        select(RailSold)
        .where(
            RailSold.train == train,
            RailSold.service_date == service_date,
            RailSold.seat_class == seat_class,
            RailSold.segment.between(from_seq, to_seq - 1),
        )
        .order_by(RailSold.segment)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()
