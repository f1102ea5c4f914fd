"""Remaining tickets from a site's own system, asked over HTTP with JSON (docs/data.md has the protocol).

A caller waits for each answer: all of it, from the name look-up to the last byte, has one deadline. After several
failures in a row the service is left alone for a while, and callers hear at once that it is away.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ivr.errors import IvrError, UsageFault
from ivr.rail.seats import CLASSES
from ivr.rail.ticket_source import Travel

log = logging.getLogger(__name__)

#: The caller's driver gives a query 3 s.
LONGEST_S = 2.4
_MOST_BYTES = 2**20
_FAILURES = 3
_PAUSE_S = 15.0
_LATE = "no answer in time"


class TicketsAway(IvrError):
    """The service gave no answer that can be used."""


class RemoteTickets:
    """A :class:`~ivr.rail.ticket_source.TicketSource`; safe to use from several threads.

    ``url``: http or https, where the questions are posted. ``timeout_s``: at most :data:`LONGEST_S`. ``token``: sent as
    a bearer token. Raises :class:`UsageFault` for an address that cannot be used.
    """

    def __init__(
        self,
        url: str,
        timeout_s: float = 2.0,
        token: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = _checked(url)
        self._timeout_s = min(timeout_s, LONGEST_S)
        self._token = token
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failed = 0
        self._away_until = 0.0

    def left(self, travels: Sequence[Travel]) -> Mapping[str, Mapping[str, int]]:
        """Raises :class:`TicketsAway`."""
        with self._lock:
            if self._monotonic() < self._away_until:
                raise TicketsAway("the ticket service failed just now and is left alone")
            if self._failed >= _FAILURES:
                # One caller tries; the others need not wait for the same silence.
                self._away_until = self._monotonic() + self._timeout_s
        try:
            found = _read(self._exchange(_body(travels)), {travel.train for travel in travels})
        except TicketsAway as fault:
            self._count(fault)
            raise
        with self._lock:
            if self._failed:
                log.info("ticket service %s answers again", self._url.hostname)
            self._failed, self._away_until = 0, 0.0
        return found

    def _count(self, fault: TicketsAway) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= _FAILURES:
                self._away_until = self._monotonic() + _PAUSE_S
        log.warning("ticket service %s: %s (%d in a row)", self._url.hostname, fault.what, self._failed)

    def _exchange(self, body: bytes) -> bytes:
        """The body of the answer. In a thread of its own: nothing else bounds a name look-up, or a server that
        drips a byte a second."""
        request = _Request(self._url, self._timeout_s, self._token, body)
        thread = threading.Thread(target=request.run, daemon=True, name="tickets")
        thread.start()
        thread.join(self._timeout_s)
        if thread.is_alive():
            request.abandon()
            raise TicketsAway(_LATE)
        if request.fault:
            raise TicketsAway(request.fault)
        return request.answer


class _Request:
    """One POST. Afterwards either ``fault`` or ``answer`` is set."""

    def __init__(self, url: SplitResult, timeout_s: float, token: str, body: bytes) -> None:
        self.fault = ""
        self.answer = b""
        self._body = body
        self._path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        connect: Any = http.client.HTTPConnection
        if url.scheme == "https":
            connect = http.client.HTTPSConnection
        self._connection = connect(url.hostname, url.port, timeout=timeout_s)
        self._socket: socket.socket | None = None

    def run(self) -> None:
        try:
            self._connection.connect()
            self._socket = self._connection.sock
            self._connection.request("POST", self._path, self._body, self._headers)
            response = self._connection.getresponse()
            if response.status != 200:
                self.fault = f"status {response.status}"
                return
            self.answer = response.read(_MOST_BYTES + 1)
            if len(self.answer) > _MOST_BYTES:
                self.fault = f"the answer has more than {_MOST_BYTES} bytes"
        except ssl.SSLError as fault:
            self.fault = f"TLS: {fault.reason or type(fault).__name__}"
        except TimeoutError:
            self.fault = _LATE
        except OSError as fault:
            self.fault = fault.strerror or type(fault).__name__
        except (http.client.HTTPException, ValueError) as fault:
            self.fault = f"is no HTTP server: {type(fault).__name__}"
        finally:
            self._connection.close()

    def abandon(self) -> None:
        """Let the thread end soon."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def remote_tickets(url: str, timeout_ms: int, token_file: Path) -> RemoteTickets:
    """With the token of a file, if there is one. Raises :class:`IvrError`."""
    try:
        token = token_file.read_text("utf-8").strip()
    except FileNotFoundError:
        token = ""
    except (OSError, UnicodeDecodeError) as fault:
        raise IvrError(f"cannot be read: {fault}", where=str(token_file)) from None
    return RemoteTickets(url, timeout_ms / 1000, token)


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password:
        raise UsageFault(
            "the address must be http:// or https:// with a host, without user and password",
            where="IVR_TICKETS_URL",
            mend="e.g. https://tickets.example/left; a token belongs into secrets/tickets.token of the home",
        )
    return parts


def _body(travels: Sequence[Travel]) -> bytes:
    rides = [
        {
            "train": travel.train,
            "number": travel.number,
            "service_date": travel.service_date.isoformat(),
            "date": travel.day.isoformat(),
            "from": travel.origin,
            "to": travel.destination,
            "from_seq": travel.from_seq,
            "to_seq": travel.to_seq,
        }
        for travel in travels
    ]
    return json.dumps({"rides": rides}, ensure_ascii=False).encode()


def _read(answer: bytes, asked: set[str]) -> dict[str, dict[str, int]]:
    """``{"rides": [{"train": "G1", "left": {"second": 12}}]}`` → train → class → left."""
    try:
        found = {}
        for ride in json.loads(answer)["rides"]:
            if ride["train"] in asked:
                found[ride["train"]] = {name: _number(ride["left"][name]) for name in ride["left"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise TicketsAway(f"the answer is not what docs/data.md describes: {type(fault).__name__}") from None
    return {
        train: {name: number for name, number in left.items() if name in CLASSES}
        for train, left in found.items()
    }


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ValueError("no number of tickets")
    return value
