"""What is wrong with a database is one line."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from ivr.errors import IvrError, UsageFault
from ivr.store import database
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


def test_a_new_file_that_another_program_writes_to_is_waited_for(tmp_path: Path):
    file = tmp_path / "ivr.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, other.commit)
    release.start()
    engine = open_engine(f"sqlite:///{file}")
    with reading(engine) as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
    release.join()
    other.close()
    engine.dispose()


def test_a_new_file_that_stays_locked_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_LOCKED_S", 0.1)
    file = tmp_path / "ivr.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(IvrError, match="the tables cannot be made: database is locked"):
        upgrade(engine)
    other.close()
    engine.dispose()


def test_callers_who_wait_for_a_lock_leave_connections_for_others(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'ivr.db'}")
    with contextlib.ExitStack() as stack:
        for _ in range(20):  # the AGI server has 16 threads for queries
            session = stack.enter_context(reading(engine))
            assert session.scalar(text("SELECT 1")) == 1
    engine.dispose()
