"""Every station by initials and by full pinyin, and the tables of docs/keys.md in step with what callers press."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks import keys
from ivr.rail.keypad import keys_of
from ivr.rehearsal import Rehearsal
from ivr.settings import Settings
from ivr.simulator import Caller, Scene
from ivr.store.database import reading


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[Rehearsal]:
    home = tmp_path_factory.mktemp("home")
    shutil.copy(railway, home / "ivr.db")
    with Rehearsal(Settings(home=home)) as rehearsal:
        yield rehearsal


@pytest.fixture(scope="module")
def ways(rehearsal: Rehearsal) -> list[tuple[keys.Station, dict[str, int | None]]]:
    with reading(rehearsal.engine) as session:
        return list(keys.ways_to(keys.StationsInMemory(session)))


def test_every_station_is_reached_by_initials_and_by_full_pinyin(ways):
    assert len(ways) >= 3404
    lost = [(s.name, way) for s, counts in ways for way in ("initials", "pinyin") if counts[way] is None]
    assert lost == []
    for way in ("initials", "pinyin", "beginning"):
        counted = sorted((counts[way], station.name) for station, counts in ways)
        print(
            f"{way}: {sum(c for c, _ in counted) / len(counted):.1f} presses on average, {counted[-1]} at worst"
        )


@pytest.mark.parametrize("way", ["initials", "pinyin"])
def test_the_presses_that_are_counted_are_those_that_a_caller_makes(rehearsal, ways, way):
    """A few stations, among them the one with most presses, through the dialogue itself and the real database."""
    ranked = sorted(ways, key=lambda pair: pair[1][way])
    for station, counts in [*random.Random(7).sample(ways, 6), ranked[0], ranked[-1]]:
        typed = station.keypad_initials if way == "initials" else station.keypad_pinyin
        chosen = counts[way] - len(typed) - 1
        values = []

        def watch(session, values=values):
            values.append(session.values)
            return session

        place = _place(rehearsal, typed, station.telecode)
        tokens = ["5", "1", f"{typed}#", *["*"] * (chosen - 1), *([place] if chosen else [])]
        for _ in rehearsal.perform(Scene(datetime(2026, 11, 22, 9)), Caller(iter(tokens)), watch):
            pass
        assert values[-1]["from"][1]["code"] == station.telecode, (station.name, tokens)


def _place(rehearsal: Rehearsal, typed: str, telecode: str) -> str:
    with reading(rehearsal.engine) as session:
        answer = keys.ask(keys.SqlRailSource(session), "find_station", {"keys": typed}, keys.TODAY)
    codes = [item["station"]["code"] for item in answer.items]
    return str(codes.index(telecode) % 4 + 1) if codes else ""


@pytest.mark.parametrize(
    ("letters", "name"),
    [("chongqingbei", "重庆北"), ("xiamen", "厦门"), ("luan", "六安"), ("beijingchaoyang", "北京朝阳")],
)
def test_official_pinyin_wins(rehearsal, letters, name):
    """Characters with several readings: what is computed from them would be zhongqing, shamen, liuan, zhaoyang."""
    typed = keys_of(letters)
    with reading(rehearsal.engine) as session:
        answer = keys.ask(keys.SqlRailSource(session), "find_station", {"keys": typed}, keys.TODAY)
    first = answer.slots.get("station") or answer.items[0]["station"]
    assert first["zh"] == name


def test_the_page_is_what_the_benchmark_says(rehearsal, ways):
    page = keys.PAGE.read_text("utf-8")
    assert keys.written(page, keys.tables(rehearsal, ways)) == page, "python benchmarks/keys.py --write"


def test_the_text_around_the_tables_stays():
    made = keys.written(keys.PAGE.read_text("utf-8"), {"stations": "a", "tasks": "b"})
    assert keys.written(made, {"stations": "c"}) == made.replace("-->\na\n<!--", "-->\nc\n<!--")
    assert all(
        f"## {head}" in made for head in ("Stations", "Dates", "Keys pressed ahead", "Keys and seconds")
    )


def test_a_task_whose_keys_lead_elsewhere_is_no_task(rehearsal):
    with pytest.raises(ValueError, match="leads to"):
        keys.begins(rehearsal, keys.Task("wrong", "4 1 021# 1 1", "tickets"))
