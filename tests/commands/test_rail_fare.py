"""``ivr rail fare`` as a user at a terminal sees it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ivr.commands import ivr
from ivr.errors import IvrError, UsageFault


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Path:
    home = tmp_path_factory.mktemp("home")
    shutil.copy(railway, home / "ivr.db")
    return home


@pytest.fixture
def fare(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("IVR_HOME", str(home))
    monkeypatch.delenv("IVR_DATABASE_URL", raising=False)

    def invoke(*words: str) -> str:
        result = CliRunner().invoke(ivr, ["rail", "fare", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


@pytest.fixture
def document(fare: Callable[..., str]) -> Callable[..., Any]:
    return lambda *words: json.loads(fare(*words, "--json"))


def adds_up(told: dict[str, Any]) -> bool:
    return all(
        sum(item["amount"] for item in items) == pytest.approx(told[key])
        for key, items in told["items"].items()
    )


def test_one_train_between_two_stations(document) -> None:
    told = document("北京", "上海", "--train", "t109", "--date", "2026-12-01")
    assert (told["train"], told["km"], told["basis"], told["date"]) == ("T109", 1463, "table", "2026-12-01")
    assert (told["from"]["code"], told["to"]["zh"]) == ("BJP", "上海")
    assert told["hard_seat"] == 177.5
    assert {
        "hard_sleeper_up",
        "hard_sleeper_mid",
        "hard_sleeper_low",
        "soft_sleeper_up",
        "soft_sleeper_low",
    } <= set(told)
    assert "soft_seat" not in told, "T109 has no soft seats"
    seat = told["items"]["hard_seat"][0]
    assert (seat["what"], seat["rate"], seat["km"], seat["amount"]) == ("seat", 0.05861, 1202.5, 108)
    assert adds_up(told)
    assert document("BJP", "SHH", "--train", "T109", "--date", "2026-12-01") == told


def test_the_formula_alone_needs_no_railway(document, tmp_path: Path, monkeypatch) -> None:
    here = document("--km", "1463", "--train", "T109")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    told = document("--km", "1463", "--train", "T109")
    assert told == here
    assert (told["basis"], told["hard_seat"], told["hard_sleeper_low"]) == ("formula", 177.5, 325.5)
    assert adds_up(told)
    assert document("--km", "1463", "--train", "T109", "--date", "2012-12-31")["hard_seat"] == 179
    emu = document("--km", "300", "--train", "D1")
    assert (emu["basis"], emu["second"], emu["first"]) == ("estimate", 92.5, 111)
    assert adds_up(emu)
    assert (
        document("--km", "300", "--train", "1461")["hard_seat"]
        < document("--km", "300", "--train", "K1")["hard_seat"]
    )


def test_passengers(document) -> None:
    adult, child, student, disabled = (
        document("徐州", "上海", "--train", "T109", "--passenger", who)
        for who in ("adult", "child", "student", "disabled")
    )
    assert adult["basis"] == "formula"
    for told in (adult, child, student, disabled):
        assert adds_up(told)
    assert child["hard_seat"] == student["hard_seat"] == disabled["hard_seat"] == 46
    assert disabled["hard_sleeper_up"] < child["hard_sleeper_up"] < adult["hard_sleeper_up"]
    assert "soft_sleeper_up" not in student
    assert document("G1", "--passenger", "student")["second"] == 415


def test_all_direct_trains(document, fare) -> None:
    told = document("徐州", "上海")
    assert {train["basis"] for train in told["trains"]} == {"formula"}
    assert all(
        train["basis"] == "table"
        for train in document("北京南", "上海虹桥")["trains"]
        if train["train"] == "G1"
    )
    lines = fare("徐州", "上海").splitlines()
    assert lines[0].split()[:4] == ["train", "km", "basis", "硬座"]
    assert any(line.split()[:4] == ["T109", "649", "formula", "91"] for line in lines)


def test_a_whole_run_with_its_items(fare) -> None:
    lines = fare("T109").splitlines()
    assert lines[0].startswith("T109, 北京 to 上海, 1463 km, ")
    assert lines[0].endswith(", adult: table")
    assert lines[1] == "硬座 177.5"
    how = "1202.5 km × 0.05861 = 70.48 + 1.5 insurance → 72 × 150 % → 108"
    assert lines[2].split(maxsplit=2) == ["108", "seat", how]
    assert fare("--km", "300", "--train", "D1").startswith("D1, 300 km, ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("G404",), r"no train 'G404' \(ivr rail trains FROM TO"),
        (("上海", "徐州", "--train", "T109"), "T109 doesn't run from 上海 to 徐州"),
        (("上海", "上海"), "上海: is both the origin and the destination"),
        (("天上", "上海"), "no station '天上'"),
        (
            ("G1", "--passenger", "child", "--date", "1990-01-01"),
            "no fare of G1 from 北京南 to 上海虹桥 for child is known",
        ),
        (("--km", "9", "--train", "X1"), "no fare rule for trains like 'X1'"),
        (("--km", "9", "--train", "ZZZ"), "no fare rule for trains like 'ZZZ'"),
        (("--km", "9", "--train", "T109109"), "no fare rule for trains like 'T109109'"),
        (
            ("--km", "9", "--train", "T1", "--date", "1990-01-01"),
            "no fare rule 'distance' holds on 1990-01-01",
        ),
    ],
)
def test_what_is_wrong_is_one_line(fare, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(IvrError, match=told):
        fare(*words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("a", "b", "c"),
        ("G1", "--train", "G2"),
        ("--km", "9"),
        ("北京", "上海", "--km", "9", "--train", "T1"),
    ],
)
def test_wrong_usage(fare, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageFault):
        fare(*words)


def test_help_has_an_example(fare) -> None:
    assert "ivr rail fare 北京 上海 --train T109" in fare("--help").partition("Example:")[2]
