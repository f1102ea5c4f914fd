"""A folder or zip of CSV files, read row by row; what is wrong is noted with file and line, all of it at once.

Nothing is unpacked to disk, and nothing of a size that only an attack has is read to its end.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ivr.errors import IvrError

#: All trains of China have 60,000 stops in 3 MB.
MAX_FILE_BYTES = 128 * 2**20
MAX_LINE_BYTES = 2**20
MAX_ROWS = 2_000_000
#: More faults than these are only counted: nobody reads them, and they would fill the memory.
MAX_FAULTS = 200

_CHUNK = 2**16
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``line`` counts from 1; 0: the file as a whole."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class FeedFaults(IvrError):
    """Data that cannot be imported. ``faults``: the first of them, by file and line; ``count``: of all."""

    def __init__(self, where: Path, faults: Sequence[Fault], count: int) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.file, fault.line))
        self.count = count
        more = f", and {count - 1} more" if count > 1 else ""
        mend = "ivr rail import --dry-run lists all" if count > 1 else ""
        super().__init__(f"{where}/{self.faults[0]}{more}", mend=mend)


class Feed:
    """A context manager. Raises :class:`IvrError` for a path that is neither a folder nor a zip."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.fault_count = 0
        #: file → rows read
        self.counts: dict[str, int] = {}
        #: Files of which not every row could be read, so that nothing is said of what refers to them.
        self.unread: set[str] = set()
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self.names = frozenset(entry.name for entry in path.iterdir() if entry.is_file())
            return
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as fault:
            raise IvrError(f"cannot be read: {fault.strerror}", where=str(path)) from None
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise IvrError("is neither a folder nor a zip of CSV files", where=str(path)) from None
        self.names = frozenset(self._zip.namelist())

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._zip is not None:
            self._zip.close()

    def fault(self, file: str, line: int, message: str) -> None:
        """Note that something is wrong."""
        self.fault_count += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(file, line, message))

    def check(self) -> None:
        """Raises :class:`FeedFaults` when anything is wrong."""
        if self.fault_count:
            raise FeedFaults(self.path, self.faults, self.fault_count)

    def content_hash(self, names: Sequence[str]) -> str:
        """A hash of those of the files that are there; changes when any of them does. Notes what is too large."""
        digest = hashlib.sha256()
        for name in sorted(self.names.intersection(names) - self.unread):
            digest.update(name.encode() + b"\0" + self.file_hash(name).encode())
        return digest.hexdigest()

    def file_hash(self, name: str) -> str:
        """SHA-256 of one file, in hexadecimal."""
        digest = hashlib.sha256()
        with self._noting(name), self._open(name) as stream:
            size = 0
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise ValueError(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
                digest.update(chunk)
        return digest.hexdigest()

    def text(self, name: str) -> str:
        """A whole small file; "" with a fault noted when it cannot be read."""
        with self._noting(name), self._open(name) as stream:
            return "".join(_lines(stream))
        return ""

    def rows(
        self, name: str, must: Sequence[str], may: Sequence[str] = (), *, strict: bool = False
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows of a file with the numbers of their lines: the columns ``must`` and ``may``, trimmed, "" where
        a column of ``may`` is missing. ``strict``: other columns are a fault. A file that is not there has no rows."""
        if name not in self.names:
            return
        self.counts[name] = 0
        with self._noting(name), self._open(name) as stream:
            lines = _lines(stream)
            reader = csv.reader(lines, strict=True)
            header = [column.strip() for column in next(reader, [])]
            if not self._fits(name, header, must, may, strict):
                return
            wanted = [(column, header.index(column)) for column in (*must, *may) if column in header]
            missing = dict.fromkeys(column for column in may if column not in header)
            width, line = len(header), reader.line_num
            for values in reader:
                first, line = line + 1, reader.line_num
                if not values:
                    continue
                if len(values) != width:
                    self.fault(name, first, f"the row has {len(values)} columns, the first line {width}")
                    self.unread.add(name)
                    continue
                self.counts[name] += 1
                if self.counts[name] > MAX_ROWS:
                    raise _LineFault(first, f"the file has more than {MAX_ROWS} rows")
                row = {column: values[index].strip() for column, index in wanted}
                yield first, row | dict.fromkeys(missing, "") if missing else row

    def _fits(
        self, name: str, header: list[str], must: Sequence[str], may: Sequence[str], strict: bool
    ) -> bool:
        lacking = [column for column in must if column not in header]
        twice = sorted({column for column in header if header.count(column) > 1})
        other = [column for column in header if column not in must and column not in may] if strict else []
        for what, columns in (("missing", lacking), ("twice", twice), ("unknown", other)):
            if columns:
                self.fault(name, 1, f"columns {what}: {', '.join(columns)}")
        if lacking or twice or other:
            self.unread.add(name)
            return False
        return True

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """What keeps a file from being read is a fault of it."""
        try:
            yield
        except _LineFault as fault:
            self.fault(name, fault.line, fault.message)
        except csv.Error as fault:
            self.fault(name, 0, f"is no CSV: {fault}")
        except _UNREADABLE as fault:
            self.fault(name, 0, f"cannot be read: {fault}")
        except OSError as fault:
            self.fault(name, 0, f"cannot be read: {fault.strerror}")
        else:
            return
        self.unread.add(name)

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        opened = (self.path / name).open("rb") if self._zip is None else self._zip.open(name)
        with opened as raw, io.BufferedReader(raw, _CHUNK) as stream:  # type: ignore[type-var]
            yield stream


class _LineFault(Exception):
    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message
        super().__init__(message)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """The lines of UTF-8 text, their ends kept; a byte order mark is left out."""
    size = number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        size += len(raw)
        if len(raw) > MAX_LINE_BYTES:
            raise _LineFault(number, f"the line is longer than {MAX_LINE_BYTES} bytes")
        if size > MAX_FILE_BYTES:
            raise _LineFault(number, f"the file is larger than {MAX_FILE_BYTES // 2**20} MiB")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as fault:
            raise _LineFault(number, f"not UTF-8: {fault.reason}") from None
