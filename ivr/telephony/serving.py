"""Everything around the supervisor for one hotline: the lock on its home, its ports, its log, its programs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import logging.handlers
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

from ivr.errors import IvrError, UsageFault
from ivr.settings import PROJECT, Settings
from ivr.telephony.asterisk_config import AsteriskHome, control_address, host_port
from ivr.telephony.asterisk_find import Asterisk
from ivr.telephony.asterisk_process import ask
from ivr.telephony.probes import agi_answers, sip_answers
from ivr.telephony.processes import Program, Say
from ivr.telephony.rescue import rescue
from ivr.telephony.supervisor import Probe, supervise

#: The programs' names, in the order in which they start.
RECORDER, AGI, ASTERISK = "recorder", "agi", "asterisk"
_PORT_PATIENCE_S = 2.0


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock of this home. Raises :class:`IvrError` when another hotline holds it."""
    path = home / "serve.lock"
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="ascii")
    except OSError as fault:
        raise IvrError(
            f"the home cannot be written: {fault.strerror}",
            where=str(home),
            mend="set IVR_HOME, or change its owner",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise IvrError(
                f"a hotline already runs with this home (process {lock.read().strip() or 'unknown'})",
                where=str(home),
                mend="stop it, or set IVR_HOME and other ports for a second one",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def check_ports(settings: Settings, patience_s: float = _PORT_PATIENCE_S) -> None:
    """Raises :class:`IvrError` for the first port that is taken or may not be used.

    A port that the last run is still letting go gets ``patience_s`` seconds.
    """
    control = control_address(settings)
    wanted = [
        ("sip_port", "SIP over UDP", settings.bind, settings.sip_port, socket.SOCK_DGRAM),
        ("sip_port", "SIP over TCP", settings.bind, settings.sip_port, socket.SOCK_STREAM),
        ("agi_port", "AGI", control, settings.agi_port, socket.SOCK_STREAM),
        ("ami_port", "AMI", control, settings.ami_port, socket.SOCK_STREAM),
    ]
    if len({port for *_, port, kind in wanted if kind is socket.SOCK_STREAM}) < 3:
        raise UsageFault(
            "sip_port, agi_port and ami_port must differ", where="settings", mend="ivr settings shows them"
        )
    deadline = time.monotonic() + patience_s
    for name, use, address, port, kind in wanted:
        while True:
            fault = port_fault(address, port, kind)
            if fault is None:
                break
            if fault != errno.EADDRINUSE or time.monotonic() >= deadline:
                variable = f"IVR_{name.upper()}" if fault != errno.EADDRNOTAVAIL else "IVR_BIND"
                raise IvrError(
                    f"port {port} of {address} ({use}) cannot be used: {os.strerror(fault)}",
                    where=settings.origins.get(name, variable),
                    mend=f"stop what uses it (ss -tulnp shows it), or set {variable}",
                )
            time.sleep(0.1)


def port_fault(address: str, port: int, kind: socket.SocketKind) -> int | None:
    """The error number that binding gives; None when the port is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as trial:
        if kind is socket.SOCK_STREAM:  # connections in TIME_WAIT are in nobody's way
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as fault:
            return fault.errno
    return None


def open_log(home: Path) -> Say:
    """A function that says a line: on standard output, and with the time in ``IVR_HOME/log/serve.log``."""
    folder = home / "log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "serve.log", maxBytes=5_000_000, backupCount=3, encoding="utf-8"
        )
    except OSError as fault:
        raise IvrError(
            f"the log cannot be written: {fault.strerror}",
            where=str(folder),
            mend="check IVR_HOME and its owner",
        ) from None
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("serve")
    log.addHandler(file)

    def say(line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a reader that went away stops nothing
            print(line, flush=True)
        log.info("%s", line)

    return say


def ready_line(settings: Settings) -> str:
    return f"READY sip:{settings.hotline}@{host_port(control_address(settings), settings.sip_port)}"


def programs(settings: Settings, asterisk: Asterisk, say: Say) -> list[Program]:
    """Recorder, AGI server, Asterisk: callers find everything there when Asterisk takes the first call."""
    home = AsteriskHome.of(settings)
    control = control_address(settings)

    async def agi_ready() -> bool:
        return await agi_answers(control, settings.agi_port)

    async def rescue_callers() -> None:
        with contextlib.suppress(IvrError):  # no Asterisk, no callers
            if rescued := await asyncio.to_thread(rescue, home.control_socket, settings.hotline):
                say(f"callers taken from the menu to the operator queue: {rescued}")

    async def asterisk_ready() -> bool:
        return await asyncio.to_thread(_asterisk_up, home, control, settings.sip_port)

    found = [Program(RECORDER, _ours("recorder"), ready=_alive(0.2), orphaned=SIGTERM)]
    if settings.agi_mode == "server":
        found.append(Program(AGI, _ours("agi"), ready=agi_ready, died=rescue_callers))
    found.append(
        Program(
            ASTERISK,
            tuple(asterisk.foreground(home.conf)),
            ready=asterisk_ready,
            orphaned=SIGTERM,  # it says goodbye to every phone
            quiet=True,
            why=lambda: last_error(home.messages),
        )
    )
    return found


def run(settings: Settings, asterisk: Asterisk, say: Say) -> None:
    """Run the hotline until SIGINT or SIGTERM."""

    async def probe(timeout_s: float) -> bool:
        return await agi_answers(control_address(settings), settings.agi_port, timeout_s)

    probes: dict[str, Probe] = {AGI: probe}
    asyncio.run(supervise(programs(settings, asterisk, say), say, ready_line(settings), probes))


def last_error(messages: Path) -> str:
    """The last line of Asterisk's own log that is an error; empty when there is none."""
    try:
        with messages.open("rb") as file:
            file.seek(max(0, messages.stat().st_size - 20_000))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if " ERROR[" in line), "")


def _ours(part: str) -> tuple[str, ...]:
    return (sys.executable, str(PROJECT / "cli.py"), "serve", part)


def _asterisk_up(home: AsteriskHome, address: str, sip_port: int) -> bool:
    try:
        booted = "fully booted" in ask(home.control_socket, "core waitfullybooted")
    except IvrError:
        return False
    return booted and sip_answers(address, sip_port)


def _alive(seconds: float) -> Callable[[], Awaitable[bool]]:
    """A program without a question to ask is ready when it has lived for a moment."""

    async def ready() -> bool:
        await asyncio.sleep(seconds)
        return True

    return ready
