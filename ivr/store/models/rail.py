"""Railway data as tables: what ``data/`` or a site's own feed holds.

Every import is a dataset version of its own; its number stands first in each key, and ``rail_live`` points to the
one that callers hear of. Rows of a version never change, so a switch is one update. Times of stops are minutes of the
service day (25:10 is 1510). Fares are in jiao (a tenth of a yuan), so that half a yuan stays exact. ``keypad_*``
columns are letters as telephone keys (SHHQ is 7447). A *train* is what runs (one set of times and of running days), a
*number* what callers call it: two trains may share a number on different days, and one may change its number on the way.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment

#: Keys of stations, trains and services; foreign feeds have long ones.
KEY = String(64)
NAME = String(120)
#: A train's number as callers know it: G102, 101.
NUMBER = String(10)


class RailDataset(Base):
    """One import. ``id``: its number. ``form``: csv or gtfs. ``bundled``: the project's own data. ``valid_from`` and
    ``valid_to`` are included; ``None``: no limit is known. ``replaced``: the version that was live before it."""

    __tablename__ = "rail_dataset"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(400))
    as_of: Mapped[str] = mapped_column(String(200))
    licence: Mapped[str] = mapped_column(String(400))
    content_hash: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(Moment)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    files: Mapped[dict[str, Any]] = mapped_column(JSON)
    form: Mapped[str] = mapped_column(String(10))
    bundled: Mapped[bool]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    replaced: Mapped[int | None]


class RailLive(Base):
    """Which dataset callers hear of: one row, or none before the first import."""

    __tablename__ = "rail_live"
    __table_args__ = (CheckConstraint("id = 1", name="ck_rail_live_one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dataset: Mapped[int] = mapped_column(ForeignKey("rail_dataset.id"))
    switched_at: Mapped[datetime] = mapped_column(Moment)


def _dataset() -> Mapped[int]:
    return mapped_column(ForeignKey("rail_dataset.id"), primary_key=True, autoincrement=False)


def _of(table: str, here: str, there: str) -> ForeignKeyConstraint:
    """The row of ``table``, in the same dataset, that column ``here`` names."""
    return ForeignKeyConstraint(["dataset", here], [f"{table}.dataset", f"{table}.{there}"])


class RailStation(Base):
    """``telecode``: three letters in China, a stop_id elsewhere. ``label``: English name. ``former_name``: what it was
    called before, if anything. ``closed``: 12306 lists it no more. ``traffic``: how many trains stop there."""

    __tablename__ = "rail_station"
    __table_args__ = tuple(
        Index(f"ix_rail_station_{column}", "dataset", column)
        for column in ("name", "former_name", "city", "keypad_initials", "keypad_pinyin")
    )

    dataset: Mapped[int] = _dataset()
    telecode: Mapped[str] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    former_name: Mapped[str] = mapped_column(NAME)
    label: Mapped[str] = mapped_column(NAME)
    pinyin: Mapped[str] = mapped_column(NAME)
    initials: Mapped[str] = mapped_column(String(40))
    city: Mapped[str] = mapped_column(NAME)
    bureau: Mapped[str] = mapped_column(NAME)
    closed: Mapped[bool]
    keypad_initials: Mapped[str] = mapped_column(String(40))
    keypad_pinyin: Mapped[str] = mapped_column(NAME)
    traffic: Mapped[int]


class RailService(Base):
    """On which days trains run: the weekdays (bit 0 is Monday) from ``valid_from`` to ``valid_to``, both included,
    ``None`` without limit; then the exceptions of ``rail_service_day``."""

    __tablename__ = "rail_service"

    dataset: Mapped[int] = _dataset()
    service: Mapped[str] = mapped_column(KEY, primary_key=True)
    weekdays: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class RailServiceDay(Base):
    """A service day on which a service runs, or doesn't, whatever its weekdays say."""

    __tablename__ = "rail_service_day"
    __table_args__ = (_of("rail_service", "service", "service"),)

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service: Mapped[str] = mapped_column(KEY, primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    runs: Mapped[bool]


class RailTrain(Base):
    """``train``: a key, not always the number. ``kind``: the letter (G, D, C, Z, T, K, Y), "0" for a train without
    one. ``service``: ``None`` runs every day while the dataset is valid."""

    __tablename__ = "rail_train"
    __table_args__ = (_of("rail_service", "service", "service"),)

    dataset: Mapped[int] = _dataset()
    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(String(1))
    formation: Mapped[str] = mapped_column(String(20))
    service: Mapped[str | None] = mapped_column(KEY)


class RailTrainNumber(Base):
    """Under which number a train runs from stop ``from_seq`` on; 0: from a stop that is not known. ``digits``: the number without its letter."""

    __tablename__ = "rail_train_number"
    __table_args__ = (
        _of("rail_train", "train", "train"),
        Index("ix_rail_train_number_number", "dataset", "number"),
        Index("ix_rail_train_number_digits", "dataset", "digits"),
    )

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    from_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(NUMBER)
    digits: Mapped[str] = mapped_column(String(8))


class RailStop(Base):
    """``seq`` counts from 1 at the origin, which has no ``arr``; the terminal has no ``dep``. Neither has a stop where nobody may
    get out, or in. ``number``: the train's
    number when it leaves here (at the terminal: when it arrives). ``km``: from the origin, where known."""

    __tablename__ = "rail_stop"
    __table_args__ = (
        _of("rail_train", "train", "train"),
        _of("rail_station", "station", "telecode"),
        Index("ix_rail_stop_station_train", "dataset", "station", "train"),
    )

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    station: Mapped[str] = mapped_column(KEY)
    arr: Mapped[int | None]
    dep: Mapped[int | None]
    number: Mapped[str] = mapped_column(NUMBER)
    km: Mapped[float | None]


class RailFare(Base):
    """The fare from the train's origin to stop ``seq``. ``place``: a seat class, or a berth of one."""

    __tablename__ = "rail_fare"
    __table_args__ = (_of("rail_train", "train", "train"),)

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(24), primary_key=True)
    jiao: Mapped[int]


