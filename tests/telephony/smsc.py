"""A message centre (SMSC) as SMPP 3.4 describes it, written from the specification: binds, takes messages, can be unwell."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field

BIND_TRANSMITTER, SUBMIT_SM, UNBIND, ENQUIRE_LINK = 0x2, 0x4, 0x6, 0x15
RESPONSE = 0x80000000
OK, INVALID_DESTINATION, THROTTLED, WRONG_PASSWORD = 0x0, 0xB, 0x58, 0xE


@dataclass(frozen=True)
class Part:
    """What one submit_sm carried."""

    source: str
    destination: str
    esm_class: int
    data_coding: int
    message: bytes


@dataclass
class Smsc:
    """Listens on a free port of 127.0.0.1. ``states``: what the next messages are answered with, then always OK.
    ``mood``: ``well``, ``silent`` (takes and never answers), ``rude`` (hangs up on a message), ``chatty`` (asks back
    before it answers)."""

    password: str = "secret"
    states: list[int] = field(default_factory=list)
    mood: str = "well"
    parts: list[Part] = field(default_factory=list)
    binds: int = 0
    heard: list[int] = field(default_factory=list)

    def __enter__(self) -> Smsc:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, struct.error, ConnectionError):
            while True:
                length = struct.unpack(">L", self._exactly(connection, 4))[0]
                command, status, sequence = struct.unpack(">LLL", self._exactly(connection, 12))
                self._answer(connection, command, sequence, self._exactly(connection, length - 16))

    @staticmethod
    def _exactly(connection: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = connection.recv(count - len(data))
            if not piece:
                raise ConnectionError
            data += piece
        return data

    def _answer(self, connection: socket.socket, command: int, sequence: int, body: bytes) -> None:
        self.heard.append(command)
        if command == BIND_TRANSMITTER:
            user, password = body.split(b"\0")[:2]
            right = (user, password) == (b"hotline", self.password.encode())
            self.binds += right
            self._say(connection, command | RESPONSE, OK if right else WRONG_PASSWORD, sequence, b"smsc\0")
        elif command == SUBMIT_SM and self.mood == "rude":
            connection.close()
        elif command == SUBMIT_SM and self.mood != "silent":
            if self.mood == "chatty":
                self._say(connection, ENQUIRE_LINK, OK, 77, b"")
            state = self.states.pop(0) if self.states else OK
            if state == OK:
                self.parts.append(_part(body))
            self._say(connection, command | RESPONSE, state, sequence, b"1\0" if state == OK else b"")
        elif command == UNBIND:
            self._say(connection, command | RESPONSE, OK, sequence, b"")

    @staticmethod
    def _say(connection: socket.socket, command: int, status: int, sequence: int, body: bytes) -> None:
        connection.sendall(struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body)


def _part(body: bytes) -> Part:
    _service, rest = body.split(b"\0", 1)
    source, rest = rest[2:].split(b"\0", 1)
    destination, rest = rest[2:].split(b"\0", 1)
    esm_class = rest[0]
    _schedule, rest = rest[3:].split(b"\0", 1)
    _validity, rest = rest.split(b"\0", 1)
    data_coding, length = rest[2], rest[4]
    return Part(source.decode(), destination.decode(), esm_class, data_coding, rest[5 : 5 + length])
