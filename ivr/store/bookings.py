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

from sqlalchemy import Engine, Select, bindparam, select, update
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
from ivr.store.database import insert_new, reading, table_of, writing
from ivr.store.models.bookings import Booking, BookingPassenger, DocumentDay
from ivr.store.rail_inventory import Locked
from ivr.store.rail_source import SqlRailSource
from ivr.store.secrets import keyed_hash, mask
from ivr.store.sms_outbox import write_sms

#: A booking number that is taken, or the same request twice at once: rare, and found again by a new try.
_TRIES = 3

# Made once: putting a statement together takes longer than running it.
_BY_REQUEST = select(Booking).where(Booking.request == bindparam("request"))
_BY_NUMBER = select(Booking.id).where(Booking.number == bindparam("number"))
_BY_IDS = select(Booking).where(Booking.id.in_(bindparam("ids", expanding=True)))
_DAYS = table_of(DocumentDay)
_OF_DOCUMENTS = (
    _DAYS.c.document_hash.in_(bindparam("hashes", expanding=True)),
    _DAYS.c.travel_date == bindparam("travel"),
)
_USED = select(_DAYS.c.document_hash, _DAYS.c.booking_id).where(*_OF_DOCUMENTS)
_LOCK_USED = _USED.order_by(_DAYS.c.document_hash).with_for_update()
_USE = update(_DAYS).where(*_OF_DOCUMENTS).values(booking_id=bindparam("booking"))


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
    """A request that the rules allow. ``seats``: how many the train has in the class; ``hashes``: of the documents."""

    offer: Offer
    seats: int
    travel: date
    hashes: Sequence[str]
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
        if used := _booked_already(session, plan, now, _USED, own=request.key):
            return used
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
        number = _new_number(session)
    with writing(engine, wanted) as session:
        booking = _hold(session, request, plan, number, now)
    return _booked(booking, now)


def _plan(session: Session, request: Request, now: datetime) -> _Plan | Answer:
    source = SqlRailSource(session, now)
    inquiry = Inquiry(source, request.args, now.date(), now.time())
    offer = offered(inquiry, len(request.documents))
    if isinstance(offer, Answer):
        return offer
    travel = inquiry.day()
    hashes = [keyed_hash(document) for document in request.documents]
    kinds = [ticket_kind(document, travel) for document in request.documents]
    if fault := party_fault(kinds, request.free_children):
        return Answer(fault, {"adults": kinds.count(ADULT)} if fault == "too_many_free" else {})
    for which, document_hash in enumerate(hashes, 1):
        if document_hash in hashes[: which - 1]:
            return _is_booked_already(which, travel)
    fares = {kind: fare_of(inquiry, offer, kind) for kind in set(kinds)}
    train = offer.boarding.ride.train
    seats = source.seats([train])[train][offer.seat_class]
    return _Plan(offer, seats, travel, hashes, kinds, [fares[kind] for kind in kinds])


def _made_before(session: Session, request: Request, now: datetime) -> Booking | None:
    if request.key is None:
        return None
    made = session.scalar(_BY_REQUEST, {"request": request.key})
    return made if made is not None and is_live(made, now) else None


def _hold(session: Session, request: Request, plan: _Plan, booking_number: str, now: datetime) -> Booking:
    """Take seats and documents and write the booking. Raises :class:`_Refused` when something is taken by others."""
    offer, ride = plan.offer, plan.offer.boarding.ride
    service_date, name = offer.boarding.service_date, offer.seat_class
    locked = Locked(session, ride.train, service_date, name)
    end_lapsed(session, locked, now)
    chosen = locked.segments.choose(plan.seats, ride.from_seq, ride.to_seq, len(plan.hashes))
    if chosen is None:
        left = plan.seats - locked.segments.taken(ride.from_seq, ride.to_seq).bit_count()
        # The transaction is given up with everything in it, the ended holds too: they are free as they are.
        raise _Refused(Answer("few" if left > 0 else "sold_out", {**offer.slots, "left": max(0, left)}))
    locked.segments.put(ride.from_seq, ride.to_seq, chosen)
    locked.save()
    ordered = sorted(plan.hashes)
    insert_new(session, DocumentDay, [{"document_hash": one, "travel_date": plan.travel} for one in ordered])
    if used := _booked_already(session, plan, now, _LOCK_USED):
        raise _Refused(used)
    leaves = offer.departure(now.tzinfo)
    booking = Booking(
        number=booking_number,
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
    session.add_all(
        BookingPassenger(
            booking_id=booking.id,
            number=number,
            document=document,
            document_hash=document_hash,
            kind=kind,
            seat=seat,
            fare_jiao=fare,
        )
        for number, (document, document_hash, kind, seat, fare) in enumerate(
            zip(request.documents, plan.hashes, plan.kinds, chosen, plan.fares, strict=True), 1
        )
    )
    session.execute(_USE, {"hashes": ordered, "travel": plan.travel, "booking": booking.id})
    _announce(session, booking, offer, len(chosen), now)
    return booking


def _new_number(session: Session) -> str:
    while True:
        number = with_check_digit(f"{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}}")
        if session.scalar(_BY_NUMBER, {"number": number}) is None:
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


def _booked_already(
    session: Session, plan: _Plan, now: datetime, query: Select[Any], own: str | None = None
) -> Answer | None:
    """The answer when a document has a booking on the day of travel that counts, other than that of the request ``own``."""
    rows = session.execute(query, {"hashes": plan.hashes, "travel": plan.travel}).all()
    used: dict[str, int | None] = dict(rows)
    # Read after the lock, and by itself: joined, PostgreSQL would show the booking as it was before the wait.
    ids = [booking_id for booking_id in used.values() if booking_id is not None]
    bookings = session.scalars(_BY_IDS, {"ids": ids}).all() if ids else ()
    counting = {
        booking.id
        for booking in bookings
        if is_live(booking, now) and (own is None or booking.request != own)
    }
    for which, document_hash in enumerate(plan.hashes, 1):
        if used.get(document_hash) in counting:
            return _is_booked_already(which, plan.travel)
    return None


def _is_booked_already(which: int, travel: date) -> Answer:
    return Answer("booked_already", {"which": which, "date": travel.isoformat()})


def _booked(booking: Booking, now: datetime) -> Answer:
    price = {} if booking.total_jiao is None else {"total": money(booking.total_jiao)}
    return Answer("booked", {"number": booking.number, **price, **until(booking, now)})
