"""Make tests/rail/data/fare_check.csv: real fares of ordinary trains with the kilometres that are known for them.

    python scripts/make_fare_check.py SOURCE_FOLDER [OUT_FILE]

SOURCE_FOLDER holds timetable_2016_10.csv, line_mileage.csv and both station lists (data/README.md says where each comes
from). A row is a stop of an ordinary train with its hard-seat fare from the origin. ``km_from``: line (all stops lie on
one line, and its table says) or source (the data set's own column); a stop for which both are known has two rows.
``sound``: no segment of the train is impossible (make_data.py's rules).
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from make_data import Lines, Row, Stations, faults_of, read

COLUMNS = ("train", "to", "km", "km_from", "sound", "hard_seat", "hard_sleeper_upper")


def rows(source: Path) -> Iterator[tuple[str, ...]]:
    stations = Stations(read(source, "stations.csv"), read(source, "stations_old_2018_2019.csv"))
    lines = Lines(read(source, "line_mileage.csv"))
    runs: dict[str, list[Row]] = defaultdict(list)
    for row in read(source, "timetable_2016_10.csv"):
        runs[row["train"]].append(row)
    for train in sorted(runs):
        if train[0] in "GDC":
            continue
        stops = runs[train]
        sound = "no" if faults_of(stops, stations, lines) else "yes"
        for column, km_from in (("km", "source"), ("km_line", "line")):
            first = float(stops[0][column] or 0)
            for stop in stops[1:]:
                km = abs(float(stop[column]) - first) if stop[column] else 0
                if km and stop["seat2_or_hard"]:
                    fares = stop["seat2_or_hard"], stop["hard_sleeper_up"]
                    yield train, stop["station"], f"{km:g}", km_from, sound, *fares


def main(source: Path, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(source))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    here = Path(__file__).parent.parent / "tests" / "rail" / "data" / "fare_check.csv"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else here)
