"""What a GTFS feed calls its stations in other languages, and what its import says of what it does not read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ivr.store.database import reading
from ivr.store.feed import FeedFaults
from ivr.store.rail import import_rail_data
from ivr.store.rail_source import SqlRailSource
from tests.store.gtfs_feed import NAMES, make, pack


def name_of(stop: str, language: str, name: str, by: str = "record_id") -> dict[str, object]:
    """A row of translations.txt."""
    what = {"table_name": "stops", "field_name": "stop_name"}
    return {**what, "language": language, "translation": name, by: stop}


def test_stations_in_two_languages(sqlite: Engine, tmp_path: Path) -> None:
    feed = make()
    feed["stops.txt"][3]["stop_name"] = "中山"
    route = {"table_name": "routes", "field_name": "route_long_name", "record_id": "line"}
    feed["translations.txt"] = [
        name_of("st0", "zh-CN", "桤木湾"),
        name_of("st0", "de", "Erlenbucht"),
        name_of("中山", "en", "Zhongshan", by="field_value"),
        name_of(NAMES[2], "ZH", "雪松湾", by="field_value"),
        name_of("st3", "zh", ""),
        {**route, "language": "zh", "translation": "海岸线"},
    ]
    import_rail_data(sqlite, pack(tmp_path / "feed.zip", feed), by="tester")
    with reading(sqlite) as session:
        source = SqlRailSource(session)
        named = {code: source.station(code).named for code in ("st0", "st1", "st2", "st3")}
        keys = source.station("st0").keypad_pinyin
    assert [(name["zh"], name["en"]) for name in named.values()] == [
        ("桤木湾", NAMES[0]),
        ("中山", "Zhongshan"),
        ("雪松湾", NAMES[2]),
        (NAMES[3], NAMES[3]),
    ]
    assert keys == "25337229", "the name of the feed itself is keyed: alderbay"


def test_a_name_that_is_too_long_is_a_fault_of_its_line(sqlite: Engine, tmp_path: Path) -> None:
    feed = make()
    feed["translations.txt"] = [name_of("st0", "zh", "长" * 200)]
    with pytest.raises(FeedFaults, match=r"translations\.txt:2: name has more than \d+ characters"):
        import_rail_data(sqlite, pack(tmp_path / "feed.zip", feed), by="tester")


def test_the_form_of_old_is_passed_over(sqlite: Engine, tmp_path: Path) -> None:
    feed = make()
    feed["translations.txt"] = [{"trans_id": NAMES[0], "lang": "zh", "translation": "桤木湾"}]
    import_rail_data(sqlite, pack(tmp_path / "feed.zip", feed), by="tester")
    with reading(sqlite) as session:
        assert SqlRailSource(session).station("st0").name == NAMES[0]


def test_trains_that_go_on_and_fares_that_are_not_read_are_told(sqlite: Engine, tmp_path: Path) -> None:
    """Of one vehicle: a short run to the fourth station, on from there to the sixth, and back."""
    feed = make()
    before = len(feed["trips.txt"])
    for number, (way, begins) in enumerate((((0, 1, 3), 100), ((3, 4, 5), 130), ((5, 4, 3), 170)), 901):
        trip = {"route_id": "line", "service_id": "weekday", "trip_id": f"b{number}", "block_id": "b"}
        feed["trips.txt"].append({**trip, "trip_short_name": str(number)})
        for seq, station in enumerate(way, 1):
            time = f"{(begins + 5 * seq) // 60}:{(begins + 5 * seq) % 60:02}:00"
            row = {"trip_id": f"b{number}", "stop_sequence": seq, "stop_id": f"st{station}"}
            feed["stop_times.txt"].append({**row, "arrival_time": time, "departure_time": time})
    assert len(feed["trips.txt"]) == before + 3
    feed["fare_leg_rules.txt"] = [{"fare_product_id": "single"}]
    notes = import_rail_data(sqlite, pack(tmp_path / "feed.zip", feed), by="tester", dry_run=True).notes
    assert "1 trains go on as another one (block_id): told as a change, not as one ride" in notes
    assert "fares version 2 (fare_leg_rules.txt and its like) are not read" in notes
    feed["stop_times.txt"][-6:-3] = [
        {**row, "stop_id": f"st{station}"}
        for row, station in zip(feed["stop_times.txt"][-6:-3], (6, 7, 8), strict=True)
    ]
    notes = import_rail_data(sqlite, pack(tmp_path / "feed.zip", feed), by="tester", dry_run=True).notes
    assert not [note for note in notes if "block_id" in note], "it begins elsewhere"
