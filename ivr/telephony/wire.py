"""The lines of Asterisk's gateway interface (AGI), sans-IO: bytes in, heads and replies out.

* Asterisk opens with the *head*: lines ``agi_name: value``, ended by an empty line.
* We send one command line; Asterisk sends one reply, and nothing of ours before it is read.
* A reply is one line (``200 result=1 (value) endpos=0``, ``510 …``, ``511 …``) or, for a wrong
  command, ``520-…`` up to the line ``520 End of proper usage.``; ``100 Trying`` announces another.
* At any moment the line ``HANGUP`` may come: the caller is gone.

A command's arguments are separated by blanks, quoted by ``"``, escaped by a backslash; an
application's arguments (``EXEC``) are cut once more, at commas. Asterisk (18 to 22) reads a command into 2,048 bytes
and cuts what is longer into two, whose second half hangs or is run: so no longer line is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HEAD_LINES = 200
HEAD_BYTES = 64 * 1024
REPLY_BYTES = 64 * 1024
#: the longest command line in bytes, without its newline
LINE_BYTES = 2040


class WireFault(Exception):
    """The other side does not speak AGI, or a value cannot be put on a line.

    Its text never quotes what was on the line: that may be personal data.
    """


@dataclass(frozen=True)
class Head:
    """What Asterisk says first. ``variables``: without ``agi_``; ``args``: those of the dialplan."""

    variables: Mapping[str, str]
    args: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The variable's value; "" when it is missing or ``unknown``."""
        value = self.variables.get(name, "")
        return "" if value == "unknown" else value

    @property
    def script(self) -> str:
        """The route: ``hotline`` of ``agi://host/hotline?x=1``, of ``/path/hotline.py``."""
        script = self.variables.get("network_script") or self.variables.get("request", "")
        name = script.split("?", 1)[0].rstrip("/").rpartition("/")[2]
        return name[:-3] if name.endswith(".py") else name


@dataclass(frozen=True)
class Reply:
    """A reply: its code, ``result=``, and the value in parentheses. ``gone``: the caller hung up."""

    code: int = 0
    result: str = ""
    value: str = ""
    gone: bool = False


#: stands for the ``HANGUP`` line, and for a connection that ended
GONE = Reply(gone=True)

_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?(?: endpos=-?\d+)?")


@dataclass
class _Lines:
    """Cuts a stream into lines, however its bytes are chunked."""

    limit: int
    buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        self.buffer += data

    def next(self) -> str | None:
        end = self.buffer.find(b"\n")
        if end > self.limit or (end < 0 and len(self.buffer) > self.limit):
            raise WireFault(f"a line is longer than {self.limit} bytes")
        if end < 0:
            return None
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line.decode("utf-8", "replace").rstrip("\r")


class HeadParser:
    """Collects the head. ``feed()`` bytes until it gives a :class:`Head`; then see ``rest``."""

    def __init__(self) -> None:
        self._lines = _Lines(HEAD_BYTES)
        self._variables: dict[str, str] = {}
        self._count = 0
        self._bytes = 0

    @property
    def rest(self) -> bytes:
        """What came after the head."""
        return bytes(self._lines.buffer)

    def feed(self, data: bytes) -> Head | None:
        """Raises :class:`WireFault` when the head is too long or is none."""
        self._lines.feed(data)
        while (line := self._lines.next()) is not None:
            if not line:
                return self._head()
            self._count += 1
            self._bytes += len(line)
            if self._count > HEAD_LINES or self._bytes > HEAD_BYTES:
                raise WireFault(f"the head has more than {HEAD_LINES} lines or {HEAD_BYTES} bytes")
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                raise WireFault("the head has a line that is no agi_ variable")
            self._variables[name[4:]] = value.strip()
        return None

    def _head(self) -> Head:
        args: list[str] = []
        while f"arg_{len(args) + 1}" in self._variables:
            args.append(self._variables[f"arg_{len(args) + 1}"])
        return Head(self._variables, tuple(args))


