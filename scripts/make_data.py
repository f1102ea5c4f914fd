"""Make the tidy files of data/ out of a folder of collected facts.

    python scripts/make_data.py [--whole] SOURCE_FOLDER [OUT_FOLDER]

--whole takes all trains of the country instead of those of Beijing–Shanghai and the Yangtze delta: the larger data set,
for measuring; give it an OUT_FOLDER of its own. SOURCE_FOLDER holds the raw files named below (see data/README.md for where each comes from). Needs pypinyin, for the
pinyin of cities that are no station: it is used here only, never by the hotline. Prints what was left out, and why.
The rules for leaving a train out are in ``faults_of``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import city_names
from fare_slips import slips
from legs import Leg, is_fast, known_legs, leg_of

Row = dict[str, str]

DATA = Path(__file__).parent.parent / "data"
#: Trains of Beijing–Shanghai and the Yangtze delta; all trains.
TIMETABLES = ("timetable_2016_10_jinghu_delta.csv", "timetable_2016_10.csv")

#: Names in the timetable that the 2018/2019 station lists don't have any more (older 12306 station list).
OLDER_STATIONS = {"上虞北": ("SSH", "shangyubei", "syb"), "茂名东": ("MDQ", "maomingdong", "mmd")}

FARE_COLUMNS = {
    "emu": {"seat2_or_hard": "second", "seat1_or_soft": "first"},
    "ordinary": {"seat2_or_hard": "hard_seat", "seat1_or_soft": "soft_seat"},
}
BERTHS = {
    "hard_sleeper_up": "hard_sleeper_upper",
    "hard_sleeper_mid": "hard_sleeper_middle",
    "hard_sleeper_low": "hard_sleeper_lower",
    "soft_sleeper_up": "soft_sleeper_upper",
    "soft_sleeper_low": "soft_sleeper_lower",
}
PLACES = ("second", "first", "business", "hard_seat", "soft_seat", *BERTHS.values())

#: Prefix in the operators table → the bureau as data/bureaus.csv names it.
BUREAU_PREFIXES = {
    "京局": "北京局",
    "北京局": "北京局",
    "上局": "上海局",
    "广铁": "广州局",
    "成都局": "成都局",
    "沈局": "沈阳局",
    "武汉局": "武汉局",
    "南昌局": "南昌局",
    "济南局": "济南局",
    "哈局": "哈尔滨局",
    "哈尔滨局": "哈尔滨局",
    "郑州局": "郑州局",
    "西安局": "西安局",
    "昆明局": "昆明局",
    "兰州局": "兰州局",
    "南宁局": "南宁局",
    "太原局": "太原局",
    "乌局": "乌鲁木齐局",
    "呼局": "呼和浩特局",
    "青藏公司": "青藏公司",
    "香港铁路公司": "港铁公司",
    "集通公司": "集通公司",
    "广西沿海铁路公司": "广西沿海公司",
}
BUREAUS = {
    "北京局": ("中国铁路北京局集团有限公司", "China Railway Beijing Group"),
    "上海局": ("中国铁路上海局集团有限公司", "China Railway Shanghai Group"),
    "广州局": ("中国铁路广州局集团有限公司", "China Railway Guangzhou Group"),
    "成都局": ("中国铁路成都局集团有限公司", "China Railway Chengdu Group"),
    "沈阳局": ("中国铁路沈阳局集团有限公司", "China Railway Shenyang Group"),
    "武汉局": ("中国铁路武汉局集团有限公司", "China Railway Wuhan Group"),
    "南昌局": ("中国铁路南昌局集团有限公司", "China Railway Nanchang Group"),
    "济南局": ("中国铁路济南局集团有限公司", "China Railway Jinan Group"),
    "哈尔滨局": ("中国铁路哈尔滨局集团有限公司", "China Railway Harbin Group"),
    "郑州局": ("中国铁路郑州局集团有限公司", "China Railway Zhengzhou Group"),
    "西安局": ("中国铁路西安局集团有限公司", "China Railway Xi'an Group"),
    "昆明局": ("中国铁路昆明局集团有限公司", "China Railway Kunming Group"),
    "兰州局": ("中国铁路兰州局集团有限公司", "China Railway Lanzhou Group"),
    "南宁局": ("中国铁路南宁局集团有限公司", "China Railway Nanning Group"),
    "太原局": ("中国铁路太原局集团有限公司", "China Railway Taiyuan Group"),
    "乌鲁木齐局": ("中国铁路乌鲁木齐局集团有限公司", "China Railway Urumqi Group"),
    "呼和浩特局": ("中国铁路呼和浩特局集团有限公司", "China Railway Hohhot Group"),
    "青藏公司": ("中国铁路青藏集团有限公司", "China Railway Qingzang Group"),
    "港铁公司": ("香港铁路有限公司", "MTR Corporation"),
    "集通公司": ("内蒙古集通铁路公司", "Jitong Railway"),
    "广西沿海公司": ("广西沿海铁路公司", "Guangxi Coastal Railway"),
}

#: City pinyin that is neither a station's nor read rightly by pypinyin.
SEATS = (
    # formation, class, seats, note
    ("G", "second", 518, "CRH380A, 8 cars, 556 seats"),
    ("G", "first", 28, "CRH380A, 8 cars, 556 seats"),
    ("G", "business", 10, "CRH380A, 8 cars, 556 seats"),
    ("C", "second", 562, "CRH2A, 8 cars, 613 seats"),
    ("C", "first", 51, "CRH2A, 8 cars, 613 seats"),
    ("D", "second", 562, "CRH2A, 8 cars, 613 seats"),
    ("D", "first", 51, "CRH2A, 8 cars, 613 seats"),
    ("D-night", "second", 110, "CRH2E, 16 cars: 2 seat cars at 55"),
    ("D-night", "soft_sleeper", 520, "CRH2E, 16 cars: 13 sleeping cars at 40"),
    ("ordinary", "hard_seat", 944, "8 cars YZ25G at 118"),
    ("ordinary", "soft_seat", 72, "1 car RZ25G at 72"),
    ("ordinary", "hard_sleeper", 396, "6 cars YW25G at 66"),
    ("ordinary", "soft_sleeper", 36, "1 car RW25G at 36"),
    ("express", "hard_seat", 472, "4 cars YZ25T at 118"),
    ("express", "soft_seat", 72, "1 car RZ25T at 72"),
    ("express", "hard_sleeper", 660, "10 cars YW25T at 66"),
    ("express", "soft_sleeper", 72, "2 cars RW25T at 36"),
)


def read(folder: Path, name: str) -> list[Row]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(folder: Path, name: str, header: str, rows: Iterable[Iterable[object]]) -> int:
    columns = header.split(",")
    count = 0
    temporary = folder / f".{name}.part"
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            values = list(row)
            assert len(values) == len(columns), (name, values)
            writer.writerow(values)
            count += 1
    temporary.replace(folder / name)
    return count


class Stations:
    """Resolves the timetable's names of 2016 to telecodes, and those to the names of today."""

    def __init__(self, now: list[Row], old: list[Row]) -> None:
        self.now = {row["telecode"]: row for row in now}
        self.old: dict[str, Row] = {}
        for row in old:
            self.old.setdefault(row["name"], row)
        for name, (telecode, pinyin, initials) in OLDER_STATIONS.items():
            older = {"name": name, "telecode": telecode, "pinyin": pinyin, "initials": initials}
            self.old.setdefault(name, older)
        self.by_name = {row["name"]: row["telecode"] for row in now}

    def telecode(self, name: str) -> str:
        """The old list first: some names of 2016 belong to another station today (台州 is 台州西 now)."""
        return self.old[name]["telecode"] if name in self.old else self.by_name.get(name, "")

    def former(self, used: set[str]) -> Iterator[tuple[str, ...]]:
        """Former names: of stations that are called otherwise today, and of used stations that 12306 lists no more."""
        for name, row in sorted(self.old.items(), key=lambda pair: pair[1]["telecode"]):
            present = self.now.get(row["telecode"])
            if present is None and row["telecode"] in used:
                yield (name, row["telecode"], row["pinyin"], row["initials"], "")
            elif present is not None and present["name"] != name:
                yield (name, row["telecode"], row["pinyin"], row["initials"], present["name"])


