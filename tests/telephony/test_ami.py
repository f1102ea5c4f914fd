"""The manager's connection: whole characters, one line for every failure, nothing sent twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from ivr.errors import IvrError
from ivr.telephony import ami
from ivr.telephony.ami import AmiClient, QueueCaller, QueueMember


class FakeManager:
    """Asterisk's side. ``answers``: action → its answer's lines, ``None`` to stay silent, "close" to hang up."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.answers: dict[str, str | None] = {
            "Login": "Response: Success\r\nMessage: Authentication accepted"
        }
        self.chunk = 10_000

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while block := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = [line.split(": ", 1) for line in block.strip().split("\r\n")]
                action = {name: value for name, value in lines}  # noqa: C416
                self.actions.append(action)
                answer = self.answers.get(action["Action"], "Response: Success\r\nMessage: fine")
                if answer == "close":
                    break
                if answer is None:
                    continue
                first, *events = answer.split("\n\n")
                for message in (first, *events):
                    data = f"{message}\r\nActionID: {action['ActionID']}\r\n\r\n".encode()
                    for at in range(0, len(data), self.chunk):
                        writer.write(data[at : at + self.chunk])
                        await writer.drain()
                        await asyncio.sleep(0)
        writer.close()


@contextlib.asynccontextmanager
async def manager() -> AsyncIterator[tuple[FakeManager, int]]:
    fake = FakeManager()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    try:
        yield fake, server.sockets[0].getsockname()[1]
    finally:
        server.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


STATUS = """Response: Success\r\nEventList: start\r\nMessage: Queue status will follow

Event: QueueParams\r\nQueue: operator\r\nMax: 0

Event: QueueMember\r\nQueue: operator\r\nName: 工号1023\r\nLocation: PJSIP/1001\r\nStatus: 1\r\nInCall: 0\r\nPaused: 1\r\nPausedReason: 午休\r\nCallsTaken: 7\r\nPenalty: 3

Event: QueueEntry\r\nQueue: operator\r\nPosition: 2\r\nChannel: PJSIP/trunk-1\r\nUniqueid: 17.5\r\nWait: 42

Event: QueueStatusComplete\r\nEventList: Complete\r\nListItems: 3"""


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_the_queues_however_the_bytes_are_cut(chunk: int) -> None:
    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueStatus"], fake.chunk = STATUS, chunk
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                status = await client.queue_status("operator")
            assert status.queues == ("operator",)
            assert status.members == (
                QueueMember("operator", "PJSIP/1001", "工号1023", 1, False, True, "午休", 7, 3),
            )
            assert status.callers == (QueueCaller("operator", "17.5", 2, 42, "PJSIP/trunk-1"),)

    run(test)


def test_a_seat_is_signed_in_paused_and_out() -> None:
    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueAdd"] = "Response: Success\r\nMessage: Added interface to queue"
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                await client.queue_add("operator", "PJSIP/1001", "1023", 3)
                await client.queue_pause("PJSIP/1001", True, "lunch")
                await client.queue_pause("PJSIP/1001", False)
                await client.queue_penalty("operator", "PJSIP/1001", 2)
                await client.queue_remove("operator", "PJSIP/1001")
            sent = [{k: v for k, v in action.items() if k != "ActionID"} for action in fake.actions]
            seat = {"Queue": "operator", "Interface": "PJSIP/1001"}
            assert sent == [
                {"Action": "Login", "Username": "ivr", "Secret": "s", "Events": "off"},
                {"Action": "QueueAdd", **seat, "MemberName": "1023", "Penalty": "3"},
                {"Action": "QueuePause", "Interface": "PJSIP/1001", "Paused": "true", "Reason": "lunch"},
                {"Action": "QueuePause", "Interface": "PJSIP/1001", "Paused": "false"},
                {"Action": "QueuePenalty", **seat, "Penalty": "2"},
                {"Action": "QueueRemove", **seat},
            ]

    run(test)


def test_what_is_so_already_is_no_fault() -> None:
    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueAdd"] = "Response: Error\r\nMessage: Unable to add interface: Already there"
            fake.answers["QueueRemove"] = "Response: Error\r\nMessage: Unable to remove interface: Not there"
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                await client.queue_add("operator", "PJSIP/1001", "1023")
                await client.queue_remove("operator", "PJSIP/1001")
            assert [action["Action"] for action in fake.actions] == ["Login", "QueueAdd", "QueueRemove"]

    run(test)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Response: Error\r\nMessage: No such queue", "QueueAdd: Asterisk refuses: No such queue"),
        ("close", "the connection to Asterisk ended"),
        (None, "no answer to QueueAdd within"),
    ],
)
def test_a_failed_action_is_one_line(
    answer: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami, "ANSWER_S", 0.3)

    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueAdd"] = answer
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                with pytest.raises(IvrError, match=message):
                    await client.queue_add("operator", "PJSIP/1001", "1023")
                if answer == "close":
                    with pytest.raises(IvrError, match="ended"):
                        await client.queue_remove("operator", "PJSIP/1001")
            assert [action["Action"] for action in fake.actions] == ["Login", "QueueAdd"]

    run(test)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Response: Error\r\nMessage: Authentication failed", "refuses the login"),
        ("close", "ended"),
        (None, "no answer to Login"),
    ],
)
def test_a_failed_login_is_one_line(
    answer: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami, "ANSWER_S", 0.3)

    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["Login"] = answer
            with pytest.raises(IvrError, match=message) as caught:
                async with AmiClient("127.0.0.1", port, "ivr", "geheim"):
                    pass
            assert "geheim" not in str(caught.value)

    run(test)


def test_no_manager_is_one_line() -> None:
    async def test() -> None:
        async with manager() as (_, port):
            pass
        with pytest.raises(IvrError, match=rf"127.0.0.1:{port}: Asterisk's manager does not answer"):
            async with AmiClient("127.0.0.1", port, "ivr", "s"):
                pass

    run(test)


def test_a_refused_list_and_a_value_that_would_add_a_header() -> None:
    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueStatus"] = "Response: Error\r\nMessage: Permission denied"
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                with pytest.raises(IvrError, match="Permission denied"):
                    await client.queue_status()
                with pytest.raises(IvrError, match="cannot be sent"):
                    await client.queue_add("operator", "PJSIP/1001", "x\r\nAction: Originate")
            assert [action["Action"] for action in fake.actions] == ["Login", "QueueStatus"]

    run(test)


def test_a_ping_without_answer_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "PING_EVERY_S", 0.05)

    async def test() -> None:
        async with manager() as (fake, port), AmiClient("127.0.0.1", port, "ivr", "s") as client:
            while sum(action["Action"] == "Ping" for action in fake.actions) < 2:
                await asyncio.sleep(0.01)
            fake.answers |= {"Ping": None, "QueueRemove": None}
            monkeypatch.setattr(ami, "ANSWER_S", 0.2)
            waiting = asyncio.ensure_future(client.queue_remove("operator", "PJSIP/1001"))
            with pytest.raises(IvrError):
                await waiting
            while not client._manager.protocol.closed:  # type: ignore[union-attr]
                await asyncio.sleep(0.01)

    run(test)


def test_a_message_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "_MOST_BYTES", 10_000)

    async def test() -> None:
        async with manager() as (fake, port):
            fake.answers["QueueRemove"] = "X: " + "x" * 100_000
            async with AmiClient("127.0.0.1", port, "ivr", "s") as client:
                with pytest.raises(IvrError, match="ended"):
                    await client.queue_remove("operator", "PJSIP/1001")

    run(test)
