"""Station names in Latin letters."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ivr.rail.station_names import english_name

DATA = Path(__file__).parents[2] / "data" / "stations.csv"
ROWS = {row["name"]: row for row in csv.DictReader(DATA.read_text("utf-8").splitlines())}
KNOWN = {name: row["pinyin"] for name, row in ROWS.items()}


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("上海", "Shanghai"),
        ("上海虹桥", "Shanghai Hongqiao"),
        ("北京南", "Beijing South"),
        ("石家庄北", "Shijiazhuang North"),
        ("济南", "Jinan"),
        ("济南西", "Jinan West"),
        ("渭南", "Weinan"),
        ("重庆北", "Chongqing North"),
        ("马鞍山", "Maanshan"),
        ("乌兰察布", "Wulanchabu"),
        ("珠海机场", "Zhuhai Airport"),
        ("上海南", "Shanghai South"),
    ],
)
def test_names_are_divided_as_signs_divide_them(name: str, english: str):
    assert english_name(name, KNOWN[name], ROWS[name]["city"], KNOWN) == english


@pytest.mark.parametrize("name", ["虎门东", "淮南东"])
def test_a_way_behind_an_unknown_place_stays_with_it(name: str):
    assert english_name(name, "xdong", "", {}) == "Xdong"


def test_the_whole_name_is_there():
    """Back from English: the ways translated, the rest put together, it is the pinyin."""
    ways = {"East": "dong", "West": "xi", "South": "nan", "North": "bei", "Airport": "jichang"}
    for name, row in ROWS.items():
        words = english_name(name, row["pinyin"], row["city"], KNOWN).split()
        assert "".join(ways.get(word, word.lower()) for word in words) == row["pinyin"], name
