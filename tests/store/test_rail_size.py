"""A whole country's timetable is imported in well under 20 seconds: as many trains and stops as China had in 2016."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Engine, func, select

from ivr.rail.seats import PLACES
from ivr.store.database import reading
from ivr.store.models.rail import RailStop, RailTrain
from ivr.store.rail import import_rail_data
from ivr.store.rail_source import SqlRailSource
from tests.store import small_data

TRAINS, STOPS, STATIONS = 5505, 57289, 3404


def code(number: int) -> str:
    return "".join(chr(65 + number // 26**power % 26) for power in (2, 1, 0))


def write(folder: Path) -> Path:
    """A timetable of that size; its trains have ten or eleven stops and fares to each."""
    small_data.write(folder)
    letters = [code(number).lower() for number in range(STATIONS)]
    stations = ["telecode,name,pinyin,initials,city,bureau"]
    stations += [f"{word.upper()},站{word},{word}zhan,{word[0]}z,{word},北京局" for word in letters]
    trains = ["train,kind,formation,classes,number,service"]
    times = ["train,seq,station,arr,dep,number,km"]
    fares = ["train,seq," + ",".join(PLACES)]
    longer = STOPS - 10 * TRAINS
    for index in range(TRAINS):
        train = f"{'GDCZTK'[index % 6]}{index + 1}"
        trains.append(f"{train},{train[0]},G,second,,work")
        last = 10 + (index < longer)
        for seq in range(1, last + 1):
            station = letters[(index * 7 + seq * 13) % STATIONS].upper()
            minute = 300 + index % 900 + 25 * seq
            arr = f"{minute // 60}:{minute % 60:02d}" if seq > 1 else ""
            dep = f"{(minute + 2) // 60}:{(minute + 2) % 60:02d}" if seq < last else ""
            times.append(f"{train},{seq},{station},{arr},{dep},,{60 * (seq - 1)}")
            if seq > 1:
                fares.append(f"{train},{seq},{25 * seq}.5," + "," * (len(PLACES) - 2))
    for name, lines in (
        ("stations.csv", stations),
        ("trains.csv", trains),
        ("timetable.csv", times),
        ("fares.csv", fares),
    ):
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_a_whole_country_is_imported_in_time(engine: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "country")
    began = time.monotonic()
    import_rail_data(engine, folder, by="tester")
    took = time.monotonic() - began
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(RailTrain)) == TRAINS
        assert session.scalar(select(func.count()).select_from(RailStop)) == STOPS
        assert len(SqlRailSource(session).run("G1")[1]) == 11
    assert took < 20, f"{took:.1f} s"
