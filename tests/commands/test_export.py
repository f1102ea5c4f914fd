"""Figures for spreadsheets: the same rows and keys as JSON, whole files, and never a formula."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr.commands.export import csv_text, workbook, write_to
from ivr.errors import IvrError
from ivr.settings import PROJECT

LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"
STATS = ("queue", "stats", "--from", "2026-02-10", "--to", "2026-02-10")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def filled(ivr, tables: None):
    """The command line over a record of the hard cases."""
    assert ivr("queue", "ingest", LOG).code == 0
    return ivr


def cells(data: bytes) -> list[list[str | float | bool | None]]:
    """The cells of a workbook's first sheet, read by its format's rules; a formula fails."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        texts = ["".join(item.itertext()) for item in shared]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert sheet.find(f".//{_SHEET}f") is None
    rows: list[list[str | float | bool | None]] = []
    for row in sheet.iter(f"{_SHEET}row"):
        found: list[str | float | bool | None] = []
        for cell in row:
            column = 0
            for letter in "".join(filter(str.isalpha, cell.attrib["r"])):
                column = column * 26 + ord(letter) - ord("A") + 1
            value = cell.findtext(f"{_SHEET}v") or ""
            found += [None] * (column - 1 - len(found))
            kind = cell.attrib.get("t", "n")
            found.append({"s": lambda v: texts[int(v)], "b": lambda v: v == "1", "n": float}[kind](value))
        rows.append(found)
    return rows


@pytest.mark.parametrize("by", ["queue", "agent", "hour", "day"])
def test_a_csv_file_has_the_keys_and_values_of_the_json(filled, tmp_path: Path, by: str) -> None:
    document = filled(*STATS, "--by", by, "--json").document
    path = tmp_path / "figures.csv"
    done = filled(*STATS, "--by", by, "--csv", path)
    assert (done.code, done.out) == (0, f"{len(document)} row{'s' * (len(document) > 1)} written to {path}\n")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    words = {None: "", True: "true", False: "false"}
    expected = [
        {key: words[value] if value is None or value is True or value is False else str(value)}
        for row in document
        for key, value in row.items()
    ]
    assert [{key: value} for row in rows for key, value in row.items()] == expected
    assert filled(*STATS, "--by", by, "--csv", "-").out == path.read_text("utf-8")


def test_a_workbook_has_the_keys_and_values_of_the_json(filled, tmp_path: Path) -> None:
    path = tmp_path / "figures.xlsx"
    done = filled(*STATS, "--by", "agent", "--json", "--xlsx", path)
    heads, *rows = cells(path.read_bytes())
    assert [dict(zip(heads, row + [None] * (len(heads) - len(row)), strict=True)) for row in rows] == (
        done.document
    )
    assert rows[0][0] == "1023"  # a staff number is text


def test_without_rows_the_heads_stand(filled, tmp_path: Path) -> None:
    keys = list(filled(*STATS, "--by", "day", "--json").document[0])
    empty = ("queue", "stats", "--from", "2020-01-01", "--to", "2020-01-01", "--by", "day")
    assert filled(*empty, "--csv", "-").out == ",".join(keys) + "\n"
    path = tmp_path / "empty.xlsx"
    assert filled(*empty, "--xlsx", path).out == f"0 rows written to {path}\n"
    assert cells(path.read_bytes()) == [keys]


NASTY = [
    "=1+1",
    "+86138****5678",
    "-2",
    "@sum",
    "\t=1",
    "\r=1",
    "a=1",
    '北京,"南"',
    "https://example.org",
    "1023",
]


def test_no_cell_becomes_a_formula() -> None:
    rows = [{"queue": text, "difference": -3} for text in NASTY]
    printed = list(csv.reader(io.StringIO(csv_text(rows, ["queue", "difference"]), newline="")))[1:]
    assert [row[0] for row in printed] == ["'" + text.replace("\r", "\n") for text in NASTY[:6]] + NASTY[6:]
    assert {row[1] for row in printed} == {"-3"}  # a number is no text
    data = workbook(rows, ["queue", "difference"], "nasty")
    assert [row[0] for row in cells(data)[1:]] == [text.replace("\r", "_x000D_") for text in NASTY]


def test_files_are_replaced_whole_or_not_at_all(filled, tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("old\n" * 1000)
    path.chmod(0o640)
    assert filled(*STATS, "--csv", path).code == 0
    assert path.read_text().startswith("queue,")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    link = tmp_path / "latest.csv"
    link.symlink_to(path.name)
    assert filled(*STATS, "--by", "day", "--csv", link).code == 0
    assert link.is_symlink()
    assert path.read_text().startswith("day,")
    assert sorted(found.name for found in tmp_path.iterdir() if found.is_file()) == [
        "figures.csv",
        "latest.csv",
    ]


def test_a_private_file_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("old")
    path.chmod(0o644)
    write_to(path, b"new", private=True)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_to(pipe, b"figures")
    reader.join(10)
    assert heard == [b"figures"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("option", ["--csv", "--xlsx"])
def test_what_cannot_be_written_is_one_line(filled, tmp_path: Path, option: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    long = tmp_path / ("x" * 300)
    for path in (tmp_path, tmp_path / "nowhere" / "figures", loop, long):
        done = filled(*STATS, option, path)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert done.err.startswith(f"ivr: {path}: cannot be written: ")
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".")] == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IvrError, match="No space left on device"):
        write_to(path, b"new")
    assert [found.read_text() for found in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("words", [("--json", "--csv", "-"), ("--xlsx", "-")])
def test_two_things_are_not_printed_at_once(filled, words: tuple[str, ...]) -> None:
    done = filled(*STATS, *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_the_workbooks_library_is_imported_only_when_needed() -> None:
    program = "import sys, ivr.commands, ivr.commands.queue; print('xlsxwriter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == "False\n"
