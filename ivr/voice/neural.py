"""The neural voice's workers, and what keeps a slow or sick one from costing callers time."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.speech import Phrase
from ivr.voice import kokoro_pack
from ivr.voice.pool import Bounds, Made, SynthesisFault, WorkerPool
from ivr.voice.sounds import replace

#: A sentence may take this much for each syllable, beyond the usual timeout: a few times what it takes.
_SYLLABLE_S = 0.6
#: To start, at the lowest priority beside calls: its 2 s of a processor have taken more than 30. No caller waits as long for it.
_START_S = 120.0
#: After so many failures in a row it is left alone for so long.
_FAILURES, _REST_S = 3, 60.0
#: More sentences than this for a worker are not worth waiting for.
_QUEUE = 2


@dataclass(frozen=True)
class Trouble:
    """The last failure, while none has gone well since: why, how many in a row, how many seconds ago."""

    reason: str
    failures: int
    ago_s: float


def command(home: Path, speaker: str, workers: int) -> tuple[str, ...]:
    """How a worker is started; one worker alone may use every processor."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    folder = kokoro_pack.folder(home)
    return (sys.executable, "-m", "ivr.voice.worker", speaker, str(folder), str(threads))


def trouble(home: Path) -> Trouble | None:
    """What the hotline noted of its neural voice; None when all is well."""
    try:
        noted = json.loads(_note(home).read_text("utf-8"))
        return Trouble(
            noted["reason"], noted["failures"], max(0.0, time.time() - _note(home).stat().st_mtime)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(home: Path) -> Path:
    return Path(home) / "voices" / "trouble.json"


class NeuralPool:
    """A :class:`WorkerPool` that knows when it is better not asked. Safe to use from several threads."""

    def __init__(self, home: Path, workers: int, bounds: Bounds, command: Sequence[str]) -> None:
        self._home = home
        bounds = dataclasses.replace(bounds, syllable_s=_SYLLABLE_S, start_s=_START_S)
        self._pool = WorkerPool(workers, bounds, command)
        self._lock = threading.Lock()
        self._closed = False
        self._failures = 0
        self._noted = True  # perhaps by a process before this one
        self._rests_until = 0.0

    def worth_asking(self, queued: int) -> bool:
        """Whether a caller should wait for it at all, when ``queued`` sentences are before."""
        return queued < _QUEUE * self._pool.size and time.monotonic() >= self._rests_until

    def start(self) -> None:
        self._pool.start()

    def close(self) -> None:
        self._closed = True
        self._pool.close()

    def make(self, phrase: Phrase, path: Path) -> Made:
        """Make one sound. Raises :class:`SynthesisFault`, and notes for ``ivr doctor`` that it did."""
        try:
            made = self._pool.make(phrase, path)
        except SynthesisFault as fault:
            if not self._closed:
                self._failed(str(fault))
            raise
        with self._lock:
            noted, self._noted, self._failures, self._rests_until = self._noted, False, 0, 0.0
        if noted:
            with contextlib.suppress(OSError):
                _note(self._home).unlink()
        return made

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._failures += 1
            self._noted = True
            failures = self._failures
            if failures >= _FAILURES:
                self._rests_until = time.monotonic() + _REST_S
        with contextlib.suppress(OSError):
            replace(_note(self._home), json.dumps({"reason": reason, "failures": failures}).encode())
