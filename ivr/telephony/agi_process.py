"""One call as one process that Asterisk started: pyst2's ``asterisk.agi`` underneath, guarded.

For a site without the AGI server. The guards, each against something that pyst2 0.5.1 does: it writes every line,
keys included, to stderr; it takes a head without end; it escapes nothing (:mod:`ivr.telephony.wire` does);
``HANGUP`` and the end of stdin raise ``ValueError``. Runs in the main thread only (SIGHUP is the hangup).
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, BinaryIO, TypeVar

from asterisk import agi

from ivr.clock import Clock
from ivr.dialogue.actions import Ask
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony.agi_dialogue import Conversation, Desk, Journal, Keep, Need, Sounds, describe, hold
from ivr.telephony.wire import GONE, Head, HeadParser, Reply, ReplyParser, WireFault

log = logging.getLogger(__name__)

ANSWER_S = 2.5  #: for an ``Ask``
KEEP_S = 5.0  #: for a ``Keep``
SOUNDS_S = 10.0  #: for the sounds of one action: here the voice may have to start first
_POLL_S = 0.05
_CHUNK = 4096

T = TypeVar("T")


class _Nowhere(io.TextIOBase):
    """Where pyst2's chatter goes."""

    def write(self, text: str) -> int:
        return len(text)


class _Agi(agi.AGI):
    """pyst2's AGI with reading of our own. ``exchange()`` sends a command line and gives the reply."""

    head: Head

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._bytes = stdin
        self._replies = ReplyParser()
        self._gone = False
        text = io.TextIOWrapper(stdout, encoding="utf-8", errors="replace", newline="\n")
        super().__init__(stdin=None, stdout=text, stderr=_Nowhere())

    def _get_agi_env(self) -> None:
        parser = HeadParser()
        while data := self._read():
            head = parser.feed(data)
            if head is not None:
                self.head = head
                self._replies.feed(parser.rest)
                return
        raise WireFault("closed before its head was complete")

    def get_result(self, stdin: Any = None) -> Reply:
        while (reply := self._replies.next()) is None:
            data = self._read()
            if not data:
                return GONE
            self._replies.feed(data)
        return reply

    def _read(self) -> bytes:
        try:
            return os.read(self._bytes.fileno(), _CHUNK)
        except OSError:
            return b""

    def exchange(self, command: str) -> Reply:
        """:data:`GONE` when the caller is. Raises :class:`WireFault`."""
        if self.gone():
            return GONE
        try:
            reply: Reply = self.execute(command)
        except (agi.AGIHangup, OSError):
            reply = GONE
        self._gone = reply is GONE
        return reply

    def gone(self) -> bool:
        """Whether the caller hung up, as far as is known."""
        return self._gone or bool(self._got_sighup)

    def meanwhile(
        self, work: Callable[[], T], limit_s: float, otherwise: T, *, to_the_end: bool = False
    ) -> T | Reply:
        """What ``work()`` brings within ``limit_s``, :data:`GONE` when the caller hangs up (unless ``to_the_end``),
        ``otherwise`` when it is late or fails. What comes later is dropped."""
        done: queue.Queue[tuple[bool, Any]] = queue.Queue()

        def run() -> None:
            try:
                done.put((True, work()))
            except Exception as fault:
                done.put((False, describe(fault)))

        threading.Thread(target=run, daemon=True).start()
        deadline = time.monotonic() + limit_s
        while to_the_end or not self.gone():
            try:
                fine, result = done.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() < deadline:
                    continue
                log.error("no answer within %s s", limit_s)
                return otherwise
            if fine:
                value: T = result
                return value
            log.error("no answer: %s", result)
            return otherwise
        return GONE


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The lines to and from Asterisk, for us alone: from now on, what anything else in this process or its
    children prints goes to stderr (on stdout it would be a command), and its stdin is empty."""
    sys.stdout.flush()
    stdin, stdout = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return stdin, stdout


def run(
    entry: str,
    converse_for: Conversation,
    sounds: Callable[[Sequence[Phrase]], Sequence[str]],
    answer: Callable[[Ask], Answer],
    journal: Journal,
    clock: Clock,
    *,
    revision: Callable[[], str] = lambda: "",
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
) -> int:
    """Hold the dialogue ``entry`` with the caller behind ``stdin`` and ``stdout`` (by default this process's,
    through :func:`take_streams`; who starts processes before this takes them himself).

    Returns 0, or 1 when the dialogue failed (then ``IVR_DONE`` is not set, and the dialplan's fallback has
    the caller).
    """
    before = signal.getsignal(signal.SIGHUP)
    if stdin is None or stdout is None:
        stdin, stdout = take_streams()
    try:
        connection = _Agi(stdin, stdout)
        call = hold(Desk(converse_for, journal, clock, revision), connection.head, entry)
        try:
            _run(connection, call, sounds, answer)
        finally:
            call.close()
            _let_go(connection)
    except Exception as fault:
        log.error("a call failed: %s", fault if isinstance(fault, WireFault) else describe(fault))
        return 1
    finally:
        signal.signal(signal.SIGHUP, before)
    return 0


def _run(
    connection: _Agi,
    call: Generator[Need, Any, str],
    sounds: Callable[[Sequence[Phrase]], Sequence[str]],
    answer: Callable[[Ask], Answer],
) -> None:
    def meet(need: Need) -> Any:
        if isinstance(need, str):
            return connection.exchange(need)
        if isinstance(need, Sounds):
            phrases = need.phrases
            return connection.meanwhile(lambda: sounds(phrases), SOUNDS_S, [])
        if isinstance(need, Keep):
            kept = need.ask
            return connection.meanwhile(lambda: answer(kept), KEEP_S, Answer("error"), to_the_end=True)
        ask = need
        return connection.meanwhile(lambda: answer(ask), ANSWER_S, Answer("error"))

    try:
        need = next(call)
        while True:
            need = call.send(meet(need))
    except StopIteration:
        return


def _let_go(connection: _Agi) -> None:
    with contextlib.suppress(OSError, ValueError):  # when Asterisk closed it first
        connection.stdout.detach()  # the wrapper must not close the stream that it was given
