from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from ivr.errors import IvrError
from ivr.store.database import open_engine
from ivr.store.migrate import current_revision, upgrade
from ivr.store.models import all_tables


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
