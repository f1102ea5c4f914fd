"""Asterisk's manager, for its own clock."""

from __future__ import annotations

import contextlib
import socket
import threading

from ivr.telephony.seats import AMI_USER
from tests.e2e.waits import Overdue, wait_for


class Manager:
    """A bare listener at the manager interface, for Asterisk's own clock: (moment, event, fields)."""

    def __init__(self, address: str, port: int, secret: str) -> None:
        self.events: list[tuple[float, str, dict[str, str]]] = []
        self._socket = socket.create_connection((address, port), 5)
        self._socket.settimeout(None)
        self._stream = self._socket.makefile("rb")
        login = f"Action: Login\r\nUsername: {AMI_USER}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n"
        self._socket.sendall(login.encode())
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        wait_for(lambda: self._open, "the manager's welcome")

    _open = False

    def _listen(self) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            for line in self._stream:
                name, colon, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if colon:
                    fields[name] = value
                    continue
                self._open |= fields.get("Response") == "Success"
                if "Event" in fields:
                    self.events.append((float(fields.get("Timestamp", 0)), fields["Event"], fields))
                fields = {}

    def moment(self, event: str, seconds: float = 30, **wanted: str) -> float:
        """When ``event`` with the fields ``wanted`` came, by Asterisk's clock."""

        def found() -> list[float]:
            return [
                at
                for at, name, fields in self.events
                if name == event and all(fields.get(k) == v for k, v in wanted.items())
            ]

        try:
            return wait_for(found, f"{event} {wanted}", seconds)[0]
        except Overdue as fault:
            heard = [(name, fields.get("CallerIDNum", "")) for _, name, fields in self.events]
            raise Overdue(f"{fault}; what came: {heard}") from None

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)
