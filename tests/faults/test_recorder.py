"""The recorder is killed, its database cut, its log rotated; the rows are those of a clean run.

The log is one of real calls (``benchmarks/make_queue_log.py`` made it: SIPp and Asterisk). The short form plays a part of
it; ``make faults`` all of it, with 200 kills, 20 cuts and 10 rotations on each kind of database.
"""

from __future__ import annotations

import gzip
import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from ivr.store.database import open_engine, reading
from ivr.store.migrate import upgrade
from ivr.store.models.acd import LogPosition
from ivr.store.recorder import Recorder, ingest
from ivr.store.secrets import use_key
from ivr.telephony.queue_log import QueueLog
from tests.queue_logs.rows import canonical

LOGS = Path(__file__).parent.parent / "queue_logs"
REAL_CALLS, REAL_TRANSFERS = LOGS / "real_calls.log.gz", LOGS / "real_transfers.log.gz"


@dataclass(frozen=True)
class Form:
    """How much of the two logs is played, and what befalls the recorder."""

    lines: int
    kills: int
    cuts: int
    rotations: int


SHORT = Form(lines=1250, kills=12, cuts=3, rotations=2)
FULL = Form(lines=10**9, kills=200, cuts=20, rotations=10)
FORM = FULL if os.environ.get("IVR_FAULTS") == "full" else SHORT
_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload(["tests.faults.test_recorder", "psycopg", "sqlalchemy.dialects.postgresql"])


def recorder(home: Path, url: str, log: Path, batch: int, most_bytes: int, begun: Connection) -> None:
    """What a child does until it is killed; ``most_bytes``: no file of it may get larger (0: no limit), as on a full disk."""
    use_key(home)
    if most_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    one = Recorder(open_engine(url), QueueLog(log), batch=batch)
    begun.send(None)
    one.follow(Event())


class Hand:
    """Writes the log as Asterisk does, piece by piece, and rotates it."""

    def __init__(self, log: Path, content: bytes, rng: random.Random) -> None:
        self.log, self.rng = log, rng
        self._content, self._written = content, 0
        log.touch()

    def write(self, size: int) -> None:
        """So many bytes more, wherever that cuts a line."""
        with self.log.open("ab") as stream:
            stream.write(self._content[self._written : self._written + size])
        self._written += size

    @property
    def lines(self) -> int:
        """Whole lines so far."""
        return self._content.count(b"\n", 0, self._written)

    def rotate(self, number: int) -> None:
        """Asterisk begins a new file after a whole line."""
        end = self._content.find(b"\n", self._written) + 1
        self.write((end or len(self._content)) - self._written)
        self.log.rename(self.log.with_name(f"queue_log.{1770000000 + number}"))
        self.log.touch()


def stored_lines(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.sum(LogPosition.lines))) or 0


@pytest.fixture(scope="module")
def content() -> bytes:
    logs = (
        gzip.decompress(log.read_bytes()).splitlines(keepends=True) for log in (REAL_CALLS, REAL_TRANSFERS)
    )
    return b"".join(line for log in logs for line in log[: FORM.lines])


@pytest.fixture
def clean(content: bytes, home: Path, tmp_path: Path) -> Iterator[bytes]:
    """The rows of one run over the whole log, undisturbed."""
    file = tmp_path / "whole.log"
    file.write_bytes(content)
    engine = open_engine(f"sqlite:///{tmp_path / 'clean.db'}")
    upgrade(engine)
    assert ingest(engine, QueueLog(file, alone=True)) == content.count(b"\n")
    yield canonical(engine)
    engine.dispose()


def cut(engine: Engine, rng: random.Random) -> int:
    """Take the database away from the child; returns the bytes it may write, 0 for all."""
    if engine.dialect.name == "sqlite":  # nobody can cut the way to a file, but a disk gets full
        wal = Path(f"{engine.url.database}-wal")
        return (wal.stat().st_size if wal.exists() else 0) + rng.randrange(1, 60_000)
    try:
        admin = create_engine(engine.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            connection.execute(text(others))
    except DBAPIError:
        raise AssertionError("the test itself lost the database") from None
    finally:
        admin.dispose()
    return 0


@pytest.mark.timeout(3000 if FORM is FULL else 120)
def test_whatever_befalls_the_recorder_the_rows_are_those_of_a_clean_run(
    engine: Engine, home: Path, content: bytes, clean: bytes, tmp_path: Path
) -> None:
    seed = int(os.environ.get("IVR_FAULTS_SEED", "7"))
    rng = random.Random(seed)
    rounds = FORM.kills
    cuts = set(rng.sample(range(rounds), FORM.cuts))
    rotations = set(rng.sample(range(rounds), FORM.rotations))
    hand = Hand(tmp_path / "queue_log", content, rng)
    url = engine.url.render_as_string(hide_password=False)
    killed = at_work = 0
    for number in range(rounds):
        hand.write(rng.randrange(len(content) * 2 // rounds))
        if number in rotations:
            hand.rotate(number)
            hand.write(rng.randrange(1, 2000))
        cut_now = number in cuts
        most_bytes = cut(engine, rng) if cut_now and engine.dialect.name == "sqlite" else 0
        mine, theirs = _children.Pipe(duplex=False)
        child = _children.Process(
            target=recorder, args=(home, url, hand.log, rng.choice([1, 20, 100, 1000]), most_bytes, theirs)
        )
        child.start()
        theirs.close()
        mine.recv()
        time.sleep(rng.uniform(0, 0.12))
        if cut_now:
            if not most_bytes:
                cut(engine, rng)
            time.sleep(rng.uniform(0, 0.3))
        assert child.is_alive(), f"seed {seed}: the recorder ended by itself in round {number}"
        child.kill()
        child.join()
        mine.close()
        killed += child.exitcode == -signal.SIGKILL
        at_work += stored_lines(engine) < hand.lines
    hand.write(len(content))
    Recorder(engine, QueueLog(hand.log)).run_once()
    assert killed == FORM.kills
    assert at_work >= FORM.kills // 4  # the others found it waiting for more
    assert canonical(engine) == clean, f"IVR_FAULTS_SEED={seed}"
