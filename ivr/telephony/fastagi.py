"""The FastAGI server: one asyncio task per call, panoramisk's ``fast_agi`` underneath, guarded.

The guards, each against something that panoramisk 1.4 does: a head is read with a limit of lines,
bytes and seconds (a client that closes early froze the loop); the end of a connection, ``HANGUP``
lines and replies of several lines are understood (:mod:`ivr.telephony.wire`); a route is found
without its query string; a fault in a dialogue is logged without a caller's data.

Nothing a client does stops another call: every wait on a client has an end, the number of connections
is bounded, and a call that is refused or fails is left to the dialplan's fallback (``IVR_DONE`` stays unset).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from panoramisk import fast_agi

from ivr.clock import Clock
from ivr.dialogue.actions import Ask
from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony.agi_dialogue import (
    ENTRIES,
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

HEAD_S = 5.0  #: for the whole head
ANSWER_S = 2.5  #: for an ``Ask``
KEEP_S = 5.0  #: for a ``Keep``
SOUNDS_S = 3.0  #: for making the sounds of one action
REPLY_S = 600.0  #: for a reply of Asterisk: the longest prompt and its silence
CLOSE_S = 2.0  #: for what is still to be sent when a connection closes
_SPARE = 64  #: connections beyond the calls: health probes, heads that are being read
_CHUNK = 4096

T = TypeVar("T")
MakesSounds = Callable[[Sequence[Phrase], bool], Coroutine[Any, Any, Sequence[str]]]


class _Request(fast_agi.Request):
    """A call's connection. ``exchange()`` sends a command line and gives Asterisk's reply."""

    def __init__(
        self,
        app: Any,
        head: Head,
        rest: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        super().__init__(app, dict(head.variables), reader, writer)
        self.head = head
        self._parser = ReplyParser(rest)
        self._coming: asyncio.Task[Reply] | None = None
        self._gone = False
        self._making: dict[Sounds, tuple[asyncio.Task[Sequence[str]], float]] = {}

    async def exchange(self, command: str) -> Reply:
        """:data:`GONE` when the caller or the connection is. Raises :class:`WireFault`."""
        if self._gone:
            return GONE
        try:
            result = await asyncio.wait_for(self.send_command(command), REPLY_S)
        except asyncio.TimeoutError:
            raise WireFault("no reply from Asterisk") from None
        except (OSError, RuntimeError):  # RuntimeError: uvloop, when the connection was reset before
            self._gone = True
            return GONE
        reply: Reply = result["reply"]
        return reply

    async def _read_result(self) -> dict[str, Any]:
        # In panoramisk's place; without its keys "status_code" and "error" it reads no further.
        reply = await self._incoming()
        self._coming = None
        return {"reply": reply}

    def _incoming(self) -> asyncio.Task[Reply]:
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._next_reply())
        return self._coming

    async def _next_reply(self) -> Reply:
        while (reply := self._parser.next()) is None:
            try:
                data = await self.reader.read(_CHUNK)
            except OSError:
                data = b""
            if not data:
                reply = GONE
                break
            self._parser.feed(data)
        if reply is GONE:
            self._gone = True
        return reply

    async def sounds(self, need: Sounds, make: MakesSounds) -> Sequence[str] | Late | Reply:
        """What ``make`` gives for ``need``, or :data:`LATE`; it goes on until the need comes without a time."""
        whole = replace(need, within_s=None)
        if self._gone:
            return GONE
        if whole not in self._making:
            self._making[whole] = (
                asyncio.ensure_future(make(need.phrases, need.slower)),
                time.monotonic() + SOUNDS_S,
            )
        task, until = self._making[whole]
        if need.within_s is None:
            del self._making[whole]
            return await self.meanwhile(task, max(0.0, until - time.monotonic()), [])
        await self.meanwhile(asyncio.wait([task], timeout=need.within_s), need.within_s + 1, (set(), set()))
        return await self.sounds(whole, make) if task.done() or self._gone else LATE

    async def meanwhile(self, work: Awaitable[T], limit_s: float, otherwise: T) -> T | Reply:
        """What ``work`` brings within ``limit_s``; :data:`GONE` as soon as the caller hangs up.

        ``otherwise`` when it is late or fails. What comes later is dropped.
        """
        if self._gone:
            if asyncio.iscoroutine(work):
                work.close()
            return GONE
        task: asyncio.Future[T] = asyncio.ensure_future(work)
        incoming = self._incoming()
        try:
            either: set[asyncio.Future[Any]] = {task, incoming}
            await asyncio.wait(either, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.add_done_callback(_dropped)
                task.cancel()
        if incoming.done():
            _dropped(task)
            if incoming.result() is not GONE:
                raise WireFault("a reply that nothing was asked for")
            return GONE
        if not task.done() or task.cancelled():
            log.error("no answer within %s s", limit_s)
            return otherwise
        if (fault := task.exception()) is not None:
            log.error("no answer: %s", describe(fault))
            return otherwise
        return task.result()

    def drop(self) -> None:
        """Read no more, and wait for no more sounds."""
        for task, _until in self._making.values():
            task.add_done_callback(_dropped)
            task.cancel()
        if self._coming is not None:
            self._coming.add_done_callback(_dropped)
            self._coming.cancel()


def _dropped(task: asyncio.Future[Any]) -> None:
    if task.done() and not task.cancelled():
        task.exception()  # mark it as seen


class _Application(fast_agi.Application):
    """panoramisk's routes behind a guarded door."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most_calls: int) -> None:
        super().__init__(loop=loop)
        self.most_calls = most_calls
        self.calls: set[asyncio.Task[None]] = set()
        self._connections = 0

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its head to its end; raises nothing."""
        if self._connections >= self.most_calls + _SPARE:
            log.error("more than %d connections: refused", self._connections)
            writer.transport.abort()
            return
        self._connections += 1
        try:
            _keep_alive(writer)
            head, rest = await asyncio.wait_for(_read_head(reader), HEAD_S)
            await self._serve(_Request(self, head, rest, reader, writer))
        except asyncio.TimeoutError:
            log.warning("no head within %s s: closed", HEAD_S)
        except (WireFault, OSError) as fault:
            log.warning("connection closed: %s", fault)
        except asyncio.CancelledError:
            pass  # the server stops
        except Exception as fault:
            log.error("a call failed: %s", describe(fault))
        finally:
            self._connections -= 1
            await _close(writer)

    async def _serve(self, request: _Request) -> None:
        name = request.head.script
        route = self._route.get(name)
        if route is None:
            raise WireFault("unknown route")
        if name == "health":
            await route(request)
            return
        if len(self.calls) >= self.most_calls:
            raise WireFault(f"more than {self.most_calls} calls: left to the fallback")
        task = asyncio.current_task()
        assert task is not None
        self.calls.add(task)
        try:
            await route(request)
        finally:
            self.calls.discard(task)
            request.drop()


async def _read_head(reader: asyncio.StreamReader) -> tuple[Head, bytes]:
    parser = HeadParser()
    while data := await reader.read(_CHUNK):
        head = parser.feed(data)
        if head is not None:
            return head, parser.rest
    raise WireFault("closed before its head was complete")


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    # An Asterisk whose machine is gone says nothing more; the kernel's probes find out.
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def _close(writer: asyncio.StreamWriter) -> None:
    try:
        writer.close()
        await asyncio.wait_for(writer.wait_closed(), CLOSE_S)
    except (asyncio.TimeoutError, asyncio.CancelledError, OSError):
        writer.transport.abort()


class FastAgiServer:
    """Serves the routes ``hotline``, ``after_queue``, ``connected``, ``agent`` and ``health``.

    ``converse_for`` gives a call's dialogue; ``sounds`` the files (without extension) of phrases, in order, slower or not;
    ``answer`` what an ``Ask`` wants to know. ``revision`` names the menu revision that new calls begin with.
    ``host``, ``port``: where to listen; after :meth:`start`, ``port`` is the real one (of 0).
    """

    def __init__(
        self,
        host: str,
        port: int,
        converse_for: Conversation,
        sounds: MakesSounds,
        answer: Callable[[Ask], Coroutine[Any, Any, Answer]],
        journal: Journal,
        clock: Clock,
        *,
        revision: Callable[[], str] = lambda: "",
        most_calls: int = 12_000,
    ) -> None:
        self.host, self.port = host, port
        self._desk = Desk(converse_for, journal, clock, revision)
        self._sounds, self._answer = sounds, answer
        self._most_calls = most_calls
        self._server: asyncio.AbstractServer | None = None
        self._application: _Application | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises :class:`IvrError` when the port cannot be had."""
        application = _Application(asyncio.get_running_loop(), self._most_calls)
        for entry in ENTRIES:
            application.add_route(entry, self._call)
        application.add_route("health", _health)
        try:
            self._server = await asyncio.start_server(
                self._accept, self.host, self.port, backlog=1024, limit=64 * 1024
            )
        except OSError as fault:
            raise IvrError(
                f"the AGI server cannot listen: {fault.strerror or fault}",
                where=f"{self.host}:{self.port}",
                mend="stop what uses the port, or set IVR_AGI_PORT",
            ) from None
        self._application = application
        self.port = self._server.sockets[0].getsockname()[1]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._application is not None
        task = asyncio.ensure_future(self._application.handler(reader, writer))
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            writer.transport.abort()  # one that was cancelled before it began has closed nothing

        task.add_done_callback(ended)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no new calls, let the present ones go on for ``grace_s`` seconds, then end them."""
        if self._server is None or self._application is None:
            return
        self._server.close()
        if self._application.calls:
            await asyncio.wait(set(self._application.calls), timeout=grace_s)
        rest = set(self._tasks)
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=CLOSE_S + 1)
        self._server = None

    async def _call(self, request: _Request) -> None:
        call = hold(self._desk, request.head, request.head.script)
        try:
            await self._run(request, call)
        except (Exception, asyncio.CancelledError) as fault:
            call.close()  # writes the end of the call's record
            if not isinstance(fault, asyncio.CancelledError):
                call_id = request.head.get("uniqueid")
                log.error("call %s failed: %s", call_id, describe(fault))
            else:
                raise

    async def _run(self, request: _Request, call: Generator[Need, Any, str]) -> None:
        try:
            need = next(call)
            while True:
                need = call.send(await self._meet(request, need))
        except StopIteration:
            return

    async def _meet(self, request: _Request, need: Need) -> Any:
        if isinstance(need, str):
            return await request.exchange(need)
        if isinstance(need, Sounds):
            return await request.sounds(need, self._sounds)
        if isinstance(need, Keep):
            return await self._keep(need.ask)
        return await request.meanwhile(self._answer(need), ANSWER_S, Answer("error"))

    async def _keep(self, ask: Ask) -> Answer:
        try:
            return await asyncio.wait_for(self._answer(ask), KEEP_S)
        except asyncio.TimeoutError:
            log.error("%s: not within %s s", ask.query, KEEP_S)
        except Exception as fault:
            log.error("%s: %s", ask.query, describe(fault))
        return Answer("error")


async def _health(request: _Request) -> None:
    request.writer.write(b"HEALTHY\n")
    await request.writer.drain()


def event_loop() -> asyncio.AbstractEventLoop:
    """A new event loop for the server: uvloop's when it is there, else the standard one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
