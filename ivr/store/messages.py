"""Messages that callers left: where they lie, whether anything is on them, and the record of them.

They are WAV files (8 kHz, 16 bit, mono) in ``IVR_HOME/messages``, readable for the owner only, named after the call.
"""

from __future__ import annotations

import logging
import os
import re
import time
from array import array
from pathlib import Path

from sqlalchemy import Engine

from ivr.clock import Clock
from ivr.store.database import writing
from ivr.store.models.messages import Message

_log = logging.getLogger(__name__)

FOLDER = "messages"
#: Less sound than this is no message.
LEAST_S = 1.0
_RATE = 8000
_HEAD_BYTES = 44
_FRAME = 160  # 20 ms
#: A frame with a peak above this (−38 dBFS) is sound; a quiet line stays far below.
_LOUD = 400
#: Asterisk may tell of the hangup before it has closed the file.
_CLOSED_WITHIN_S = 2.0
_CLOSE_POLL_S = 0.02


class MessageBox:
    """Where callers' messages go; safe to use from several threads."""

    def __init__(self, engine: Engine, home: Path, clock: Clock) -> None:
        self._engine, self._home, self._clock = engine, home.absolute(), clock

    def place(self, call_id: str) -> Path:
        """A new file for a message of the call, empty and private. Raises :class:`OSError`."""
        folder = self._home / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        name = re.sub(r"[^\w.-]", "_", call_id)
        number = 1
        while True:
            path = folder / f"{name}-{number}.wav"
            try:
                # Made by us, so that it is private from its first byte on: Asterisk writes into it.
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                number += 1
            else:
                return path

    def keep(self, path: Path, call_id: str, part: str) -> str:
        """Take what Asterisk recorded into the record: ``recorded``, or ``empty`` (the file is deleted) when it
        has less than :data:`LEAST_S` of sound. Raises :class:`OSError`, :class:`~ivr.errors.IvrError`; the
        file stays then."""
        samples = _samples(path)
        if sound_s(samples) < LEAST_S:
            path.unlink()
            return "empty"
        path.chmod(0o600)
        with writing(self._engine) as session:
            session.add(
                Message(
                    call_uniqueid=call_id,
                    path=str(path.relative_to(self._home)),
                    part=part,
                    seconds=round(len(samples) / _RATE, 1),
                    at=self._clock(),
                )
            )
        return "recorded"


def _samples(path: Path) -> array[int]:
    """The samples of a WAV file, once its writer has closed it: then its head tells its length."""
    deadline = time.monotonic() + _CLOSED_WITHIN_S
    while True:
        data = path.read_bytes()
        told = int.from_bytes(data[_HEAD_BYTES - 4 : _HEAD_BYTES], "little")
        if len(data) >= _HEAD_BYTES and told == len(data) - _HEAD_BYTES:
            break
        if time.monotonic() > deadline:
            _log.warning("a message of %d bytes was not closed; it is taken as it is", len(data))
            break
        time.sleep(_CLOSE_POLL_S)
    sound = data[_HEAD_BYTES:]
    return array("h", sound[: len(sound) // 2 * 2])


def sound_s(samples: array[int]) -> float:
    """Seconds from the first to the last sound."""
    loud = [
        start
        for start in range(0, len(samples), _FRAME)
        if max(frame := samples[start : start + _FRAME]) > _LOUD or min(frame) < -_LOUD
    ]
    return (loud[-1] + _FRAME - loud[0]) / _RATE if loud else 0.0
