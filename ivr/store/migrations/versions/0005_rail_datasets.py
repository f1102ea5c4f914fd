"""The railway data in versions, with running days, trains that change their number, and kilometres.

What was loaded stays, as version 1.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

#: Children before parents.
_TABLES = (
    "rail_stop",
    "rail_seats",
    "rail_operator",
    "rail_fare",
    "rail_train",
    "rail_station",
    "rail_sold",
    "rail_presale",
    "rail_pair_fare",
    "rail_holiday",
    "rail_bureau",
    "rail_area_code",
    "rail_dataset",
)
#: What new columns hold that must hold something: column → value.
_ADDED = {
    "rail_dataset": {"form": "'csv'", "bundled": "true"},
    "rail_stop": {"dataset": "1", "number": "train"},
    "rail_sold": {},
}
#: Columns that went to another table.
_MOVED = {"rail_train": {"digits"}}


def upgrade() -> None:
    """Make the new tables and bring the rows over."""
    connection = op.get_bind()
    columns = {}
    for table in _TABLES:
        columns[table] = [column["name"] for column in sa.inspect(connection).get_columns(table)]
        op.execute(f"CREATE TEMPORARY TABLE old_{table} AS SELECT * FROM {table}")  # noqa: S608 - names from above
        op.drop_table(table)
    _make_tables()
    for table in reversed(_TABLES):
        kept = {name: name for name in columns[table] if name not in _MOVED.get(table, ())}
        values = {**kept, **_ADDED.get(table, {"dataset": "1"})}
        _fill(table, values, f"old_{table}")
    numbers = {"dataset": "1", "train": "train", "from_seq": "1", "number": "train", "digits": "digits"}
    _fill("rail_train_number", numbers, "old_rail_train")
    _fill("rail_live", {"id": "1", "dataset": "id", "switched_at": "loaded_at"}, "old_rail_dataset")
    for table in _TABLES:
        op.drop_table(f"old_{table}")
    if connection.dialect.name == "postgresql":
        op.execute("SELECT setval('rail_dataset_id_seq', 1) FROM rail_dataset")


def _fill(table: str, values: dict[str, str], source: str) -> None:
    into, found = ", ".join(values), ", ".join(values.values())
    op.execute(f"INSERT INTO {table} ({into}) SELECT {found} FROM {source}")  # noqa: S608 - names from above


def downgrade() -> None:
    """Not done: one version's rows would have to be chosen."""
    raise NotImplementedError("restore the backup made before the upgrade")


def _make_tables() -> None:
    op.create_table(
        "rail_dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("as_of", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=400), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("bundled", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("replaced", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
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
    op.create_table(
        "rail_area_code",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("province", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("keypad_initials", sa.String(length=20), nullable=False),
        sa.Column("keypad_pinyin", sa.String(length=80), nullable=False),
        sa.Column("traffic", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "code", "city"),
    )
    op.create_index("ix_rail_area_code_city", "rail_area_code", ["dataset", "city"], unique=False)
    op.create_index(
        "ix_rail_area_code_keypad_initials", "rail_area_code", ["dataset", "keypad_initials"], unique=False
    )
    op.create_index(
        "ix_rail_area_code_keypad_pinyin", "rail_area_code", ["dataset", "keypad_pinyin"], unique=False
    )
    op.create_table(
        "rail_bureau",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bureau", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("english", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "bureau"),
    )
    op.create_table(
        "rail_holiday",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "date"),
    )
    op.create_table(
        "rail_live",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_rail_live_one_row"),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rail_pair_fare",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("jiao", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "origin", "destination", "kind", "place"),
    )
    op.create_table(
        "rail_presale",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "valid_from"),
    )
    op.create_table(
        "rail_service",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "service"),
    )
    op.create_table(
        "rail_station",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("telecode", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("former_name", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("pinyin", sa.String(length=120), nullable=False),
        sa.Column("initials", sa.String(length=40), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("bureau", sa.String(length=120), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("keypad_initials", sa.String(length=40), nullable=False),
        sa.Column("keypad_pinyin", sa.String(length=120), nullable=False),
        sa.Column("traffic", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "telecode"),
    )
    op.create_index("ix_rail_station_city", "rail_station", ["dataset", "city"], unique=False)
    op.create_index("ix_rail_station_former_name", "rail_station", ["dataset", "former_name"], unique=False)
    op.create_index(
        "ix_rail_station_keypad_initials", "rail_station", ["dataset", "keypad_initials"], unique=False
    )
    op.create_index(
        "ix_rail_station_keypad_pinyin", "rail_station", ["dataset", "keypad_pinyin"], unique=False
    )
    op.create_index("ix_rail_station_name", "rail_station", ["dataset", "name"], unique=False)
    op.create_table(
        "rail_operator",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=10), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("depot", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset", "operator"],
            ["rail_bureau.dataset", "rail_bureau.bureau"],
        ),
        sa.PrimaryKeyConstraint("dataset", "id"),
    )
    op.create_index("ix_rail_operator_digits", "rail_operator", ["dataset", "digits"], unique=False)
    op.create_index("ix_rail_operator_train", "rail_operator", ["dataset", "train"], unique=False)
    op.create_table(
        "rail_service_day",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("runs", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "service"],
            ["rail_service.dataset", "rail_service.service"],
        ),
        sa.PrimaryKeyConstraint("dataset", "service", "date"),
    )
    op.create_table(
        "rail_train",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("formation", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset", "service"],
            ["rail_service.dataset", "rail_service.service"],
        ),
        sa.ForeignKeyConstraint(
            ["dataset"],
            ["rail_dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset", "train"),
    )
    op.create_table(
        "rail_fare",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("jiao", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "train"],
            ["rail_train.dataset", "rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("dataset", "train", "seq", "place"),
    )
    op.create_table(
        "rail_seats",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("seat_class", sa.String(length=24), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "train"],
            ["rail_train.dataset", "rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("dataset", "train", "seat_class"),
    )
    op.create_table(
        "rail_stop",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station", sa.String(length=64), nullable=False),
        sa.Column("arr", sa.Integer(), nullable=True),
        sa.Column("dep", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("km", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset", "station"],
            ["rail_station.dataset", "rail_station.telecode"],
        ),
        sa.ForeignKeyConstraint(
            ["dataset", "train"],
            ["rail_train.dataset", "rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("dataset", "train", "seq"),
    )
    op.create_index("ix_rail_stop_station_train", "rail_stop", ["dataset", "station", "train"], unique=False)
    op.create_table(
        "rail_train_number",
        sa.Column("dataset", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("train", sa.String(length=64), nullable=False),
        sa.Column("from_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset", "train"],
            ["rail_train.dataset", "rail_train.train"],
        ),
        sa.PrimaryKeyConstraint("dataset", "train", "from_seq"),
    )
    op.create_index("ix_rail_train_number_digits", "rail_train_number", ["dataset", "digits"], unique=False)
    op.create_index("ix_rail_train_number_number", "rail_train_number", ["dataset", "number"], unique=False)
