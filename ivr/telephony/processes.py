"""One child process that never outlives us: its own process group, a death signal, its lines handed on."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded before any fork: a child between fork and exec must not load anything

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """What to run and how to know that it works.

    ``ready`` is asked repeatedly until it says yes; ``orphaned`` is the signal the kernel sends when the
    supervisor is gone; ``quiet`` keeps its lines for the report of its death instead of printing them;
    ``why`` may tell more about a death (a log file's last error); ``died`` is done after a death, before the next start.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict)
    orphaned: signal.Signals = signal.SIGKILL
    quiet: bool = False
    why: Callable[[], str] = str
    died: Callable[[], Awaitable[None]] | None = None


class Child:
    """A running :class:`Program`."""

    def __init__(
        self, program: Program, process: asyncio.subprocess.Process, lines: asyncio.StreamReader, say: Say
    ) -> None:
        self.program = program
        self.pid = process.pid
        self._process = process
        self._lines = lines
        self._say = say
        self._last: deque[str] = deque(maxlen=5)
        self._reader = asyncio.ensure_future(self._read_lines())

    @classmethod
    async def start(cls, program: Program, say: Say) -> Child:
        parent = os.getpid()

        def before_exec() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(program.orphaned))
            if os.getppid() != parent:  # we died before the line above
                os._exit(1)
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            files = 65536 if most == resource.RLIM_INFINITY else min(65536, most)
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))

        # A pipe of our own: asyncio's would keep wait() waiting for what a dead program left behind.
        ours, theirs = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
                preexec_fn=before_exec,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        lines = asyncio.StreamReader(limit=1 << 16)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(ours, "rb")
        )
        return cls(program, process, lines, say)

    async def wait(self) -> str:
        """Wait for its end, end what it left behind, and tell how it ended."""
        code = await self._process.wait()
        self._signal_group(signal.SIGKILL)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._reader, 1)
        how = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        more = self.program.why() or (self._last[-1] if self.program.quiet and self._last else "")
        return f"{how}: {more}" if more else how

    def kill(self) -> None:
        self._signal_group(signal.SIGKILL)

    async def stop(self, patience_s: float) -> None:
        """SIGTERM, and SIGKILL to its whole group when it is still there after ``patience_s``."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), patience_s)
        except asyncio.TimeoutError:
            self._say(f"{self.program.name} did not stop within {patience_s:g} s: killed")
        self._signal_group(signal.SIGKILL)
        await self._process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def _read_lines(self) -> None:
        while True:
            try:
                line = await self._lines.readline()
            except ValueError:  # a line longer than the limit
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self._last.append(text)
                if not self.program.quiet:
                    self._say(f"{self.program.name}: {text}")
