"""Which voice workers went wrong and were replaced, noted in the home for ``ivr doctor``."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from ivr.voice.sounds import replace

_log = logging.getLogger("ivr.voice")

#: What happened longer ago is forgotten.
LATELY_S = 86_400.0
_KEPT = 100


@dataclass(frozen=True)
class Lost:
    """How many workers were lost within a day, why the last one was, and how many seconds ago."""

    workers: int
    reason: str
    ago_s: float


def note(home: Path, reason: str) -> None:
    """Note that a worker was lost just now. What cannot be noted is only logged."""
    _log.warning("a worker is replaced: %s", reason)
    with contextlib.suppress(OSError):
        times = [*_read(home)[0], time.time()][-_KEPT:]
        replace(_file(home), json.dumps({"times": times, "reason": reason}).encode())


def lately(home: Path) -> Lost | None:
    """What was lost within a day; None when nothing was."""
    times, reason = _read(home)
    return Lost(len(times), reason, max(0.0, time.time() - times[-1])) if times else None


def _read(home: Path) -> tuple[list[float], str]:
    try:
        noted = json.loads(_file(home).read_bytes())
        since = time.time() - LATELY_S
        return [float(at) for at in noted["times"] if float(at) > since], str(noted["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return [], ""


def _file(home: Path) -> Path:
    return Path(home) / "voices" / "lost.json"
