from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.store.agents import verify_pin
from ivr.store.database import open_engine


class Manager:
    """Asterisk's side of the manager connection: seat 1001 is signed in as 1023. Keeps what it is asked."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode().strip()
                action = dict(line.split(": ", 1) for line in block.split("\r\n"))
                self.actions.append(action)
                messages = ["Response: Success\r\nMessage: fine"]
                if action["Action"] == "QueueStatus":
                    messages = [
                        "Response: Success\r\nEventList: start\r\nMessage: Queue status will follow",
                        "Event: QueueMember\r\nQueue: operator\r\nName: 1023\r\nLocation: PJSIP/1001\r\nStatus: 1"
                        "\r\nInCall: 0\r\nPaused: 0\r\nPausedReason: \r\nCallsTaken: 0",
                        "Event: QueueStatusComplete\r\nEventList: Complete\r\nListItems: 1",
                    ]
                for message in messages:
                    writer.write(f"{message}\r\nActionID: {action['ActionID']}\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def asked(self) -> list[dict[str, str]]:
        return [
            {key: value for key, value in action.items() if key != "ActionID"}
            for action in self.actions
            if action["Action"] in ("QueueAdd", "QueueRemove", "QueuePause")
        ]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """A manager that answers at the port of the settings."""
    manager = Manager()
    monkeypatch.setenv("IVR_AMI_PORT", str(manager.port))
    yield manager
    manager.stop()


@pytest.fixture
def ready(ivr):
    """The command line with tables."""
    assert ivr("db", "upgrade").code == 0
    return ivr


def test_a_pin_is_made_and_shown_once(ready, home: Path) -> None:
    made = ready("agent", "add", "1023", "--name", "王芳", "--json").document
    assert (made["staff"], made["name"], len(made["pin"])) == ("1023", "王芳", 6)
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    assert verify_pin(engine, "1023", made["pin"])
    engine.dispose()
    assert made["pin"] not in ready("agent", "list").out


def test_a_pin_that_was_given_is_not_shown(ready, home: Path) -> None:
    assert ready("agent", "add", "1023", "--pin", "4711").out == "agent 1023 added\n"
    assert ready("agent", "add", "1024", "--pin-stdin", stdin="4712\n").out == "agent 1024 added\n"
    engine = open_engine(f"sqlite:///{home / 'ivr.db'}")
    assert verify_pin(engine, "1023", "4711")
    assert verify_pin(engine, "1024", "4712")
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("1023", "--pin", "1", "--pin-stdin"), 2),
        (("1023", "--pin", "47"), 2),
        (("abc",), 2),
        (("99",), 1),
    ],
)
def test_what_cannot_be_added(ready, words: tuple[str, ...], code: int) -> None:
    ready("agent", "add", "99")
    fault = ready("agent", "add", *words)
    assert (fault.code, fault.err.count("\n")) == (code, 1)


def test_agents_with_their_state(ready, tmp_path: Path) -> None:
    assert "No agents yet" in ready("agent", "list").out
    ready("agent", "add", "1023", "--name", "王芳")
    log = tmp_path / "queue_log"
    log.write_text("1770685200|c|operator|1023|ADDMEMBER|\n1770685210|c|operator|1023|PAUSE|lunch\n")
    ready("queue", "ingest", log)
    assert ready("agent", "list", "--json").document == [
        {
            "staff": "1023",
            "name": "王芳",
            "active": True,
            "state": "paused",
            "since": "2026-02-10T09:00:10+08:00",
            "queues": ["operator"],
            "pause_reason": "lunch",
        }
    ]
    assert ready("agent", "list").out.splitlines()[1].split() == [
        "1023", "王芳", "paused", "2026-02-10", "09:00:10", "operator", "lunch",
    ]  # fmt: skip


def test_an_agent_is_signed_in_paused_and_signed_out(ready, manager: Manager) -> None:
    ready("agent", "add", "1023")
    seat = {"Queue": "operator", "Interface": "PJSIP/1001"}
    assert ready("agent", "login", "1023", "--seat", "1001").code == 0
    assert ready("agent", "pause", "1023", "--seat", "1001", "--reason", "lunch").code == 0
    assert ready("agent", "unpause", "1023", "--seat", "1001").code == 0
    assert ready("agent", "logout", "1023", "--seat", "1001").code == 0
    assert manager.asked == [
        {"Action": "QueueAdd", **seat, "MemberName": "1023"},
        {"Action": "QueuePause", **seat, "Paused": "true", "Reason": "lunch"},
        {"Action": "QueuePause", **seat, "Paused": "false"},
        {"Action": "QueueRemove", **seat},
    ]


def test_nobody_else_is_signed_out_or_in_by_mistake(ready, manager: Manager) -> None:
    ready("agent", "add", "1024")
    for words, code in (
        (("login", "9999", "--seat", "1001"), 1),
        (("login", "1024", "--seat", "2001"), 2),
        (("logout", "1024", "--seat", "1001"), 1),
        (("pause", "1023", "--seat", "1002"), 1),
    ):
        fault = ready("agent", *words)
        assert (fault.code, fault.err.count("\n")) == (code, 1), fault.err
    assert manager.asked == []


def test_asterisk_that_is_down_is_told_in_one_line(ready, manager: Manager) -> None:
    ready("agent", "add", "1023")
    manager.stop()
    fault = ready("agent", "login", "1023", "--seat", "1001")
    assert (fault.code, fault.err.count("\n")) == (1, 1)
    assert "ivr doctor" in fault.err
