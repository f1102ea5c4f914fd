"""Reads Asterisk's ``queue_log`` as it grows, through rotation and truncation.

A file is known by its content (``ivr.acd.position``): renamed, copied or compressed it is read on from where
it was left, truncated or replaced it is read from its beginning. The reader keeps nothing that matters: it is
handed the positions that were *stored*, so that what was read but not stored is read again.

Rotated files are ``queue_log.N``, ``queue_log-YYYYMMDD``, also ``.gz``, in the same folder. The one that was
left in the middle is finished first, then those after it (by the time of their last change), then the live
one. While nothing is known, all of them are read. Older files than the one that was left are not read by themselves;
``ivr queue ingest`` takes them in.
"""

from __future__ import annotations

import gzip
import logging
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ivr.acd.position import KNOWN_BY, Batch, Position
from ivr.errors import IvrError

_log = logging.getLogger(__name__)
_ROTATED = re.compile(r"[.-]\d+(\.gz)?")
_CHUNK = 1 << 20  # bytes read at a time; a longer "line" is junk and is cut


class LogFile:
    """One log file, open for reading; a compressed one, where that ``may_be_packed``, is unpacked into
    a temporary file. Asterisk itself writes plain text only, whatever bytes it begins with."""

    def __init__(self, path: Path, *, may_be_packed: bool = True) -> None:
        self.path = path
        stream: IO[bytes] = path.open("rb")
        self.stat = os.fstat(stream.fileno())
        if may_be_packed and stream.read(3) == b"\x1f\x8b\x08":
            stream.seek(0)
            stream = _unpacked(stream)
        self._stream = stream

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.stat.st_dev, self.stat.st_ino

    def close(self) -> None:
        self._stream.close()

    def position(self, known: Sequence[Position]) -> Position:
        """How far this file was read: the farthest of ``known`` that fits it, else the beginning."""
        fitting = [position for position in known if self.is_at(position)]
        return max(fitting, key=lambda position: position.offset, default=Position())

    def is_at(self, position: Position) -> bool:
        """Whether this file is the one of ``position``."""
        head = self._bytes(0, position.head_size)
        tail = self._bytes(position.offset - position.tail_size, position.tail_size)
        return position.fits(head, tail)

    def batch(self, position: Position, limit: int) -> Batch | None:
        """Up to ``limit`` complete lines from ``position``; ``None`` when there are none yet."""
        chunk = self._bytes(position.offset, _CHUNK)
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if not lines and len(chunk) == _CHUNK:
            lines, rest = [chunk], b""
        if not lines:
            return None
        if len(lines) > limit:
            lines = lines[:limit]
            size = sum(map(len, lines)) + limit
        else:
            size = len(chunk) - len(rest)
        offset = position.offset + size
        head = self._bytes(0, min(offset, KNOWN_BY))
        tail = chunk[max(0, size - KNOWN_BY) : size]
        seen = Position(
            path=str(self.path), device=str(self.stat.st_dev), inode=str(self.stat.st_ino), id=position.id
        )
        return Batch(tuple(lines), position.offset, seen.moved(offset, head, tail))

    def _bytes(self, start: int, size: int) -> bytes:
        # not through the stream: its buffer would still hold what a truncated file held before
        return os.pread(self._stream.fileno(), size, start)


