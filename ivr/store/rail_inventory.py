"""The seat inventory: which seats are taken on each segment of a train on a service day.

A ride from stop ``from_seq`` to ``to_seq`` takes a seat on the segments ``from_seq`` … ``to_seq - 1``, the same one over
the whole ride, as a ticket names it. So two rides share a seat when one ends where the other begins, and a ride is
refused only when no seat is free on all of its segments.

Each segment is a set of seats written as the bits of a number; all segments of a train, day and class are one row
(:class:`~ivr.store.models.bookings.SeatMap`). Whoever changes it locks that one row (SQLite: the database, with
:func:`ivr.store.database.writing`), so nobody oversells and no two ever wait for each other.

Which free seat: first one that is taken right before and right after the ride, then on one side, then elsewhere, then
a fresh one; so long rides find whole seats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from ivr.errors import IvrError
from ivr.rail.booking import HELD
from ivr.store.database import insert_new, table_of
from ivr.store.models.bookings import Booking, BookingPassenger, SeatMap
from ivr.store.models.rail import RailSeats, RailStop
from ivr.store.rail_versions import live_number

_BOOKING, _PASSENGER = table_of(Booking), table_of(BookingPassenger)
_LOCKED = (
    select(SeatMap)
    .where(
        SeatMap.train == bindparam("train"),
        SeatMap.service_date == bindparam("service_date"),
        SeatMap.seat_class == bindparam("seat_class"),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LAPSED = (
    select(
        _BOOKING.c.train,
        _BOOKING.c.service_date,
        _BOOKING.c.seat_class,
        _BOOKING.c.from_seq,
        _BOOKING.c.to_seq,
        _PASSENGER.c.seat,
    )
    .join(_PASSENGER, _PASSENGER.c.booking_id == _BOOKING.c.id)
    .where(_BOOKING.c.status == HELD, _BOOKING.c.deadline <= bindparam("now"))
)


class Segments:
    """The seats taken on each segment of one train, day and class. Segments count from 1, seats too.

    ``room``: how many seats the written form has room for; it grows when needed.
    """

    def __init__(self, room: int, taken: bytes = b"") -> None:
        self.room = room
        width = (room + 7) // 8
        self._sets = [
            int.from_bytes(taken[start : start + width], "little") for start in range(0, len(taken), width)
        ]

    def written(self) -> bytes:
        """The sets as the bytes of a row."""
        width = (self.room + 7) // 8
        return b"".join(seats.to_bytes(width, "little") for seats in self._sets)

    def taken(self, from_seq: int, to_seq: int) -> int:
        """The seats that are taken on any segment of a ride, as a set of bits."""
        union = 0
        for seats in self._sets[from_seq - 1 : to_seq - 1]:
            union |= seats
        return union

    def taken_throughout(self, from_seq: int, to_seq: int) -> int:
        """The seats that are taken on every segment of a ride, as a set of bits."""
        common = -1
        for segment in range(from_seq, to_seq):
            common &= self._at(segment)
        return common

    def choose(self, seats: int, from_seq: int, to_seq: int, n: int) -> list[int] | None:
        """``n`` of ``seats`` seats that are free on the whole ride, or ``None`` when fewer are."""
        taken = self.taken(from_seq, to_seq)
        if taken.bit_count() + n > seats:
            return None
        free = ~taken & ((1 << seats) - 1)
        before, after = self._at(from_seq - 1), self._at(to_seq)
        used = self.taken(1, len(self._sets) + 1)
        chosen: list[int] = []
        for wanted in (before & after, before | after, used, -1):
            for seat in _seats_of(free & wanted):
                if len(chosen) == n:
                    return chosen
                chosen.append(seat)
                free &= ~(1 << seat - 1)
        return chosen

    def put(self, from_seq: int, to_seq: int, seats: Iterable[int]) -> None:
        """Take these seats on the whole ride."""
        bits = _set_of(seats)
        self.room = max(self.room, bits.bit_length())
        self._sets += [0] * (to_seq - 1 - len(self._sets))
        for index in range(from_seq - 1, to_seq - 1):
            self._sets[index] |= bits

    def free(self, from_seq: int, to_seq: int, seats: Iterable[int]) -> None:
        """Give these seats back on the whole ride."""
        bits = _set_of(seats)
        for index in range(from_seq - 1, min(to_seq - 1, len(self._sets))):
            self._sets[index] &= ~bits

    def _at(self, segment: int) -> int:
        return self._sets[segment - 1] if 1 <= segment <= len(self._sets) else 0


def written_taken(room: int, taken: bytes, from_seq: int, to_seq: int) -> int:
    """Like ``Segments(room, taken).taken(from_seq, to_seq)``, without reading the other segments."""
    width = (room + 7) // 8
    union = 0
    for start in range((from_seq - 1) * width, min((to_seq - 1) * width, len(taken)), width):
        union |= int.from_bytes(taken[start : start + width], "little")
    return union


def _set_of(seats: Iterable[int]) -> int:
    return sum(1 << seat - 1 for seat in seats)


def _seats_of(bits: int) -> Iterable[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length()
        bits ^= lowest


class Locked:
    """The seat map of one train, day and class, locked until the transaction ends. What was changed is written with the
    transaction after :meth:`save`."""

    def __init__(self, session: Session, train: str, service_date: date, seat_class: str) -> None:
        self.key = {"train": train, "service_date": service_date, "seat_class": seat_class}
        insert_new(session, SeatMap, {**self.key, "seats": 1, "taken": b""})
        self._row = session.scalars(_LOCKED, self.key).one()
        self.segments = Segments(self._row.seats, self._row.taken)

    def save(self) -> None:
        """Keep what was changed."""
        self._row.seats, self._row.taken = self.segments.room, self.segments.written()


def sell(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int, n: int = 1
) -> list[int]:
    """Take ``n`` seats out of the inventory by hand, within the session's transaction: their numbers; none, with nothing
    taken, when fewer are left.

    Raises :class:`IvrError` for a train, class or ride that doesn't exist, or ``n`` below 1.
    """
    seats = seats_of(session, train, seat_class, from_seq, to_seq, n)
    locked = Locked(session, train, service_date, seat_class)
    chosen = locked.segments.choose(seats, from_seq, to_seq, n)
    if chosen is None:
        return []
    locked.segments.put(from_seq, to_seq, chosen)
    locked.save()
    return chosen


def release(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int, n: int = 1
) -> None:
    """Give ``n`` seats back that were taken by hand for the whole ride. Raises :class:`IvrError` when there are fewer."""
    seats_of(session, train, seat_class, from_seq, to_seq, n)
    locked = Locked(session, train, service_date, seat_class)
    booked = _set_of(_booked(session, train, service_date, seat_class, from_seq, to_seq))
    by_hand = list(_seats_of(locked.segments.taken_throughout(from_seq, to_seq) & ~booked))
    if len(by_hand) < n:
        raise IvrError(
            f"fewer than {n} {seat_class} are sold from stop {from_seq} to {to_seq}",
            where=f"{train} on {service_date}",
            mend="what was booked is given back by: ivr booking cancel",
        )
    locked.segments.free(from_seq, to_seq, by_hand[-n:])
    locked.save()


def lapsed_seats(
    session: Session, now: datetime
) -> Mapping[tuple[str, date, str], Sequence[tuple[int, int, list[int]]]]:
    """The seats of bookings whose deadline has passed and which nobody has ended yet: train, service day and class →
    from_seq, to_seq, seats. They are free, though their map doesn't say so."""
    lapsed: dict[tuple[str, date, str], list[tuple[int, int, list[int]]]] = defaultdict(list)
    for train, day, name, first, last, seat in session.execute(_LAPSED, {"now": now}):
        lapsed[train, day, name].append((first, last, [seat]))
    return lapsed


def _booked(
    session: Session, train: str, service_date: date, seat_class: str, from_seq: int, to_seq: int
) -> Sequence[int]:
    """The seats that bookings have on any segment of the ride."""
    query = (
        select(BookingPassenger.seat)
        .join(Booking, Booking.id == BookingPassenger.booking_id)
        .where(
            Booking.train == train,
            Booking.service_date == service_date,
            Booking.seat_class == seat_class,
            Booking.ended_at.is_(None),
            Booking.from_seq < to_seq,
            Booking.to_seq > from_seq,
        )
    )
    return session.scalars(query).all()


def seats_of(session: Session, train: str, seat_class: str, from_seq: int, to_seq: int, n: int) -> int:
    """How many seats the train has in this class. Raises :class:`IvrError` for what cannot be sold."""
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
