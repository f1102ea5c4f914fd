from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def worker_pids() -> list[int]:
    """The voice workers that this process has running."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == os.getpid() and b"ivr.voice.worker" in words:
            found.append(int(entry.name))
    return found


@pytest.fixture
def misbehaving(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """A command whose worker behaves as ``code`` says the first ``times`` it is started, and is a
    real one after that. ``READY`` in ``code`` is the greeting of a worker that started well."""

    def command(code: str, times: int = 1) -> tuple[str, ...]:
        script = tmp_path / "worker.py"
        script.write_text(
            "import os, sys, time, pathlib\n"
            f"count = pathlib.Path({str(tmp_path / 'starts')!r})\n"
            "started = len(count.read_text()) if count.exists() else 0\n"
            "count.write_text('x' * (started + 1))\n"
            "READY = lambda: print('{\"ready\": true}', flush=True)\n"
            f"if started < {times}:\n" + "".join(f"    {line}\n" for line in code.splitlines()) + "else:\n"
            "    os.execv(sys.executable, [sys.executable, '-m', 'ivr.voice.worker'])\n"
        )
        return (sys.executable, str(script))

    return command