class ReplyParser:
    """Collects replies. ``feed()`` bytes, then ``next()`` until it gives ``None``."""

    def __init__(self, rest: bytes = b"") -> None:
        self._lines = _Lines(REPLY_BYTES)
        self._usage_bytes = -1  # ≥ 0: inside a reply of several lines
        self._lines.feed(rest)

    def feed(self, data: bytes) -> None:
        self._lines.feed(data)

    def next(self) -> Reply | None:
        """The next reply. Raises :class:`WireFault` for a line that is none."""
        while (line := self._lines.next()) is not None:
            if self._usage_bytes >= 0:
                self._usage_bytes += len(line) + 1
                if self._usage_bytes > REPLY_BYTES:
                    raise WireFault(f"a reply is longer than {REPLY_BYTES} bytes")
                if line.startswith("520 "):
                    self._usage_bytes = -1
                    return Reply(520)
            elif line.startswith("520-"):
                self._usage_bytes = 0
            elif line == "HANGUP":
                return GONE
            elif not line.startswith("100"):
                return _reply(line)
        return None


def _reply(line: str) -> Reply:
    code, _, text = line.partition(" ")
    if not (len(code) == 3 and code.isascii() and code.isdigit()):
        raise WireFault("a line is no AGI reply")
    match = _RESULT.match(text)
    if not match:
        return Reply(int(code), gone=code == "511")
    return Reply(int(code), match[1], match[2] or "", gone=code == "511" or match[2] == "hangup")


def clean(value: str) -> str:
    """``value`` without control characters (a line break would begin a new command)."""
    return "".join(c if c.isprintable() or c == " " else " " for c in value)


def quoted(value: str) -> str:
    """``value`` as one argument of an AGI command."""
    return '"' + clean(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def argument(value: str) -> str:
    """``value`` as one argument of an application: commas, quotes and brackets are escaped."""
    return re.sub(r'([\\",()\[\]])', r"\\\1", clean(value))


def execute(application: str, *arguments: str) -> str:
    """``EXEC``; each argument must already be an application's (:func:`argument`, :func:`files`)."""
    return _line(f"EXEC {application} {quoted(','.join(arguments))}")


def set_variable(name: str, value: str) -> str:
    """``SET VARIABLE``; the value arrives as it is, without its control characters."""
    return _line(f"SET VARIABLE {name} {quoted(value)}")


def get_expression(expression: str) -> str:
    """``GET FULL VARIABLE``: an expression such as ``${A}:${B}`` in one round trip."""
    return _line(f"GET FULL VARIABLE {quoted(expression)}")


def record_file(path: str, limit_s: int, silence_s: int) -> str:
    """``RECORD FILE`` after a tone: WAV at ``path`` (without suffix) until ``#``, ``limit_s`` seconds, or
    ``silence_s`` seconds of silence."""
    return _line(f'RECORD FILE {quoted(path)} wav "#" {limit_s * 1000} BEEP s={silence_s}')


def files(paths: Sequence[str]) -> str:
    """Sound files as one argument of ``Read`` or ``Playback``.

    Raises :class:`WireFault` for a path with ``&``, which cannot be escaped.
    """
    for path in paths:
        if not path or "&" in path or path != clean(path):
            raise WireFault("a sound file's path is empty or has '&' or a control character")
    return "&".join(map(argument, paths))


def pieces(paths: Iterable[str], limit: int = 1800) -> list[str]:
    """Like :func:`files`, cut into pieces that each fit on a line of their own."""
    result: list[str] = []
    for path in paths:
        one = files([path])
        joined = f"{result[-1]}&{one}" if result else one
        if result and _size(joined) <= limit:
            result[-1] = joined
        elif _size(one) <= limit:
            result.append(one)
        else:
            raise WireFault("a sound file's path is too long")
    return result


def _size(text: str) -> int:
    return len(quoted(text).encode("utf-8", "replace"))


def _line(line: str) -> str:
    if len(line.encode("utf-8", "replace")) > LINE_BYTES:
        raise WireFault(f"a command is longer than {LINE_BYTES} bytes")
    return line
