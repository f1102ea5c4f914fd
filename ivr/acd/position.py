"""How far a log file was read, and the piece read next: the seam between file reader and recorder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

#: A file is known by at most so many bytes of its beginning and before its offset.
KNOWN_BY = 4096


@dataclass(frozen=True)
class Position:
    """A file's content up to ``offset``. The file is known by what is in it, not by its name: SHA-256 of
    the first ``head_size`` bytes and of the ``tail_size`` bytes before ``offset``. So a file that was renamed,
    copied or compressed is the same file, and one that was truncated and filled anew is another.
    ``id``: the recorder's number for the file, 0 until it has one. ``device``, ``inode``, ``path``: where it was
    last seen, to tell people."""

    offset: int = 0
    head_size: int = 0
    head: str = ""
    tail_size: int = 0
    tail: str = ""
    path: str = ""
    device: str = ""
    inode: str = ""
    id: int = 0

    def moved(self, offset: int, head: bytes, tail: bytes) -> Position:
        """The position at ``offset``; ``head`` and ``tail``: the bytes it is to be known by."""
        return replace(
            self,
            offset=offset,
            head_size=len(head),
            head=sha256(head).hexdigest(),
            tail_size=len(tail),
            tail=sha256(tail).hexdigest(),
        )

    def fits(self, head: bytes, tail: bytes) -> bool:
        """Whether a file with these bytes at the known places is this one."""
        return sha256(head).hexdigest() == self.head and sha256(tail).hexdigest() == self.tail


@dataclass(frozen=True)
class Batch:
    """Complete lines (without line ends) and the position after them. ``after.id`` is that of the
    position they were read from, 0 for a file that is new."""

    lines: tuple[bytes, ...]
    before: int
    after: Position
