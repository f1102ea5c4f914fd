"""``ivr prompt`` as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Done, Ivr
from tests.voice.recorded import record

Prompt = Callable[..., Done]

MENU = """
hotline: "12306"
languages: [zh]
start: presale
parts:
  presale:
    ask: presale
    answers: {told: {say: "现在的预售期为{days}天。", then: hangup}}
"""

SHORT = "languages: [zh]\nstart: a\nparts: {a: {say: 您好您好。, then: hangup}}\n"


@pytest.fixture
def prompt(ivr: Ivr, monkeypatch: pytest.MonkeyPatch) -> Prompt:
    """Runs ``ivr prompt WORDS…`` in a home, with a folder of menus."""

    def run(home: Path, *words: str, menus: Path | None = None) -> Done:
        monkeypatch.setenv("IVR_HOME", str(home))
        if menus:
            monkeypatch.setenv("IVR_MENUS", str(menus))
        return ivr("prompt", *words)

    return run


def test_say_tells_how_it_is_read_and_where_the_reading_comes_from(prompt: Prompt, tmp_path: Path):
    pytest.importorskip("pypinyin", reason="pip install pypinyin")
    menus = tmp_path / "menus"
    menus.mkdir()
    text = "从朝阳开往六安。"
    usual = json.loads(prompt(tmp_path, "say", text, "--json", menus=menus).out)
    (menus / "words.yaml").write_text("zh: {readings: {六安: liu4 an1}}\n", "utf-8")
    told = prompt(tmp_path, "say", text, menus=menus).out.splitlines()
    assert told[1:] == [
        "cóng cháo yáng kāi wǎng liù ān 。",
        "朝阳 cháo yáng: lexicon",
        "六安 liù ān: words.yaml",
    ]
    row = json.loads(prompt(tmp_path, "say", text, "--json", menus=menus).out)
    assert row["readings"][3] == {"words": "六安", "pinyin": "liù ān", "from": "words.yaml"}
    assert usual["readings"][3]["pinyin"] == "lù ān"
    assert usual["path"] != row["path"]
    (menus / "words.yaml").write_text("zh: {readings: {六安: lu4}}\n", "utf-8")
    wrong = prompt(tmp_path, "say", text, menus=menus)
    assert wrong.code == 1
    assert "words.yaml:1:21: 六安 cannot be read 'lu4'" in wrong.err


def test_build_makes_everything_once(prompt: Prompt, tmp_path: Path):
    menus = tmp_path / "menus"
    menus.mkdir()
    (menus / "hotline.yaml").write_text(MENU, "utf-8")
    for other in ("agent", "connected"):
        (menus / f"{other}.yaml").write_text(SHORT, "utf-8")
    before = prompt(tmp_path, "missing", "--json", menus=menus)
    missing = json.loads(before.out)
    assert before.code == 1
    assert {"id": "369fccbf473a", "text": "六", "language": "zh", "kind": "menus"} in missing
    first = prompt(tmp_path, "build", "--json", menus=menus)
    assert first.code == 0, first.err
    assert json.loads(first.out)["made"] == len(missing)
    second = prompt(tmp_path, "build", menus=menus)
    assert "0 made now, 0 sounds for Asterisk new" in second.out
    after = prompt(tmp_path, "missing", menus=menus)
    assert (after.code, after.out) == (0, "")
    (menus / "hotline.yaml").write_text(MENU.replace("预售期为", "预售期是"), "utf-8")
    changed = json.loads(prompt(tmp_path, "missing", "--json", menus=menus).out)
    assert [row["text"] for row in changed] == ["现在的预售期是"]
    _recordings_win(prompt, tmp_path, menus)


def _recordings_win(prompt: Prompt, home: Path, menus: Path) -> None:
    script = json.loads(prompt(home, "script", "--kind", "menus", "--json", menus=menus).out)
    thanks, digit = (next(row for row in script if row["text"] == text) for text in ("感谢您的等候。", "六"))
    played = home / "asterisk/data/sounds/zh/queue-thankyou.wav"
    spoken = played.read_bytes()
    recording = record(home / "recordings/zh" / f"{thanks['id']}.wav", 1.5)
    record(home / "recordings/zh" / f"{digit['id']}.wav", 20)
    built = prompt(home, "build", "--kind", "menus", "--json", menus=menus)
    told = json.loads(built.out)
    assert built.code == 1
    # narrowband and wideband
    assert (told["made"], told["installed"], told["recorded"], told["recordings_changed"]) == (0, 2, 1, 1)
    assert [row["text"] for row in told["recordings_not_used"]] == ["六"]
    assert played.read_bytes() != spoken
    recording.unlink()
    built = prompt(home, "build", "--kind", "menus", menus=menus)
    assert "0 recordings in use, 1 changed" in built.out
    assert f"zh/{digit['id']}.wav (六): not used: 20.15 s for 1 syllables" in built.err
    assert played.read_bytes() == spoken


def test_what_is_missing_is_counted_by_kind(ivr: Ivr):
    done = ivr("prompt", "missing", "--language", "zh")
    heads, *rows = [line.split() for line in done.out.splitlines()]
    assert (done.code, heads) == (1, ["kind", "missing", "of"])
    assert [kind for kind, _, _ in rows][:3] == ["menus", "carriers", "count"]
    assert all(lacking == there for _, lacking, there in rows)
    carriers = ivr("prompt", "missing", "--language", "zh", "--kind", "carriers")
    assert len(carriers.out.splitlines()) == int(rows[1][1])
    assert "  次列车由" not in carriers.out
    assert "  列车由\n" in carriers.out


def test_the_script_is_a_table_for_the_voice_talent(ivr: Ivr, tmp_path: Path):
    out = tmp_path / "script.csv"
    done = ivr("prompt", "script", "--language", "zh", "--out", out)
    assert done.code == 0
    assert "sentences, about" in done.out
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["language"] for row in rows} == {"zh"}
    assert len({row["id"] for row in rows}) == len(rows)
    six = next(row for row in rows if row["text"] == "六")
    assert (six["pinyin"], six["where"]) == ("liù", "asterisk/digits/6")
    words = next(row for row in rows if row["text"] == "从头开始。")
    assert words["where"] == "words/from_the_first"
    assert any("hotline/main" in row["where"].split("; ") for row in rows)
    assert all(0 < float(row["seconds"]) < 60 for row in rows)
    assert ivr("prompt", "script", "--language", "zh", "--json").document[0]["id"] == rows[0]["id"]
    assert ivr("prompt", "script", "--language", "zh", "--out", tmp_path / "script.xlsx").code == 0
    with zipfile.ZipFile(tmp_path / "script.xlsx") as book:
        assert "从头开始。" in book.read("xl/sharedStrings.xml").decode()
    assert rows[0]["text"] in ivr("prompt", "script").out
    assert ivr("prompt", "script", "--language", "xx").out == ""


def test_what_is_not_recorded_yet_is_told(ivr: Ivr, tmp_path: Path):
    before = ivr("prompt", "missing", "--recordings", "--language", "en", "--kind", "menus", "--json")
    six = next(row for row in before.document if row["text"] == "six")
    assert before.code == 1
    record(tmp_path / "studio" / "en" / f"{six['id']}.wav", 1.0)
    os.environ["IVR_RECORDINGS"] = str(tmp_path / "studio")
    try:
        after = ivr("prompt", "missing", "--recordings", "--language", "en", "--kind", "menus")
        checked = ivr("prompt", "record-check")
    finally:
        del os.environ["IVR_RECORDINGS"]
    assert len(after.out.splitlines()) == len(before.document) - 1
    assert f"en/{six['id']}" not in after.out
    assert checked.out.splitlines() == [
        f"en/{six['id']}.wav: good, 1.15 s, -17.0 dBFS: six",
        f"{tmp_path / 'studio'}: 1 good, 0 wrong, 0 unused",
    ]


def test_recordings_are_checked_before_they_are_used(ivr: Ivr, tmp_path: Path):
    six = next(row for row in ivr("prompt", "script", "--json").document if row["text"] == "六")
    record(tmp_path / "zh" / f"{six['id']}.wav", peak=2.0)
    record(tmp_path / "zh" / "hello.wav")
    done = ivr("prompt", "record-check", tmp_path)
    assert done.code == 1
    clipped, unused, total = sorted(
        done.out.splitlines(), key=lambda line: (line[:3] != "zh/", "hello" in line)
    )
    assert "(六): not used: it is clipped (record it again with less gain" in clipped
    assert "hello.wav: not used: no sentence has this name (ivr prompt script has the names" in unused
    assert total == f"{tmp_path}: 0 good, 1 wrong, 1 unused"
    rows = ivr("prompt", "record-check", tmp_path, "--json").document
    assert sorted(row["state"] for row in rows) == ["unused", "wrong"]


def test_say_writes_a_sound_and_tells_about_it(prompt: Prompt, tmp_path: Path):
    out = tmp_path / "out.wav"
    done = prompt(tmp_path, "say", "G 幺零二次，六点26分开。", "--out", str(out), "--json")
    row = json.loads(done.out)
    assert done.code == 0
    assert row["path"] == str(out)
    assert row["seconds"] == pytest.approx((out.stat().st_size - 44) / 16000, abs=0.01)
    assert row["dbfs"] == pytest.approx(-20, abs=0.5)
    assert len(row["problems"]) == 1
    assert "'26'" in row["problems"][0]


def test_say_in_english_and_in_plain_words(prompt: Prompt, tmp_path: Path):
    done = prompt(
        tmp_path, "say", "For English press star.", "--language", "en", "--home", str(tmp_path / "b")
    )
    path, *rest = done.out.split()
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
        (["script", "--out", "script.txt"], 1, "script.txt: a table is CSV or a workbook"),
        (["script", "--out", "/proc/none/x.csv"], 1, "/proc/none/x.csv: cannot be written"),
        (["record-check", "/proc/none"], 2, "/proc/none"),
    ],
)
def test_faults_are_one_line(prompt: Prompt, tmp_path: Path, words, code, line):
    (tmp_path / "blocked").write_text("a file")
    done = prompt(tmp_path, *[str(tmp_path / "blocked") if word == "BLOCKED" else word for word in words])
    assert done.code == code
    assert line in done.err
    assert done.out == ""
