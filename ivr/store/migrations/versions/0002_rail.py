"""The railway data and the seats sold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rail_area_code",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("province", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("keypad_initials", sa.String(length=20), nullable=False),
        sa.Column("keypad_pinyin", sa.String(length=80), nullable=False),
        sa.Column("traffic", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "city"),
    )
    op.create_index(op.f("ix_rail_area_code_city"), "rail_area_code", ["city"], unique=False)
    op.create_index(
        op.f("ix_rail_area_code_keypad_initials"), "rail_area_code", ["keypad_initials"], unique=False
    )
    op.create_index(
        op.f("ix_rail_area_code_keypad_pinyin"), "rail_area_code", ["keypad_pinyin"], unique=False
    )
    op.create_table(
        "rail_bureau",
        sa.Column("bureau", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("english", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("bureau"),
    )
    op.create_table(
        "rail_dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("as_of", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=400), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rail_holiday",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("date"),
    )
    op.create_table(
        "rail_pair_fare",
        sa.Column("origin", sa.String(length=3), nullable=False),
        sa.Column("destination", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("jiao", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "destination", "kind", "place"),
    )
    op.create_table(
        "rail_presale",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("valid_from"),
    )
    op.create_table(
        "rail_sold",
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.CheckConstraint("sold >= 0", name="ck_rail_sold_not_negative"),
        sa.PrimaryKeyConstraint("train", "service_date", "seat_class", "segment"),
    )
    op.create_table(
        "rail_station",
        sa.Column("telecode", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("former_name", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("pinyin", sa.String(length=80), nullable=False),
        sa.Column("initials", sa.String(length=20), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("bureau", sa.String(length=40), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("keypad_initials", sa.String(length=20), nullable=False),
        sa.Column("keypad_pinyin", sa.String(length=80), nullable=False),
        sa.Column("traffic", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("telecode"),
    )
    op.create_index(op.f("ix_rail_station_city"), "rail_station", ["city"], unique=False)
    op.create_index(op.f("ix_rail_station_former_name"), "rail_station", ["former_name"], unique=False)
    op.create_index(
        op.f("ix_rail_station_keypad_initials"), "rail_station", ["keypad_initials"], unique=False
    )
    op.create_index(op.f("ix_rail_station_keypad_pinyin"), "rail_station", ["keypad_pinyin"], unique=False)
    op.create_index(op.f("ix_rail_station_name"), "rail_station", ["name"], unique=False)
    op.create_table(
        "rail_train",
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.Column("formation", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("train"),
    )
    op.create_index(op.f("ix_rail_train_digits"), "rail_train", ["digits"], unique=False)
    op.create_table(
        "rail_fare",
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("jiao", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["train"],
            ["rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("train", "seq", "place"),
    )
    op.create_table(
        "rail_operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("depot", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator"],
            ["rail_bureau.bureau"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_rail_operator_digits"), "rail_operator", ["digits"], unique=False)
    op.create_index(op.f("ix_rail_operator_train"), "rail_operator", ["train"], unique=False)
    op.create_table(
        "rail_seats",
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["train"],
            ["rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("train", "seat_class"),
    )
    op.create_table(
        "rail_stop",
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station", sa.String(length=3), nullable=False),
        sa.Column("arr", sa.Integer(), nullable=True),
        sa.Column("dep", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station"],
            ["rail_station.telecode"],
        ),
        sa.ForeignKeyConstraint(
            ["train"],
            ["rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("train", "seq"),
    )
    op.create_index("ix_rail_stop_station_train", "rail_stop", ["station", "train"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("rail_stop")
    op.drop_table("rail_seats")
    op.drop_table("rail_operator")
    op.drop_table("rail_fare")
    op.drop_table("rail_train")
    op.drop_table("rail_station")
    op.drop_table("rail_sold")
    op.drop_table("rail_presale")
    op.drop_table("rail_pair_fare")
    op.drop_table("rail_holiday")
    op.drop_table("rail_dataset")
    op.drop_table("rail_bureau")
    op.drop_table("rail_area_code")
