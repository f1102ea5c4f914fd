"""Asterisk's manager interface (AMI): panoramisk's ``Manager`` underneath, guarded.

The guards, each against something that panoramisk 1.4 does: characters that are cut by a TCP segment are put
together again; a refused login, a missing answer and the end of a connection are errors, not silence; nothing is
sent a second time on a new connection; a value cannot add a header or an action.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from ivr.acd.board import QueueCaller, QueueMember
from ivr.errors import IvrError

ANSWER_S = 5.0  #: for the answer to an action, and to a login
PING_EVERY_S = 10.0
_MOST_BYTES = 4 * 1024 * 1024  #: of one message that does not end


@dataclass(frozen=True)
class QueueStatus:
    """All queues as they are at one moment."""

    queues: tuple[str, ...]
    members: tuple[QueueMember, ...]
    callers: tuple[QueueCaller, ...]


class _Protocol(AMIProtocol):
    """panoramisk's protocol with whole characters, a bound, and an end for every action."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def data_received(self, data: bytes) -> None:
        whole = self._decoder.decode(data)
        if whole:
            super().data_received(whole.encode())
        if sum(map(len, self.queue)) > _MOST_BYTES:
            self.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._fail_all()

    def close(self) -> None:
        self._fail_all()
        super().close()

    def _fail_all(self) -> None:
        for action in list(self.responses.values()):
            if not action.future.done():
                action.future.set_exception(IvrError("the connection to Asterisk ended"))
                action.future.exception()  # seen: nobody may be waiting any more
        self.responses.clear()


class _Manager(Manager):
    """panoramisk's manager, which neither connects again nor repeats actions by itself."""

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connected = False

    def ping(self) -> None:
        """:class:`AmiClient` pings, and watches the answers."""


