"""``ivr prompt`` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def ivr(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "cli.py", "prompt", *words],
        env={**os.environ, "IVR_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_build_makes_everything_once(tmp_path):
    before = ivr(tmp_path, "missing", "--json")
    missing = json.loads(before.stdout)
    assert before.returncode == 1
    assert {"text": "六", "language": "zh"} in missing
    first = ivr(tmp_path, "build", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["made"] == len(missing)
    second = ivr(tmp_path, "build")
    assert "0 made now, 0 sounds for Asterisk new" in second.stdout
    after = ivr(tmp_path, "missing")
    assert (after.returncode, after.stdout) == (0, "")


def test_say_writes_a_sound_and_tells_about_it(tmp_path):
    out = tmp_path / "out.wav"
    done = ivr(tmp_path, "say", "G 幺零二次，六点26分开。", "--out", str(out), "--json")
    row = json.loads(done.stdout)
    assert done.returncode == 0
    assert row["path"] == str(out)
    assert row["seconds"] == pytest.approx((out.stat().st_size - 44) / 16000, abs=0.01)
    assert row["dbfs"] == pytest.approx(-20, abs=0.5)
    assert len(row["problems"]) == 1
    assert "'26'" in row["problems"][0]


def test_say_in_english_and_in_plain_words(tmp_path):
    done = ivr(tmp_path, "say", "For English press star.", "--language", "en", "--home", str(tmp_path / "b"))
    path, *rest = done.stdout.split()
    assert Path(path).is_file()
    assert Path(path).is_relative_to(tmp_path / "b" / "sounds" / "en")
    assert rest[1] == "s"
    assert rest[3] == "dBFS"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["say", "。。。"], 2, "no word in it"),
        (["say", "您好", "--out", "/proc/none/x.wav"], 1, "/proc/none/x.wav: cannot be written"),
        (["build", "--home", "BLOCKED"], 1, "cannot be written"),
        (["say", "您好", "--home", "BLOCKED"], 1, "cannot be written"),
        (["build", "--workers", "0"], 2, "--workers"),
    ],
)
def test_faults_are_one_line(tmp_path, words, code, line):
    (tmp_path / "blocked").write_text("a file")
    done = ivr(tmp_path, *[str(tmp_path / "blocked") if word == "BLOCKED" else word for word in words])
    assert done.returncode == code
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