class Lines:
    """Distances along lines, to find impossible speeds."""

    def __init__(self, rows: list[Row]) -> None:
        self.lines: dict[str, dict[str, float]] = defaultdict(dict)
        for row in rows:
            if row["km"]:
                self.lines[row["station"]][row["line"]] = float(row["km"])

    def shortest(self, one: str, other: str) -> float | None:
        first, second = self.lines.get(one, {}), self.lines.get(other, {})
        lengths = [abs(first[line] - second[line]) for line in first.keys() & second.keys()]
        return min((length for length in lengths if length > 0), default=None)


def minute(clock: str, day: str) -> int:
    return int(day or 0) * 1440 + int(clock[:2]) * 60 + int(clock[3:])


def faults_of(stops: list[Row], stations: Stations, lines: Lines) -> list[str]:
    """Why this train must be left out; the first reason is the one that is counted."""
    faults = []
    codes = [stations.telecode(stop["station"]) for stop in stops]
    if not all(codes):
        faults.append("a station resolves to no telecode")
    if len(set(codes)) < len(codes):
        faults.append("a station twice")
    for here, there in zip(stops, stops[1:], strict=False):
        faults += segment_faults(here, there, lines)
    return faults


def segment_faults(here: Row, there: Row, lines: Lines) -> Iterator[str]:
    """What is impossible between two stops, and at the second."""
    if not here["dep"] or not there["arr"]:
        yield "a time is missing"
        return
    arrives = minute(there["arr"], there["arr_day"])
    minutes = arrives - minute(here["dep"], here["dep_day"])
    if minutes <= 0:
        yield "running time is zero or negative"
        return
    if there["dep"] and minute(there["dep"], there["dep_day"]) <= arrives:
        yield "stands zero minutes or leaves before it arrives"
    fastest = 350 if here["train"][0] in "GDC" else 200
    lengths = [float(there["km"]) - float(here["km"])] if here["km"] and there["km"] else []
    if here["km_line"] and there["km_line"]:
        lengths.append(abs(float(there["km_line"]) - float(here["km_line"])))
    along = lines.shortest(here["station"], there["station"])
    if any(not 10 <= km * 60 / minutes <= fastest for km in lengths) or (
        along is not None and along * 60 / minutes > fastest
    ):
        yield f"impossible speed (below 10 or above {fastest} km/h)"


