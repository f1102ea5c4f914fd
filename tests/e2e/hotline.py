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
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from ivr.errors import IvrError
from ivr.settings import PROJECT, Settings, load
from ivr.store.database import open_engine
from ivr.telephony.asterisk_config import AsteriskHome, control_address
from ivr.telephony.asterisk_find import find
from ivr.telephony.asterisk_process import ask
from ivr.telephony.seats import AMI_USER, ami_secret, seat_secrets
from tests.e2e import forked
from tests.e2e.sipp import CallerPhone, CarrierPhone, Ended, Exchange, SeatPhone, Sipp, free_port

T = TypeVar("T")
SAME_PROMPT_S = 2.5  #: longer than the hotline takes to look something up and to make its sounds
WITHIN_S = 400  #: is the result of a task there, which may have to wait for its turn
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


class Overdue(AssertionError):
    """What was waited for did not come."""


def wait_for(condition: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The first true value of ``condition``. Raises :class:`Overdue` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Overdue(f"not within {seconds:g} s: {what}")
        time.sleep(0.03)
    return value


class Together(Generic[T]):
    """Runs all ``tasks``, ``workers`` at a time. ``together[name]``: the result of one, when it is there; raises what it raised."""

    def __init__(self, tasks: Mapping[str, Callable[[], T]], workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers)
        self._futures = {name: self._pool.submit(task) for name, task in tasks.items()}

    def __getitem__(self, name: str) -> T:
        return self._futures[name].result(WITHIN_S)

    def finish(self) -> None:
        """Wait for every task, also for one whose result nobody asked for."""
        self._pool.shutdown()


@dataclass(frozen=True)
class Own:
    """Scenarios that have, one after the other, a hotline of their own; ``start``: makes it, given one that runs already."""

    start: Callable[[Line], contextlib.AbstractContextManager[Line]]
    scenarios: Mapping[str, Callable[[Line], None]]

    def of(self, chosen: Collection[str]) -> Own:
        """Those that are ``chosen``."""
        return replace(self, scenarios={name: x for name, x in self.scenarios.items() if name in chosen})

    def play(self, like: Line, outcomes: Mapping[str, Future[None]]) -> None:
        """Fill in the outcome of each; also what is wrong after the last, when the hotline has stopped."""
        last = list(self.scenarios)[-1]
        try:
            with self.start(like) as line:
                for name, scenario in self.scenarios.items():
                    fault = fault_of(scenario, line)
                    if fault is not None:
                        outcomes[name].set_exception(fault)
                    elif name != last:
                        outcomes[name].set_result(None)
            if not outcomes[last].done():
                outcomes[last].set_result(None)
        except BaseException as fault:
            for outcome in outcomes.values():
                if not outcome.done():
                    outcome.set_exception(fault)


def fault_of(scenario: Callable[[Line], None], line: Line) -> BaseException | None:
    """Play a scenario, and leave the hotline as it was."""
    try:
        try:
            scenario(line)
        finally:
            line.tidy()
    except BaseException as fault:
        return fault
    return None


def add_to(
    scenarios: list[Callable[[Line], None]], scenario: Callable[[Line], None]
) -> Callable[[Line], None]:
    """A decorator: ``scenario = partial(add_to, SCENARIOS)``."""
    scenarios.append(scenario)
    return scenario


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


@dataclass
class Call:
    """One caller on the line. ``prompts``: the sound files of each prompt that a key answered."""

    line: Line
    phone: CallerPhone
    caller: str
    prompts: list[list[Path]] = field(default_factory=list)
    _answered: int = -1
    _last: str = ""
    _since: float = 0.0
    _same_since: float = 0.0
    _uniqueid: str = ""

    @property
    def masked(self) -> str:
        return f"{self.caller[:3]}****{self.caller[-4:]}"

    def channel(self, after: float = 0.0) -> Channel | None:
        """The caller's channel while it is up."""
        return next((c for c in self.line.picture(after).channels if c.caller == self.caller), None)

    def is_in(self, application: str) -> bool:
        """Whether the caller's channel runs ``application`` now."""
        channel = self.channel(time.monotonic())
        return channel is not None and channel.application == application

    def listening(self) -> bool:
        """Whether the hotline waits for keys with a prompt that was not answered yet."""
        picture = self.line.picture(max(self._since, time.monotonic() - 0.05))
        channel = next((c for c in picture.channels if c.caller == self.caller), None)
        if channel is None or channel.application != "Read":
            return False
        answered = picture.gathers.get(channel.uniqueid, 0)
        prompt = [Path(f) for f in channel.data.split(",")[1].split("&") if f]
        if answered <= self._answered or not prompt:  # in silence it waits for somebody who knows the way
            return False
        if self.prompts[-1:] == [prompt] and self._last not in ("*", "#"):
            # Asterisk shows the last application until it runs the next. Only a prompt whose sounds are there comes
            # again, so what is still the same when a new one would have been made is heard again.
            self._same_since = self._same_since or time.monotonic()
            if time.monotonic() - self._same_since < SAME_PROMPT_S:
                return False
        self._same_since = 0.0
        self._answered = answered
        self.prompts.append(prompt)
        return True

    def ready(self, seconds: float = 20) -> None:
        """Wait until the hotline listens to the next keys."""
        wait_for(self.listening, f"call {self.caller} is asked for key {len(self.prompts) + 1}", seconds)

    def press(self, times: int = 1) -> None:
        """Press the next keys, ``times`` times, each when the hotline listens."""
        for _ in range(times):
            self.ready()
            self._last = self.phone.press()
            self._since = time.monotonic()

    def moves_on(self) -> None:
        """Wait until another application than the last prompt runs; after it the same prompt may come again."""
        wait_for(lambda: (c := self.channel(time.monotonic())) and c.application != "Read", "no prompt", 10)
        self.prompts.append([])

    def press_all(self) -> None:
        self.press(len(self.phone.keys))

    def hang_up(self) -> Ended:
        self.phone.hang_up()
        return self.ended()

    def ended(self, seconds: float = 30) -> Ended:
        """Wait for the end of the call."""
        try:
            return self.phone.ended(seconds)
        except subprocess.TimeoutExpired:
            raise Overdue(f"call {self.caller} goes on after {seconds:g} s") from None

    def uniqueid(self) -> str:
        """Asterisk's id of the call, once it is written down."""
        query = "SELECT uniqueid FROM calls WHERE caller_masked = ? ORDER BY id DESC LIMIT 1"
        if not self._uniqueid:  # of calls of one number, the one that is there when it is first asked
            rows = wait_for(lambda: self.line.rows(query, self.masked), f"{self.caller} in SQL")
            self._uniqueid = str(rows[0][0])
        return self._uniqueid

    def story(self, seconds: float = 30) -> Story:
        """``ivr call show`` once the call's end is written down."""
        uniqueid = self.uniqueid()
        closed = (  # by the recorder and, unless the dialogue was killed, by the journal
            "SELECT 1 FROM calls WHERE uniqueid = ? AND ended_at IS NOT NULL AND (dialogue <> '' OR fallback)"
        )
        wait_for(lambda: self.line.rows(closed, uniqueid), f"the end of {uniqueid} in SQL", seconds)
        talking = (
            "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND "
            "(outcome = 'waiting' OR outcome = 'answered' AND ended_at IS NULL)"
        )
        wait_for(lambda: not self.line.rows(talking, uniqueid), f"the queue entries of {uniqueid}", seconds)
        return Story(self.line.read("call", "show", uniqueid))


@dataclass(frozen=True)
class Story:
    """``ivr call show --json``."""

    document: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.document[key]

    @property
    def said(self) -> list[str]:
        """All that was said, prompt by prompt."""
        return [step["said"] for step in self["steps"] if step["said"]]

    @property
    def keys(self) -> list[str]:
        """The keys of each prompt that got some; a lone ``#`` is "", silence is left out."""
        return [step["keys"] for step in self["steps"] if step["outcome"] == "digits"]

    @property
    def parts(self) -> list[str]:
        """The menu's parts in the order in which the call came to them."""
        parts = [step["part"] for step in self["steps"]]
        return [part for before, part in zip(["", *parts], parts, strict=False) if part != before]

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self["queue_entries"])

    @property
    def attempts(self) -> list[tuple[str, str]]:
        """(agent, outcome) of every ring."""
        return [(ring["agent"], ring["outcome"]) for entry in self.entries for ring in entry["attempts"]]


