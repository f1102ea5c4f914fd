"""A GTFS feed becomes a dataset that callers can ask, and a bad one changes nothing and says all that is wrong."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ivr.errors import IvrError
from ivr.rail.queries import ask
from ivr.store.audit import entries
from ivr.store.database import open_engine, reading
from ivr.store.feed import MAX_FAULTS, FeedFaults
from ivr.store.gtfs_names import train_number
from ivr.store.migrate import upgrade
from ivr.store.rail import (
    Imported,
    import_rail_data,
    load_rail_data,
    loaded_dataset,
    roll_back,
    stored_datasets,
)
from ivr.store.rail_source import SqlRailSource
from tests.store import gtfs_feed, small_data
from tests.store.gtfs_feed import NAMES, ROWS, STATIONS, call, clock, make, pack, trains, zone


def bring(engine: Engine, path: Path, *, dry_run: bool = False) -> Imported:
    return import_rail_data(engine, path, by="tester", dry_run=dry_run)


def faults(engine: Engine, path: Path) -> list[str]:
    with pytest.raises(FeedFaults) as found:
        bring(engine, path)
    return [str(fault) for fault in found.value.faults]


@pytest.fixture
def engine(engine: Engine, tmp_path: Path) -> Engine:
    """A database in which a site's own data is live as version 1, once of each kind."""
    load_rail_data(engine, small_data.write(tmp_path / "small"))
    return engine


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same for the whole module, where the kind does not matter."""
    folder = tmp_path_factory.mktemp("store")
    engine = open_engine(f"sqlite:///{folder / 'ivr.db'}")
    upgrade(engine)
    load_rail_data(engine, small_data.write(folder / "small"))
    yield engine
    engine.dispose()


@pytest.fixture
def feed() -> ROWS:
    return make()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.zip"


def test_the_whole_feed_is_what_callers_hear(engine: Engine, feed: ROWS, path: Path) -> None:
    assert len(feed["trips.txt"]) == 218
    done = bring(engine, pack(path, feed))
    assert (done.form, done.changed, done.replaced) == ("gtfs", True, 1)
    assert done.notes == ["58 trips left out: they are no railway's"]
    with reading(engine) as session:
        source = SqlRailSource(session)
        for trip, service, number, way, dep in trains():
            kind, stops = source.run(trip)
            assert kind == "0"
            assert [stop.station.name for stop in stops] == [NAMES[station] for station in way]
            times = [(dep + 4 * index, dep + 4 * index + 1) for index in range(len(way))]
            assert [(stop.arr, stop.dep) for stop in stops] == [
                (None, times[0][1]),
                *times[1:-1],
                (times[-1][0], None),
            ]
            assert {stop.number for stop in stops} == {number}
            runs = source.services([trip])[trip]
            flags = gtfs_feed.SERVICES[service][0]
            for day in range(5, 12):  # Monday 5 January 2026 to Sunday
                assert runs.runs_on(date(2026, 1, day)) is (flags[day - 5] == "1")
            assert not runs.runs_on(date(2027, 1, 4))
            assert runs.runs_on(date(2026, 5, 25)) is (service == "sunday")
        assert source.trains_by_digits("101") == ["101"]
        assert source.trains_numbered("101") == ["0-saturday", "0-sunday", "0-weekday"]
        assert source.station("st0").keypad_initials == "22", "AB"
        assert source.station("st0").keypad_pinyin == "25337229", "alderbay"
        assert source.operations("101")[0].operator["en"] == "Coast Railway"
        for here in range(0, STATIONS, 5):
            for there in range(STATIONS):
                agreed = source.pair_fares(f"st{here}", f"st{there}")
                price = 35 + 20 * abs(zone(here) - zone(there))
                assert agreed == ({} if here == there else {"0": {"second": price}})


def test_a_train_past_midnight_keeps_its_service_day(shared: Engine, feed: ROWS, path: Path) -> None:
    bring(shared, pack(path, feed))
    late = max(trains(), key=lambda train: train[4] + 4 * len(train[3]))
    with reading(shared) as session:
        _, stops = SqlRailSource(session).run(late[0])
    assert stops[-1].arr == late[4] + 4 * (len(late[3]) - 1) > 24 * 60


def test_what_a_feed_does_not_know_stays_as_it_was(shared: Engine, feed: ROWS, path: Path) -> None:
    bring(shared, pack(path, feed))
    with reading(shared) as session:
        source = SqlRailSource(session)
        assert ask(source, "presale", {}, date(2026, 11, 22)).slots["last_day"] == "2026-12-06"
        assert source.cities_with_code("0999")[0].name == "甲市"
        assert source.seats(["0-weekday"]) == {}
    live = loaded_dataset(shared)
    assert (live.version, live.source) == ("spring", "Coast Railway, Ltd. (GTFS, feed.zip)")
    assert (live.valid_from, live.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert not live.bundled


def test_stations_named_as_before_are_keyed_as_before(shared: Engine, feed: ROWS, path: Path) -> None:
    feed["stops.txt"][0]["stop_name"] = "甲"
    feed["stops.txt"][3]["stop_name"] = "无名镇"
    done = bring(shared, pack(path, feed))
    assert "2 stations have no Latin name to be keyed" in done.notes
    with reading(shared) as session:
        source = SqlRailSource(session)
        assert [s.telecode for s in source.stations_by_pinyin("542")] == ["st0"]
        assert source.station("st0").label == "Jia"
        assert source.station("st1").keypad_pinyin == ""


def test_fares_in_another_currency_are_left_out_and_said_to_be(shared: Engine, path: Path) -> None:
    done = bring(shared, pack(path, make("USD")))
    assert "6 fares left out: they are in USD, and the hotline tells yuan" in done.notes
    with reading(shared) as session:
        assert SqlRailSource(session).pair_fares("st0", "st5") == {}


def test_a_fare_by_the_zones_it_passes(shared: Engine, feed: ROWS, path: Path) -> None:
    feed["fare_attributes.txt"] = [
        {"fare_id": name, "price": price, "currency_type": "CNY"}
        for name, price in (("both", "9"), ("all", "20.5"))
    ]
    feed["fare_rules.txt"] = [{"fare_id": "both", "contains_id": z} for z in (1, 2)]
    bring(shared, pack(path, feed))
    with reading(shared) as session:
        source = SqlRailSource(session)
        assert source.pair_fares("st0", "st6") == {"0": {"second": 90}}
        assert source.pair_fares("st0", "st3") == {"0": {"second": 205}}


def test_stop_times_in_any_order_with_times_left_open(shared: Engine, feed: ROWS, path: Path) -> None:
    times = feed["stop_times.txt"]
    trip = "0-weekday"
    calls = [row for row in times if row["trip_id"] == trip][:5]
    others = [row for row in times if row["trip_id"] != trip]
    calls[0] |= {"arrival_time": "", "departure_time": "25:00:59"}
    for row in calls[1:4]:
        row |= {"arrival_time": "", "departure_time": ""}
    calls[4] |= {"arrival_time": "25:10:00", "departure_time": ""}
    feed["stop_times.txt"] = [*reversed(calls), *others]
    bring(shared, pack(path, feed))
    with reading(shared) as session:
        _, stops = SqlRailSource(session).run(trip)
    assert [(stop.arr, stop.dep) for stop in stops] == [
        (None, 1500),
        (1502, 1502),
        (1505, 1505),
        (1507, 1507),
        (1510, None),
    ]


def test_what_is_no_train_is_left_out_and_counted(shared: Engine, feed: ROWS, path: Path) -> None:
    feed["frequencies.txt"] = [
        {"trip_id": "0-weekday", "start_time": "6:00:00", "end_time": "9:00:00", "headway_secs": 600}
    ]
    feed["stop_times.txt"] = [r for r in feed["stop_times.txt"] if r["trip_id"] != "1-weekday"]
    passing = next(row for row in feed["stop_times.txt"] if row["trip_id"] == "2-weekday")
    passing |= {"pickup_type": 1, "drop_off_type": 1}
    feed["trips.txt"].append({"route_id": "line", "service_id": "weekday", "trip_id": "ghost"})
    feed["stop_times.txt"] += [call("ghost", 1, "70001", 600, 600), call("ghost", 2, "70011", 610, 610)]
    done = bring(shared, pack(path, feed))
    assert set(done.notes) == {
        "58 trips left out: they are no railway's",
        "1 trips left out: they repeat at intervals",
        "1 trips left out: they have fewer than two stops",
        "1 stops left out: nobody may get in or out there",
        "1 trips have no number in the feed; they were counted from 1",
    }
    with reading(shared) as session:
        source = SqlRailSource(session)
        assert source.run("0-weekday") == source.run("1-weekday") == ("", ())
        assert source.run("2-weekday")[1][0].station.name == NAMES[3]
        assert source.trains_numbered("1") == ["ghost"]


def test_where_nobody_may_get_in_nobody_is_sent(engine: Engine, feed: ROWS, path: Path) -> None:
    """Stop 1 only lets passengers out, stop 3 only in; before the first entry and after the last exit nobody rides."""
    calls = [row for row in feed["stop_times.txt"] if row["trip_id"] == "0-weekday"]
    others = [row for row in feed["stop_times.txt"] if row["trip_id"] != "0-weekday"]
    for index, closed in ((0, "pickup_type"), (2, "pickup_type"), (4, "drop_off_type"), (6, "drop_off_type")):
        calls[index] |= {closed: 1}
    # 1 opens the run, 2 lets out only, 4 lets in only, 6 is behind the last exit
    next(row for row in feed["trips.txt"] if row["trip_id"] == "0-weekday")["trip_short_name"] = "901"
    feed["stop_times.txt"] = [*calls[:7], *others]
    bring(engine, pack(path, feed))
    with reading(engine) as session:
        source = SqlRailSource(session)
        _, stops = source.run("0-weekday")
        assert [stop.station.telecode for stop in stops] == [f"st{number}" for number in (1, 2, 3, 4, 5)]
        assert [(stop.arr is None, stop.dep is None) for stop in stops] == [
            (True, False),
            (False, True),
            (False, False),
            (True, False),
            (False, True),
        ]

        def trains(found) -> set[str]:
            return {one.train for one in found}

        ridden = {
            (here, there)
            for here in range(7)
            for there in range(7)
            if "0-weekday" in trains(source.rides(f"st{here}", f"st{there}"))
        }
        assert ridden == {(1, 2), (1, 3), (1, 5), (3, 5), (4, 5)}
        for here in range(7):
            legs = {leg.station for leg in source.legs_from(f"st{here}") if leg.train == "0-weekday"}
            assert legs == {f"st{there}" for begin, there in ridden if begin == here}
            legs = {leg.station for leg in source.legs_to(f"st{here}") if leg.train == "0-weekday"}
            assert legs == {f"st{begin}" for begin, end in ridden if end == here}
            leaves = {one.train: one.terminal.telecode for one in source.departures(f"st{here}")}
            assert leaves.get("0-weekday") == ("st5" if here in (1, 3, 4) else None)
        friday = {"train": "901", "date": "2026-01-09"}
        answer = ask(source, "train_between", {**friday, "from": "st2", "to": "st5"}, date(2026, 1, 8))
        assert (answer.outcome, [item["station"]["code"] for item in answer.items]) == ("passes", ["st2"])
        assert answer.items[0]["near"]["code"] in ("st1", "st3")
        answer = ask(source, "train_between", {**friday, "from": "st5", "to": "st1"}, date(2026, 1, 8))
        assert answer.outcome == "backwards"
        told = ask(source, "train_timetable", friday, date(2026, 1, 8)).items
        assert [sorted(item.keys() - {"station"}) for item in told[1:4]] == [["arr"], ["arr", "dep"], ["dep"]]


def test_a_train_that_lets_nobody_ride_is_left_out(shared: Engine, feed: ROWS, path: Path) -> None:
    for row in feed["stop_times.txt"]:
        if row["trip_id"] == "0-weekday":
            row |= {"pickup_type": 1}
        if row["trip_id"] == "1-weekday":
            row |= {"drop_off_type": 1}
    done = bring(shared, pack(path, feed))
    assert "2 trips left out: they have fewer than two stops" in done.notes


def test_running_days_without_a_calendar(shared: Engine, feed: ROWS, path: Path) -> None:
    del feed["calendar.txt"]
    feed["calendar_dates.txt"] = [
        {"service_id": service, "date": "20260601", "exception_type": 1} for service in gtfs_feed.SERVICES
    ]
    bring(shared, pack(path, feed))
    with reading(shared) as session:
        runs = SqlRailSource(session).services(["0-sunday"])["0-sunday"]
    assert runs.runs_on(date(2026, 6, 1))
    assert not runs.runs_on(date(2026, 6, 7))


def test_a_feed_as_other_programs_write_it(shared: Engine, feed: ROWS, path: Path) -> None:
    """A byte order mark, CRLF, quotes with commas in them, spaces around values, blank lines, other columns."""
    feed["stops.txt"][0]["stop_name"] = 'Alder "Bay", North'
    files = {name: "\ufeff" + gtfs_feed.text(rows, "\r\n") for name, rows in feed.items()}
    files["agency.txt"] = files["agency.txt"].replace("CR,", " CR ,") + "\r\n\r\n"
    files["shapes.txt"] = "whatever\n"
    bring(shared, pack(path, files))
    with reading(shared) as session:
        assert SqlRailSource(session).station("st0").name == 'Alder "Bay", North'


def test_an_unpacked_feed_is_the_same(shared: Engine, feed: ROWS, path: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(path, feed)) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert bring(shared, path).changed
    assert not bring(shared, tmp_path / "unpacked").changed


# what is wrong


def edit(file: str, row: int, **values: object):
    def change(feed: ROWS) -> None:
        feed[file][row] |= values

    return change


def drop(file: str):
    def change(feed: ROWS) -> None:
        del feed[file]

    return change


def twice(file: str):
    def change(feed: ROWS) -> None:
        feed[file].append(feed[file][0])

    return change


def without(file: str, column: str):
    def change(feed: ROWS) -> None:
        for row in feed[file]:
            del row[column]

    return change


def swap_times(feed: ROWS) -> None:
    calls = [row for row in feed["stop_times.txt"] if row["trip_id"] == "0-weekday"]
    calls[2]["arrival_time"] = calls[2]["departure_time"] = clock(60)


def no_last_time(feed: ROWS) -> None:
    calls = [row for row in feed["stop_times.txt"] if row["trip_id"] == "0-weekday"]
    calls[-1]["arrival_time"] = calls[-1]["departure_time"] = ""


def no_train(feed: ROWS) -> None:
    feed["routes.txt"][0]["route_type"] = 3


def no_calendar(feed: ROWS) -> None:
    del feed["calendar.txt"], feed["calendar_dates.txt"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop("stops.txt"), "stops.txt: is missing"),
        (drop("agency.txt"), "agency.txt: is missing"),
        (no_calendar, "calendar.txt: is missing, and so is calendar_dates.txt"),
        (without("trips.txt", "service_id"), "trips.txt:1: columns missing: service_id"),
        (no_train, "stop_times.txt: no train runs in it"),
        (edit("agency.txt", 0, agency_name=""), "agency.txt:2: agency_name must not be empty"),
        (edit("routes.txt", 0, route_type="x"), "routes.txt:2: route_type 'x' is no number"),
        (edit("routes.txt", 0, agency_id="XX"), "routes.txt:2: agency 'XX' is not in agency.txt"),
        (
            edit("stops.txt", 1, parent_station="st99"),
            "stops.txt:3: parent_station 'st99' is not in stops.txt",
        ),
        (edit("stops.txt", 1, location_type=7), "stops.txt:3: location_type '7' is not 0 to 4"),
        (edit("stops.txt", 0, stop_name=""), "stops.txt:2: stop_name must not be empty"),
        (edit("stops.txt", 0, stop_name="x" * 121), "stops.txt:2: name has more than 120 characters"),
        (twice("stops.txt"), "stops.txt:98: st0 stands there twice"),
        (edit("calendar.txt", 0, monday=2), "calendar.txt:2: monday must be 0 or 1, not '2'"),
        (edit("calendar.txt", 0, end_date="20250101"), "end_date 20250101 is before start_date 20260105"),
        (edit("calendar.txt", 0, end_date="20260231"), "calendar.txt:2: '20260231' is no date YYYYMMDD"),
        (edit("calendar.txt", 0, end_date="2026-2-1"), "'2026-2-1' is no date YYYYMMDD"),
        (edit("calendar_dates.txt", 0, exception_type=3), "exception_type must be 1 or 2, not '3'"),
        (twice("calendar_dates.txt"), "calendar_dates.txt:4: weekday 20260525 stands there twice"),
        (edit("feed_info.txt", 0, feed_end_date="soon"), "feed_info.txt:2: 'soon' is no date YYYYMMDD"),
        (edit("trips.txt", -1, service_id="never"), "service 'never' is in neither calendar.txt"),
        (edit("trips.txt", -1, route_id="sea"), "trips.txt:219: route 'sea' is not in routes.txt"),
        (twice("trips.txt"), "trips.txt:220: bus-saturday-0 stands there twice"),
        (edit("stop_times.txt", 5, stop_id="mars"), "stop_times.txt:7: stop 'mars' is not in stops.txt"),
        (edit("stop_times.txt", 5, trip_id="ghost"), "stop_times.txt:7: trip 'ghost' is not in trips.txt"),
        (edit("stop_times.txt", 5, arrival_time="9.30"), "stop_times.txt:7: '9.30' is no time HH:MM:SS"),
        (edit("stop_times.txt", 5, arrival_time="9:61:00"), "'9:61:00' is no time HH:MM:SS"),
        (edit("stop_times.txt", 5, stop_sequence=-1), "stop_sequence '-1' is no number"),
        (twice("stop_times.txt"), "stop_sequence 1 of trip bus-saturday-0 stands there twice"),
        (swap_times, "the times of trip 0-weekday go backwards"),
        (no_last_time, "the first and the last stop of trip 0-weekday must have times"),
        (edit("fare_attributes.txt", 0, price="dear"), "fare_attributes.txt:2: 'dear' is no fare in yuan"),
        (edit("fare_attributes.txt", 0, price="3.55"), "fare_attributes.txt:2: '3.55' is no fare in yuan"),
        (
            edit("fare_rules.txt", 0, fare_id="f99"),
            "fare_rules.txt:2: fare 'f99' is not in fare_attributes.txt",
        ),
        (edit("fare_rules.txt", 0, route_id="sea"), "fare_rules.txt:2: route 'sea' is not in routes.txt"),
    ],
)
def test_one_fault_is_one_line_and_changes_nothing(
    shared: Engine, feed: ROWS, path: Path, change, told: str
) -> None:
    change(feed)
    before = loaded_dataset(shared)
    (only,) = faults(shared, pack(path, feed))
    assert told in only
    assert loaded_dataset(shared) == before


def test_all_faults_are_listed_in_the_order_of_the_files_and_the_rest_is_counted(
    shared: Engine, feed: ROWS, path: Path
) -> None:
    for row in feed["stop_times.txt"]:
        row["stop_id"] = "mars"
    feed["agency.txt"][0]["agency_name"] = ""
    with pytest.raises(FeedFaults) as found:
        bring(shared, pack(path, feed))
    assert found.value.count == len(feed["stop_times.txt"]) + 1
    assert [str(fault) for fault in found.value.faults[:2]] == [
        "agency.txt:2: agency_name must not be empty",
        "stop_times.txt:2: stop 'mars' is not in stops.txt",
    ]
    assert len(found.value.faults) == MAX_FAULTS


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("stops.txt", b"stop_id\n\xff\n", "stops.txt:2: not UTF-8"),
        ("stops.txt", b"", "stops.txt:1: columns missing: stop_id"),
        ("stops.txt", b"stop_id,stop_id\n", "stops.txt:1: columns twice: stop_id"),
        ("stops.txt", b'stop_id\n"open\n', "stops.txt: is no CSV: unexpected end of data"),
        ("stops.txt", b"stop_id,stop_name\na,b,c\n", "stops.txt:2: the row has 3 columns, the first line 2"),
        ("stops.txt", b"stop_id\n" + b"x" * (2**20 + 1), "the line is longer than 1048576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(
    shared: Engine, feed: ROWS, path: Path, file: str, content: bytes, told: str
) -> None:
    (only,) = faults(shared, pack(path, {**feed, file: content}))
    assert told in only


def test_a_zip_that_unpacks_to_more_than_any_timetable_is_left(
    shared: Engine, feed: ROWS, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.store.feed.MAX_FILE_BYTES", 2**20)
    bomb = b"stop_id,stop_name\n" + b"\n" * 2**22
    (only,) = faults(shared, pack(path, {**feed, "stops.txt": bomb}))
    assert "the file is larger than 1 MiB" in only
    monkeypatch.setattr("ivr.store.feed.MAX_ROWS", 1000)
    (only,) = faults(shared, pack(path, feed))
    assert only == "stop_times.txt:1002: the file has more than 1000 rows"


def test_a_damaged_or_foreign_zip(shared: Engine, feed: ROWS, path: Path, tmp_path: Path) -> None:
    whole = bytearray(pack(path, feed).read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("stop_times.txt").header_offset + 60
    whole[start : start + 40] = bytes(40)
    path.write_bytes(whole)
    assert "stop_times.txt: cannot be read" in faults(shared, path)[0]
    for content in (b"", b"no zip at all", bytes(whole[:200])):
        path.write_bytes(content)
        with pytest.raises(IvrError, match="is neither a folder nor a zip of CSV files"):
            bring(shared, path)
    with pytest.raises(IvrError, match="No such file"):
        bring(shared, tmp_path / "nowhere.zip")
    with pytest.raises(IvrError, match="the files must stand at the top"):
        bring(shared, pack(path, {"feed/stops.txt": b"", "readme.md": b""}))


@given(st.text(), st.text())
def test_a_train_number_can_be_spoken_and_keyed_or_there_is_none(short_name: str, trip_id: str) -> None:
    number = train_number(short_name, trip_id)
    digits = number[1:] if number[:1].isalpha() else number
    assert number == "" or (digits.isascii() and digits.isdigit() and len(digits) <= 5)


@pytest.mark.parametrize(
    ("short_name", "trip_id", "wanted"),
    [
        ("101", "x", "101"),
        ("g102", "x", "G102"),
        ("K 5", "x", "K5"),
        ("ICE 599", "x", "599"),
        ("", "CT-1234567-b", "34567"),
        ("Flyer", "trip 9", "9"),
        ("Flyer", "trip", ""),
    ],
)
def test_how_callers_key_a_trip(short_name: str, trip_id: str, wanted: str) -> None:
    assert train_number(short_name, trip_id) == wanted


# versions


def test_dry_run_rollback_and_audit(engine: Engine, feed: ROWS, path: Path) -> None:
    dry = bring(engine, pack(path, feed), dry_run=True)
    assert (dry.changed, dry.number, dry.counts["trips.txt"]) == (False, None, 218)
    assert loaded_dataset(engine).number == 1
    number = bring(engine, path).number
    assert roll_back(engine, None, by="tester").number == 1
    with reading(engine) as session:
        assert SqlRailSource(session).station("AAA").name == "甲"
        assert [(d.number, d.live) for d in stored_datasets(session)] == [(number, False), (1, True)]
    with pytest.raises(IvrError, match="an earlier version is not stored"):
        roll_back(engine, None, by="tester")
    with pytest.raises(IvrError, match="version 1 is live already"):
        roll_back(engine, 1, by="tester")
    with pytest.raises(IvrError, match="version 77 is not stored"):
        roll_back(engine, 77, by="tester")
    assert roll_back(engine, number, by="tester").form == "gtfs"
    done = [(entry.who, entry.action, entry.subject) for entry in entries(engine)]
    assert done[0] == ("tester", "rail rollback", f"version {number}")
    assert done[1] == ("tester", "rail rollback", "version 1")
    assert done[2] == ("tester", "rail import", f"version {number}")


def test_where_nothing_is_loaded_the_projects_data_comes_first(
    home: Path, feed: ROWS, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.store.rail.DATA", small_data.write(tmp_path / "small"))
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)
    with pytest.raises(IvrError, match="an earlier version is not stored"):
        roll_back(engine, None, by="tester")
    bring(engine, pack(path, feed))
    assert roll_back(engine, None, by="tester").bundled
    engine.dispose()


def test_the_projects_own_data_in_a_zip(shared: Engine, tmp_path: Path) -> None:
    files = {entry.name: entry.read_bytes() for entry in small_data.write(tmp_path / "small").iterdir()}
    files["stations.csv"] += b"ZZZ,Z,z,z,,\n"
    done = bring(shared, pack(tmp_path / "data.zip", files))
    assert (done.form, done.changed) == ("csv", True)
    assert not loaded_dataset(shared).bundled