def kilometres(stops: list[Row]) -> list[str]:
    """From the origin to each stop: along the line where all stops lie on one, else as the source has it, else unknown.
    Tables of lines agree with real fares more often than the source's own column does."""
    for column in ("km_line", "km"):
        if all(stop[column] for stop in stops):
            first = float(stops[0][column])
            lengths = [abs(float(stop[column]) - first) for stop in stops]
            if all(here < there for here, there in zip(lengths, lengths[1:], strict=False)):
                return [f"{length:g}" for length in lengths]
    return [""] * len(stops)


def unknown_legs(runs: dict[str, list[Row]]) -> dict[Leg, int]:
    """The legs of trains whose kilometres are unknown, with their shortest running time in minutes."""
    wanted: dict[Leg, int] = {}
    for train, stops in runs.items():
        if kilometres(stops)[0]:
            continue
        for here, there in zip(stops, stops[1:], strict=False):
            leg = leg_of(here["station"], there["station"], is_fast(train))
            minutes = minute(there["arr"], there["arr_day"]) - minute(here["dep"], here["dep_day"])
            wanted[leg] = min(minutes, wanted.get(leg, minutes))
    return wanted


def legs(
    source: Path, runs: dict[str, list[Row]], stations: Stations, lines: Lines
) -> Iterator[tuple[str, ...]]:
    """The rows of leg_km.csv: what all trains and lines of the sources tell about the legs of ``runs``."""
    everywhere: dict[str, list[Row]] = defaultdict(list)
    for row in read(source, "timetable_2016_10.csv"):
        everywhere[row["train"]].append(row)
    sound = {train: stops for train, stops in everywhere.items() if not faults_of(stops, stations, lines)}
    known = known_legs(read(source, "line_mileage.csv"), sound, kilometres, unknown_legs(runs))
    for (one, other, fast), km, basis in known:
        first, second = sorted((stations.telecode(one), stations.telecode(other)))
        yield first, second, "yes" if fast else "no", f"{km:g}", basis


