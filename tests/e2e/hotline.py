"""A whole running hotline, calls to it, and what it wrote down; everything waits for a condition with a deadline."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from ivr.errors import IvrError
from ivr.settings import PROJECT, Settings, load
from ivr.store.database import open_engine
from ivr.telephony.asterisk_config import AsteriskHome, control_address
from ivr.telephony.asterisk_find import find
from ivr.telephony.asterisk_process import ask
from ivr.telephony.seats import ami_secret, seat_secrets
from tests.e2e import forked
from tests.e2e.calls import Call
from tests.e2e.manager import Manager
from tests.e2e.sipp import CallerPhone, CarrierPhone, Exchange, SeatPhone, Sipp, free_port
from tests.e2e.waits import wait_for

T = TypeVar("T")
RTP_PORTS = 200  #: of each hotline; the phones' ports lie above
_rtp_ranges = itertools.cycle(random.sample(range(8000, 12000, RTP_PORTS), 20))
#: What Asterisk warns of because a test does it: nobody signed in is called or paused, the AGI server is killed, a
#: stranger registers, both sides hang up at once, the hotline is stopped while somebody asks the manager.
_USUAL = (
    "Unable to join queue",
    "pause interface",
    "res_agi.c",
    "has no configured AORs",
    "Session already DISCONNECTED",
    "Asterisk is shutting down",
    "Abnormal 'Gosub(",  # who was rung at home hung up, or was hung up, without a key
    "target does not exist",  # a seat hands a caller over to a number that is none
    "StoreDTMF already set",  # the server that would have taken it off was killed
    'Module "idle monitor module" registered during operation',  # pjproject's, when it starts
    # Asterisk's own, 55 s after a blind transfer: the phone's subscription to how the transfer goes runs out.
    "channel.c: name must be provided",
)
_ROOM_BYTES = 4 << 30
_MISSING = "real calls need Asterisk and SIPp: run scripts/setup test"


@dataclass(frozen=True)
class Channel:
    """A line of ``core show channels concise``."""

    name: str
    context: str
    extension: str
    application: str
    data: str
    caller: str
    uniqueid: str


@dataclass(frozen=True)
class _Picture:
    taken: float
    gathers: dict[str, int]
    channels: list[Channel]


class Line:
    """A running hotline as its neighbours see it: by SIP, on the command line, in its files.

    ``Line(settings)`` takes one that somebody started; :func:`running` starts one.
    """

    _numbers = itertools.count(1)

    def __init__(self, settings: Settings, environ: dict[str, str], folder: Path) -> None:
        self.settings, self.environ, self.folder = settings, environ, folder
        self.asterisk = AsteriskHome.of(settings)
        self.at = Exchange(control_address(settings), settings.sip_port)
        self.phones: list[Sipp] = []
        self._lock = threading.Lock()
        self._picture = _Picture(0.0, {}, [])
        self._database = open_engine(settings.database)
        self.fresh = (
            folder.parent / "fresh.db"
        )  #: the database before the first call, once :meth:`keep` was called

    def keep(self) -> None:
        """Let others begin with this one's railway data."""
        database = str(self._database.url.database)
        with (
            contextlib.closing(sqlite3.connect(database)) as now,
            contextlib.closing(sqlite3.connect(self.fresh)) as kept,
        ):
            now.backup(kept)

    # ---- phones -----------------------------------------------------------------------------------------------------

    def call(self, keys: Sequence[str] = (), **how: Any) -> Call:
        """A caller dials; ``how`` as for :class:`CallerPhone`. Each has a number of its own."""
        number = next(self._numbers)
        caller = how.pop("caller", f"138{number:08d}")
        phone = CallerPhone(self.folder / f"caller{number}", self.at, keys, caller=caller, **how)
        self.phones.append(phone)
        return Call(self, phone, caller)

    def seat(self, seat: str, **how: Any) -> SeatPhone:
        """A seat's phone registers and waits for calls; ``how`` as for :class:`SeatPhone`."""
        folder = self.folder / f"seat{next(self._numbers)}"
        phone = SeatPhone(folder, self.at, seat, self.secret(seat), **how)
        self.phones.append(phone)
        assert phone.registration == 200
        return phone

    def carrier(self, **how: Any) -> CarrierPhone:
        """The carrier's side of the next calls to callers; ``how`` as for :class:`CarrierPhone`."""
        folder = self.folder / f"carrier{next(self._numbers)}"
        port = int(self.settings.trunk_out.rpartition(":")[2])
        phone = CarrierPhone(folder, self.at, port, **how)
        self.phones.append(phone)
        return phone

    def dial_from_seat(self, seat: str, number: str, keys: Sequence[str] = (), **how: Any) -> Call:
        """A seat dials, with its password."""
        return self.call(keys, caller=seat, number=number, secret=self.secret(seat), **how)

    def secret(self, seat: str) -> str:
        return seat_secrets(self.settings.home, self.settings.seat_list)[seat]

    def stop_phones(self) -> None:
        for phone in self.phones:
            phone.stop()
        self.phones.clear()

    # ---- asking -----------------------------------------------------------------------------------------------------

    def console(self, command: str) -> str:
        """What Asterisk's console says."""
        return ask(self.asterisk.control_socket, command)

    def cli(self, *words: str, code: int = 0) -> str:
        """What ``ivr words…`` prints; it has to end with ``code``."""
        code_, out, err = forked.run(words, self.environ, 60)
        assert code_ == code, f"ivr {' '.join(words)}: {code_} {out}{err}"
        assert "Traceback" not in err
        return out

    def read(self, *words: str) -> Any:
        """The JSON document of ``ivr words… --json``."""
        return json.loads(self.cli(*words, "--json"))

    def rows(self, query: str, *values: object) -> list[Any]:
        """Rows of the database, for waiting: what is asserted comes from the command line."""
        named = {f"v{number}": value for number, value in enumerate(values)}
        for name in named:
            query = query.replace("?", f":{name}", 1)
        with self._database.connect() as link:
            return list(link.execute(text(query), named).all())

    def picture(self, after: float) -> _Picture:
        """Answered prompts of each call, and then the channels: all looked at later than ``after``."""
        with self._lock:
            if self._picture.taken <= after:
                taken = time.monotonic()
                gathers = dict(
                    self.rows("SELECT call_uniqueid, count(*) FROM call_steps WHERE kind='gather' GROUP BY 1")
                )
                self._picture = _Picture(taken, gathers, self.channels())
            return self._picture

    def channels(self) -> list[Channel]:
        """The channels that are up now."""
        found = []
        for line in self.console("core show channels concise").splitlines():
            part = line.split("!")
            if len(part) >= 14:
                data = "!".join(part[6:-7])
                found.append(Channel(part[0], part[1], part[2], part[5], data, part[-7], part[-1]))
        return found

    def queue_log(self) -> list[list[str]]:
        """The lines of Asterisk's queue_log, split at ``|``."""
        return [line.split("|") for line in self.asterisk.queue_log.read_text().splitlines()]

    def processes(self, words: str = "") -> list[int]:
        """The processes of this hotline whose command line contains ``words``."""
        mark = f"IVR_HOME={self.settings.home}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                with contextlib.suppress(OSError):
                    command = (
                        (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    )
                    if (
                        command
                        and words in command
                        and mark in (folder / "environ").read_bytes().split(b"\0")
                    ):
                        found.append(int(folder.name))
        return found

    # ---- agents -----------------------------------------------------------------------------------------------------

    def agent(self, staff: str, pin: str = "4711") -> str:
        """An agent with this staff number, made when missing."""
        if not self.rows("SELECT 1 FROM agents WHERE staff_number = ?", staff):
            self.cli("agent", "add", staff, "--pin", pin)
        return staff

    def sign_in(self, staff: str, seat: str) -> None:
        """Sign an agent in, on the command line."""
        self.agent(staff)
        self.cli("agent", "login", staff, "--seat", seat)

    def members(self, queue: str = "operator") -> dict[str, str]:
        """Staff number → what ``queue show`` says of the member."""
        found = re.findall(r"(?m)^ +(\d+) \(PJSIP/\d+.*?\)(.*)$", self.console(f"queue show {queue}"))
        return dict(found)

    def queues(self) -> set[str]:
        """The queues that Asterisk knows."""
        return set(re.findall(r"(?m)^(\w+) +has \d+ calls", self.console("queue show")))

    def sign_out_all(self) -> None:
        for queue in self.queues():
            shown = self.console(f"queue show {queue}")
            for interface in re.findall(r"(?m)^ +(?:\S+ \()?((?:PJSIP|Local)/[^ )]+)", shown):
                self.console(f"queue remove member {interface} from {queue}")

    def manager(self) -> Manager:
        """A listener at Asterisk's manager interface."""
        return Manager(self.at.address, self.settings.ami_port, ami_secret(self.settings.home))

    def tidy(self) -> None:
        """End every phone, channel and membership of a test."""
        self.stop_phones()
        for callback in self.read("callback", "list"):
            self.cli("callback", "cancel", str(callback["callback"]))
        self.console("channel request hangup all")
        wait_for(lambda: not self.channels(), "no channel left", 15)
        self.sign_out_all()


def read_apart(path: Path) -> bytes:
    """A file's content, read by another process: who closes a file of the database loses SQLite's locks on it, and with
    them sight of what is written later. Raises ``FileNotFoundError``."""
    done = subprocess.run(["cat", str(path)], capture_output=True)
    if done.returncode:
        raise FileNotFoundError(path)
    return done.stdout


def _memory() -> str | None:
    """A folder in memory with room for some hotlines: every commit waits for the disk, and where many machines share one it
    may stand still for longer than a caller is patient."""
    folder = Path("/dev/shm")
    with contextlib.suppress(OSError):
        if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM_BYTES:
            return str(folder)
    return None


@contextlib.contextmanager
def running(
    queues: str = "",
    like: Line | None = None,
    *,
    pjsip: str = "",
    kokoro: Path | None = None,
    **environ: str,
) -> Iterator[Line]:
    """Start a whole hotline in a home and on ports of its own; stop it whatever happens, and see that nothing is left.

    ``queues``, ``pjsip``: the site's own ``queues.conf`` and ``pjsip.conf``. ``like``: a hotline whose prompts are taken over, and, where the
    menus are the same, what its database was at first. ``kokoro``: the folder of the neural voice, which is then installed there.
    ``environ``: settings.
    """
    home = Path(tempfile.mkdtemp(prefix="ivr-e2e-", dir=_memory()))
    rtp = next(_rtp_ranges)
    own = {
        "IVR_HOME": str(home), "IVR_CONFIG": str(home / "none.toml"), "IVR_SIP_PORT": str(free_port()),
        "IVR_AGI_PORT": str(free_port()), "IVR_AMI_PORT": str(free_port()),
        "IVR_RTP_START": str(rtp), "IVR_RTP_END": str(rtp + RTP_PORTS - 1),
        "IVR_TRUNK_OUT": f"127.0.0.1:{free_port()}",
        "IVR_SOUNDS_AHEAD": "no",  # it would take minutes of processor time from the calls
        **environ,
    }  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") or k.startswith("IVR_ASTERISK")}
    settings = load({**kept, **own}, home / "none.toml")
    local = AsteriskHome.of(settings).local
    local.mkdir(parents=True)
    for name, text_ in (("queues.conf", queues), ("pjsip.conf", pjsip)):
        if text_:
            (local / name).write_text(text_)
    if like:
        shutil.copytree(
            like.settings.home / "sounds", home / "sounds", ignore=shutil.ignore_patterns("*.tmp")
        )
        if "IVR_MENUS" not in environ:
            shutil.copytree(like.settings.home / "secrets", home / "secrets")
            shutil.copy(like.fresh, home / "ivr.db")
    if kokoro:
        (home / "voices").mkdir()
        (home / "voices" / "kokoro").symlink_to(kokoro)
    line = Line(settings, {**kept, **own}, home / "phones")
    output = home / "serve.out"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, str(PROJECT / "cli.py"), "serve"],
            env=line.environ, cwd=PROJECT, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(
            lambda: process.poll() is not None or "READY sip:" in output.read_text("utf-8"), "READY", 120
        )
        if process.poll() is not None:
            raise AssertionError(f"the hotline does not start: {output.read_text('utf-8')}")
        yield line
    finally:
        line.stop_phones()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        left = line.processes()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        faults = faults_in(line)
        if not os.environ.get("IVR_E2E_KEEP"):
            shutil.rmtree(home, ignore_errors=True)
    assert not left, f"processes were left: {left}"
    assert process.returncode == 0, f"the hotline ended with {process.returncode}"
    assert not faults, faults


def faults_in(line: Line) -> list[str]:
    """Lines of the hotline's logs that no caller may cause."""
    logs = [line.settings.home / "serve.out", *line.settings.home.glob("log/*"), line.asterisk.messages]
    return [
        f"{log.name}: {words}"
        for log in logs
        if log.is_file()
        for words in log.read_text("utf-8", "replace").splitlines()
        if "Traceback" in words or " ERROR[" in words or "WARNING[" in words
        if not any(usual in words for usual in _USUAL)
    ]


def missing() -> str:
    """Why no call can be made on this machine; empty when nothing is missing."""
    if shutil.which("sipp") is None:
        return f"SIPp is not installed; {_MISSING}"
    try:
        find(load())
    except IvrError as fault:
        return f"{fault}; {_MISSING}"
    return ""
