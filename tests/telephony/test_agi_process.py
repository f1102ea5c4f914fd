"""One call as one process: pyst2 underneath, lines over pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.dialogue.actions import Ask
from ivr.rail.answers import Answer
from ivr.telephony import agi_process
from tests.telephony.fake_agi import CLOCK, FakeChannel, MemoryJournal, answer_of, sound, tickets


@pytest.fixture(autouse=True)
def _signal() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    assert signal.getsignal(signal.SIGHUP) is before


def run(
    channel: FakeChannel,
    *,
    conversation: Any = tickets,
    answer: Callable[[Ask], Answer] = answer_of,
    script: Callable[[Any, Any], None] | None = None,
    sounds: Any = lambda phrases, slower: list(map(sound, phrases)),
) -> tuple[int, MemoryJournal]:
    """Run the process's main function here, with Asterisk in a thread behind pipes."""
    journal = MemoryJournal()
    read_in, write_in = os.pipe()
    read_out, write_out = os.pipe()
    to_us, from_us = os.fdopen(write_in, "wb", 0), os.fdopen(read_out, "rb", 0)

    def asterisk() -> None:
        with contextlib.suppress(BrokenPipeError), to_us, from_us:
            if script:
                script(to_us, from_us)
                return
            to_us.write(channel.head("/opt/agi_scripts/hotline.py"))
            while line := from_us.readline():
                to_us.write(channel.answer(line))

    thread = threading.Thread(target=asterisk)
    thread.start()
    stdin, stdout = os.fdopen(read_in, "rb", 0), os.fdopen(write_out, "wb", 0)
    try:
        code = agi_process.run(
            "hotline", conversation, sounds, answer, journal, CLOCK, stdin=stdin, stdout=stdout
        )
    finally:
        stdin.close()
        stdout.close()
        thread.join(10)
    assert not thread.is_alive()
    return code, journal


def test_a_call_to_its_end(capfd: pytest.CaptureFixture[str]) -> None:
    channel = FakeChannel(keys=["4", "123456"])
    code, journal = run(channel)
    assert code == 0
    assert channel.variables["IVR_DONE"] == "1"
    assert channel.played[-1] == ["/sounds/zh/for 123456"]
    assert journal.ended == ["completed"]
    out, err = capfd.readouterr()
    assert out == ""
    assert "123456" not in err
    assert "13800005678" not in err


@pytest.mark.parametrize("at", range(12))
def test_a_hangup_at_any_step(at: int) -> None:
    channel = FakeChannel(keys=["4", "123456"], hangup_at=at)
    code, journal = run(channel)
    assert code == 0
    assert journal.steps[-1].outcome == "hung_up"
    assert len(journal.ended) == 1


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_refused_command_of_several_lines_changes_no_step(at: int) -> None:
    channel = FakeChannel(keys=["9"], usage_error_at=at)
    assert run(channel)[0] == 0
    assert channel.variables["IVR_DONE"] == "1"


@pytest.mark.parametrize("sent", [b"", b"agi_x: y\n", b"GET / HTTP/1.1\n\n", b"agi_x: y\n\n", b"x" * 100_000])
def test_what_is_no_head_fails_with_one_line(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    code, journal = run(FakeChannel(), script=lambda to_us, from_us: to_us.write(sent))
    assert code == 1
    assert len(caplog.records) == 1
    assert journal.begun == []


@pytest.mark.parametrize("after", range(6))
def test_the_end_of_stdin_is_a_hangup(after: int) -> None:
    channel = FakeChannel(keys=["4", "123456"])

    def script(to_us: Any, from_us: Any) -> None:
        to_us.write(channel.head())
        for _ in range(after):
            to_us.write(channel.answer(from_us.readline()))

    code, journal = run(channel, script=script)
    assert code == 0
    assert journal.ended == ["hung_up"]


def test_sighup_ends_the_wait_for_an_answer() -> None:
    began = time.monotonic()

    def answer(ask: Ask) -> Answer:
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(2)
        return answer_of(ask)

    code, journal = run(FakeChannel(keys=["4", "123456"]), answer=answer)
    assert code == 0
    assert journal.ended == ["hung_up"]
    assert time.monotonic() - began < 1.5


def test_a_late_or_failing_answer_is_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(agi_process, "ANSWER_S", 0.1)
    ends = threading.Event()

    def late(ask: Ask) -> Answer:
        ends.wait(5)
        return answer_of(ask)

    def fails(ask: Ask) -> Answer:
        raise ValueError(ask.args["train"])

    for answer in (late, fails):
        channel = FakeChannel(keys=["4", "123456"])
        assert run(channel, answer=answer)[0] == 0
        assert channel.played[-1] == ["/sounds/zh/error"]
    ends.set()
    assert "123456" not in caplog.text


def test_a_dialogue_that_fails_leaves_the_caller_to_the_fallback(caplog: pytest.LogCaptureFixture) -> None:
    def conversation(call: Any) -> Any:
        yield from ()
        raise KeyError(call.caller)

    channel = FakeChannel()
    code, journal = run(channel, conversation=conversation)
    assert code == 1
    assert journal.ended == ["failed"]
    assert "IVR_DONE" not in channel.variables
    assert "13800005678" not in caplog.text


PROGRAM = """
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from ivr.telephony import agi_process
from tests.telephony.fake_agi import CLOCK, MemoryJournal, answer_of, sound, tickets

def sounds(phrases, slower):
    print("a library prints")
    os.write(1, b"a C library prints")
    subprocess.run(["sh", "-c", "echo a child prints; cat"])
    return [sound(phrase) for phrase in phrases]

sys.exit(agi_process.run("hotline", tickets, sounds, answer_of, MemoryJournal(), CLOCK))
"""


def test_nothing_but_commands_reaches_asterisk() -> None:
    root = str(Path(__file__).resolve().parents[2])
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    guard = threading.Timer(20, program.kill)
    guard.start()
    try:
        assert None not in (program.stdin, program.stdout, program.stderr)
        channel = FakeChannel(keys=["4", "123456"])
        program.stdin.write(channel.head())
        program.stdin.flush()
        while line := program.stdout.readline():
            program.stdin.write(channel.answer(line))
            program.stdin.flush()
        errors = program.stderr.read().decode()
        assert program.wait(10) == 0
        assert {command.split()[0] for command in channel.commands} == {"GET", "SET", "EXEC"}
        assert channel.variables["IVR_DONE"] == "1"
        for words in ("a library prints", "a C library prints", "a child prints"):
            assert words in errors
    finally:
        guard.cancel()
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout, program.stderr):
            stream.close()