def service_clock(clock: str, day: str) -> str:
    """01:10 of the next day is 25:10."""
    if not clock:
        return ""
    total = minute(clock, day)
    return f"{total // 60:02d}:{total % 60:02d}"


def places(row: Row, kind: str) -> dict[str, str]:
    """The fares of a raw row by our names of places, without the empty ones."""
    columns = FARE_COLUMNS["emu" if kind in "GDC" else "ordinary"] | BERTHS
    return {ours: row[raw] for raw, ours in columns.items() if row[raw]}


def formation_of(kind: str, classes: set[str]) -> tuple[str, list[str]]:
    """Which formation of data/seats.csv runs, and which of its classes this train has.

    EMUs have all classes of their formation; other trains those for which a fare is known.
    """
    if kind == "D" and "soft_sleeper" in classes:
        formation = "D-night"
    elif kind in "GDC":
        formation = kind
    else:
        formation = "express" if kind in "ZT" else "ordinary"
    offered = [name for of, name, _, _ in SEATS if of == formation]
    if kind in "GDC" or not classes:
        return formation, offered
    return formation, [name for name in offered if name in classes]


def other_numbers(trips: list[Row], runs: dict[str, list[Row]], known: set[str]) -> Iterator[tuple[str, str]]:
    """Train, other number: of trains that change their number on the way (D331/D334), where the timetable has the run
    under one of the two only, from the same origin to the same terminal. Where the number changes is not known."""
    found = set()
    for trip in trips:
        first, *rest = trip["train"].split("/")
        numbers = [first, *(number if number[0].isalpha() else first[0] + number for number in rest)]
        for train in numbers:
            run = runs.get(train)
            ends = (run[0]["station"], run[-1]["station"]) if run else ()
            if ends == (trip["from"], trip["to"]):
                found |= {(train, other) for other in numbers if other not in known}
    yield from sorted(found)


def iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}"