class QueueLog:
    """The log at ``path`` with its rotated files; ``alone``: only that very file."""

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        self.path = path
        self._alone = alone
        self._file: LogFile | None = None
        self._last = 0

    def close(self) -> None:
        """Let go of the open file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self, known: Sequence[Position], limit: int = 5000) -> Batch | None:
        """The next complete lines after what is ``known`` to be stored; ``None`` when there are none
        at the moment. Raises :class:`IvrError` when the log cannot be read."""
        try:
            return self._read_on(known, limit) or self._search(known, limit)
        except (OSError, EOFError, zlib.error) as fault:
            raise IvrError(
                f"the queue log cannot be read: {getattr(fault, 'strerror', None) or fault}",
                where=str(self.path),
                mend="check that it is there, is a queue_log, and this user may read it",
            ) from None

    def _read_on(self, known: Sequence[Position], limit: int) -> Batch | None:
        """From the file read last, as long as it is the live one and still what it was."""
        if self._file is None or self._file.identity != self._live_identity():
            return None
        for position in known:
            if position.id == self._last and self._file.is_at(position):
                return self._file.batch(position, limit)
        return None

    def _search(self, known: Sequence[Position], limit: int) -> Batch | None:
        """From the oldest file that has something to read."""
        files = self._files(known)
        chosen: tuple[LogFile, Position, Batch] | None = None
        # The newest is asked first: once it has a line, Asterisk writes to the older ones no more.
        for file in reversed(files):
            position = file.position(known)
            batch = file.batch(position, limit)
            if batch is not None:
                chosen = file, position, batch
        keep = chosen[0] if chosen else self._kept(files)
        for file in files:
            if file is not keep:
                file.close()
        self._file = keep
        if chosen is None:
            self._last = keep.position(known).id if keep else 0
            return None
        self._last = chosen[1].id
        return chosen[2]

    def _kept(self, files: Sequence[LogFile]) -> LogFile | None:
        """While the new live file is empty, Asterisk may still write to the one before it."""
        if self._file in files:
            return self._file
        return files[-1] if files else None

    def _files(self, known: Sequence[Position]) -> list[LogFile]:
        """The files that may have something to read, oldest first, all open."""
        while True:
            files = self._candidates(known)
            live = self._live_identity()
            if live is None or (files and files[-1].identity == live):
                return files
            for file in files:  # rotated just now: look again
                if file is not self._file:
                    file.close()

    def _candidates(self, known: Sequence[Position]) -> list[LogFile]:
        live = self._opened(self.path)
        files = [live] if live else []
        if self._alone or (live and live.position(known).id):
            return self._with_held(files)
        found: list[LogFile] = []
        for path in self._rotated():
            try:
                older = LogFile(path)
            except (OSError, EOFError, zlib.error) as fault:
                _log.warning("%s is passed over: %s", path, fault)
                continue
            found.insert(0, older)
            if older.position(known).id:
                return self._with_held(found + files)
        if not known:  # the first start, or what came before it could not be stored
            return self._with_held(found + files)
        for file in found:
            file.close()
        return self._with_held(files)

    def _with_held(self, files: list[LogFile]) -> list[LogFile]:
        """The file that is open already, before the live one, even when it has no name any more."""
        held = self._file
        if held is None:
            return files
        others = []
        at = max(len(files) - 1, 0)
        for index, file in enumerate(files):
            if file.identity == held.identity:
                at = index
                file.close()
            else:
                others.append(file)
        others.insert(min(at, len(others)), held)
        return others

    def _rotated(self) -> list[Path]:
        """The rotated files, the one changed last first."""
        name = self.path.name
        found = []
        for path in self.path.parent.iterdir():
            if path.name.startswith(name) and _ROTATED.fullmatch(path.name[len(name) :]):
                try:
                    found.append((path.stat().st_mtime_ns, path.name, path))
                except FileNotFoundError:
                    continue
        return [path for _, _, path in sorted(found, reverse=True)]

    def _opened(self, path: Path) -> LogFile | None:
        try:
            return LogFile(path, may_be_packed=self._alone)
        except FileNotFoundError:
            if self._alone:
                raise
            return None

    def _live_identity(self) -> tuple[int, int] | None:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_dev, stat.st_ino


def _unpacked(stream: IO[bytes]) -> IO[bytes]:
    target = tempfile.TemporaryFile()  # noqa: SIM115 (the LogFile closes it)
    try:
        with stream, gzip.GzipFile(fileobj=stream) as packed:
            shutil.copyfileobj(packed, target)
        target.flush()
    except BaseException:
        target.close()
        raise
    return target
