from __future__ import annotations

import threading
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from ivr.errors import IvrError
from ivr.reports.summary import LIMITS_S
from ivr.store import migrate
from ivr.store.database import open_engine, reading
from ivr.store.migrate import current_revision, upgrade
from ivr.store.models import all_tables
from ivr.store.queue import report_hours
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


def test_the_entries_that_are_there_get_their_hours(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade_to(engine, "0009")
    position = """INSERT INTO log_positions
        (id, path, device, inode, "offset", head_size, head, tail_size, tail, lines, taken_at)
        VALUES (1, 'queue_log', '', '', 9, 9, '', 9, '', 2, '2026-02-10 01:00:00+00:00')"""
    entry = """INSERT INTO queue_entries
        (call_uniqueid, number, queue, caller_hash, caller_masked, entered_at, outcome, wait_s, exit_key, attempts,
         agent, agent_uniqueid, talk_s, ended_by, transfer_to, log_id)
        VALUES (:call, 1, 'operator', '', '', :at, :outcome, :wait, '', 0, '', '', :talk, '', '', 1)"""
    with engine.begin() as connection:
        connection.execute(text(position))
        for number, (hour, outcome, wait, talk) in enumerate(
            [("01", "answered", 5, 60), ("01", "abandoned", 9, None), ("02", "waiting", None, None)]
        ):
            at = f"2026-02-10 {hour}:10:00.000000" + ("" if engine.dialect.name == "sqlite" else "+00:00")
            row = {"call": f"c{number}", "at": at, "outcome": outcome, "wait": wait, "talk": talk}
            connection.execute(text(entry), row)
        step = """INSERT INTO call_steps (call_uniqueid, seq, run, number, at, entry, part, kind, said, query, outcome)
            VALUES ('c0', :seq, 'r', :seq, :at, 'hotline', :part, 'transfer', '', '', '')"""
        for seq, part, second in ((1, "tickets", "00.900"), (2, "later", "01.000")):
            at = f"2026-02-10 01:10:{second}000" + ("" if engine.dialect.name == "sqlite" else "+00:00")
            connection.execute(text(step), {"seq": seq, "part": part, "at": at})
    upgrade(engine)
    begin = datetime(2026, 2, 10, tzinfo=timezone.utc)
    found: list[Any] = report_hours(engine, begin, begin + timedelta(days=1), "", timezone.utc, LIMITS_S)
    assert [(one.entered_at.hour, one.queue, one.summary.offered) for one in found] == [
        (1, "operator", 2),
        (2, "operator", 1),
    ]
    assert found[0].summary.handled("talk_s") == (1, 60)
    with engine.connect() as connection:
        options = connection.execute(text("SELECT call_uniqueid, option FROM queue_entries ORDER BY 1")).all()
        kinds = "SELECT kind, name FROM figure_hours WHERE hours = 24 ORDER BY kind, name"
        sums = connection.execute(text(kinds)).all()
    assert [tuple(row) for row in options] == [("c0", "tickets"), ("c1", ""), ("c2", "")]
    assert [tuple(row) for row in sums if row.kind == "option"] == [("option", ""), ("option", "tickets")]
    assert {row.kind for row in sums} == {"agent", "option", "area", "skill"}
    engine.dispose()