def operators(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    seen = set()
    for row in rows:
        prefix = max((p for p in BUREAU_PREFIXES if row["operator"].startswith(p)), key=len)
        until = "" if row["valid_to"] == "20991231" else iso(row["valid_to"])
        depot = row["operator"][len(prefix) :]
        tidy = (row["train"], BUREAU_PREFIXES[prefix], depot, iso(row["valid_from"]), until)
        if tidy not in seen:
            seen.add(tidy)
            yield tidy


def area_codes(rows: list[Row], stations: list[Row]) -> Iterator[tuple[str, ...]]:
    from pypinyin import lazy_pinyin

    official = {row["name"]: row for row in stations}
    provinces = {row["code"]: row["province"] for row in rows if row["province"]}
    provinces |= {"0974": "青海", "0634": "山东"}
    seen = set()
    shared = [
        {"code": code, "city": city} for code, cities in city_names.SHARE.items() for city in cities.split()
    ]
    for row in sorted([*rows, *shared], key=lambda row: row["code"]):
        city = city_names.OF_CODES.get(row["city"], row["city"])
        if (row["code"], city) in seen or (row["code"], city) == ("0898", "海南"):
            continue
        seen.add((row["code"], city))
        if city in city_names.PINYIN:
            syllables = city_names.PINYIN[city].split()
        elif city in official:
            yield (
                row["code"],
                provinces[row["code"]],
                city,
                official[city]["pinyin"],
                official[city]["initials"],
            )
            continue
        else:
            syllables = lazy_pinyin(city)
        yield (
            row["code"],
            provinces[row["code"]],
            city,
            "".join(syllables),
            "".join(s[0] for s in syllables),
        )


def pair_fares(
    rows: list[Row], stations: Stations, used: set[str]
) -> dict[tuple[str, str, str], dict[str, str]]:
    """(origin, destination, kind) → fares by place."""
    pairs: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        one, other = stations.telecode(row["from"]), stations.telecode(row["to"])
        # Only fares on which all trains of the class agree: a fare is never a guess.
        if one in used and other in used and row["n_trains"] == row["n_trains_with_this_fare"]:
            known = places(row, row["train_class"])
            # Two old names may be one station: then they must agree, too.
            if pairs.setdefault((one, other, row["train_class"]), known) != known:
                pairs[one, other, row["train_class"]] = {}
    return {pair: known for pair, known in pairs.items() if known}


def without(
    fares: dict[tuple[str, int], dict[str, str]], wrong: set[tuple[str, int, str]]
) -> dict[tuple[str, int], dict[str, str]]:
    """The fares less those that are wrong, and the stops that have any left."""
    right = {
        (train, seq): {place: fare for place, fare in known.items() if (train, seq, place) not in wrong}
        for (train, seq), known in fares.items()
    }
    return {stop: known for stop, known in right.items() if known}


def copy_what_is_not_made_here(out: Path) -> None:
    for name in ("presale.csv", "sale_times.csv", "fare_rules.json", "provenance.json"):
        if not (out / name).exists():
            shutil.copy(DATA / name, out / name)


def main(source: Path, out: Path, timetable: str) -> None:
    out.mkdir(exist_ok=True)
    copy_what_is_not_made_here(out)
    now = read(source, "stations.csv")
    stations = Stations(now, read(source, "stations_old_2018_2019.csv"))
    lines = Lines(read(source, "line_mileage.csv"))
    runs: dict[str, list[Row]] = defaultdict(list)
    for row in read(source, timetable):
        runs[row["train"]].append(row)

    listed = set(runs)
    left_out: Counter[str] = Counter()
    for train in sorted(runs):
        if faults := faults_of(runs[train], stations, lines):
            left_out[faults[0]] += 1
            del runs[train]

    trains, stops = [], []
    fares: dict[tuple[str, int], dict[str, str]] = {}
    ends: dict[tuple[str, int], tuple[str, str, str]] = {}
    used: set[str] = set()
    for train in sorted(runs, key=lambda name: (name[0], int(re.sub(r"\D", "", name)))):
        kind = train[0] if train[0].isalpha() else "0"
        classes: set[str] = set()
        for seq, (row, km) in enumerate(zip(runs[train], kilometres(runs[train]), strict=True), 1):
            code = stations.telecode(row["station"])
            used.add(code)
            stops.append(
                (
                    train,
                    seq,
                    code,
                    service_clock(row["arr"], row["arr_day"]),
                    service_clock(row["dep"], row["dep_day"]),
                    km,
                )
            )
            known = places(row, kind)
            if known:
                fares[train, seq] = known
                ends[train, seq] = (stations.telecode(runs[train][0]["station"]), code, kind)
                classes |= {re.sub(r"_(upper|middle|lower)$", "", place) for place in known}
        formation, offered = formation_of(kind, classes)
        trains.append((train, kind, formation, "|".join(offered)))

    wrong = slips(fares, ends)
    fares = without(fares, wrong)
    pairs = pair_fares(read(source, "od_fares_2016_10.csv"), stations, used)
    counts = {
        "stations.csv": write(
            out,
            "stations.csv",
            "telecode,name,pinyin,initials,city,bureau",
            (
                (
                    *(r[name] for name in ("telecode", "name", "pinyin", "initials")),
                    city_names.OF_STATIONS.get(r["city"], r["city"]),
                    r["bureau_by_telecode"],
                )
                for r in now
            ),
        ),
        "former_stations.csv": write(
            out, "former_stations.csv", "name,telecode,pinyin,initials,now", stations.former(used)
        ),
        "trains.csv": write(out, "trains.csv", "train,kind,formation,classes", trains),
        "other_numbers.csv": write(
            out,
            "other_numbers.csv",
            "train,number",
            other_numbers(read(source, "hsr_2016_03_trips.csv"), runs, listed),
        ),
        "timetable.csv": write(out, "timetable.csv", "train,seq,station,arr,dep,km", stops),
        "fares.csv": write(
            out,
            "fares.csv",
            "train,seq," + ",".join(PLACES),
            ((*stop, *(known.get(place, "") for place in PLACES)) for stop, known in fares.items()),
        ),
        "pair_fares.csv": write(
            out,
            "pair_fares.csv",
            "origin,destination,kind," + ",".join(PLACES),
            ((*pair, *(known.get(p, "") for p in PLACES)) for pair, known in sorted(pairs.items())),
        ),
        "leg_km.csv": write(
            out, "leg_km.csv", "one,other,fast,km,basis", sorted(legs(source, runs, stations, lines))
        ),
        "seats.csv": write(out, "seats.csv", "formation,class,seats,note", SEATS),
        "operators.csv": write(
            out,
            "operators.csv",
            "train,operator,depot,valid_from,valid_to",
            operators(read(source, "operators_2024_02.csv")),
        ),
        "bureaus.csv": write(
            out, "bureaus.csv", "bureau,name,english", ((k, *v) for k, v in BUREAUS.items())
        ),
        "area_codes.csv": write(
            out,
            "area_codes.csv",
            "code,province,city,pinyin,initials",
            area_codes(read(source, "area_codes.csv"), now),
        ),
        "holidays.csv": write(
            out,
            "holidays.csv",
            "date,kind,name",
            ((r["date"], r["kind"], r["name"]) for r in read(source, "china_holidays_2014_2026.csv")),
        ),
    }
    for name in ("presale.csv", "sale_times.csv"):  # by hand, and by make_sale_times.py
        counts[name] = len(read(out, name))
    counts["fare_rules.json"] = sum(  # written by hand
        map(len, json.loads((out / "fare_rules.json").read_text("utf-8")).values())
    )
    record(out, counts)
    print(f"trains kept {len(trains)}, left out {sum(left_out.values())}:")
    print(f"fares left out as slips: {len(wrong)}")
    for reason, number in left_out.most_common():
        print(f"  {number:4d}  {reason}")
    for name, count in counts.items():
        print(f"{count:7d} rows  {(out / name).stat().st_size:8d} bytes  {name}")


def record(out: Path, counts: dict[str, int]) -> None:
    """Put rows and hashes into provenance.json; its words are written by hand."""
    path = out / "provenance.json"
    told = json.loads(path.read_text("utf-8"))
    assert set(told["files"]) == set(counts), set(told["files"]) ^ set(counts)
    for name, count in counts.items():
        told["files"][name]["rows"] = count
        told["files"][name]["sha256"] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--whole"]
    whole = len(words) < len(sys.argv) - 1
    if len(words) != 2 and (whole or len(words) != 1):
        sys.exit(__doc__)
    main(Path(words[0]), Path(words[1]) if len(words) == 2 else DATA, TIMETABLES[whole])
