"""The project's own data in SQL: what is loaded, what callers hear of it, and what a damaged file does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.rail.queries import ask
from ivr.store.database import Engine, open_engine, reading, writing
from ivr.store.migrate import upgrade
from ivr.store.models.rail import RailStation, RailStop, RailTrain
from ivr.store.rail import DATA, load_rail_data, loaded_dataset
from ivr.store.rail_inventory import sell
from ivr.store.rail_source import SqlRailSource

TODAY = date(2026, 11, 22)
TOMORROW = "2026-11-23"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{shutil.copy(railway, tmp_path_factory.mktemp('rail') / 'ivr.db')}")
    yield engine
    engine.dispose()


@pytest.fixture
def asked(engine: Engine):
    def run(name: str, **args: str) -> Answer:
        with reading(engine) as session:
            named = {key.rstrip("_"): value for key, value in args.items()}
            return ask(SqlRailSource(session), name, named, TODAY)

    return run


def names(answer: Answer) -> list[str]:
    return [item["station"]["zh"] for item in answer.items]


def test_the_second_load_of_the_same_content_does_nothing(engine: Engine) -> None:
    before = loaded_dataset(engine)
    assert load_rail_data(engine) is False
    assert loaded_dataset(engine) == before
    assert before is not None
    assert before.counts["stations.csv"] == 3404
    assert {"about", "source", "as_of", "licence", "rows", "sha256"} <= set(before.files["timetable.csv"])
    assert {name: told["rows"] for name, told in before.files.items()} == before.counts


def test_traffic_is_the_number_of_trains_that_stop(engine: Engine) -> None:
    with reading(engine) as session:
        stops = session.scalar(select(func.count()).where(RailStop.station == "AOH"))
        assert session.get(RailStation, (1, "AOH")).traffic == stops > 100
        assert session.scalar(select(func.sum(RailStation.traffic))) == session.scalar(
            select(func.count()).select_from(RailStop)
        )


def test_every_train_of_the_data_can_be_ridden(engine: Engine) -> None:
    with reading(engine) as session:
        source = SqlRailSource(session)
        for train in session.scalars(select(RailTrain.train)):
            _, stops = source.run(train)
            assert [stop.seq for stop in stops] == list(range(1, len(stops) + 1))
            assert stops[0].arr is None
            assert stops[-1].dep is None
            for here, there in zip(stops, stops[1:], strict=False):
                assert here.dep < there.arr <= (there.dep or there.arr)


def test_a_train_that_changes_its_number_is_found_by_both(asked) -> None:
    assert asked("find_train", keys="934").slots == {"train": "D934"}
    for number in ("D931", "D934"):
        slots = asked("train_timetable", train=number, date=TOMORROW).slots
        assert (slots["train"], slots["from"]["zh"], slots["to"]["zh"]) == (number, "上海虹桥", "广州南")


def test_area_code_021_gives_the_stations_of_shanghai(asked) -> None:
    assert names(asked("find_station", keys="021"))[:3] == ["上海虹桥", "上海", "上海南"]


def test_initials_give_the_busiest_first(asked) -> None:
    assert asked("find_station", keys="7447").slots["station"]["zh"] == "上海虹桥"
    assert "北京南" in names(asked("find_station", keys="256"))[:3]


def test_beijing_to_shanghai(asked) -> None:
    answer = asked("timetable", from_="VNP", to="AOH", date=TOMORROW)
    assert {"train": "G1", "dep": "09:00", "arr": "13:48", "duration": 288} in answer.items
    departures = [item["dep"] for item in answer.items]
    assert departures == sorted(departures)
    fares = asked("fares", from_="VNP", to="AOH")
    assert [(i["class"]["code"], i["fare"]) for i in fares.items] == [("second", "553"), ("first", "933")]
    assert "estimates" not in fares.slots


def test_a_train_past_midnight_belongs_to_the_day_before(asked, engine: Engine) -> None:
    answer = asked("timetable", from_="XCH", to="SHH", date=TOMORROW)
    t109 = next(item for item in answer.items if item["train"] == "T109")
    assert (t109["dep"], t109["arr"]) == ("03:28", "10:43")
    with writing(engine) as session:
        assert sell(session, "T109", date(2026, 11, 22), "hard_seat", 4, 8, 472)
    left = [
        (item["train"], item["class"]["code"])
        for item in asked("tickets", from_="XCH", to="SHH", date=TOMORROW).items
        if item["train"] == "T109"
    ]
    assert left == [("T109", "hard_sleeper"), ("T109", "soft_sleeper")]
    train = asked("train_tickets", train="T109", date=TOMORROW)
    assert train.items[0]["left"] == 472


def test_trains_operators_cities(asked) -> None:
    assert {"G102", "T102", "K102"} == {i["train"] for i in asked("find_train", keys="102").items}
    assert {"train": "G102"} in asked("find_operated_train", keys="102").items
    assert asked("operator_of", train="G1", date=TOMORROW).slots["operator"]["code"] == "上海局"
    assert asked("find_city", keys="74").items[0]["city"]["zh"] == "上海"
    assert asked("area_code_of", city="上海").slots["code"] == "021"
    answer = asked("city_of_area_code", keys="010")
    assert answer.slots["city"]["zh"] == "北京"
    assert "province" not in answer.slots, "nobody says 北京北京"
    assert asked("presale").slots["last_day"] == "2026-12-06"


def test_known_fares_and_stops(asked) -> None:
    fares = {i["class"]["code"]: i["fare"] for i in asked("train_fares", train="T109").items}
    assert fares["hard_seat"] == "177.5"
    assert fares["hard_sleeper_lower"] == "344"
    stops = asked("train_timetable", train="T109", date=TOMORROW).items
    assert [s["station"]["zh"] for s in stops][:2] == ["北京", "天津西"]
    assert stops[-1]["arr"] == "34:43"


def test_fares_that_are_not_published_are_reckoned_leg_by_leg(asked, engine: Engine) -> None:
    answer = asked("ride_fares", train="T109", from_="XCH", to="SHH")
    assert answer.slots["estimates"] == 6
    assert {i["class"]["code"]: i["about"] for i in answer.items}["hard_seat"] == "91"
    with reading(engine) as session:
        source = SqlRailSource(session)
        rides = {ride.train: ride for ride in source.rides("XCH", "SHH")}
        assert rides["T109"].km == 649
        unmeasured = [ride for ride in rides.values() if ride.km is None]
        lengths = source.leg_km(unmeasured)
        assert lengths
        assert all(abs(km - 649) < 30 for km in lengths.values())
        assert source.leg_km([]) == {}


def test_a_site_without_fare_rules_has_no_formula(tmp_path: Path, folder: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(engine)
    for name in ("fare_rules.json", "leg_km.csv"):
        (folder / name).unlink()
    assert load_rail_data(engine, folder)
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert source.fare_book() is None
        named = {"train": "T109", "from": "XCH", "to": "SHH"}
        assert ask(source, "ride_fares", named, TODAY).outcome == "unknown"
        assert ask(source, "train_fares", {"train": "T109"}, TODAY).items[0]["fare"] == "177.5"
    engine.dispose()


def test_fare_rules_that_are_not_text_are_named(engine: Engine, folder: Path) -> None:
    (folder / "fare_rules.json").write_bytes(b'{"fees": "\xff"}')
    with pytest.raises(IvrError, match=r"fare_rules\.json:1: not UTF-8"):
        load_rail_data(engine, folder)


def test_a_renamed_station_answers_to_both_names(engine: Engine) -> None:
    with reading(engine) as session:
        source = SqlRailSource(session)
        assert [s.name for s in source.stations_named("余杭")] == ["临平南"]
        assert [s.name for s in source.stations_named("临平南")] == ["临平南"]
        assert [s.name for s in source.stations_named("aoh")] == ["上海虹桥"]
        assert source.station("QQQ") is None
        assert source.run("G404") == ("", ())


def test_no_question_reads_a_whole_table(engine: Engine) -> None:
    """An index that finds no more than the dataset is as slow as none."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with reading(engine) as session:
        source = SqlRailSource(session)
        event.listen(engine, "before_cursor_execute", note)
        try:
            trains = [ride.train for ride in source.rides("VNP", "AOH")]
            source.run("G1")
            source.origin_fares("VNP", "AOH")
            source.pair_fares("NKH", "AOH")
            source.seats(trains)
            source.services(trains)
            source.sold([("G1", TODAY, 1, 3)])
            source.trains_by_digits("102")
            source.trains_numbered("G102")
            source.operated_trains_by_digits("102")
            source.operations("G102")
        finally:
            event.remove(engine, "before_cursor_execute", note)
        plans = [
            (statement, row[3])
            for statement, parameters in asked
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert len(plans) > 10
    large = r"(SCAN|SEARCH) rail_(stop|fare|pair_fare|seats|sold|operator|train|train_number)\b"
    whole = [(s, step) for s, step in plans if re.match(large, step) and not re.search("AND|train=", step)]
    assert whole == []


# damaged files


@pytest.fixture
def folder(tmp_path: Path, few_trains: Path) -> Path:
    """The project's files with a few trains, to be damaged."""
    return Path(shutil.copytree(few_trains, tmp_path / "data"))


@pytest.fixture(scope="module")
def few_trains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fault is as wrong among few rows, and found sooner."""
    folder = Path(shutil.copytree(DATA, tmp_path_factory.mktemp("few") / "data"))
    for path in folder.glob("*.csv"):
        head, *rows = path.read_text("utf-8").splitlines(keepends=True)
        if path.name == "pair_fares.csv":
            path.write_text(head, "utf-8")
        elif "train" in (columns := head.strip().split(",")):
            place = columns.index("train")
            rows = [row for row in rows if row.split(",")[place] in {"G1", "G2", "T109"}]
            path.write_text("".join([head, *rows]), "utf-8")
    return folder


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("timetable.csv", "\nG1,1,VNP,,09:00", "\nG1,1,QQQ,,09:00", "station 'QQQ' is not in stations.csv"),
        ("timetable.csv", "\nG1,1,VNP,,09:00", "\nG1,1,VNP,,9 Uhr", "'9 Uhr' is no time HH:MM"),
        (
            "timetable.csv",
            "\nG1,1,VNP,,09:00",
            "\nG1,1,VNP,,19:00",
            "times of train G1 must be there and grow",
        ),
        ("timetable.csv", "\nG1,1,VNP,,09:00", "\nG0,1,VNP,,09:00", "train 'G0' is not in trains.csv"),
        ("timetable.csv", "\nG1,1,VNP,,09:00,0", "", "stop 1 of train G1 must come here"),
        ("timetable.csv", "\nG1,3,AOH,13:48,,1318", "", "the terminal, and only it, has no dep"),
        ("timetable.csv", "train,seq", "zug,seq", "columns missing: train, and 1 more"),
        ("stations.csv", "IFP,北京朝阳", "BJP,北京朝阳", "BJP stands there twice"),
        ("stations.csv", "shanghaihongqiao", "shanghai hongqiao", "no telephone key for ' '"),
        ("stations.csv", ",shanghaihongqiao", "", "the row has 5 columns, the first line 6"),
        ("fares.csv", ",553,", ",553.25,", "'553.25' is no fare in yuan"),
        ("trains.csv", "G1,G,G,second", "G1,G,G,fourth", "train G1: formation G has no class fourth"),
        ("trains.csv", "G1,G,G,second", "G1,,G,second", "kind must not be empty"),
        ("seats.csv", "G,second,518", "G,second,many", "'many' is no whole number above 0"),
        ("seats.csv", "G,second,518", "G,deck,518", "unknown class 'deck'"),
        ("operators.csv", "上海局", "月球局", "operator '月球局' is not in bureaus.csv"),
        ("holidays.csv", "2014-01-01", "2014-13-01", "month must be in 1..12"),
        ("leg_km.csv", "AFH,AKH,no,61", "AFH,AKH,no,0", "'0' are no kilometres"),
        ("leg_km.csv", "AFH,AKH,no,61", "AFH,AKH,no,far", "'far' are no kilometres"),
        ("leg_km.csv", "AFH,AKH,no,61", "AFH,AKH,maybe,61", "fast must be yes or no, not 'maybe'"),
        ("leg_km.csv", "AFH,AKH,no,61", "AKH,AFH,no,61", "'one' must stand before 'other' in the alphabet"),
        ("leg_km.csv", "AFH,AKH,no,61", "AFH,QQQ,no,61", "station 'QQQ' is not in stations.csv"),
        (
            "fare_rules.json",
            '"0.05861"',
            '"free"',
            "ordinary[0].rates.hard_seat.yuan_per_km: 'free' must be a rate",
        ),
        ("fare_rules.json", '"fund": 10', '"fund": ten', "not JSON: Expecting value"),
        ("provenance.json", '"version"', '"revision"', "not usable: 'version'"),
    ],
)
def test_a_damaged_file_is_named_with_its_line_and_changes_nothing(
    engine: Engine, folder: Path, name: str, old: str, new: str, told: str
) -> None:
    before = loaded_dataset(engine)
    replace(folder / name, old, new)
    with pytest.raises(IvrError) as caught:
        load_rail_data(engine, folder)
    assert told in str(caught.value)
    assert str(folder / name) in str(caught.value)
    assert loaded_dataset(engine) == before


def test_a_missing_or_binary_file_is_named(engine: Engine, folder: Path) -> None:
    (folder / "stations.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(IvrError, match=r"stations\.csv:1: not UTF-8"):
        load_rail_data(engine, folder)
    (folder / "stations.csv").unlink()
    with pytest.raises(IvrError, match=r"stations\.csv: is missing"):
        load_rail_data(engine, folder)


def test_new_content_replaces_the_old_and_keeps_what_was_sold(tmp_path: Path, folder: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(engine)
    assert load_rail_data(engine, folder)
    with writing(engine) as session:
        assert sell(session, "G1", TODAY, "second", 1, 3, 7)
    replace(folder / "stations.csv", ",上海虹桥,", ",上海新虹桥,")
    assert load_rail_data(engine, folder)
    with reading(engine) as session:
        assert SqlRailSource(session).station("AOH").name == "上海新虹桥"
        assert SqlRailSource(session).sold([("G1", TODAY, 1, 3)]) == {"G1": {"second": 7}}
    engine.dispose()
