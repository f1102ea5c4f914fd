"""The sounds do not grow without end: what was not played for longest goes, what menus on air say stays.

When a sound is played its file's time is set (once an hour at most, :mod:`ivr.voice.sounds`), since the time of the last reading is kept by
few file systems. A stand-in that is no longer needed has the time 0, and goes whether or not there is room.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ivr.errors import IvrError
from ivr.speech import Phrase
from ivr.voice.sounds import NOTED_EVERY_S, SoundStore
from ivr.voice.wav import wide

_log = logging.getLogger("ivr.voice")

#: A file whose state changed within this was played not long ago: a caller may be about to hear it again.
SPARED_S = 2 * NOTED_EVERY_S
_EVERY_S = 3600.0
_FIRST_AFTER_S = 60.0
MB = 1_000_000


@dataclass(frozen=True)
class Cleaned:
    """``files`` of ``bytes`` were removed, ``left`` bytes stay; ``over``: that is still more than the limit, for all of it
    is needed or was played within two hours."""

    files: int
    bytes: int
    left: int
    over: bool


@dataclass(frozen=True)
class _Sound:
    path: Path
    size: int
    used: float
    changed: float

    @property
    def leftover(self) -> bool:
        """A stand-in that is no longer needed, or what a process that was killed left half written."""
        return self.used == 0


def clean(
    store: SoundStore, limit_mb: int, needed: Callable[[], Iterable[Phrase]], *, dry_run: bool = False
) -> Cleaned:
    """Remove the sounds that were not played for longest until all are within ``limit_mb`` (million bytes).

    ``needed`` gives the phrases whose sounds stay; it is only asked when there is not enough room, and what it
    raises ends the cleaning before anything else is removed. ``dry_run``: only tell. Raises IvrError when the folder cannot be written.
    """
    now = time.time()
    sounds = sorted(_scan(store.folder), key=lambda sound: sound.used)
    idle = [sound for sound in sounds if now - sound.changed >= SPARED_S]
    gone = [sound for sound in idle if sound.leftover]
    left = sum(sound.size for sound in sounds) - sum(sound.size for sound in gone)
    if left > limit_mb * MB:
        stay = _paths(store, needed())
        for sound in idle:
            if left <= limit_mb * MB:
                break
            if not sound.leftover and sound.path not in stay:
                gone.append(sound)
                left -= sound.size
    if not dry_run:
        for sound in gone:
            _remove(sound)
    return Cleaned(len(gone), sum(sound.size for sound in gone), left, left > limit_mb * MB)


def keep_bounded(run: Callable[[], Cleaned], stop: Event) -> None:
    """``run`` a cleaning every hour until ``stop`` is set. Faults are logged and it is tried again."""
    pause = _FIRST_AFTER_S
    while not stop.wait(pause):
        pause = _EVERY_S
        try:
            cleaned = run()
        except (IvrError, OSError) as fault:
            _log.error("sounds are not cleaned: %s", fault)
            continue
        if cleaned.files:
            _log.info("%d sounds (%d MB) removed", cleaned.files, cleaned.bytes // MB)
        if cleaned.over:
            _log.warning("the sounds that are needed take %d MB, more than sounds_mb", cleaned.left // MB)


def _scan(folder: Path) -> Iterable[_Sound]:
    for path in folder.glob("*/??/*"):
        with contextlib.suppress(OSError):  # gone since it was listed
            status = path.stat()
            if path.suffix == ".wav":
                yield _Sound(path, status.st_size + _size(wide(path)), status.st_mtime, status.st_ctime)
            elif path.suffix == ".tmp" or (path.suffix == ".wav16" and not path.with_suffix(".wav").exists()):
                yield _Sound(path, status.st_size, 0.0, status.st_ctime)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _paths(store: SoundStore, phrases: Iterable[Phrase]) -> set[Path]:
    stay = {store.folder / sound for sound in store.recorded.sounds.values()}
    for phrase in phrases:
        with contextlib.suppress(IvrError):  # no voice speaks the language, so it has no sound
            stay.update(store.files(phrase))
    return stay


def _remove(sound: _Sound) -> None:
    try:
        if sound.path.stat().st_ctime == sound.changed:  # not played since
            sound.path.unlink()
            wide(sound.path).unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    except OSError as fault:
        mend = "let the hotline's user write there"
        raise IvrError(f"cannot be removed: {fault.strerror}", where=str(sound.path), mend=mend) from None
