"""Bookings by telephone, the seats they hold, the cases that agents take over, and text messages to be sent.

A booking's own row is its hold: it is made in the transaction that takes its seats, and it says itself until when
it counts. So a process that is killed leaves either both or nothing, and nobody has to come by to end a hold.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment
from ivr.store.models.rail import KEY, NUMBER
from ivr.store.secrets import Encrypted


class SeatMap(Base):
    """Which seats of a class are taken on a train's service day, segment by segment (``ivr.store.rail_inventory``).
    ``seats``: how many seats each segment of ``taken`` has room for. No row: nothing was ever taken.

    Outlives a new import of the timetable, hence no foreign key.
    """

    __tablename__ = "seat_maps"

    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    service_date: Mapped[date] = mapped_column(primary_key=True)
    seat_class: Mapped[str] = mapped_column(String(24), primary_key=True)
    seats: Mapped[int]
    taken: Mapped[bytes] = mapped_column(LargeBinary)


class Booking(Base):
    """``status``: held, paid, cancelled, expired; a held one counts only until ``deadline``, whatever stands there.
    ``train``: what runs; ``train_number``: what the passenger is told. ``service_date``: the train's; ``travel_date``: the day of boarding. ``request``: what makes a second try of the same
    request find this booking again; ``None`` once it has ended. ``total_jiao``: ``None`` when not known."""

    __tablename__ = "bookings"
    __table_args__ = (
        Index("ix_bookings_due", "status", "deadline"),
        Index("ix_bookings_train", "train", "service_date", "seat_class"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    status: Mapped[str] = mapped_column(String(12))
    train: Mapped[str] = mapped_column(KEY)
    train_number: Mapped[str] = mapped_column(NUMBER)
    service_date: Mapped[date]
    travel_date: Mapped[date] = mapped_column(index=True)
    from_station: Mapped[str] = mapped_column(KEY)
    to_station: Mapped[str] = mapped_column(KEY)
    from_seq: Mapped[int]
    to_seq: Mapped[int]
    departure: Mapped[datetime] = mapped_column(Moment)
    seat_class: Mapped[str] = mapped_column(String(24))
    free_children: Mapped[int] = mapped_column(default=0)
    total_jiao: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)
    deadline: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    made_by: Mapped[str] = mapped_column(Text, default="")
    call_uniqueid: Mapped[str] = mapped_column(String(150), default="", index=True)
    request: Mapped[str | None] = mapped_column(String(64), unique=True)
    caller: Mapped[str | None] = mapped_column(Encrypted)
    caller_masked: Mapped[str] = mapped_column(Text, default="")
    wrong_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class BookingPassenger(Base):
    """One ticket of a booking. ``seat`` counts from 1 within its class on the train."""

    __tablename__ = "booking_passengers"

    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Encrypted)
    document_hash: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    seat: Mapped[int]
    fare_jiao: Mapped[int | None]


class DocumentDay(Base):
    """The booking for which a document was used last on a day of travel. It counts as long as that booking does."""

    __tablename__ = "booking_document_days"

    document_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    travel_date: Mapped[date] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))


class Case(Base):
    """Something that an agent has to take over. ``kind``: group, delivery. ``details``: no personal data."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12), default="open", index=True)
    call_uniqueid: Mapped[str] = mapped_column(String(150), default="", index=True)
    caller: Mapped[str | None] = mapped_column(Encrypted)
    caller_hash: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_masked: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    request: Mapped[str | None] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime] = mapped_column(Moment, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class OutgoingSms(Base):
    """A text message to be sent, written in the transaction that is its reason. ``subject`` names that reason, so that
    it is written once. Neither sent nor given up: still to be sent, next at ``due_at``."""

    __tablename__ = "sms_outbox"
    __table_args__ = (Index("ix_sms_outbox_due", "sent_at", "given_up_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(60), unique=True)
    recipient: Mapped[str] = mapped_column(Encrypted)
    recipient_masked: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Encrypted)
    written_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    given_up_at: Mapped[datetime | None] = mapped_column(Moment)
    fault: Mapped[str] = mapped_column(Text, default="")
