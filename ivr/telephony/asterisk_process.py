"""Asks a running Asterisk through its control socket, as ``asterisk -rx`` does, without a new process."""

from __future__ import annotations

import socket
from pathlib import Path

from ivr.errors import IvrError


def ask(control_socket: Path, command: str, timeout_s: float = 5.0) -> str:
    """What Asterisk's console says to ``command``.

    Raises :class:`IvrError` when no Asterisk listens there or it does not answer within ``timeout_s``.
    """
    if not command.strip() or any(c in command for c in "\0\n"):
        raise ValueError("one line")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(timeout_s)
            link.connect(str(control_socket))
            _read_until(link, b"\n")  # "host/process id/version"
            # "cli quit after" makes Asterisk close the link after the answer.
            link.sendall(b"cli quit after " + command.encode() + b"\0")
            return _read_until(link, b"").decode("utf-8", "replace").strip("\n")
    except OSError as fault:
        raise IvrError(
            f"Asterisk does not answer: {fault.strerror or fault}",
            where=str(control_socket),
            mend="is the hotline running? (ivr serve)",
        ) from None


def _read_until(link: socket.socket, end: bytes) -> bytes:
    """Everything up to ``end``; with an empty ``end``, until the other side closes."""
    received = b""
    while True:
        piece = link.recv(65536)
        received += piece
        if not piece or (end and received.endswith(end)):
            return received
