"""``ivr rail`` as a user at a terminal sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands import ivr
from ivr.errors import IvrError, UsageFault
from ivr.store.database import open_engine
from ivr.store.migrate import upgrade


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)
    engine.dispose()
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


@pytest.fixture
def loaded(run):
    run("import")
    return run


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


def test_info_tells_source_date_and_counts(loaded) -> None:
    told = json.loads(loaded("info", "--json"))
    files = {row["file"]: row for row in told["files"]}
    assert files["stations.csv"]["rows"] == 3404
    assert files["timetable.csv"]["as_of"] == "2016-10"
    assert all(row["source"] and row["licence"] for row in files.values())
    assert told["loaded_at"].endswith("+08:00")
    assert "3404  stations.csv" in loaded("info")


def test_station_by_keys_and_by_name(loaded) -> None:
    for which in ("7447", "上海虹桥", "AOH"):
        assert [row["telecode"] for row in json.loads(loaded("station", which, "--json"))] == ["AOH"]
    assert loaded("station", "021").splitlines()[0].startswith("AOH  上海虹桥")
    for which in ("天上", "0111"):
        with pytest.raises(IvrError, match="no station for"):
            loaded("station", which)


def test_trains(loaded) -> None:
    told = json.loads(loaded("trains", "g1", "--json"))
    assert [item["station"]["zh"] for item in told["items"]] == ["北京南", "南京南", "上海虹桥"]
    assert "train G1  dep 09:00  arr 13:48" in loaded("trains", "北京南", "上海虹桥", "--date", "2")
    assert loaded("trains", "G404", code=1).startswith("none")


def test_selling_seats_leaves_fewer_tickets_until_they_come_back(loaded) -> None:
    def left() -> int:
        told = json.loads(loaded("tickets", "G1", "--date", "2", "--json"))
        return next(i["left"] for i in told["items"] if i["class"]["code"] == "second")

    ride = ("sell", "G1", "北京南", "南京南", "--date", "2")
    before = left()
    assert loaded(*ride, "--seats", "5").startswith("sold: 5 second, G1")
    assert left() == before - 5
    assert loaded(*ride, "--seats", "5", "--release").startswith("given back")
    assert left() == before
    with pytest.raises(IvrError, match="fewer than 9999 second are left"):
        loaded(*ride, "--seats", "9999")
    with pytest.raises(IvrError, match="doesn't run from 北京南 to 上海"):
        loaded("sell", "G1", "北京南", "上海")


def test_wrong_words(loaded) -> None:
    with pytest.raises(UsageFault, match="'13' is no date"):
        loaded("trains", "G1", "--date", "13")
    with pytest.raises(UsageFault, match="'2026-02-30' is no date"):
        loaded("trains", "G1", "--date", "2026-02-30")
    with pytest.raises(UsageFault, match="one train, or two stations"):
        loaded("trains", "a", "b", "c")
    with pytest.raises(IvrError, match="no station '天上'"):
        loaded("trains", "天上", "上海")
    assert loaded("tickets", "G1", "--date", "2000-01-01", code=1).startswith("closed")


@pytest.mark.parametrize("name", ["import", "info", "station", "trains", "tickets", "sell"])
def test_help_has_an_example(run, name: str) -> None:
    assert f"ivr rail {name}" in run(name, "--help").partition("Example:")[2]
