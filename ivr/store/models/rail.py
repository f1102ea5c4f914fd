"""Railway data as tables: what ``data/`` holds, and the seats sold.

Times of stops are minutes of the service day (25:10 is 1510). Fares are in jiao (a tenth of a yuan), so that half a
yuan stays exact. ``keypad_*`` columns are letters as telephone keys (SHHQ is 7447).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ivr.store.database import Base, Moment


class RailDataset(Base):
    """What is loaded; one row."""

    __tablename__ = "rail_dataset"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(400))
    as_of: Mapped[str] = mapped_column(String(200))
    licence: Mapped[str] = mapped_column(String(400))
    content_hash: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(Moment)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    files: Mapped[dict[str, Any]] = mapped_column(JSON)


class RailStation(Base):
    """``label``: English name. ``former_name``: what it was called before, if anything. ``closed``: 12306 lists
    it no more. ``traffic``: how many trains of the loaded timetable stop there."""

    __tablename__ = "rail_station"

    telecode: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    former_name: Mapped[str] = mapped_column(String(40), index=True)
    label: Mapped[str] = mapped_column(String(80))
    pinyin: Mapped[str] = mapped_column(String(80))
    initials: Mapped[str] = mapped_column(String(20))
    city: Mapped[str] = mapped_column(String(40), index=True)
    bureau: Mapped[str] = mapped_column(String(40))
    closed: Mapped[bool]
    keypad_initials: Mapped[str] = mapped_column(String(20), index=True)
    keypad_pinyin: Mapped[str] = mapped_column(String(80), index=True)
    traffic: Mapped[int]


class RailTrain(Base):
    """``kind``: the letter (G, D, C, Z, T, K, Y), "0" for a train without one. ``digits``: its number alone."""

    __tablename__ = "rail_train"

    train: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(1))
    digits: Mapped[str] = mapped_column(String(8), index=True)
    formation: Mapped[str] = mapped_column(String(20))


class RailStop(Base):
    """``seq`` counts from 1 at the origin, which has no ``arr``; the terminal has no ``dep``."""

    __tablename__ = "rail_stop"
    __table_args__ = (Index("ix_rail_stop_station_train", "station", "train"),)

    train: Mapped[str] = mapped_column(ForeignKey("rail_train.train"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    station: Mapped[str] = mapped_column(ForeignKey("rail_station.telecode"))
    arr: Mapped[int | None]
    dep: Mapped[int | None]


class RailFare(Base):
    """The fare from the train's origin to stop ``seq``. ``place``: a seat class, or a berth of one."""

    __tablename__ = "rail_fare"

    train: Mapped[str] = mapped_column(ForeignKey("rail_train.train"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(24), primary_key=True)
    jiao: Mapped[int]


class RailPairFare(Base):
    """The fare from station to station on which all trains of a kind agree."""

    __tablename__ = "rail_pair_fare"

    origin: Mapped[str] = mapped_column(String(3), primary_key=True)
    destination: Mapped[str] = mapped_column(String(3), primary_key=True)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    place: Mapped[str] = mapped_column(String(24), primary_key=True)
    jiao: Mapped[int]


class RailSeats(Base):
    """How many seats of a class a train has."""

    __tablename__ = "rail_seats"

    train: Mapped[str] = mapped_column(ForeignKey("rail_train.train"), primary_key=True)
    seat_class: Mapped[str] = mapped_column(String(24), primary_key=True)
    seats: Mapped[int]


class RailSold(Base):
    """Seats sold on the segment from stop ``segment`` to the next one. No row: none.

    Outlives a new import of the timetable, hence no foreign key.
    """

    __tablename__ = "rail_sold"
    __table_args__ = (CheckConstraint("sold >= 0", name="ck_rail_sold_not_negative"),)

    train: Mapped[str] = mapped_column(String(10), primary_key=True)
    service_date: Mapped[date] = mapped_column(primary_key=True)
    seat_class: Mapped[str] = mapped_column(String(24), primary_key=True)
    segment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sold: Mapped[int]


class RailBureau(Base):
    __tablename__ = "rail_bureau"

    bureau: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    english: Mapped[str] = mapped_column(String(80))


class RailOperator(Base):
    """Who runs a train (担当) from ``valid_from`` to ``valid_to``, both included; ``None``: until further notice."""

    __tablename__ = "rail_operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    train: Mapped[str] = mapped_column(String(10), index=True)
    digits: Mapped[str] = mapped_column(String(8), index=True)
    operator: Mapped[str] = mapped_column(ForeignKey("rail_bureau.bureau"))
    depot: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class RailAreaCode(Base):
    __tablename__ = "rail_area_code"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    city: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    province: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    keypad_initials: Mapped[str] = mapped_column(String(20), index=True)
    keypad_pinyin: Mapped[str] = mapped_column(String(80), index=True)
    traffic: Mapped[int]


class RailPresale(Base):
    """From ``valid_from`` on, tickets are on sale for ``days`` days, today included."""

    __tablename__ = "rail_presale"

    valid_from: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int]
    source: Mapped[str] = mapped_column(String(400))
    verified: Mapped[bool]


class RailHoliday(Base):
    """``kind``: holiday, or workday (a weekend day that is worked)."""

    __tablename__ = "rail_holiday"

    date: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
