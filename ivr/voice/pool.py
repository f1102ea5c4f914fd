"""Worker processes that make sounds: one utterance at a time each, watched, replaced when they fail.

The engine lives in processes of its own because it is C code with global state that may crash or
hang; a caller's call must notice neither.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ivr.speech import Phrase, syllables

COMMAND = (sys.executable, "-m", "ivr.voice.worker")
#: The environment variable that tells a worker how fast to speak.
SPEED = "IVR_VOICE_SPEED"
_PROJECT = Path(__file__).resolve().parents[2]
_WATCHED_EVERY_S = 0.25  # how much memory a working worker takes
_PAGES_IN_MB = (1 << 20) / os.sysconf("SC_PAGE_SIZE")


class SynthesisFault(Exception):
    """A phrase could not be made; ``str()`` tells why."""


class _Broken(SynthesisFault):
    """The worker died or talked nonsense: not the phrase's fault, so it is worth a second try."""


@dataclass(frozen=True)
class Made:
    """A sound that was made: its length and active level."""

    path: Path
    seconds: float
    dbfs: float


@dataclass(frozen=True)
class Bounds:
    """What a worker may take. ``timeout_s`` for an utterance and ``syllable_s`` more for each of its syllables; ``start_s`` to start;
    ``memory_mb``, 0 for any. ``speed``: how fast it speaks, in per cent. ``on_lost`` is told why, each time that a worker went wrong and will be replaced."""

    timeout_s: float
    syllable_s: float = 0.0
    memory_mb: int = 0
    speed: int = 100
    on_lost: Callable[[str], None] = lambda _reason: None
    start_s: float = 30.0  # Python and numpy, cold, on a busy machine


class _Worker:
    """One process. Once ``dead`` it is never used again."""

    def __init__(self, command: Sequence[str], bounds: Bounds) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the starter only, which closes stdin.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PROJECT,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", SPEED: str(bounds.speed)},
        )
        self.dead = False
        self._bounds = bounds
        self._pending = b""
        self._number = 0
        if self._answer(bounds.start_s) != {"ready": True}:
            raise self._broken("did not start")

    def make(self, phrase: Phrase, path: Path) -> Made:
        bounds = self._bounds
        timeout_s = bounds.timeout_s + bounds.syllable_s * syllables(phrase.text, phrase.language)
        self._number += 1
        request = {"id": self._number, "text": phrase.text, "language": phrase.language, "path": str(path)}
        request["readings"] = phrase.readings
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._broken("died") from None
        answer = self._answer(timeout_s)
        if answer.get("id") != self._number:
            raise self._broken("answered nonsense")
        if reason := self._too_big():  # what it made is good
            self._lost(reason)
        if not answer.get("ok"):
            raise SynthesisFault(str(answer.get("error")))
        return Made(path, answer["seconds"], answer["dbfs"])

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                left_s = max(0.0, deadline - time.monotonic())
                if not selector.select(min(left_s, _WATCHED_EVERY_S)):
                    reason = self._too_big() or (
                        "" if left_s else f"the voice worker hung for {timeout_s:g} s"
                    )
                    if reason:
                        self._lost(reason)
                        raise SynthesisFault(reason)
                    continue
                chunk = os.read(self._process.stdout.fileno(), 65536)
                if not chunk:
                    raise self._broken("died")
                self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._broken("answered nonsense")
        return answer

    def _broken(self, how: str) -> _Broken:
        self._lost(f"the voice worker {how}")
        return _Broken(f"the voice worker {how}")

    def _lost(self, reason: str) -> None:
        self.kill()
        self._bounds.on_lost(reason)

    def _too_big(self) -> str:
        """What to say of a worker that takes more memory than it may; empty when it does not."""
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):  # it is dying, or this is no Linux
            return ""
        taken, most = pages / _PAGES_IN_MB, self._bounds.memory_mb
        return f"the voice worker took {taken:.0f} MB of memory, more than {most}" if 0 < most < taken else ""

    def close(self) -> None:
        """Let it end by itself, as it does when its stdin closes; kill it when it does not."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self.kill()

    def kill(self) -> None:
        self.dead = True
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what it never read is lost with it
                pipe.close()


class WorkerPool:
    """At most ``size`` workers, started when first needed. Safe to use from several threads."""

    def __init__(self, size: int, bounds: Bounds, command: Sequence[str] = COMMAND) -> None:
        self.size = size
        self._bounds = bounds
        self._command = command
        self._closed = False
        self._slots: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(size):
            self._slots.put(None)

    def start(self) -> None:
        """Start every worker that is not busy, so that the first sound need not wait for it."""
        slots = []
        with contextlib.suppress(queue.Empty):
            while True:
                slots.append(self._slots.get_nowait())
        for slot in slots:
            with contextlib.suppress(SynthesisFault, OSError):
                slot = self._live(slot)
            self._slots.put(slot)

    def make(self, phrase: Phrase, path: Path) -> Made:
        """Make one sound; waits for a free worker. Raises :class:`SynthesisFault`.

        A worker that died is replaced and the phrase tried once more; one that hung or took too much memory is
        killed, and the phrase given up, as its caller has waited long enough.
        """
        slot = self._slots.get()
        try:
            if self._closed:
                raise SynthesisFault("the voice was closed")
            try:
                slot = self._live(slot)
                return slot.make(phrase, path)
            except _Broken:
                slot = self._live(slot)
                return slot.make(phrase, path)
        except OSError as fault:
            raise SynthesisFault(f"the voice worker cannot be started: {fault}") from fault
        finally:
            self._slots.put(slot)

    def _live(self, slot: _Worker | None) -> _Worker:
        return _Worker(self._command, self._bounds) if slot is None or slot.dead else slot

    def close(self) -> None:
        """End every worker, after the sound that it is making."""
        self._closed = True
        for _ in range(self.size):
            slot = self._slots.get()
            if slot is not None and not slot.dead:
                slot.close()
            self._slots.put(None)


class MakesSounds(Protocol):
    """What an :class:`Engine` runs: a :class:`WorkerPool`, or something around one."""

    def start(self) -> None: ...
    def make(self, phrase: Phrase, path: Path) -> Made: ...
    def close(self) -> None: ...


class Engine:
    """A pool with a thread for each of its workers, so that a caller gets a future. Safe to use from several threads."""

    def __init__(self, pool: MakesSounds, workers: int) -> None:
        self._pool = pool
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="voice")
        self._lock = threading.Lock()
        self._making: dict[Path, Future[Made]] = {}

    @property
    def busy_with(self) -> int:
        """How many sounds it is making or has been asked for."""
        return len(self._making)

    def make(self, phrase: Phrase, path: Path) -> Future[Made]:
        """Make the sound of one phrase; two requests at once share one making. The future raises
        :class:`SynthesisFault`. Raises RuntimeError after it was closed."""
        with self._lock:
            future = self._making.get(path)
            if future is None:
                future = self._threads.submit(self._pool.make, phrase, path)
                self._making[path] = future
                future.add_done_callback(lambda _: self._making.pop(path, None))
        return future

    def close(self) -> None:
        """End the workers, after the sounds that they are making; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
