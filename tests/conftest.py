"""Shared fixtures: a home of its own for every test, and databases of both kinds."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, create_engine, text

from ivr.store.database import open_engine
from ivr.store.migrate import upgrade
from ivr.store.rail import load_rail_data
from ivr.store.secrets import use_key

# How long an example takes says more about the machine than about the code. A run finds what the one before found: new examples
# are tried with IVR_FAULTS=full, as `make faults` does.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, derandomize=os.environ.get("IVR_FAULTS") != "full"
)
hypothesis.settings.load_profile("unhurried")


#: The files that take longest. They are begun first, lest one of them is all that is left to do at the end.
LONGEST = (
    "test_random_callers.py",
    "test_booking_rush.py",
    "test_menu_publish.py",
    "test_prompt.py",
    "test_voice.py",
    "test_transcripts.py",
    "test_supervisor.py",
    "test_queue_hours.py",
    "test_oracle.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, ``None`` where it is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


class Cluster:
    """A throw-away PostgreSQL without network, reached by a socket in its own folder. ``durable``: a commit waits
    for the disk, as in use; tests need not."""

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        self._programs = programs
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
        self._user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self._folder / "data"
        subprocess.run(
            [
                self._programs / "initdb",
                "-D",
                data,
                "-U",
                "ivr",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        options = [
            "listen_addresses=",
            f"fsync={'on' if self._durable else 'off'}",
            f"shared_buffers={'256MB' if self._durable else '32MB'}",
            f"unix_socket_directories={self._folder}",
        ]
        self._server = subprocess.Popen(
            [
                self._programs / "postgres",
                "-D",
                data,
                *(word for option in options for word in ("-c", option)),
            ],
            user=self._user,
            cwd=self._folder,
            stderr=(self._folder / "log").open("wb"),
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                with create_engine(self.url("postgres")).connect():
                    return
            except Exception:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise
                time.sleep(0.05)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://ivr@/{database}?host={self._folder}"

    def new_database(self, like: str = "template1") -> str:
        """The address of a database that is a copy of ``like``, which nobody may have open."""
        name = f"t{uuid.uuid4().hex}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
        engine.dispose()
        return self.url(name)

    @cached_property
    def with_tables(self) -> str:
        """The name of a database with all tables, to be copied."""
        url = self.new_database()
        make_tables(url)
        return url.partition("@/")[2].partition("?")[0]

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server for this run; skipped only where it is not installed."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    cluster = Cluster(programs)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def make_tables(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The file that ``make`` writes, made once for all workers of a run."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / name
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            making = file.with_suffix(".making")
            make(making)
            making.rename(file)
    return file


@pytest.fixture(scope="session")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, once for all workers of a run. To be copied, not used: the migrations take longer
    than most tests."""
    return made_once(tmp_path_factory, "tables.db", lambda file: make_tables(f"sqlite:///{file}"))


@pytest.fixture(scope="session")
def railway(tmp_path_factory: pytest.TempPathFactory, with_tables: Path) -> Path:
    """An SQLite file into which the project's data was loaded, once for all workers of a run. To be copied, not used."""

    def make(file: Path) -> None:
        shutil.copyfile(with_tables, file)
        engine = open_engine(f"sqlite:///{file}")
        assert load_rail_data(engine) is True
        engine.dispose()

    return made_once(tmp_path_factory, "railway.db", make)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder whose data key is in use."""
    folder = tmp_path / "home"
    use_key(folder)
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, home: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{home / 'ivr.db'}"
    return str(request.getfixturevalue("postgresql").new_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with all tables, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    request.getfixturevalue("home")
    cluster: Cluster = request.getfixturevalue("postgresql")
    engine = open_engine(cluster.new_database(like=cluster.with_tables))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(home: Path, with_tables: Path) -> Iterator[Engine]:
    """An SQLite database with all tables, where the kind does not matter."""
    shutil.copyfile(with_tables, home / "ivr.db")
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    yield engine
    engine.dispose()
