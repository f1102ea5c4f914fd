"""Make data/sale_times.csv out of 12306's list of the time of day at which each station opens the sale.

    python scripts/make_sale_times.py LIST

LIST is the script that 12306 gives to browsers: pairs of a station's name and a time. A name is resolved to the station
that is called so today, else to the one that was called so before; names of neither are left out and printed.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"
_PAIR = re.compile(r'"([^"]+)"\s*:\s*"(\d\d:\d\d)"')


def telecodes() -> dict[str, str]:
    """Name → telecode; today's names win over former ones."""
    names = {}
    for file in ("former_stations.csv", "stations.csv"):
        with (DATA / file).open(encoding="utf-8", newline="") as stream:
            names |= {row["name"]: row["telecode"] for row in csv.DictReader(stream)}
    return names


def main(source: Path) -> None:
    known = telecodes()
    times: dict[str, set[str]] = {}
    unknown = []
    for name, time in _PAIR.findall(source.read_text("utf-8-sig")):
        if name in known:
            times.setdefault(known[name], set()).add(time)
        else:
            unknown.append(name)
    # A station with two times in the list has none that could be told.
    rows = sorted((telecode, *found) for telecode, found in times.items() if len(found) == 1)
    with (DATA / "sale_times.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["telecode", "time"])
        writer.writerows(rows)
    print(f"{len(rows)} stations; {len(times) - len(rows)} with two times left out")
    print(f"{len(unknown)} names of no station: {' '.join(unknown)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