class RailPairFare(Base):
    """The fare from station to station on which all trains of a kind agree."""

    __tablename__ = "rail_pair_fare"

    dataset: Mapped[int] = _dataset()
    origin: Mapped[str] = mapped_column(KEY, primary_key=True)
    destination: Mapped[str] = mapped_column(KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    place: Mapped[str] = mapped_column(String(24), primary_key=True)
    jiao: Mapped[int]


class RailLeg(Base):
    """The distance between two neighbouring stops, in both directions. ``fast``: of G, D and C trains."""

    __tablename__ = "rail_leg"

    dataset: Mapped[int] = _dataset()
    one: Mapped[str] = mapped_column(KEY, primary_key=True)
    other: Mapped[str] = mapped_column(KEY, primary_key=True)
    fast: Mapped[bool] = mapped_column(primary_key=True)
    km: Mapped[float]


class RailFareRules(Base):
    """The rules by which fares are reckoned (:mod:`ivr.rail.fare_rules`): one document, or none."""

    __tablename__ = "rail_fare_rules"

    dataset: Mapped[int] = _dataset()
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class RailSeats(Base):
    """How many seats of a class a train has."""

    __tablename__ = "rail_seats"
    __table_args__ = (_of("rail_train", "train", "train"),)

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    train: Mapped[str] = mapped_column(KEY, primary_key=True)
    seat_class: Mapped[str] = mapped_column(String(24), primary_key=True)
    seats: Mapped[int]


class RailBureau(Base):
    __tablename__ = "rail_bureau"

    dataset: Mapped[int] = _dataset()
    bureau: Mapped[str] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    english: Mapped[str] = mapped_column(NAME)


class RailOperator(Base):
    """Who runs the trains of a number (担当) from ``valid_from`` to ``valid_to``, both included; ``None``: until
    further notice. ``id``: the row's place in its dataset."""

    __tablename__ = "rail_operator"
    __table_args__ = (
        _of("rail_bureau", "operator", "bureau"),
        Index("ix_rail_operator_train", "dataset", "train"),
        Index("ix_rail_operator_digits", "dataset", "digits"),
    )

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    train: Mapped[str] = mapped_column(NUMBER)
    digits: Mapped[str] = mapped_column(String(8))
    operator: Mapped[str] = mapped_column(KEY)
    depot: Mapped[str] = mapped_column(NAME)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class RailAreaCode(Base):
    __tablename__ = "rail_area_code"
    __table_args__ = tuple(
        Index(f"ix_rail_area_code_{column}", "dataset", column)
        for column in ("city", "keypad_initials", "keypad_pinyin")
    )

    dataset: Mapped[int] = _dataset()
    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    city: Mapped[str] = mapped_column(String(40), primary_key=True)
    province: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    keypad_initials: Mapped[str] = mapped_column(String(20))
    keypad_pinyin: Mapped[str] = mapped_column(String(80))
    traffic: Mapped[int]


class RailPresale(Base):
    """From ``valid_from`` on, tickets are on sale for ``days`` days, today included."""

    __tablename__ = "rail_presale"

    dataset: Mapped[int] = _dataset()
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int]
    source: Mapped[str] = mapped_column(String(400))
    verified: Mapped[bool]


class RailSaleTime(Base):
    """At which minute of the day a station opens the sale of a further day's tickets (起售时间)."""

    __tablename__ = "rail_sale_time"
    __table_args__ = (_of("rail_station", "telecode", "telecode"),)

    dataset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    telecode: Mapped[str] = mapped_column(KEY, primary_key=True)
    minute: Mapped[int]


class RailHoliday(Base):
    """``kind``: holiday, or workday (a weekend day that is worked)."""

    __tablename__ = "rail_holiday"

    dataset: Mapped[int] = _dataset()
    date: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
