from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from ivr.errors import IvrError
from ivr.store import migrate
from ivr.store.database import open_engine, reading
from ivr.store.migrate import current_revision, upgrade
from ivr.store.models import all_tables
from ivr.store.rail_source import SqlRailSource


def test_the_migrations_make_exactly_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, all_tables()) == []


def test_it_may_be_repeated(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert current_revision(connection) == ""
    head = upgrade(engine)
    assert upgrade(engine) == head
    with engine.connect() as connection:
        assert current_revision(connection) == head
    engine.dispose()


def test_two_programs_may_start_at_once(database_url: str) -> None:
    found: list[str | Exception] = []

    def start() -> None:
        engine = open_engine(database_url)
        try:
            found.append(upgrade(engine))
        except Exception as fault:
            found.append(fault)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(str, found))) == 1, found


def test_tables_of_a_newer_version_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    tables = inspect(engine).get_table_names()
    with pytest.raises(IvrError, match="newer version"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == tables


def test_a_database_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'missing' / 'ivr.db'}")
    with pytest.raises(IvrError, match="the tables cannot be made") as fault:
        upgrade(engine)
    assert "\n" not in str(fault.value)


def upgrade_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_seats_that_were_sold_before_bookings_came_stay_sold(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0008")
    day, counts = "2026-11-24", {1: 3, 2: 20, 4: 1}  # on segment 3 nothing was ever sold
    with engine.begin() as connection:
        for segment, sold in counts.items():
            row = {"train": "G1", "day": day, "name": "second", "segment": segment, "sold": sold}
            connection.execute(
                text(
                    "INSERT INTO rail_sold (train, service_date, seat_class, segment, sold)"
                    " VALUES (:train, :day, :name, :segment, :sold)"
                ),
                row,
            )
        connection.execute(
            text(
                "INSERT INTO caller_choices (caller_hash, field, station, until)"
                " VALUES ('h', 'from', 'AOH', '2027-01-01 00:00:00')"
            )
        )
    upgrade(engine)
    assert "rail_sold" not in inspect(engine).get_table_names()
    with reading(engine) as session:
        source = SqlRailSource(session)
        for first in range(1, 5):
            for last in range(first + 1, 6):
                most = max(counts.get(segment, 0) for segment in range(first, last))
                sold = source.sold([("G1", date.fromisoformat(day), first, last)])
                assert sold == {"G1": {"second": most}}, (first, last)
        assert session.execute(text("SELECT caller_hash, station FROM caller_choices")).all() == [
            ("h", "AOH")
        ]
    engine.dispose()


def test_a_database_without_sales_is_upgraded_too(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0008")
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM seat_maps")).scalar() == 0
    engine.dispose()
