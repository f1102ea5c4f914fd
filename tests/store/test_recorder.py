from __future__ import annotations

import gzip
import logging
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from ivr.acd.lines import parse
from ivr.acd.needs import needs
from ivr.errors import IvrError
from ivr.store import recorder as recorder_module
from ivr.store.database import open_engine, reading
from ivr.store.migrate import upgrade
from ivr.store.models.acd import AgentSession, LogPosition, QueueEntry
from ivr.store.models.calls import Call
from ivr.store.record_rows import load
from ivr.store.recorder import Recorder, ingest
from ivr.telephony.queue_log import QueueLog
from tests.conftest import Cluster

Dump = Callable[[Engine], list[Any]]
MadeUp = Callable[[int, int], list[str]]


@pytest.fixture
def clean(tmp_path: Path, home: Path, with_tables: Path) -> Iterator[Callable[[bytes], Engine]]:
    """A database into which a log was taken in one undisturbed run."""
    engines: list[Engine] = []

    def run(content: bytes) -> Engine:
        file = tmp_path / "clean.log"
        file.write_bytes(content)
        engine = open_engine(f"sqlite:///{shutil.copyfile(with_tables, tmp_path / 'clean.db')}")
        engines.append(engine)
        ingest(engine, QueueLog(file, alone=True))
        return engine

    yield run
    for engine in engines:
        engine.dispose()


def calls(engine: Engine) -> dict[str, str]:
    with reading(engine) as session:
        return {row.uniqueid: row.outcome for row in session.scalars(select(Call))}


def test_the_outcome_of_every_kind_of_call(engine: Engine, hard_cases: Path) -> None:
    assert ingest(engine, QueueLog(hard_cases, alone=True)) == hard_cases.read_bytes().count(b"\n")
    assert calls(engine) == {
        "1770685210.10": "answered",
        "1770685290.12": "abandoned",
        "1770685300.14": "refused_full",
        "1770685310.15": "refused_empty",
        "1770685320.16": "answered",
        "1770685900.22": "lost",
        "1770685906.24": "lost",
    }


def test_a_caller_stands_masked_and_encrypted(sqlite: Engine, hard_cases: Path) -> None:
    ingest(sqlite, QueueLog(hard_cases, alone=True))
    with reading(sqlite) as session:
        call = session.scalars(select(Call).where(Call.uniqueid == "1770685210.10")).one()
        assert (call.caller, call.caller_masked) == ("13812345678", "138****5678")
        assert len(call.caller_hash) == 32
    with sqlite.connect() as connection:
        assert "13812345678" not in "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


def test_the_same_file_again_changes_nothing(
    engine: Engine, hard_cases: Path, tmp_path: Path, dump: Dump
) -> None:
    ingest(engine, QueueLog(hard_cases, alone=True))
    rows = dump(engine)
    packed = tmp_path / "old.gz"
    packed.write_bytes(gzip.compress(hard_cases.read_bytes()))
    assert ingest(engine, QueueLog(hard_cases, alone=True)) == 0
    assert ingest(engine, QueueLog(packed, alone=True)) == 0
    assert dump(engine) == rows


def test_a_file_that_overlaps_with_another_changes_nothing_twice(
    engine: Engine, hard_cases: Path, tmp_path: Path, dump: Dump
) -> None:
    lines = hard_cases.read_bytes().splitlines(keepends=True)
    part, whole = tmp_path / "part", tmp_path / "whole"
    part.write_bytes(b"".join(lines[4:]))
    ingest(engine, QueueLog(hard_cases, alone=True))
    rows = dump(engine)
    assert ingest(engine, QueueLog(part, alone=True)) == len(lines) - 4
    assert dump(engine) == rows
    whole.write_bytes(b"".join(lines) * 2)
    assert ingest(engine, QueueLog(whole, alone=True)) == len(lines)
    assert len(dump(engine)[0]) == len(rows[0])


def test_a_line_that_is_half_there_waits(sqlite: Engine, tmp_path: Path) -> None:
    file = tmp_path / "queue_log"
    file.write_bytes(b"1770685215|c|operator|NONE|ENTERQUEUE||1|1\n1770685219|c|operator|NONE|ABAN")
    recorder = Recorder(sqlite, QueueLog(file))
    assert recorder.run_once() == 1
    assert recorder.run_once() == 0
    with file.open("ab") as stream:
        stream.write(b"DON|1|1|4\n")
    assert recorder.run_once() == 1
    with reading(sqlite) as session:
        assert session.scalars(select(QueueEntry.outcome)).all() == ["abandoned"]


