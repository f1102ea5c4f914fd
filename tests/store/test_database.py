"""What is wrong with a database is one line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from sqlalchemy import text

from ivr.errors import IvrError, UsageFault
from ivr.store.database import open_engine, reading, writing
from ivr.store.migrate import upgrade


def test_damaged_file_is_one_line(tmp_path: Path):
    path = tmp_path / "ivr.db"
    path.write_bytes(b"this is no database, whatever its name says " * 100)
    engine = open_engine(f"sqlite:///{path}")
    for use in (reading, writing):
        with (
            pytest.raises(IvrError, match="the database cannot be used: file is not a database"),
            use(engine) as session,
        ):
            session.execute(text("select 1 from calls"))
    with pytest.raises(IvrError, match="the tables cannot be made: file is not a database"):
        upgrade(engine)


def test_missing_table_is_one_line(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ivr.db'}")
    with pytest.raises(IvrError, match="no such table: calls"), reading(engine) as session:
        session.execute(text("select 1 from calls"))


@pytest.mark.parametrize("url", ["nonsense", "mysterydb://x/y", "sqlite+none:///x"])
def test_address_that_makes_no_sense_is_one_line(url: str):
    with pytest.raises(UsageFault, match="database address cannot be used"):
        open_engine(url)


def test_callers_who_wait_for_a_lock_leave_connections_for_others(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ivr.db'}")
    with contextlib.ExitStack() as stack:
        for _ in range(20):  # the AGI server has 16 threads for queries
            session = stack.enter_context(reading(engine))
            assert session.scalar(text("SELECT 1")) == 1
    engine.dispose()