class AmiClient:
    """A connection to Asterisk's manager: ``async with AmiClient(…) as ami``.

    Every method raises :class:`IvrError` when Asterisk refuses, does not answer within 5 s, or the connection ends.
    """

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        self._where = f"{host}:{port}"
        self._host, self._port = host, port
        self._user, self._secret = user, secret
        self._manager: _Manager | None = None
        self._pinging: asyncio.Task[None] | None = None

    async def __aenter__(self) -> AmiClient:
        loop = asyncio.get_running_loop()
        quiet = logging.getLogger(f"{__name__}.panoramisk")
        quiet.setLevel(logging.CRITICAL)  # its log lines hold whole messages
        try:
            connecting = loop.create_connection(_Protocol, self._host, self._port)
            _, protocol = await asyncio.wait_for(connecting, ANSWER_S)
        except (OSError, asyncio.TimeoutError) as fault:
            raise IvrError(
                f"Asterisk's manager does not answer: {getattr(fault, 'strerror', None) or 'no connection'}",
                where=self._where,
                mend="is the hotline running? (ivr serve; ivr doctor)",
            ) from None
        manager = _Manager(loop=loop, log=quiet)
        protocol.factory, protocol.log = manager, quiet
        protocol.queue, protocol.encoding, protocol.config = deque(), "utf8", manager.config
        manager.protocol = protocol
        self._manager = manager
        try:
            await self._login()
        except BaseException:
            manager.close()
            raise
        self._pinging = asyncio.ensure_future(self._ping())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pinging is not None:
            self._pinging.cancel()
        if self._manager is not None:
            self._manager.close()

    async def _login(self) -> None:
        answer = await self._send("Login", {"Username": self._user, "Secret": self._secret, "Events": "off"})
        if not answer.success:
            raise IvrError(
                "Asterisk's manager refuses the login",
                where=self._where,
                mend="the secret in IVR_HOME belongs to another Asterisk; restart the hotline",
            )

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            try:
                await self._send("Ping", {})
            except IvrError:
                assert self._manager is not None
                self._manager.close()  # ends what waits for an answer
                return

    async def _send(self, action: str, values: Mapping[str, str], *, several: bool = False) -> Any:
        # panoramisk guesses from the text of an answer whether more will follow, wrongly after QueueAdd
        assert self._manager is not None, "use 'async with'"
        for name, value in values.items():
            if not value.isprintable():
                raise IvrError(f"{name} has a character that cannot be sent", where=action)
        if self._manager.protocol.closed:
            raise IvrError("the connection to Asterisk ended", where=self._where)
        future = self._manager.send_action({"Action": action, **values}, as_list=None if several else False)
        try:
            return await asyncio.wait_for(future, ANSWER_S)
        except asyncio.TimeoutError:
            raise IvrError(
                f"no answer to {action} within {ANSWER_S:g} s", where=self._where, mend="ivr doctor says more"
            ) from None

    async def _do(self, action: str, values: Mapping[str, str], so_already: str = "") -> None:
        """``so_already``: the end of the refusal of what is so without it."""
        answer = await self._send(action, values)
        if not answer.success and not (so_already and answer.message.endswith(so_already)):
            raise IvrError(f"Asterisk refuses: {answer.message}", where=action)

    async def queue_add(
        self,
        queue: str,
        interface: str,
        name: str,
        penalty: int = 0,
        paused: bool = False,
        state_of: str = "",
    ) -> None:
        """Sign the seat ``interface`` (``PJSIP/1001``) in as the agent ``name``. ``state_of``: what is busy or there in its
        stead."""
        values = {"Queue": queue, "Interface": interface, "MemberName": name, "Penalty": str(penalty)}
        values |= {"Paused": "true"} if paused else {}
        values |= {"StateInterface": state_of} if state_of else {}
        await self._do("QueueAdd", values, "Already there")

    async def queue_remove(self, queue: str, interface: str) -> None:
        """Sign the seat out."""
        await self._do("QueueRemove", {"Queue": queue, "Interface": interface}, "Not there")

    async def queue_penalty(self, queue: str, interface: str, penalty: int) -> None:
        """Give the seat another penalty in the queue."""
        await self._do("QueuePenalty", {"Queue": queue, "Interface": interface, "Penalty": str(penalty)})

    async def queue_pause(self, interface: str, paused: bool, reason: str = "", queue: str = "") -> None:
        """Pause the seat, or end its pause, in one queue or in all."""
        values = {"Interface": interface, "Paused": "true" if paused else "false"}
        more = {"Reason": reason, "Queue": queue}
        await self._do("QueuePause", values | {name: value for name, value in more.items() if value})

    async def queue_log(
        self, name: str, *, call: str = "", agent: str = "", data: str = "", queue: str = "NONE"
    ) -> None:
        """Have Asterisk write a line into its queue_log."""
        values = {
            "Queue": queue,
            "Event": name,
            "Uniqueid": call,
            "Interface": agent or "NONE",
            "Message": data,
        }
        await self._do("QueueLog", {key: value for key, value in values.items() if value})

    async def watch(self, names: Collection[str], take: Callable[[Mapping[str, str]], None]) -> None:
        """Hand the events called ``names`` to ``take`` from now on, each as its headers in lower case."""
        assert self._manager is not None, "use 'async with'"
        for name in names:
            self._manager.register_event(name, lambda _manager, event: take(event))
        await self._do("Events", {"EventMask": "on"})

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self._manager is None or self._manager.protocol.closed

    async def originate(
        self,
        channel: str,
        ids: tuple[str, str],
        to: tuple[str, str],
        variables: Mapping[str, str],
        timeout_s: int,
    ) -> None:
        """Make the Local channel ``channel`` whose halves have these ``ids``, and run its first half in ``to``, context and
        extension, once the second is answered. Where there are channels with the ids already, nothing is made."""
        values = {
            "Channel": channel,
            "ChannelId": ids[0],
            "OtherChannelId": ids[1],
            "Context": to[0],
            "Exten": to[1],
            "Priority": "1",
            "Timeout": str(timeout_s * 1000),
            "Async": "true",
            "Variable": ",".join(f"{name}={value}" for name, value in variables.items()),
        }
        await self._do("Originate", values)

    async def variable(self, channel: str, name: str) -> str:
        """A variable or function of a channel, "" where there is none, or no such channel any more."""
        answer = await self._send("Getvar", {"Channel": channel, "Variable": name})
        return str(answer.value) if answer.success else ""

    async def hear_key(self, channel: str, key: str) -> None:
        """Let the channel take ``key`` as if its caller had pressed it; nothing when there is no such channel any more."""
        await self._do("PlayDTMF", {"Channel": channel, "Digit": key, "Receive": "true"}, "Channel not found")

    async def queue_status(self, queue: str = "") -> QueueStatus:
        """One queue as it is now, or all of them."""
        events = await self._send("QueueStatus", {"Queue": queue} if queue else {}, several=True)
        if not isinstance(events, list):
            raise IvrError(f"Asterisk refuses: {events.message}", where="QueueStatus")
        return QueueStatus(
            tuple(event.queue for event in events if event.event == "QueueParams"),
            tuple(map(_member, (event for event in events if event.event == "QueueMember"))),
            tuple(map(_caller, (event for event in events if event.event == "QueueEntry"))),
        )


def _member(event: Any) -> QueueMember:
    return QueueMember(
        event.queue,
        event.location,
        event.name,
        _number(event.status),
        event.incall == "1",
        event.paused == "1",
        event.pausedreason,
        _number(event.callstaken),
        _number(event.penalty),
        _number(event.lastcall),
        _number(event.lastpause),
    )


def _caller(event: Any) -> QueueCaller:
    position, wait = _number(event.position), _number(event.wait)
    return QueueCaller(event.queue, event.uniqueid, position, wait, event.channel)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
