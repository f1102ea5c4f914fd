"""Bookings, the seats they hold, cases, and text messages to be sent. Counts of sold seats give way to seat maps."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and write the counts of sold seats as seats."""
    seat_maps = op.create_table(
        "seat_maps",
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("taken", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("train", "service_date", "seat_class"),
    )
    rows = _seat_maps(op.get_bind())
    if rows:
        op.bulk_insert(seat_maps, rows)
    op.drop_table("rail_sold")
    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("train_number", sa.String(length=10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("travel_date", sa.Date(), nullable=False),
        sa.Column("from_station", sa.String(length=64), nullable=False),
        sa.Column("to_station", sa.String(length=64), nullable=False),
        sa.Column("from_seq", sa.Integer(), nullable=False),
        sa.Column("to_seq", sa.Integer(), nullable=False),
        sa.Column("departure", _MOMENT, nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("free_children", sa.Integer(), nullable=False),
        sa.Column("total_jiao", sa.Integer(), nullable=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("deadline", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_masked", sa.Text(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("request"),
    )
    op.create_index("ix_bookings_due", "bookings", ["status", "deadline"])
    op.create_index("ix_bookings_train", "bookings", ["train", "service_date", "seat_class"])
    for column in ("travel_date", "made_at", "call_uniqueid"):
        op.create_index(f"ix_bookings_{column}", "bookings", [column])
    op.create_table(
        "booking_passengers",
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_hash", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("fare_jiao", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"]),
        sa.PrimaryKeyConstraint("booking_id", "number"),
    )
    op.create_index("ix_booking_passengers_document_hash", "booking_passengers", ["document_hash"])
    op.create_table(
        "booking_document_days",
        sa.Column("document_hash", sa.String(length=32), nullable=False),
        sa.Column("travel_date", sa.Date(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"]),
        sa.PrimaryKeyConstraint("document_hash", "travel_date"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("call_uniqueid", sa.String(length=150), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_hash", sa.String(length=32), nullable=False),
        sa.Column("caller_masked", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request"),
    )
    for column in ("status", "call_uniqueid", "caller_hash", "opened_at"):
        op.create_index(f"ix_cases_{column}", "cases", [column])
    op.create_table(
        "sms_outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_masked", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("given_up_at", _MOMENT, nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index("ix_sms_outbox_due", "sms_outbox", ["sent_at", "given_up_at", "due_at"])


def _seat_maps(connection: sa.Connection) -> list[dict[str, Any]]:
    """The counts as sets of seats (their bytes: see ivr.store.rail_inventory). The first n seats of a segment where n are
    sold: so as many seats as before are free on each ride."""
    names = ("train", "seat_class", "segment", "sold")
    sold = sa.table("rail_sold", sa.column("service_date", sa.Date()), *(sa.column(name) for name in names))
    counts: dict[tuple[str, date, str], dict[int, int]] = defaultdict(dict)
    for row in connection.execute(sa.select(sold)):
        counts[row.train, row.service_date, row.seat_class][row.segment] = row.sold
    rows = []
    for (train, service_date, seat_class), segments in counts.items():
        seats = max(1, *segments.values())
        taken = b"".join(
            ((1 << segments.get(segment, 0)) - 1).to_bytes((seats + 7) // 8, "little")
            for segment in range(1, max(segments) + 1)
        )
        key = {"train": train, "service_date": service_date, "seat_class": seat_class}
        rows.append({**key, "seats": seats, "taken": taken})
    return rows


def downgrade() -> None:
    """Drop the tables, and make the one of counts again."""
    for table in (
        "sms_outbox",
        "cases",
        "booking_document_days",
        "booking_passengers",
        "bookings",
        "seat_maps",
    ):
        op.drop_table(table)
    op.create_table(
        "rail_sold",
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.CheckConstraint("sold >= 0", name="ck_rail_sold_not_negative"),
        sa.PrimaryKeyConstraint("train", "service_date", "seat_class", "segment"),
    )
