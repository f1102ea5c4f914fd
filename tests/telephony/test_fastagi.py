"""The FastAGI server with callers, hangups, faults, and clients that mean it no good."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialogue.actions import Ask, Gather, Hangup, Record
from ivr.dialogue.events import HungUp
from ivr.errors import IvrError
from ivr.rail.answers import Answer
from ivr.speech.phrase import Phrase
from ivr.telephony import fastagi
from ivr.telephony.agi_dialogue import MESSAGE_PLACE
from ivr.telephony.fastagi import FastAgiServer, event_loop
from tests.telephony.fake_agi import (
    CLOCK,
    FakeChannel,
    MemoryJournal,
    answer_of,
    phrases,
    seat,
    sound,
    tickets,
)


async def sounds_of(phrases: Sequence[Phrase], slower: bool = False) -> list[str]:
    return [sound(phrase) for phrase in phrases]


async def answer(ask: Ask) -> Answer:
    return answer_of(ask)


@contextlib.asynccontextmanager
async def server(
    *, conversation: Any = tickets, sounds: Any = sounds_of, answer: Any = answer, **more: Any
) -> AsyncIterator[tuple[int, MemoryJournal]]:
    journal = MemoryJournal()
    one = FastAgiServer("127.0.0.1", 0, conversation, sounds, answer, journal, CLOCK, **more)
    await one.start()
    try:
        yield one.port, journal
    finally:
        await one.stop(grace_s=0.2)


def run(test: Callable[[], Coroutine[Any, Any, None]], limit_s: float = 20) -> None:
    """Run an async test on the loop that the server uses, with an end."""
    loop = event_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(test(), limit_s))
        assert not asyncio.all_tasks(loop)
    finally:
        loop.close()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        await asyncio.sleep(0.01)


async def healthy(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"agi_network_script: health\n\n")
        return await asyncio.wait_for(reader.read(), 2) == b"HEALTHY\n"
    finally:
        writer.close()


@pytest.mark.parametrize("script", ["hotline", "hotline?menu=1", "hotline/"])
def test_a_call_to_its_end(script: str) -> None:
    async def test() -> None:
        async with server() as (port, journal):
            channel = FakeChannel(keys=["4", "123456"])
            await channel.call(port, script)
            assert channel.variables["IVR_DONE"] == "1"
            assert channel.played[-1] == ["/sounds/zh/for 123456"]
            assert journal.ended == ["completed"]
            assert [step.outcome for step in journal.steps][-1] == "completed"

    run(test)


@pytest.mark.parametrize("at", range(12))
def test_a_hangup_at_any_step(at: int) -> None:
    async def test() -> None:
        async with server() as (port, journal):
            await FakeChannel(keys=["4", "123456"], hangup_at=at).call(port)
            assert journal.steps[-1].outcome == "hung_up"
            assert len(journal.ended) == 1

    run(test)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_refused_command_of_several_lines_changes_no_step(at: int) -> None:
    async def test() -> None:
        async with server() as (port, _):
            channel = FakeChannel(keys=["9"], usage_error_at=at)
            await channel.call(port)
            assert channel.variables["IVR_NEXT"] == "queue"
            assert channel.variables["IVR_DONE"] == "1"

    run(test)


def test_the_other_routes() -> None:
    async def test() -> None:
        async with server(conversation=seat) as (port, journal):
            channel = FakeChannel(channel="PJSIP/1001-0000000a", args=("51",))
            await channel.call(port, "agent")
            assert journal.ended == ['sign_in of 1023,"x" at 1001']
            unknown = FakeChannel()
            await unknown.call(port, "nonsense")
            assert unknown.commands == []
            assert await healthy(port)

    run(test)


@pytest.mark.parametrize("end", ["HANGUP\n", ""])
def test_a_hangup_during_a_query_is_known_at_once(end: str) -> None:
    asked, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(ask: Ask) -> Answer:
        asked.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Answer("late")

    async def test() -> None:
        async with server(answer=slow) as (port, journal):
            channel = FakeChannel(keys=["4", "123456"])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(channel.head())
            while not asked.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    writer.write(channel.answer(await asyncio.wait_for(reader.readline(), 0.3)))
            began = time.monotonic()
            if end:
                writer.write(end.encode())
            else:
                writer.write_eof()
            assert await reader.read() == b""
            assert time.monotonic() - began < 1
            await cancelled.wait()
            assert journal.ended == ["hung_up"]
            writer.close()

    run(test)


def test_late_and_failing_answers_are_errors_and_their_text_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fastagi, "ANSWER_S", 0.1)

    async def late(ask: Ask) -> Answer:
        await asyncio.sleep(10)
        return answer_of(ask)

    async def stubborn(ask: Ask) -> Answer:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        raise ValueError("late")

    async def fails(ask: Ask) -> Answer:
        raise ValueError(ask.args["train"])

    async def gives_up(ask: Ask) -> Answer:
        raise asyncio.CancelledError

    async def test() -> None:
        for answer in (late, stubborn, fails, gives_up):
            async with server(answer=answer) as (port, _):
                channel = FakeChannel(keys=["4", "123456"])
                await channel.call(port)
                assert channel.played[-1] == ["/sounds/zh/error"]
                assert channel.variables["IVR_DONE"] == "1"

    run(test)
    assert "123456" not in caplog.text
    assert "ValueError at " in caplog.text


def test_without_sounds_the_dialogue_goes_on() -> None:
    async def none(phrases: Sequence[Phrase], slower: bool = False) -> list[str]:
        raise OSError("disk")

    async def test() -> None:
        async with server(sounds=none) as (port, _):
            channel = FakeChannel(keys=["9"])
            await channel.call(port)
            assert channel.played == [[""]]
            assert channel.variables["IVR_NEXT"] == "queue"

    run(test)


def test_a_dialogue_that_fails_is_logged_once_and_leaves_the_caller_to_the_fallback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def conversation(call: Any) -> Any:
        yield from ()
        raise KeyError(call.caller)

    async def test() -> None:
        async with server(conversation=conversation) as (port, journal):
            channel = FakeChannel()
            await channel.call(port)
            assert journal.ended == ["failed"]
            assert "IVR_DONE" not in channel.variables

    run(test)
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert "13800005678" not in caplog.text


def test_an_asterisk_that_never_replies_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastagi, "REPLY_S", 0.1)

    async def test() -> None:
        async with server() as (port, journal):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(FakeChannel().head())
            assert (await reader.read()).count(b"\n") == 1
            writer.close()
            assert journal.begun == []

    run(test)


def test_a_reply_that_nothing_asked_for_ends_the_call() -> None:
    async def waits(ask: Ask) -> Answer:
        await asyncio.sleep(1)
        return answer_of(ask)

    async def test() -> None:
        async with server(answer=waits) as (port, journal):
            channel = FakeChannel(keys=["4", "123456"])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(channel.head())
            while line := await reader.readline():
                reply = channel.answer(line)
                writer.write(reply if len(channel.commands) < 9 else reply * 2)
            writer.close()
            assert journal.ended == ["failed"]

    run(test)


HOSTILE = {
    "closes at once": [],
    "no newline": [b"x" * 100_000],
    "no end": [b"agi_a: b\n" * 100_000],
    "another protocol": [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    "half a head": [b"agi_network_script: hotl"],
    "empty head": [b"\n\n"],
    "no id": [b"agi_network_script: hotline\n\n"],
    "not a reply": [FakeChannel().head(), b"\x00\xff\n"],
    "endless reply": [FakeChannel().head(), b"520-" + b"x" * 200_000],
}


@pytest.mark.parametrize("chunks", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_clients_stop_nobody(chunks: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with server() as (port, journal):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                for chunk in chunks:
                    writer.write(chunk)
                    await asyncio.wait_for(writer.drain(), 2)
            good = FakeChannel(keys=["9"])
            await good.call(port)
            assert good.variables["IVR_DONE"] == "1"
            assert await healthy(port)
            writer.transport.abort()

    run(test)
    assert "Traceback" not in caplog.text


def test_a_slow_head_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastagi, "HEAD_S", 0.3)

    async def test() -> None:
        async with server() as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            began = time.monotonic()
            ended = asyncio.ensure_future(reader.read())
            while not ended.done() and time.monotonic() - began < 3:
                writer.write(b"a")
                await asyncio.sleep(0.05)
            assert 0.2 < time.monotonic() - began < 2
            with contextlib.suppress(ConnectionError):
                await ended
            writer.close()

    run(test)


def test_calls_and_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastagi, "_SPARE", 2)

    async def test() -> None:
        async with server(most_calls=2) as (port, journal):
            held = []
            for _ in range(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(FakeChannel().head())
                await reader.readline()
                held.append(writer)
            third = FakeChannel(keys=["9"])
            await third.call(port)
            assert third.commands == []  # the dialplan's fallback takes it
            assert await healthy(port)
            for _ in range(2):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                held.append(writer)
            await asyncio.sleep(0)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            held.append(writer)
            for writer in held:
                writer.transport.abort()
            await until(lambda: len(journal.begun) == len(journal.ended))
            after = FakeChannel(keys=["9"])
            for _ in range(100):
                await after.call(port)
                if after.commands:
                    break
                await asyncio.sleep(0.01)
            assert after.variables["IVR_DONE"] == "1"

    run(test)


def test_many_calls_at_once_and_the_probe_answers() -> None:
    async def test() -> None:
        async with server() as (port, journal):
            channels = [FakeChannel(keys=["4", "123456"]) for _ in range(150)]
            calls = asyncio.gather(*(channel.call(port) for channel in channels))
            assert await healthy(port)
            await calls
            assert all(channel.variables["IVR_DONE"] == "1" for channel in channels)
            assert journal.ended == ["completed"] * 150

    run(test)


def test_stop_lets_calls_end_and_then_ends_them() -> None:
    async def test() -> None:
        journal = MemoryJournal()
        one = FastAgiServer("127.0.0.1", 0, tickets, sounds_of, answer, journal, CLOCK)
        await one.start()
        channel = FakeChannel(keys=["9"])
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(channel.head())
        line = await reader.readline()
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", one.port)
        idle.write(FakeChannel().head())
        idle.write(FakeChannel().answer(await idle_reader.readline()))
        await until(lambda: len(journal.begun) == 1)
        stopping = asyncio.ensure_future(one.stop(grace_s=0.5))
        while line:
            writer.write(channel.answer(line))
            line = await reader.readline()
        assert channel.variables["IVR_DONE"] == "1"
        await stopping
        assert sorted(journal.ended) == ["failed", "transferred"]
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", one.port)
        await one.stop()
        writer.close()
        idle.close()

    run(test)


def test_a_port_in_use_is_one_clear_line() -> None:
    async def test() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            one = FastAgiServer("127.0.0.1", port, tickets, sounds_of, answer, MemoryJournal(), CLOCK)
            with pytest.raises(IvrError, match=f"127.0.0.1:{port}: the AGI server cannot listen"):
                await one.start()
            await one.stop()

    run(test)


def test_a_reset_connection_is_a_hangup(caplog: pytest.LogCaptureFixture) -> None:
    """The caller's end is gone without a farewell while nothing listens to it: uvloop then refuses to write."""

    def conversation(call: Any) -> Any:
        yield Gather(phrases("menu"), 1, 5, 3)
        yield Record(5, 2)
        event = yield Hangup("completed")
        return "hung_up" if isinstance(event, HungUp) else "completed"

    async def kept(ask: Ask) -> Answer:
        if ask.query == MESSAGE_PLACE:
            return Answer("ready", {"path": "/x.wav"})
        await asyncio.sleep(0.3)  # the reset comes meanwhile
        return Answer("recorded")

    async def test() -> None:
        async with server(conversation=conversation, answer=kept) as (port, journal):
            channel = FakeChannel(keys=["4"])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(channel.head())
            while b"RECORD" not in (line := await reader.readline()):
                writer.write(channel.answer(line))
            writer.write(b"200 result=0 (timeout) endpos=16000\n")
            await asyncio.sleep(0.05)
            lingers = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
            writer.transport.abort()
            await until(lambda: bool(journal.ended))
            assert journal.ended == ["hung_up"]

    run(test)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_callers_who_hang_up_while_queries_run_in_threads_leave_no_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are answered, some leave with a word, a farewell or a reset; then the server stops with queries under way."""
    chance = random.Random(12306)
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    monkeypatch.setattr(threading, "excepthook", ignored.append)
    threads = ThreadPoolExecutor(8)

    def look_up(ask: Ask, seconds: float) -> Answer:
        time.sleep(seconds)
        if seconds > 0.04:
            raise OSError("the database is gone")
        return answer_of(ask)

    async def in_a_thread(ask: Ask) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, look_up, ask, chance.uniform(0, 0.05))

    async def caller(port: int) -> None:
        channel = FakeChannel(keys=["4", "123456"])
        patience, manner = chance.randint(1, 14), chance.choice(["stays", "word", "farewell", "reset"])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(channel.head())
            while line := await reader.readline():
                patience -= 1
                if patience or manner == "stays":
                    writer.write(channel.answer(line))
                    continue
                await asyncio.sleep(chance.uniform(0, 0.03))
                if manner == "word":
                    writer.write(b"HANGUP\n")
                elif manner == "farewell":
                    writer.write_eof()
                else:
                    lingers = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
                    writer.transport.abort()
                    break
        writer.close()

    async def test() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: ignored.append(context))
        async with server(answer=in_a_thread) as (port, journal):
            await asyncio.gather(*(caller(port) for _ in range(150)))
            await until(lambda: len(journal.begun) == len(journal.ended))
            last = [asyncio.ensure_future(caller(port)) for _ in range(30)]
            await asyncio.sleep(0.02)
        await asyncio.gather(*last, return_exceptions=True)

    run(test)
    threads.shutdown()
    gc.collect()
    assert ignored == []
    assert "Traceback" not in caplog.text
    failed = [record.getMessage() for record in caplog.records if "call " in record.getMessage()]
    assert not failed, failed


replies = st.sampled_from(
    [
        b"200 result=1 (OK:4)\n",
        b"200 result=1 (TIMEOUT:)\n",
        b"200 result=0\n",
        b"200 result=-1\n",
        b"HANGUP\n",
        b"511 x\n",
        b"520-x\n",
        b"520 y\n",
        b"100 t\n",
        b"510 z\n",
        b"\n",
    ]
)


@settings(max_examples=60)
@given(st.lists(st.one_of(replies, st.binary(max_size=30)), max_size=25), st.booleans())
def test_any_stream_ends_and_raises_nothing(chunks: list[bytes], head: bool) -> None:
    async def test() -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        async with server() as (port, journal):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                writer.write((FakeChannel().head() if head else b"") + b"".join(chunks))
                writer.write_eof()
                await reader.read()
            writer.close()
            assert await healthy(port)
            assert len(journal.begun) == len(journal.ended)
        assert faults == []

    run(test)


def test_awaitables_that_are_not_needed_are_not_left_behind(recwarn: pytest.WarningsRecorder) -> None:
    async def test() -> None:
        async with server() as (port, journal):
            await FakeChannel(keys=["4", "123456"], hangup_at=0).call(port)
            assert journal.ended == ["hung_up"]

    run(test)
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]
