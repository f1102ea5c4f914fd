"""Versions of the railway data: one is live, a switch is seen whole, and what a version holds of running days."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, select, text

import ivr.store.migrate
from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.rail.source import Service
from ivr.store.database import open_engine, reading, writing
from ivr.store.migrate import upgrade
from ivr.store.models.rail import RailStop
from ivr.store.rail import DATA, load_bundled_data, load_rail_data, loaded_dataset
from ivr.store.rail_source import SqlRailSource
from ivr.store.rail_versions import stored_datasets, switch
from tests.store import small_data


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with three trains, two of which share the number G1."""
    return small_data.write(tmp_path / "small")


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_running_days_numbers_and_kilometres(engine: Engine, small: Path) -> None:
    load_rail_data(engine, small)
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.trains_by_digits("1") == ["G1"]
        assert source.trains_numbered("G1") == ["G1-a", "G1-b"]
        assert source.trains_by_digits("4") == ["G4"]
        assert source.trains_numbered("G4") == ["G1-a"]
        assert source.services(["G1-a", "G1-b", "K2", "K3"]) == {
            "G1-a": Service(
                frozenset(range(5)),
                date(2026, 1, 1),
                date(2026, 12, 31),
                removed=frozenset({date(2026, 10, 1)}),
            ),
            "G1-b": Service(frozenset({5, 6}), added=frozenset({date(2026, 10, 1)})),
            "K2": Service(valid_to=date(2027, 6, 30)),
        }
        _, stops = source.run("G1-a")
        assert [(stop.number, stop.km) for stop in stops] == [("G1", 0), ("G4", 100.5), ("G4", 210)]
        rides = {ride.train: (ride.number, ride.km) for ride in source.rides("AAA", "CCC")}
        assert rides == {"G1-a": ("G1", 210), "G1-b": ("G1", None)}
        assert [(r.number, r.km) for r in source.rides("BBB", "CCC")] == [("G4", 109.5)]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("services.csv", "work,12345", "work,54321", "'54321' are no weekdays"),
        ("services.csv", "work,12345", "work,", "'' are no weekdays"),
        ("service_days.csv", "work,", "night,", "service 'night' is not in services.csv"),
        ("service_days.csv", ",no", ",never", "runs must be yes or no, not 'never'"),
        ("trains.csv", "G1,work", "G1,night", "service 'night' is not in services.csv"),
        ("trains.csv", "G1,work", "GG1,work", "'GG1' is no train number"),
        ("timetable.csv", "100.5", "300", "the kilometres of train G1-a must grow"),
        ("timetable.csv", "100.5", "far", "'far' are no kilometres"),
    ],
)
def test_a_fault_of_the_new_columns_is_named(
    sqlite: Engine, small: Path, name: str, old: str, new: str, told: str
) -> None:
    with pytest.raises(IvrError, match=told):
        load_rail_data(sqlite, edited(small, name, old, new))


def test_a_reader_sees_a_switch_whole_and_only_at_its_next_query(engine: Engine, small: Path) -> None:
    load_rail_data(engine, small)
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.station("AAA").name == "甲"
        load_rail_data(engine, edited(small, "stations.csv", "AAA,甲", "AAA,新甲"))
        assert source.run("K2")[1][0].station.name == "甲"
    with reading(engine) as session:
        assert SqlRailSource(session).station("AAA").name == "新甲"
        assert [(d.number, d.live, d.replaced) for d in stored_datasets(session)] == [
            (2, True, 1),
            (1, False, None),
        ]


def test_old_versions_are_forgotten_but_not_the_one_before(engine: Engine, small: Path) -> None:
    for name in "一二三四五六":
        load_rail_data(engine, edited(small, "stations.csv", "AAA,", f"AAA,{name}"))
    with writing(engine) as session:
        switch(session, 3, utc_now())
    load_rail_data(engine, edited(small, "stations.csv", "AAA,", "AAA,七"))
    with reading(engine) as session:
        assert [dataset.number for dataset in stored_datasets(session)] == [7, 6, 5, 4, 3]
        assert set(session.scalars(select(RailStop.dataset))) == {7, 6, 5, 4, 3}
        assert SqlRailSource(session).station("AAA").name == "七六五四三二一甲"


def test_a_start_leaves_a_sites_own_data_alone(sqlite: Engine, small: Path) -> None:
    load_rail_data(sqlite, small)
    assert load_bundled_data(sqlite) is False
    assert loaded_dataset(sqlite).source == "a test"


def test_a_start_brings_the_projects_newer_data_but_not_what_a_person_left(
    sqlite: Engine, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.store.rail.DATA", small)
    assert load_bundled_data(sqlite) is True
    assert load_bundled_data(sqlite) is False
    edited(small, "stations.csv", "AAA,甲", "AAA,新甲")
    assert load_bundled_data(sqlite) is True
    with writing(sqlite) as session:
        switch(session, 1, utc_now())
    assert load_bundled_data(sqlite) is False


def test_without_data_a_question_fails_instead_of_finding_nothing(sqlite: Engine) -> None:
    with reading(sqlite) as session, pytest.raises(IvrError, match="no railway data is loaded"):
        SqlRailSource(session).station("AAA")


def test_what_was_loaded_before_there_were_versions_is_version_one(database_url: str, small: Path) -> None:
    engine = open_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(ivr.store.migrate.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in (
            "INSERT INTO rail_dataset VALUES (1, 'v', 's', 'a', 'l', 'h', '2026-01-01 00:00:00', '{}', '{}')",
            "INSERT INTO rail_station VALUES ('AAA', '甲', '', 'Jia', 'jia', 'j', '', '', false, '5', '542', 1)",
            "INSERT INTO rail_train VALUES ('G1', 'G', '1', 'G')",
            "INSERT INTO rail_stop VALUES ('G1', 1, 'AAA', NULL, 480)",
            "INSERT INTO rail_sold VALUES ('G1', '2026-01-01', 'second', 1, 3)",
            "INSERT INTO rail_sold VALUES ('G1', '2026-01-01', 'second', 3, 5)",
        ):
            connection.execute(text(statement))
    upgrade(engine)
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.trains_by_digits("1") == ["G1"]
        assert source.run("G1")[1][0].number == "G1"
        day = date(2026, 1, 1)
        assert source.sold([("G1", day, 1, 2)]) == {"G1": {"second": 3}}
        assert source.sold([("G1", day, 1, 4)]) == {"G1": {"second": 5}}
        assert source.sold([("G1", day, 2, 3)]) == {"G1": {"second": 0}}
    dataset = loaded_dataset(engine)
    assert (dataset.number, dataset.version, dataset.live) == (1, "v", True)
    load_rail_data(engine, small)
    assert loaded_dataset(engine).number == 2
    engine.dispose()


def test_fare_rules_are_a_document_in_either_database(engine: Engine, small: Path) -> None:
    shutil.copy(DATA / "fare_rules.json", small)
    load_rail_data(engine, small)
    with reading(engine) as session:
        assert SqlRailSource(session).fare_book() is not None
