from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.acd.position import Position
from ivr.errors import IvrError
from ivr.telephony.queue_log import QueueLog


class Reader:
    """Reads a log to the end each time and keeps the positions, as the recorder does."""

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        self.path = path
        self.log = QueueLog(path, alone=alone)
        self.known: list[Position] = []
        self.lines: list[str] = []
        self._ids = 0

    def read(self, limit: int = 5000) -> list[str]:
        new: list[str] = []
        while (batch := self.log.read(self.known, limit)) is not None:
            self._ids += not batch.after.id
            after = batch.after if batch.after.id else replace(batch.after, id=self._ids)
            self.known = [after, *(position for position in self.known if position.id != after.id)]
            new += [line.decode() for line in batch.lines]
        self.lines += new
        return new

    def restart(self) -> None:
        self.log.close()
        self.log = QueueLog(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def write(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + end)


def test_lines_are_read_as_they_come(path: Path) -> None:
    reader = Reader(path)
    assert reader.read() == []
    write(path, "1", "2")
    assert reader.read() == ["1", "2"]
    write(path, "3 begins", end="")
    assert reader.read() == []
    write(path, " and ends")
    assert reader.read() == ["3 begins and ends"]
    assert reader.read() == []


def test_what_was_not_stored_is_read_again(path: Path) -> None:
    write(path, "1", "2", "3")
    log = QueueLog(path)
    first = log.read([], 2)
    again = log.read([], 2)
    assert first is not None
    assert first == again
    assert (first.lines, first.before, first.after.offset) == ((b"1", b"2"), 0, 4)


def test_after_a_restart_it_goes_on(path: Path) -> None:
    reader = Reader(path)
    write(path, "1", "2", "3")
    reader.read(2)
    reader.restart()
    write(path, "4")
    assert reader.read() == ["4"]


def rename(path: Path) -> None:
    path.rename(path.with_name("queue_log.1"))


def copy_and_truncate(path: Path) -> None:
    path.with_name("queue_log.1").write_bytes(path.read_bytes())
    os.truncate(path, 0)


def compress(path: Path) -> None:
    path.with_name("queue_log-20260210.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize("rotate", [rename, copy_and_truncate, compress])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_rotated_log_is_finished_first(path: Path, rotate: Callable[[Path], None], restarted: bool) -> None:
    reader = Reader(path)
    write(path, "1", "2")
    reader.read()
    write(path, "3")
    rotate(path)
    if restarted:
        reader.restart()
    write(path, "4")
    reader.read()
    write(path, "5")
    reader.read()
    assert reader.lines == ["1", "2", "3", "4", "5"]


def test_the_writer_may_go_on_in_the_renamed_file_for_a_while(path: Path) -> None:
    reader = Reader(path)
    write(path, "1")
    reader.read()
    rename(path)
    path.touch()
    assert reader.read() == []
    write(path.with_name("queue_log.1"), "2")
    assert reader.read() == ["2"]
    write(path.with_name("queue_log.1"), "3")
    write(path, "4")
    assert reader.read() == ["3", "4"]


def test_a_log_that_lost_its_name_is_finished_all_the_same(path: Path) -> None:
    reader = Reader(path)
    write(path, "1")
    reader.read()
    write(path, "2")
    path.unlink()
    assert reader.read() == ["2"]
    write(path, "3")
    assert reader.read() == ["3"]


def test_two_rotations_while_the_reader_was_away(path: Path) -> None:
    reader = Reader(path)
    write(path, "1")
    reader.read()
    write(path, "2")
    path.rename(path.with_name("queue_log.2"))
    write(path, "3")
    path.rename(path.with_name("queue_log.1"))
    write(path, "4")
    for age, name in enumerate(["queue_log", "queue_log.1", "queue_log.2"]):
        os.utime(path.with_name(name), (1770685200 - age, 1770685200 - age))
    reader.restart()
    assert reader.read() == ["2", "3", "4"]


def test_a_first_start_reads_what_was_rotated_before_it_too(path: Path) -> None:
    write(path.with_name("queue_log.2"), "oldest")
    write(path.with_name("queue_log.1"), "old")
    write(path.with_name("queue_log.bak"), "no rotated log")
    write(path, "1")
    for age, name in enumerate(["queue_log", "queue_log.1", "queue_log.2"]):
        os.utime(path.with_name(name), (1770685200 - age, 1770685200 - age))
    reader = Reader(path)
    assert reader.read() == ["oldest", "old", "1"]
    path.rename(path.with_name("queue_log.0"))
    write(path, "2")
    assert reader.read() == ["2"]


def test_a_file_older_than_the_one_that_was_left_is_not_read_by_itself(path: Path) -> None:
    write(path, "1")
    reader = Reader(path)
    assert reader.read() == ["1"]
    write(path.with_name("queue_log.7"), "copied here later")
    os.utime(path.with_name("queue_log.7"), (1770685200, 1770685200))
    write(path, "2")
    reader.restart()
    assert reader.read() == ["2"]


def test_a_truncated_log_is_read_from_its_beginning(path: Path) -> None:
    reader = Reader(path)
    write(path, "1", "2")
    reader.read()
    os.truncate(path, 0)
    assert reader.read() == []
    write(path, "a much longer line than those before")
    assert reader.read() == ["a much longer line than those before"]


def test_half_a_line_before_the_truncation_does_not_mix_with_what_comes_after(path: Path) -> None:
    reader = Reader(path)
    write(path, "1")
    reader.read()
    write(path, "2 begins", end="")
    reader.read()
    write(path, " and ends")
    copy_and_truncate(path)
    write(path, "3 is another line, and longer")
    assert reader.read() == ["2 begins and ends", "3 is another line, and longer"]


def test_a_broken_rotated_log_is_passed_over(path: Path) -> None:
    reader = Reader(path)
    write(path, "1")
    reader.read()
    path.rename(path.with_name("queue_log.2"))
    write(path, "2")
    path.with_name("queue_log.1.gz").write_bytes(b"\x1f\x8b\x08 broken")
    reader.restart()
    assert reader.read() == ["2"]


def test_a_line_without_end_does_not_fill_the_memory(path: Path) -> None:
    path.write_bytes(b"x" * 3_000_000 + b"\nafter\n")
    lines = Reader(path).read()
    assert lines[-1] == "after"
    assert sum(map(len, lines[:-1])) == 3_000_000


def test_bytes_that_are_no_text_are_handed_on(path: Path) -> None:
    path.write_bytes(b"\x1f\x8b\x08\xff\x00|\r\n\n")
    batch = QueueLog(path).read([])
    assert batch is not None
    assert batch.lines == (b"\x1f\x8b\x08\xff\x00|\r", b"")


@pytest.mark.parametrize("content", [b"1\n2\n3", gzip.compress(b"1\n2\n3", mtime=0)])
def test_a_single_file_is_known_again_under_another_name(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    reader = Reader(path, alone=True)
    assert reader.read() == ["1", "2"]
    other = path.with_name("copy.gz")
    other.write_bytes(gzip.compress(b"1\n2\n3\n4\n", mtime=0))
    reader.log = QueueLog(other, alone=True)
    assert reader.read() == ["3", "4"]


@pytest.mark.parametrize("content", [None, b"\x1f\x8b\x08broken", gzip.compress(b"1\n" * 999, mtime=0)[:-12]])
def test_a_file_that_cannot_be_read_is_told_in_one_line(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IvrError, match="queue_log: the queue log cannot be read") as fault:
        QueueLog(path, alone=True).read([])
    assert "\n" not in str(fault.value)


STEPS = st.lists(
    st.sampled_from(["write", "write", "half", "read", "rename", "truncate", "gzip", "restart"]), max_size=25
)


@given(STEPS, st.integers(1, 4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_the_files_every_line_is_read_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = folder / "queue_log"
    reader = Reader(path)
    written: list[str] = []
    rotations = 0
    for number, step in enumerate(steps, 1):
        if step == "write":
            written += [f"{number}a", f"{number}b"]
            write(path, f"{number}a", f"{number}b")
        elif step == "half":  # a rotation comes between whole lines only
            written.append(f"{number}c{number}")
            write(path, f"{number}c", end="")
            reader.read(limit)
            write(path, f"{number}")
        elif step == "read":
            reader.read(limit)
        elif step == "restart":
            reader.restart()
        elif path.exists() and path.stat().st_size:
            rotations += 1
            for old in sorted(folder.glob("queue_log.*"), key=lambda file: -int(file.name.split(".")[1])):
                parts = old.name.split(".")
                old.rename(folder / ".".join(["queue_log", str(int(parts[1]) + 1), *parts[2:]]))
            if step == "rename":
                path.rename(folder / "queue_log.1")
            else:
                content = path.read_bytes()
                if step == "gzip":
                    path.unlink()
                    (folder / "queue_log.1.gz").write_bytes(gzip.compress(content))
                else:
                    (folder / "queue_log.1").write_bytes(content)
                    os.truncate(path, 0)
            for old in folder.glob("queue_log.*"):
                age = int(old.name.split(".")[1])
                os.utime(old, (1770685200 - age, 1770685200 - age))
    write(path, "end")
    written.append("end")
    reader.read(limit)
    assert reader.lines == written
    reader.log.close()
