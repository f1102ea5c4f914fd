"""What is kept in memory of a dataset is of that dataset alone."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from ivr.store.database import open_engine, reading
from ivr.store.rail_source import SqlRailSource


def g102(database: Path) -> tuple[int, dict[str, int]]:
    """How often G102 goes from 上海虹桥 to 北京南, and its seats."""
    engine = open_engine(f"sqlite:///{database}")
    try:
        with reading(engine) as session:
            source = SqlRailSource(session)
            rides = [ride for ride in source.rides("AOH", "VNP") if ride.number == "G102"]
            return len(rides), dict(source.seats(["G102"]).get("G102", {}))
    finally:
        engine.dispose()


def test_a_database_that_was_restored_is_read_anew(railway: Path, tmp_path: Path):
    """The same place, the same number of the dataset, other trains."""
    place = tmp_path / "ivr.db"
    shutil.copy(railway, place)
    runs, seats = g102(place)
    assert runs == 1
    assert seats["second"] == 518
    with sqlite3.connect(place) as other:
        other.execute("UPDATE rail_dataset SET loaded_at = '2027-01-01 00:00:00.000000'")
        other.execute("UPDATE rail_seats SET seats = 17 WHERE train = 'G102' AND seat_class = 'second'")
        other.execute("DELETE FROM rail_stop WHERE train = 'G102' AND station = 'VNP'")
    other.close()
    assert g102(place)[0] == 0
    assert g102(place)[1]["second"] == 17
    shutil.copy(railway, place)
    assert g102(place) == (1, seats)
