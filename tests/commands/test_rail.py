"""``ivr rail`` as a user at a terminal sees it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands import ivr
from ivr.errors import IvrError, UsageFault
from ivr.store.database import open_engine
from ivr.store.migrate import upgrade
from tests.store import gtfs_feed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Path:
    """One home with the project's data for all: each test leaves it as it was."""
    home = tmp_path_factory.mktemp("home")
    shutil.copyfile(railway, home / "ivr.db")
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IVR_HOME", str(home))
    monkeypatch.delenv("IVR_DATABASE_URL", raising=False)

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(ivr, ["rail", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    return invoke


def test_without_data_every_question_says_how_to_mend_it(tmp_path: Path, run, monkeypatch) -> None:
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    with pytest.raises(IvrError, match="ivr db upgrade makes the tables"):
        run("info")
    engine = open_engine(f"sqlite:///{tmp_path / 'ivr.db'}")
    upgrade(engine)
    engine.dispose()
    for words in (("info",), ("station", "021"), ("trains", "G1")):
        with pytest.raises(IvrError, match=r"no railway data is loaded \(ivr rail import\)"):
            run(*words)


def test_import_says_whether_anything_changed(run) -> None:
    run("import")
    assert "is loaded already" in run("import")
    assert json.loads(run("import", "--json"))["changed"] is False


def test_info_tells_source_date_and_counts(run) -> None:
    told = json.loads(run("info", "--json"))
    files = {row["file"]: row for row in told["files"]}
    assert files["stations.csv"]["rows"] == 3404
    assert files["timetable.csv"]["as_of"] == "2016-10"
    assert all(row["source"] and row["licence"] for row in files.values())
    assert told["loaded_at"].endswith("+08:00")
    assert "3404  stations.csv" in run("info")


def test_a_feed_is_tried_imported_and_rolled_back(run, tmp_path: Path) -> None:
    rows = gtfs_feed.make("USD")
    count = sum(len(of_file) for of_file in rows.values())
    feed = gtfs_feed.pack(tmp_path / "feed.zip", rows)
    tried = run("import", str(feed), "--dry-run")
    assert "note: 6 fares left out: they are in USD, and the hotline tells yuan\n" in tried
    assert tried.endswith(f"feed.zip: fine, {count} rows in {len(rows)} files; nothing was stored\n")
    before = json.loads(run("info", "--json"))
    done = json.loads(run("import", str(feed), "--json"))
    assert (done["form"], done["changed"], done["replaced"]) == ("gtfs", True, before["number"])
    assert (done["counts"]["trips.txt"], done["fault_count"]) == (218, 0)
    now = json.loads(run("info", "--json"))
    assert (now["number"], now["valid_to"], now["form"]) == (done["number"], "2026-12-31", "gtfs")
    assert [(v["number"], v["live"]) for v in now["versions"]][:2] == [
        (done["number"], True),
        (before["number"], False),
    ]
    assert f"stored     {before['number']} (" in run("info")
    assert "valid      2026-01-01 to 2026-12-31" in run("info")
    assert f"is loaded already as version {done['number']}" in run("import", str(feed))
    assert run("rollback").startswith(f"version {before['number']} (")
    assert json.loads(run("rollback", str(done["number"]), "--json"))["number"] == done["number"]
    again = run("import")
    assert again.endswith(f"is live (ivr rail rollback goes back to {done['number']})\n")


def test_a_bad_feed_is_told_fault_by_fault_and_changes_nothing(run, tmp_path: Path) -> None:
    rows = gtfs_feed.make()
    rows["agency.txt"][0]["agency_name"] = ""
    for row in rows["stop_times.txt"][:300]:
        row["stop_id"] = "mars"
    feed = gtfs_feed.pack(tmp_path / "feed.zip", rows)
    before = run("info")
    for extra in ((), ("--dry-run",)):
        lines = run("import", str(feed), *extra, code=1).splitlines()
        assert lines[0] == f"{feed}/agency.txt:2: agency_name must not be empty"
        assert lines[1] == f"{feed}/stop_times.txt:2: stop 'mars' is not in stops.txt"
        assert lines[-1] == "301 faults, 101 of them not listed; nothing was changed"
        assert len(lines) == 201
    told = json.loads(run("import", str(feed), "--json", code=1))
    assert (told["changed"], told["fault_count"], len(told["faults"])) == (False, 301, 200)
    assert told["faults"][0] == {
        "file": "agency.txt",
        "line": 2,
        "message": "agency_name must not be empty",
    }
    assert run("info") == before


def test_station_by_keys_and_by_name(run) -> None:
    for which in ("7447", "上海虹桥", "AOH"):
        assert [row["telecode"] for row in json.loads(run("station", which, "--json"))] == ["AOH"]
    assert run("station", "021").splitlines()[0].startswith("AOH  上海虹桥")
    for which in ("天上", "0111"):
        with pytest.raises(IvrError, match="no station for"):
            run("station", which)


def test_trains(run) -> None:
    told = json.loads(run("trains", "g1", "--json"))
    assert [item["station"]["zh"] for item in told["items"]] == ["北京南", "南京南", "上海虹桥"]
    assert "train G1  dep 09:00  arr 13:48" in run("trains", "北京南", "上海虹桥", "--date", "2")
    assert run("trains", "G404", code=1).startswith("none")


def test_trains_after_a_time_and_the_way_with_one_change(run) -> None:
    pair = ("trains", "北京南", "上海虹桥", "--date", "2")
    whole, late = (json.loads(run(*pair, *more, "--json")) for more in ((), ("--after", "18:00")))
    assert [i for i in whole["items"] if i["dep"] >= "18:00"] == late["items"] != []
    told = json.loads(run("trains", "烟台", "黄山北", "--date", "2", "--json"))
    assert (told["outcome"], told["items"]) == ("none", [])
    assert {"train", "change", "second", "arr", "duration"} <= set(told["connections"][0])
    assert "change 济南" in run("trains", "烟台", "黄山北", "--date", "2")
    assert run("trains", "北京南", "上海虹桥", "--after", "23:59", code=1).startswith("gone")


def test_one_train_between_two_stations_and_when_it_runs(run) -> None:
    told = json.loads(run("trains", "G1", "南京南", "上海虹桥", "--json"))
    assert (told["slots"]["dep"], told["slots"]["duration"]) == ("12:41", 67)
    assert told["running"][0]["weekdays"] == [1, 2, 3, 4, 5, 6, 7]
    assert "near 北京南" in run("trains", "G1", "济南西", "上海虹桥", code=1)


def test_departures(run) -> None:
    told = json.loads(run("departures", "上海虹桥", "--date", "2", "--after", "22:00", "--json"))
    assert len(told["items"]) == 9
    assert told["items"][0]["dep"] >= "22:00"
    assert [item["dep"] for item in told["items"]] == sorted(item["dep"] for item in told["items"])
    assert run("departures", "上海虹桥", "--date", "2").startswith("many  from 上海虹桥")
    assert run("departures", "上海虹桥").startswith("many  from 上海虹桥")


def test_selling_seats_leaves_fewer_tickets_until_they_come_back(run) -> None:
    def left() -> int:
        told = json.loads(run("tickets", "G1", "--date", "2", "--json"))
        return next(i["left"] for i in told["items"] if i["class"]["code"] == "second")

    ride = ("sell", "G1", "北京南", "南京南", "--date", "2")
    before = left()
    assert run(*ride, "--seats", "5").startswith("sold: 5 second, G1")
    assert left() == before - 5
    assert run(*ride, "--seats", "5", "--release").startswith("given back")
    assert left() == before
    with pytest.raises(IvrError, match="fewer than 9999 second are left"):
        run(*ride, "--seats", "9999")
    with pytest.raises(IvrError, match="doesn't run from 北京南 to 上海"):
        run("sell", "G1", "北京南", "上海")


def test_wrong_words(run) -> None:
    with pytest.raises(UsageFault, match="'13' is no date"):
        run("trains", "G1", "--date", "13")
    with pytest.raises(UsageFault, match="'2026-02-30' is no date"):
        run("trains", "G1", "--date", "2026-02-30")
    for words in (("station", ""), ("departures", ""), ("trains", "", "上海")):
        with pytest.raises(IvrError, match="no station"):
            run(*words)
    with pytest.raises(UsageFault, match="one train, or two stations"):
        run("trains", "a", "b", "c", "d")
    with pytest.raises(UsageFault, match="'上海' is both|is both the origin and the destination"):
        run("trains", "上海", "上海")
    with pytest.raises(UsageFault, match="SHH: is both the origin and the destination"):
        run("tickets", "上海", "SHH")
    with pytest.raises(UsageFault, match="'noon' is no time"):
        run("trains", "上海", "北京", "--after", "noon")
    with pytest.raises(UsageFault, match="is for trains between two stations"):
        run("trains", "G1", "--after", "09:00")
    with pytest.raises(IvrError, match="no station '天上'"):
        run("trains", "天上", "上海")
    assert run("tickets", "G1", "--date", "2000-01-01", code=1).startswith("closed")


@pytest.mark.parametrize(
    "name", ["import", "info", "rollback", "station", "trains", "departures", "fare", "tickets", "sell"]
)
def test_help_has_an_example(run, name: str) -> None:
    assert f"ivr rail {name}" in run(name, "--help").partition("Example:")[2]