class _Killed(BaseException):
    """Not an Exception: nothing catches it, as nothing catches SIGKILL."""


@contextmanager
def killed_at(engine: Engine, statement: int) -> Iterator[None]:
    """Let the database fail at its n-th statement, or at the n-th commit after them."""
    count = 0

    def strike(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == statement:
            raise _Killed

    event.listen(engine, "before_cursor_execute", strike)
    event.listen(engine, "commit", strike)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", strike)
        event.remove(engine, "commit", strike)


def test_killed_at_any_instant_the_rows_are_those_of_a_clean_run(
    engine: Engine, clean: Callable[[bytes], Engine], tmp_path: Path, made_up: MadeUp, dump: Dump
) -> None:
    content = "".join(f"{line}\n" for line in made_up(1, 60)).encode()
    log = tmp_path / "queue_log"
    rng = random.Random(2)
    written = kills = 0
    while written < len(content):
        size = rng.randrange(1, 900)
        with log.open("ab") as stream:
            stream.write(content[written : written + size])
        written += size
        if rng.random() < 0.2 and log.read_bytes().endswith(b"\n"):
            log.rename(log.with_name(f"queue_log.{1770685200 + written}"))
            log.touch()
        with killed_at(engine, rng.randrange(1, 30)):
            try:
                Recorder(engine, QueueLog(log), batch=rng.choice([1, 3, 10, 5000])).run_once()
            except _Killed:
                kills += 1
    Recorder(engine, QueueLog(log)).run_once()
    assert kills > 5
    assert dump(engine) == dump(clean(content))


def test_a_commit_that_was_not_confirmed_is_not_repeated(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(b"1770685215|c|operator|NONE|ENTERQUEUE||1|1\n")
    recorder = Recorder(sqlite, QueueLog(log))
    original = recorder._take

    def committed_but_broken(batch: Any) -> Any:
        original(batch)
        raise IvrError("the connection broke")

    monkeypatch.setattr(recorder, "_take", committed_but_broken)
    with pytest.raises(IvrError, match="connection broke"):
        recorder.run_once()
    monkeypatch.undo()
    assert recorder.run_once() == 0
    with reading(sqlite) as session:
        assert session.scalar(select(func.count()).select_from(QueueEntry)) == 1


def test_two_recorders_of_one_log_take_each_line_once(
    engine: Engine, clean: Callable[[bytes], Engine], tmp_path: Path, made_up: MadeUp, dump: Dump
) -> None:
    content = "".join(f"{line}\n" for line in made_up(3, 80)).encode()
    log = tmp_path / "queue_log"
    log.write_bytes(content)
    taken: list[int] = []
    faults: list[Exception] = []

    def run() -> None:
        deadline = time.monotonic() + 60
        recorder = Recorder(engine, QueueLog(log), batch=20)
        while time.monotonic() < deadline:
            try:
                taken.append(recorder.run_once())
                return
            except IvrError as fault:  # the other one was quicker with a row: go on
                faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Recorder(engine, QueueLog(log)).run_once()
    assert dump(engine) == dump(clean(content))
    with reading(engine) as session:
        assert session.scalars(select(LogPosition.lines)).all() == [content.count(b"\n")]


def test_of_several_nodes_each_ends_only_what_is_its_own(engine: Engine, tmp_path: Path) -> None:
    def node(name: str, *lines: str) -> None:
        with (tmp_path / name).open("a") as stream:
            stream.writelines(f"{line}\n" for line in lines)
        Recorder(engine, QueueLog(tmp_path / name, alone=True), node=name).run_once()

    start = "1770685200|NONE|NONE|NONE|QUEUESTART|"
    signed_in = "1770685201|NONE|operator|1023|ADDMEMBER|"
    for name in ("north", "south"):  # the same bytes, and two files
        node(name, start, signed_in)
    node(
        "north",
        "1770685210|north-1.1|NONE|NONE|CALLBEGIN|13812345678|12306|1770685210.250",
        "1770685211|north-1.1|operator|NONE|ENTERQUEUE||13812345678|1",
        "1770685212|north-1.2|operator|NONE|ENTERQUEUE||13812345678|1",
        "1770685215|north-1.2|operator|1023|CONNECT|3|x|1",
    )
    node("south", "1770685290|NONE|NONE|NONE|QUEUESTART|", "1770685295|NONE|operator|1023|REMOVEMEMBER|")
    with reading(engine) as session:
        outcomes = select(QueueEntry.outcome, QueueEntry.ended_by).order_by(QueueEntry.call_uniqueid)
        assert session.execute(outcomes).all() == [("waiting", ""), ("answered", "")]
        assert session.scalars(select(Call.outcome)).all() == ["open"]
        ends = select(LogPosition.node, AgentSession.ended_by).join(
            LogPosition, LogPosition.id == AgentSession.log_id
        )
        assert sorted(session.execute(ends).all()) == [("north", ""), ("south", "sign_out")]
    node("north", "1770685300|NONE|NONE|NONE|QUEUESTART|")
    with reading(engine) as session:
        assert session.execute(outcomes).all() == [("lost", ""), ("answered", "lost")]
        assert calls(engine) == {"north-1.1": "lost"}


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def test_it_follows_and_outlives_a_database_that_is_away(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = home / "late.db"
    engine = open_engine(f"sqlite:///{file}")
    log = tmp_path / "queue_log"
    log.write_bytes(b"1770685215|c|operator|NONE|ENTERQUEUE||1|1\n")
    stop = threading.Event()
    caplog.set_level(logging.INFO)
    thread = threading.Thread(target=Recorder(engine, QueueLog(log)).follow, args=(stop,))
    thread.start()
    try:
        _wait_for(lambda: "the recorder waits" in caplog.text, "a log line")
        upgrade(engine)
        _wait_for(lambda: "has caught up" in caplog.text, "the database to be used")
        with log.open("ab") as stream:
            stream.write(b"1770685216|c|operator|NONE|ABANDON|1|1|1\n")

        def abandoned() -> bool:
            with reading(engine) as session:
                return session.scalars(select(QueueEntry.outcome)).all() == ["abandoned"]

        _wait_for(abandoned, "the new line")
    finally:
        stop.set()
        thread.join(10)
        engine.dispose()
    assert not thread.is_alive()


def test_a_fault_of_the_database_is_told_in_one_line(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import IntegrityError

    def fails(session: Session, *_: Any) -> None:
        raise IntegrityError("INSERT", {}, Exception("twice"))

    monkeypatch.setattr(recorder_module, "save", fails)
    log = tmp_path / "queue_log"
    log.write_bytes(b"1770685215|c|operator|NONE|ENTERQUEUE||1|1\n")
    with pytest.raises(IvrError, match="the record cannot be written"):
        Recorder(sqlite, QueueLog(log)).run_once()


@given(st.lists(st.binary(max_size=80), max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_taken_in(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    fields = [b"1770685215", b"c", b"operator", b"1023", b"ENTERQUEUE", b"CONNECT", b"PAUSE", b"ADDMEMBER"]
    content = b"\n".join(lines + [b"|".join([*fields[:4], name, *lines]) for name in fields[4:]]) + b"\n"
    log = tmp_path_factory.mktemp("any") / "queue_log"
    log.write_bytes(content)
    assert Recorder(engine, QueueLog(log)).run_once() == content.count(b"\n")
    assert Recorder(engine, QueueLog(log)).run_once() == 0


def test_no_table_is_read_whole_to_take_in_a_batch(
    postgresql: Cluster, home: Path, tmp_path: Path, made_up: MadeUp
) -> None:
    engine = open_engine(postgresql.new_database())
    upgrade(engine)
    log = tmp_path / "queue_log"
    log.write_text("".join(f"{line}\n" for line in made_up(3, 300)))
    ingest(engine, QueueLog(log, alone=True))
    events = [parse(line) for line in log.read_bytes().splitlines()]
    engine.dispose()  # what a new connection has read is told of this alone
    with reading(engine) as session:
        assert load(session, needs(events), log=1).entries
        whole = text("SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0")
        assert session.scalars(whole).all() == []
    engine.dispose()
