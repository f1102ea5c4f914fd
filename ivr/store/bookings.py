"""Bookings are made.

A booking, its seats, its passengers' documents and the text message about it are one transaction. Locks are taken in one
order everywhere: first the seat map of the train, day and class, then documents in the order of their hashes. Nobody
locks a second seat map, so no two transactions wait for each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ivr.rail.answers import Answer
from ivr.rail.booking import (
    ADULT,
    CHILD,
    HELD,
    MOST_TICKETS,
    deadline,
    party_fault,
    ticket_kind,
    total_of,
)
from ivr.rail.booking_number import RANDOM_DIGITS, grouped, with_check_digit
from ivr.rail.booking_offer import Offer, fare_of, offered
from ivr.rail.booking_queries import booking_text, mobile_of
from ivr.rail.inquiry import Inquiry
from ivr.rail.seats import money
from ivr.store.booking_orders import end_lapsed, is_live, until
from ivr.store.booking_rules import deadline_rules
from ivr.store.database import reading, writing
from ivr.store.models.bookings import Booking, BookingPassenger, DocumentDay
from ivr.store.rail_inventory import Locked, seats_of
from ivr.store.rail_source import SqlRailSource
from ivr.store.secrets import keyed_hash, mask
from ivr.store.sms_outbox import write_sms

#: A booking number that is taken, or the same request twice at once: rare, and found again by a new try.
_TRIES = 3


@dataclass(frozen=True)
class Request:
    """What is to be booked. ``args``: the journey as queries take it (from, to, date, train, class); ``documents``: a
    resident ID for each ticket. ``call``: the call's id, or another name for one request; ``made_by``: who books when
    it is not a caller."""

    args: Mapping[str, Any]
    documents: Sequence[str]
    free_children: int = 0
    call: str = ""
    caller: str = ""
    made_by: str = ""

    @staticmethod
    def of(args: Mapping[str, Any]) -> Request:
        """The request in the arguments of the queries ``booking_passengers`` and ``book``."""
        names = [f"document_{number}" for number in range(1, MOST_TICKETS + 1)]
        return Request(
            args,
            [args[name] for name in names if args.get(name)],
            int(args.get("free_children") or 0),
            str(args.get("call") or ""),
            str(args.get("caller") or ""),
        )

    @property
    def key(self) -> str | None:
        """The same for a second try of the same request within the same call; ``None`` without a call."""
        if not self.call:
            return None
        journey = [str(self.args[name]) for name in ("from", "to", "date", "train", "class")]
        words = "|".join([self.call, *journey, str(self.free_children), *sorted(self.documents)])
        return keyed_hash(words)


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True)
class _Plan:
    """A request that the rules allow."""

    offer: Offer
    travel: date
    kinds: Sequence[str]
    fares: Sequence[int | None]

    @property
    def price(self) -> dict[str, str]:
        total = total_of(self.fares)
        return {} if total is None else {"total": money(total)}


def check_passengers(engine: Engine, request: Request, now: datetime) -> Answer:
    """The answer to ``booking_passengers`` at ``now`` (aware, in the site's zone); changes nothing."""
    with reading(engine) as session:
        plan = _plan(session, request, now)
        if isinstance(plan, Answer):
            return plan
        for which, document in enumerate(request.documents, 1):
            day = session.get(DocumentDay, (keyed_hash(document), plan.travel))
            if day is not None and _counts(session, day, now, request.key):
                return _booked_already(which, plan.travel)
    children = plan.kinds.count(CHILD)
    counts = {"tickets": len(plan.kinds), "adults": plan.kinds.count(ADULT)}
    if children:
        counts["children"] = children
    return Answer("fine", {**plan.offer.slots, **counts, **plan.price})


def book(
    engine: Engine, request: Request, now: datetime, wanted: Callable[[], bool] = lambda: True
) -> Answer:
    """The answer to ``book``: the booking is made, or why not, and then nothing has changed.

    The same request of the same call gives the booking that it made before, while that is held. Raises
    :class:`ivr.errors.GivenUp`, with nothing held, when it is no longer ``wanted`` before it is made.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return _book_once(engine, request, now, wanted)
        except _Refused as refused:
            return refused.answer
        except IntegrityError:
            if attempt == _TRIES:
                raise
    raise AssertionError


def _book_once(engine: Engine, request: Request, now: datetime, wanted: Callable[[], bool]) -> Answer:
    with reading(engine) as session:  # everything that needs no lock, before the lock
        made = _made_before(session, request, now)
        if made is not None:
            return _booked(made, now)
        plan = _plan(session, request, now)
        if isinstance(plan, Answer):
            return plan
        boarding = plan.offer.boarding
        seats = seats_of(
            session,
            boarding.ride.train,
            plan.offer.seat_class,
            boarding.ride.from_seq,
            boarding.ride.to_seq,
            len(request.documents),
        )
    with writing(engine, wanted) as session:
        booking = _hold(session, request, plan, seats, now)
        _use_documents(session, booking, request.documents, now)
    return _booked(booking, now)


def _plan(session: Session, request: Request, now: datetime) -> _Plan | Answer:
    inquiry = Inquiry(SqlRailSource(session, now), request.args, now.date(), now.time())
    offer = offered(inquiry, len(request.documents))
    if isinstance(offer, Answer):
        return offer
    travel = inquiry.day()
    kinds = [ticket_kind(document, travel) for document in request.documents]
    if fault := party_fault(kinds, request.free_children):
        return Answer(fault, {"adults": kinds.count(ADULT)} if fault == "too_many_free" else {})
    fares = {kind: fare_of(inquiry, offer, kind) for kind in set(kinds)}
    return _Plan(offer, travel, kinds, [fares[kind] for kind in kinds])


def _made_before(session: Session, request: Request, now: datetime) -> Booking | None:
    if request.key is None:
        return None
    made = session.scalar(select(Booking).where(Booking.request == request.key))
    return made if made is not None and is_live(made, now) else None


def _hold(session: Session, request: Request, plan: _Plan, seats: int, now: datetime) -> Booking:
    offer, ride = plan.offer, plan.offer.boarding.ride
    service_date, name = offer.boarding.service_date, offer.seat_class
    locked = Locked(session, ride.train, service_date, name)
    end_lapsed(session, locked, (ride.train, service_date, name), now)
    chosen = locked.segments.choose(seats, ride.from_seq, ride.to_seq, len(request.documents))
    if chosen is None:
        left = seats - locked.segments.taken(ride.from_seq, ride.to_seq).bit_count()
        # The transaction is given up with everything in it, the ended holds too: they are free as they are.
        raise _Refused(Answer("few" if left > 0 else "sold_out", {**offer.slots, "left": max(0, left)}))
    locked.segments.put(ride.from_seq, ride.to_seq, chosen)
    locked.save()
    leaves = offer.departure(now.tzinfo)
    booking = Booking(
        number=_new_number(session),
        status=HELD,
        train=ride.train,
        train_number=ride.number,
        service_date=service_date,
        travel_date=plan.travel,
        from_station=offer.slots["from"]["code"],
        to_station=offer.slots["to"]["code"],
        from_seq=ride.from_seq,
        to_seq=ride.to_seq,
        departure=leaves,
        seat_class=name,
        free_children=request.free_children,
        total_jiao=total_of(plan.fares),
        made_at=now,
        deadline=deadline(deadline_rules(), now, leaves),
        made_by=request.made_by,
        call_uniqueid=request.call,
        request=request.key,
        caller=request.caller or None,
        caller_masked=mask(request.caller),
    )
    session.add(booking)
    session.flush()
    for number, (document, kind, seat, fare) in enumerate(
        zip(request.documents, plan.kinds, chosen, plan.fares, strict=True), 1
    ):
        session.add(
            BookingPassenger(
                booking_id=booking.id,
                number=number,
                document=document,
                document_hash=keyed_hash(document),
                kind=kind,
                seat=seat,
                fare_jiao=fare,
            )
        )
    _announce(session, booking, offer, len(chosen), now)
    return booking


def _new_number(session: Session) -> str:
    while True:
        number = with_check_digit(f"{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}}")
        if session.scalar(select(Booking.id).where(Booking.number == number)) is None:
            return number


def _announce(session: Session, booking: Booking, offer: Offer, tickets: int, now: datetime) -> None:
    recipient = mobile_of(booking.caller or "")
    if not recipient:
        return
    slots = offer.slots
    text = booking_text(
        grouped(booking.number),
        booking.travel_date,
        booking.train_number,
        (slots["from"]["zh"], slots["to"]["zh"]),
        slots["dep"],
        (slots["class"]["zh"], tickets),
        booking.deadline.astimezone(now.tzinfo),
    )
    write_sms(session, f"booking {booking.number}", recipient, text, now)


def _use_documents(session: Session, booking: Booking, documents: Sequence[str], now: datetime) -> None:
    """Take the documents' day of travel for this booking. Raises :class:`_Refused` when one has another train."""
    places = {keyed_hash(document): which for which, document in enumerate(documents, 1)}
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    for document_hash in sorted(places):
        key = {"document_hash": document_hash, "travel_date": booking.travel_date}
        session.execute(insert(DocumentDay).values(**key).on_conflict_do_nothing())
        query = select(DocumentDay).filter_by(**key).with_for_update()
        day = session.scalars(query.execution_options(populate_existing=True)).one()
        if _counts(session, day, now, None):
            raise _Refused(_booked_already(places[document_hash], booking.travel_date))
        day.booking_id = booking.id
    if len(places) < len(documents):
        raise _Refused(_booked_already(len(documents), booking.travel_date))
    session.flush()


def _counts(session: Session, day: DocumentDay, now: datetime, own: str | None) -> bool:
    """Whether the document has a booking that still counts, other than the one of the request ``own``."""
    booking = session.get(Booking, day.booking_id) if day.booking_id is not None else None
    if booking is None or not is_live(booking, now):
        return False
    return own is None or booking.request != own


def _booked_already(which: int, travel: date) -> Answer:
    return Answer("booked_already", {"which": which, "date": travel.isoformat()})


def _booked(booking: Booking, now: datetime) -> Answer:
    price = {} if booking.total_jiao is None else {"total": money(booking.total_jiao)}
    return Answer("booked", {"number": booking.number, **price, **until(booking, now)})
