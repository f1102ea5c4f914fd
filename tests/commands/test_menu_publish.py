"""``ivr menu publish``, ``history``, ``diff``, ``rollback``, ``withdraw``, and what the doctor says of them."""

from __future__ import annotations

import getpass
import json
import resource
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ivr.authoring.folder import read_folder
from ivr.settings import PROJECT
from ivr.speech import Phrase
from ivr.store import revisions
from ivr.store.database import open_engine
from ivr.store.migrate import upgrade
from ivr.voice import build as voice_build
from ivr.voice.build import Built
from tests.commands.conftest import Ivr

GREETING = "您好，欢迎致电铁路客户服务中心。"


@pytest.fixture
def menus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of menus that a test may edit."""
    folder = tmp_path / "menus"
    shutil.copytree(PROJECT / "menus", folder, ignore=shutil.ignore_patterns("tests"))
    monkeypatch.setenv("IVR_MENUS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def voice(monkeypatch: pytest.MonkeyPatch) -> list[list[Phrase]]:
    """What the voice was asked to make; it takes no time here (tests/voice has the real one)."""
    asked: list[list[Phrase]] = []

    def build(phrases: list[Phrase], _home: Path, **_: object) -> Built:
        asked.append(list(phrases))
        return Built(len(asked[-1]), 1, (), 0)

    monkeypatch.setattr(voice_build, "build", build)
    return asked


def greet(menus: Path, words: str, file: str = "hotline.yaml") -> None:
    path = menus / file
    text = path.read_text("utf-8")
    lines = [f"    say: {words}" if "欢迎致电" in line else line for line in text.splitlines()]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def on_air(ivr: Ivr) -> int:
    (row,) = [row for row in ivr("menu", "history", "--json").document if row["on_air"]]
    return int(row["revision"])


def test_publish_history_diff_rollback(ivr: Ivr, menus: Path, voice: list[list[Phrase]]):
    done = ivr("menu", "publish", "-m", "as shipped")
    assert (done.code, done.out.splitlines()[-1]) == (0, "revision 1 is on air")
    assert Phrase(GREETING) in voice[0]
    again = ivr("menu", "publish")
    assert again.code == 0
    assert again.out.startswith("revision 1 is on air already, since ")
    assert again.out.endswith("; nothing changed\n")
    assert len(voice) == 1
    greet(menus, "欢迎致电，早上好。")
    line = f"~ hotline greeting say zh: {GREETING} → 欢迎致电，早上好。\n"
    line += (
        "- hotline greeting say en: Welcome to China Railway customer service.\n"  # it was that sentence's
    )
    assert ivr("menu", "diff").out == line
    done = ivr("menu", "publish", "-m", "morning", "--author", "甲班", "--json")
    assert done.document["revision"] == 2
    assert done.document["changed"] is True
    assert ivr("menu", "diff").out == "no difference\n"
    assert ivr("menu", "diff", "1", "2").out == ivr("menu", "diff", "1").out == line
    change, translation = ivr("menu", "diff", "2", "1", "--json").document
    assert (translation["change"], translation["where"]) == ("added", ["greeting", "say", "en"])
    assert change == {
        "tree": "hotline",
        "change": "changed",
        "where": ["greeting", "say", "zh"],
        "before": "欢迎致电，早上好。",
        "after": GREETING,
    }
    assert ivr("menu", "rollback", "-m", "too early").out == "revision 1 is on air\n"
    newest, oldest = ivr("menu", "history", "--json").document
    assert [newest[k] for k in ("revision", "author", "message", "on_air")] == [2, "甲班", "morning", False]
    assert [oldest[k] for k in ("revision", "author", "on_air")] == [1, getpass.getuser(), True]
    assert [p["why"] for p in oldest["periods"]] == ["as shipped", "too early"]
    assert oldest["periods"][0]["until"] == newest["periods"][0]["from"] == done.document["live_from"]
    assert newest["periods"][0]["until"] == oldest["periods"][1]["from"]
    assert oldest["periods"][1]["until"] is None
    shown = ivr("menu", "history").out.splitlines()
    assert shown[1].split()[0] == "2"
    assert shown[2].split()[:3] == ["*", "1", "since"]


def test_comments_are_a_new_revision_without_a_difference(ivr: Ivr, menus: Path):
    ivr("menu", "publish")
    path = menus / "hotline.yaml"
    path.write_text("# a comment\n" + path.read_text("utf-8"), "utf-8")
    assert ivr("menu", "diff").out == "no difference in meaning; comments or layout differ\n"
    assert "revision 2 is on air" in ivr("menu", "publish").out


def test_errors_refuse_and_nothing_changes(ivr: Ivr, menus: Path, voice: list[list[Phrase]]):
    ivr("menu", "publish")
    path = menus / "hotline.yaml"
    path.write_text(path.read_text("utf-8").replace("start: greeting", "start: greting"), "utf-8")
    done = ivr("menu", "publish")
    assert done.code == 1
    assert "hotline.yaml:" in done.err
    assert "there is no part 'greting'; did you mean 'greeting'?" in done.err
    assert done.err.splitlines()[-1].startswith("ivr: nothing was published: 1 error in ")
    assert len(ivr("menu", "history", "--json").document) == len(voice) == 1


def test_a_transcript_that_does_not_replay_refuses(ivr: Ivr, menus: Path, data: None):
    (menus / "tests").mkdir()
    kept = menus / "tests" / "hangs_up.txt"
    done = ivr("menu", "simulate", "--keys", "/hangup", "--at", "2026-02-10T09:00", "--save", kept)
    assert done.code == 0, done.err
    assert "1 transcript replayed" in ivr("menu", "publish").out
    greet(menus, "欢迎致电，早上好。")
    done = ivr("menu", "publish")
    assert done.code == 1
    assert "hangs_up.txt" in done.err
    assert "1 transcript of 1 did not replay" in done.err
    assert done.err.rstrip().endswith("(mend the menus, or accept what comes now: ivr menu test --update)")
    assert on_air(ivr) == 1


def test_the_tour_a_sentence_edited_accepted_published_and_taken_back(ivr: Ivr, menus: Path, data: None):
    """As the README says it, with the tests that are shipped beside the menus."""
    shutil.copytree(PROJECT / "menus" / "tests", menus / "tests")
    ivr("menu", "publish")
    greet(menus, "早上好，欢迎致电铁路客户服务中心。")
    assert ivr("menu", "check").code == 0
    assert ivr("menu", "publish", "-m", "new greeting").code == 1, "the tests hold the old words"
    ivr("menu", "test", "--update")
    done = ivr("menu", "publish", "-m", "new greeting")
    assert (done.code, on_air(ivr)) == (0, 2), done.err
    assert ivr("menu", "rollback").code == 0
    assert on_air(ivr) == 1


def test_a_sound_that_cannot_be_made_refuses(ivr: Ivr, menus: Path, monkeypatch: pytest.MonkeyPatch):
    failed = Built(1, 0, ((Phrase("好。"), "too short"),), 0)
    monkeypatch.setattr(voice_build, "build", lambda _phrases, _home, **_: failed)
    done = ivr("menu", "publish")
    assert done.code == 1
    assert done.err.splitlines()[-2:] == [
        "好。: too short",
        "ivr: nothing was published: 1 sound cannot be made",
    ]
    assert ivr("menu", "history").out.startswith("nothing was published yet")


def test_a_file_saved_while_it_is_checked_refuses(ivr: Ivr, menus: Path, monkeypatch: pytest.MonkeyPatch):
    def build(_phrases: list[Phrase], _home: Path, **_: object) -> Built:
        greet(menus, "欢迎致电，早上好。")
        return Built(1, 0, (), 0)

    monkeypatch.setattr(voice_build, "build", build)
    done = ivr("menu", "publish")
    assert (done.code, "changed while they were checked" in done.err) == (1, True)
    assert ivr("menu", "history", "--json").document == []


def test_a_timed_switch_and_its_withdrawal(ivr: Ivr, menus: Path):
    ivr("menu", "publish")
    greet(menus, "欢迎致电，早上好。")
    day = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%d")
    done = ivr("menu", "publish", "--at", f"{day}T06:30")
    assert done.out.splitlines()[-1] == f"revision 2 goes on air {day} 06:30:00"
    assert on_air(ivr) == 1
    again = ivr("menu", "publish", "--at", f"{day}T07:00")
    assert "goes on air" in again.out
    assert again.out.endswith("anyway; nothing changed\n")
    greet(menus, "欢迎致电，晚上好。")
    assert "note: revision 2 goes on air" in ivr("menu", "publish").err
    assert ivr("menu", "history", "--json").document[1]["due"][0]["live_from"] == f"{day}T06:30:00+08:00"
    (taken,) = ivr("menu", "withdraw", "--json").document
    assert (taken["revision"], taken["live_from"]) == (2, f"{day}T06:30:00+08:00")
    assert ivr("menu", "withdraw").out == "nothing was to go on air later\n"
    row = ivr("menu", "history", "--json").document[1]
    assert (row["due"], row["periods"], len(row["withdrawn"])) == ([], [], 1)
    assert "never" in ivr("menu", "history").out


@pytest.mark.parametrize("at", ["23:59:59.999999", "00:00"])
def test_a_time_alone_is_the_next_such_time(ivr: Ivr, menus: Path, at: str):
    done = ivr("menu", "publish", "--at", at, "--json")
    moment = datetime.fromisoformat(done.document["live_from"])
    now = datetime.now(timezone.utc)
    assert now < moment <= now + timedelta(days=1)


@pytest.mark.parametrize("at", ["noon", "25:00", "2026-02-30", "2020-01-01T00:00"])
def test_a_wrong_time_is_wrong_usage(ivr: Ivr, menus: Path, at: str):
    done = ivr("menu", "publish", "--at", at)
    assert (done.code, done.err.startswith(f"ivr: --at: '{at}' is ")) == (2, True)


def test_what_is_not_there_is_one_line(ivr: Ivr, menus: Path):
    assert "there is no database yet" in ivr("menu", "history").err
    ivr("menu", "publish")
    for words, code, said in (
        (("rollback",), 1, "no revision was on air before"),
        (("rollback", "7"), 1, "there is no revision 7"),
        (("rollback", "0"), 2, "0 is not in the range"),
        (("diff", "7"), 1, "there is no revision 7"),
        (("diff", "x"), 2, "'x' is no revision"),
    ):
        done = ivr("menu", *words)
        assert (done.code, said in done.err) == (code, True), done.err


def test_a_revision_that_does_not_read_is_not_put_on_air_again(ivr: Ivr, menus: Path, tmp_path: Path):
    ivr("menu", "publish")
    store_broken(tmp_path / "home")
    assert on_air(ivr) == 2
    done = ivr("menu", "diff")
    assert (done.code, "revision 2 does not read with this version" in done.err) == (1, True)
    found = doctor(ivr)
    assert [f["state"] for f in found] == ["fail", "ok"]
    assert found[0]["says"].startswith("revision 2 does not read: revision 2/hotline.yaml:1:8: ")
    assert found[1]["says"].startswith("revision 1 is on air, as in ")
    ivr("menu", "rollback")
    done = ivr("menu", "rollback", "2")
    assert (done.code, "does not read" in done.err) == (1, True)
    assert on_air(ivr) == 1


def store_broken(home: Path) -> None:
    """Publish what only another version could read."""
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    files = dict(read_folder(PROJECT / "menus").files)
    revisions.publish(engine, {**files, "hotline.yaml": "start: [a]\nparts: {}\n"}, author="later version")
    engine.dispose()


def doctor(ivr: Ivr) -> list[dict[str, str]]:
    found: list[dict[str, str]] = ivr("doctor", "--json").document["findings"]
    return [finding for finding in found if finding["part"] == "menus"]


def test_the_doctor_compares_the_folder_with_what_is_on_air(
    ivr: Ivr, menus: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "the next start publishes them" in doctor(ivr)[0]["says"]
    ivr("menu", "publish")
    assert doctor(ivr)[0]["says"].startswith("revision 1 is on air, as in ")
    greet(menus, "欢迎致电，早上好。")
    (finding,) = doctor(ivr)
    assert finding["state"] == "warn"
    assert finding["says"] == "menus differ from revision 1 on air"
    assert finding["mend"] == "ivr menu diff; ivr menu publish"
    ivr("menu", "publish", "--at", "00:00")
    assert "; revision 2 goes on air " in doctor(ivr)[0]["says"]
    (menus / "agent.yaml").write_text("parts: [", "utf-8")
    (finding,) = doctor(ivr)
    assert finding["state"] == "warn"
    assert finding["says"].startswith("menus are broken, revision 1 is on air: ")
    monkeypatch.setenv("IVR_MENUS_LIVE", "files")
    assert doctor(ivr)[0]["state"] == "fail"


def test_with_live_files_publishing_says_that_callers_hear_the_files(
    ivr: Ivr, menus: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("IVR_MENUS_LIVE", "files")
    assert "callers hear the files" in ivr("menu", "publish").err
    assert "an edited file is on air" in doctor(ivr)[0]["says"]
    monkeypatch.setenv("IVR_MENUS_LIVE", "maybe")
    assert ivr("menu", "publish").code == 2


def cpu_of_children() -> float:
    """Seconds of processor time: other tests run at the same time, so the clock would measure them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_rollback_takes_less_than_two_seconds_as_a_whole_process(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    upgrade(engine)
    files = dict(read_folder(PROJECT / "menus").files)
    for number in (1, 2):
        text = files["hotline.yaml"] + f"# {number}\n"
        revisions.publish(engine, {**files, "hotline.yaml": text}, author="wang")
    engine.dispose()
    took = []
    for number in (1, 2, 1):
        began = cpu_of_children()
        done = subprocess.run(
            [sys.executable, PROJECT / "cli.py", "menu", "rollback", str(number), "--json"],
            env={"PATH": "/usr/bin:/bin", "IVR_CONFIG": "/nonexistent", "IVR_HOME": str(home)},
            capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        took.append(cpu_of_children() - began)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["revision"] == number
    assert min(took) < 2.0


def test_sounds_of_a_revision_that_is_put_back_are_made_again(
    ivr: Ivr, menus: Path, voice: list[list[Phrase]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("IVR_AGI_MODE", "process")  # there is no server that would make them
    ivr("menu", "publish")
    greet(menus, "欢迎致电，早上好。")
    ivr("menu", "publish")
    done = ivr("menu", "rollback")
    assert done.code == 0
    assert done.out == "revision 1 is on air\n1 sound made\n"
    assert Phrase(GREETING) in voice[-1]
    broken = Built(2, 1, ((Phrase("您好。"), "the voice worker hung"),), 0)
    monkeypatch.setattr(voice_build, "build", lambda _phrases, _home, **_: broken)
    done = ivr("menu", "rollback", "2")  # a voice that fails does not keep it off the air
    assert (done.code, on_air(ivr)) == (0, 2)
    assert "您好。: the voice worker hung" in done.err
