"""``ivr doctor`` and ``ivr seat list`` on homes that are new, damaged, and running."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.authoring import calendar_file
from ivr.commands import ivr
from ivr.settings import PROJECT
from ivr.speech import Phrase
from ivr.telephony import serving
from ivr.voice import trial
from ivr.voice.recordings import take
from ivr.voice.sounds import SoundStore
from tests.commands.test_serve import environment
from tests.voice.recorded import record


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    own = environment(tmp_path)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    modules = tmp_path / "prefix/lib/asterisk/modules"
    for line in (Path(__file__).parents[2] / "asterisk_conf/modules.conf").read_text().splitlines():
        if line.startswith("load = "):
            (modules / line.removeprefix("load = ")).touch()
    return own


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ivr, list(arguments))


def states(result: Result) -> dict[str, str]:
    return {f["part"]: f["state"] for f in json.loads(result.output)["findings"]}


def finding(result: Result, part: str) -> dict[str, str]:
    return next(f for f in json.loads(result.output)["findings"] if f["part"] == part)


def test_a_new_home_is_sound(environ: dict[str, str]) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["ok"] is True
    found = states(result)
    assert (
        found["asterisk"] == found["modules"] == found["ports"] == found["menus"] == found["packages"] == "ok"
    )
    assert found["home"] == found["database"] == found["secrets"] == "warn"
    assert not Path(environ["IVR_HOME"]).exists()  # looking changes nothing
    assert "ok    asterisk   22.1.0" in run("doctor").output


def test_recordings_that_are_not_played_are_told(environ: dict[str, str]) -> None:
    home = Path(environ["IVR_HOME"])
    home.mkdir(mode=0o700)
    thanks = Phrase("感谢您的等候。")
    recording = record(home / "recordings/zh" / f"{thanks.prompt_id}.wav", 1.5)
    told = finding(run("doctor", "--json"), "recordings")
    assert (told["state"], told["mend"]) == ("warn", "ivr prompt build tells which")
    take(home / "recordings", [thanks], SoundStore(home))
    assert finding(run("doctor", "--json"), "recordings")["says"] == "1 recordings win over the voice"
    recording.unlink()
    assert finding(run("doctor", "--json"), "recordings")["says"].startswith(
        "1 recordings are new, changed, gone"
    )


def test_a_misspelt_variable_is_told(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIPPORT", "5070")
    found = json.loads(run("doctor", "--json").output)["findings"]
    (told,) = [
        one for one in found if one["says"].startswith("IVR_SIPPORT")
    ]  # whoever tests may have set more
    assert (told["part"], told["state"], told["mend"]) == ("settings", "warn", "did you mean 'IVR_SIP_PORT'?")
    assert "IVR_SIPPORT: no such setting (did you mean 'IVR_SIP_PORT'?)" in run("settings").stderr


def test_what_is_wrong_is_said_with_how_to_mend_it(environ: dict[str, str], tmp_path: Path) -> None:
    home = Path(environ["IVR_HOME"])
    (home / "secrets").mkdir(parents=True, mode=0o700)
    (home / "secrets" / "seats.json").write_text("{}")
    (home / "secrets" / "seats.json").chmod(0o644)
    (home / "ivr.db").write_text("this is no database, however long one looks at it" * 50)
    (tmp_path / "prefix/lib/asterisk/modules/app_queue.so").unlink()
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["ok"] is False
    assert "seats.json" in finding(result, "secrets")["says"]
    assert finding(result, "secrets")["mend"].startswith("chmod")
    assert finding(result, "modules")["says"] == "missing: app_queue.so"
    assert finding(result, "database")["state"] == "fail"


def test_an_engine_that_hangs_is_seen(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = "import time; print('{\"ready\": true}', flush=True); time.sleep(60)"
    monkeypatch.setattr(trial, "COMMAND", (sys.executable, "-c", hangs))
    monkeypatch.setattr(trial, "_HUNG_S", 0.3)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    told = finding(result, "voice")
    assert (told["state"], told["says"]) == ("fail", "espeak says nothing: the voice worker hung for 0.3 s")
    assert "espeakng-loader" in told["mend"]


def test_a_hotline_that_runs_but_does_not_answer(environ: dict[str, str]) -> None:
    with serving.only_one(Path(environ["IVR_HOME"])):
        result = run("doctor", "--json")
    assert result.exit_code == 1
    assert states(result)["sip"] == states(result)["agi"] == "fail"


def test_broken_menus_fail(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "hotline.yaml").write_text("parts: [")
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert states(result)["menus"] == "fail"


def test_holidays_that_are_soon_unknown_are_told(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder)
    monkeypatch.setenv("IVR_MENUS", str(folder))
    monkeypatch.setattr(calendar_file, "statutory", lambda: (frozenset(), frozenset()))
    year = datetime.now().year
    (folder / "calendar.yaml").write_text(f"holidays: [{year - 1}-10-01]\n")
    told = finding(run("doctor", "--json"), "calendar")
    assert (told["state"], told["says"]) == ("warn", f"holidays are known until {year - 1}-12-31")
    assert told["mend"].startswith(f"add those of {year} to holidays and workdays in calendar.yaml")
    (folder / "calendar.yaml").write_text(f"holidays: [{year}-10-01, {year + 1}-10-01]\n")
    told = finding(run("doctor", "--json"), "calendar")
    assert (told["state"], told["says"]) == ("ok", f"holidays are known until {year + 1}-12-31")


def test_seats_show_what_a_phone_needs(environ: dict[str, str]) -> None:
    rows = json.loads(run("seat", "list", "--json").output)
    assert [row["seat"] for row in rows] == ["1001", "1002", "1003", "1004", "1005"]
    assert rows[0]["server"] == f"127.0.0.1:{environ['IVR_SIP_PORT']}"
    assert rows[0]["registered"] is None
    assert len({row["secret"] for row in rows}) == 5
    text = run("seat", "list").output
    assert rows[4]["secret"] in text
    assert json.loads(run("seat", "list", "--json").output) == rows