class Manager:
    """A bare listener at the manager interface, for Asterisk's own clock: (moment, event, fields)."""

    def __init__(self, address: str, port: int, secret: str) -> None:
        self.events: list[tuple[float, str, dict[str, str]]] = []
        self._socket = socket.create_connection((address, port), 5)
        self._socket.settimeout(None)
        self._stream = self._socket.makefile("rb")
        login = f"Action: Login\r\nUsername: {AMI_USER}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n"
        self._socket.sendall(login.encode())
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        wait_for(lambda: self._open, "the manager's welcome")

    _open = False

    def _listen(self) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            for line in self._stream:
                name, colon, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if colon:
                    fields[name] = value
                    continue
                self._open |= fields.get("Response") == "Success"
                if "Event" in fields:
                    self.events.append((float(fields.get("Timestamp", 0)), fields["Event"], fields))
                fields = {}

    def moment(self, event: str, seconds: float = 30, **wanted: str) -> float:
        """When ``event`` with the fields ``wanted`` came, by Asterisk's clock."""

        def found() -> list[float]:
            return [
                at
                for at, name, fields in self.events
                if name == event and all(fields.get(k) == v for k, v in wanted.items())
            ]

        try:
            return wait_for(found, f"{event} {wanted}", seconds)[0]
        except Overdue as fault:
            heard = [(name, fields.get("CallerIDNum", "")) for _, name, fields in self.events]
            raise Overdue(f"{fault}; what came: {heard}") from None

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)


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
