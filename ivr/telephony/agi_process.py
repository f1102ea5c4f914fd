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
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Generic, TypeVar

from asterisk import agi

from ivr.clock import Clock
from ivr.dialogue.actions import Ask
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony.agi_dialogue import (
    LATE,
    Conversation,
    Desk,
    Journal,
    Keep,
    Late,
    Need,
    Sounds,
    describe,
    hold,
)
from ivr.telephony.wire import GONE, Head, HeadParser, Reply, ReplyParser, WireFault

log = logging.getLogger(__name__)

ANSWER_S = 2.5  #: for an ``Ask``
KEEP_S = 5.0  #: for a ``Keep``
SOUNDS_S = 10.0  #: for the sounds of one action: here the voice may have to start first
_POLL_S = 0.05
_CHUNK = 4096

T = TypeVar("T")
MakesSounds = Callable[[Sequence[Phrase], bool], Sequence[str]]


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
        self._making: dict[Sounds, _Work[Sequence[str]]] = {}
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

    def sounds(self, need: Sounds, make: MakesSounds) -> Sequence[str] | Late | Reply:
        """What ``make`` gives for ``need``, or :data:`LATE`; it goes on until the need comes without a time."""
        whole = replace(need, within_s=None)
        if whole not in self._making:
            self._making[whole] = _Work(lambda: make(need.phrases, need.slower), SOUNDS_S)
        work = self._making[whole]
        if need.within_s is not None and not work.wait(self.gone, need.within_s):
            return GONE if self.gone() else LATE
        del self._making[whole]
        return self.meanwhile(work, [])

    def meanwhile(self, work: _Work[T], otherwise: T, *, to_the_end: bool = False) -> T | Reply:
        """What ``work`` brings within its time, :data:`GONE` when the caller hangs up (unless ``to_the_end``),
        ``otherwise`` when it is late or fails. What comes later is dropped."""
        gone = (lambda: False) if to_the_end else self.gone
        if work.wait(gone, work.limit_s):
            return work.result(otherwise)
        if gone():
            return GONE
        log.error("no answer within %s s", work.limit_s)
        return otherwise


class _Work(Generic[T]):
    """Something that a thread does, of which nobody waits for the end longer than ``limit_s`` after its begin."""

    def __init__(self, work: Callable[[], T], limit_s: float) -> None:
        self.limit_s = limit_s
        self._until = time.monotonic() + limit_s
        self._done = threading.Event()
        self._result: list[T] = []
        self._fault = ""
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[], T]) -> None:
        try:
            self._result.append(work())
        except Exception as fault:
            self._fault = describe(fault)
        self._done.set()

    def wait(self, gone: Callable[[], bool], seconds: float) -> bool:
        """Whether it is done within ``seconds`` from now and its own time, unless the caller is ``gone`` before."""
        until = min(self._until, time.monotonic() + seconds)
        while not gone():
            if self._done.wait(max(0.0, min(_POLL_S, until - time.monotonic()))):
                return True
            if time.monotonic() >= until:
                break
        return False

    def result(self, otherwise: T) -> T:
        """What it brought once it is done; ``otherwise`` when it failed."""
        if self._fault:
            log.error("no answer: %s", self._fault)
        return self._result[0] if self._result else otherwise


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
    sounds: MakesSounds,
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
    sounds: MakesSounds,
    answer: Callable[[Ask], Answer],
) -> None:
    def meet(need: Need) -> Any:
        if isinstance(need, str):
            return connection.exchange(need)
        if isinstance(need, Sounds):
            return connection.sounds(need, sounds)
        if isinstance(need, Keep):
            kept = need.ask
            return connection.meanwhile(_Work(lambda: answer(kept), KEEP_S), Answer("error"), to_the_end=True)
        ask = need
        return connection.meanwhile(_Work(lambda: answer(ask), ANSWER_S), Answer("error"))

    try:
        need = next(call)
        while True:
            need = call.send(meet(need))
    except StopIteration:
        return


def _let_go(connection: _Agi) -> None:
    with contextlib.suppress(OSError, ValueError):  # when Asterisk closed it first
        connection.stdout.detach()  # the wrapper must not close the stream that it was given
