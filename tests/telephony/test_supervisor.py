"""The supervisor with small children of our own: what dies is restarted, what freezes is killed, all is stopped."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import IvrError
from ivr.telephony.processes import Program
from ivr.telephony.supervisor import supervise
from tests.telephony.asterisk_bench import free_ports, wait_for

_PROJECT = Path(__file__).resolve().parents[2]

# A child that answers the AGI health question, in the way that a server behaves which was told so by files.
_SERVER = """
import os, signal, socket, subprocess, sys, time
port, folder, stubborn = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "stubborn"
if stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(os.path.join(folder, "pids"), "a").write(f"{os.getpid()}\\n{grandchild.pid}\\n")
print("server says hello")
with socket.create_server(("127.0.0.1", port)) as listener:
    while True:
        link, _ = listener.accept()
        with link:
            link.recv(1000)
            link.sendall(b"HEALTHY\\n")
"""

_SUPERVISOR = """
import asyncio, sys
from ivr.errors import IvrError
from ivr.telephony.probes import agi_answers
from ivr.telephony.processes import Program
from ivr.telephony.supervisor import supervise

port, folder, stubborn, first = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

async def alive():
    return True

async def healthy():
    return await agi_answers("127.0.0.1", port)

async def probe(timeout_s):
    return await agi_answers("127.0.0.1", port, timeout_s)

server = Program("agi", (sys.executable, folder + "/server.py", str(port), folder, stubborn), ready=healthy)
other = Program("recorder", tuple(first.split()), ready=alive)
try:
    asyncio.run(supervise([other, server], lambda line: print(line, flush=True), "READY", {"agi": probe}))
except IvrError as fault:
    print("fault:", fault)
    sys.exit(1)
print("stopped")
"""


class Running:
    """A supervisor in a process of its own, with what it said so far."""

    def __init__(self, folder: Path, stubborn: str = "obedient", first: str = "sleep 60") -> None:
        self.folder = folder
        (folder / "server.py").write_text(textwrap.dedent(_SERVER))
        (folder / "supervisor.py").write_text(textwrap.dedent(_SUPERVISOR))
        self.port = free_ports(1)[0]
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(folder / "supervisor.py"), str(self.port), str(folder), stubborn, first],
                stdout=output, stderr=subprocess.STDOUT, cwd=_PROJECT,
                env={**os.environ, "PYTHONPATH": str(_PROJECT)},
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.output.read_text()

    def pids(self) -> list[int]:
        """Servers and their own children, two a start."""
        file = self.folder / "pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def ready(self) -> Running:
        wait_for(lambda: "READY" in self.said, "READY")
        return self

    def children(self) -> list[int]:
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in found.stdout.split()]


def gone(pid: int) -> bool:
    """Whether the process has ended (or waits as a zombie for an init that reaps)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type[Running]]:
    started: list[Running] = []

    class Started(Running):
        def __init__(self, **options: str) -> None:
            super().__init__(tmp_path, **options)
            started.append(self)

    yield Started
    for running in started:
        for pid in [*running.children(), *running.pids()]:
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)
        running.process.kill()
        running.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(start: type[Running], number: signal.Signals) -> None:
    running = start().ready()
    children = running.children()
    assert len(children) == 2
    running.process.send_signal(number)
    assert running.process.wait(5) == 0
    assert "agi: server says hello" in running.said
    assert running.said.endswith("stopped\n")
    wait_for(lambda: all(map(gone, [*children, *running.pids()])), "nothing is left running")


def test_what_dies_is_restarted_and_said(start: type[Running]) -> None:
    running = start().ready()
    first = running.pids()
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: "agi is back" in running.said, "the server is back")
    assert "agi ended (killed by SIGKILL); starting it again in 0.2 s" in running.said
    assert len(running.pids()) == 4
    wait_for(lambda: gone(first[1]), "what the dead server had started is gone too")
    os.kill(running.pids()[2], signal.SIGKILL)
    wait_for(lambda: running.said.count("agi is back") == 2, "back again")
    assert "starting it again in 0.4 s" in running.said  # slower each time, when it keeps dying


def test_what_freezes_is_killed_in_time(start: type[Running]) -> None:
    running = start().ready()
    server = running.pids()[0]
    time.sleep(0.7)  # at any moment between two questions
    os.kill(server, signal.SIGSTOP)
    frozen = time.monotonic()
    wait_for(lambda: gone(server), "the frozen server is gone")
    took = time.monotonic() - frozen
    assert 1.0 < took < 2.5
    wait_for(lambda: "agi is back" in running.said, "the server is back")
    assert "agi does not answer: killed" in running.said


def test_a_short_stall_is_no_freeze(start: type[Running]) -> None:
    running = start().ready()
    server = running.pids()[0]
    for _ in range(2):
        os.kill(server, signal.SIGSTOP)
        time.sleep(0.8)
        os.kill(server, signal.SIGCONT)
        time.sleep(0.3)
    time.sleep(1.5)
    assert not gone(server)
    assert "killed" not in running.said


def test_stubborn_programs_are_killed(start: type[Running]) -> None:
    running = start(stubborn="stubborn").ready()
    running.process.send_signal(signal.SIGTERM)
    wait_for(lambda: running.process.poll() is not None, "the end", 8)
    assert "agi did not stop within 5 s: killed" in running.said
    wait_for(lambda: all(map(gone, running.pids())), "nothing is left running")


def test_asked_twice_it_stops_at_once(start: type[Running]) -> None:
    running = start(stubborn="stubborn").ready()
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(2) == 0
    wait_for(lambda: all(map(gone, running.pids())), "nothing is left running")


def test_a_killed_supervisor_takes_everything_along(start: type[Running]) -> None:
    running = start(stubborn="stubborn").ready()
    children = running.children()
    running.process.kill()
    wait_for(lambda: all(map(gone, children)), "the kernel has ended the children")


def test_a_program_that_fails_at_the_start_ends_the_start(start: type[Running]) -> None:
    running = start(first="false")
    assert running.process.wait(10) == 1
    assert re.search(r"fault: recorder ended while starting \(exit code 1\)", running.said)
    assert "READY" not in running.said
    wait_for(lambda: all(map(gone, running.pids())), "nothing is left running")


def test_what_is_being_started_when_another_one_fails_is_stopped_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start ends while the kernel has the second program already and we do not know it yet."""
    pids = tmp_path / "pids"
    fork = asyncio.create_subprocess_exec

    async def slow_to_tell(*command: str, **options: Any) -> asyncio.subprocess.Process:
        process = await fork(*command, **options)
        if command[0] == "sh":
            await asyncio.sleep(1)  # the first one ends meanwhile
        return process

    async def first_is_ready() -> bool:
        return True

    async def never() -> bool:
        return False

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow_to_tell)
    first = Program("recorder", ("sh0", str(pids)), ready=first_is_ready)
    second = Program(
        "agi", ("sh", "-c", f"sleep 60 & echo $! >{pids}.new; mv {pids}.new {pids}; wait"), ready=never
    )
    (tmp_path / "sh0").write_text("#!/bin/sh\nwhile ! test -e $1; do sleep 0.02; done; exit 1\n")
    (tmp_path / "sh0").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(IvrError, match="recorder ended while starting"):
        asyncio.run(supervise([first, second], lambda _line: None, "READY"))
    wait_for(lambda: gone(int(pids.read_text())), "nothing is left running", 5)


def test_a_program_that_is_not_there_ends_the_start(start: type[Running]) -> None:
    running = start(first="/nowhere/recorder")
    assert running.process.wait(10) == 1
    assert "fault: recorder cannot be started" in running.said
