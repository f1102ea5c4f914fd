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
            if action["Action"] in ("QueueAdd", "QueueRemove", "QueuePause", "QueuePenalty")
        ]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """A manager that answers at the port of the settings."""
    manager = Manager()
    monkeypatch.setenv("IVR_AMI_PORT", str(manager.port))
    yield manager
    manager.stop()


@pytest.fixture
def ready(ivr, tables: None):
    """The command line with tables."""
    return ivr


def test_a_pin_is_made_and_shown_once(ready, home: Path) -> None:
    made = ready("agent", "add", "1023", "--name", "甲班", "--json").document
    assert (made["staff"], made["name"], len(made["pin"])) == ("1023", "甲班", 6)
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
    ready("agent", "add", "1023", "--name", "甲班")
    log = tmp_path / "queue_log"
    log.write_text("1770685200|c|operator|1023|ADDMEMBER|\n1770685210|c|operator|1023|PAUSE|lunch\n")
    ready("queue", "ingest", log)
    assert ready("agent", "list", "--json").document == [
        {
            "staff": "1023",
            "name": "甲班",
            "active": True,
            "state": "paused",
            "since": "2026-02-10T09:00:10+08:00",
            "queues": ["operator"],
            "pause_reason": "lunch",
            "skills": {},
        }
    ]
    assert ready("agent", "list").out.splitlines()[1].split() == [
        "1023", "甲班", "paused", "2026-02-10", "09:00:10", "operator", "lunch", "-",
    ]  # fmt: skip


def test_the_number_at_home_is_shown_masked_and_forgotten(
    ready, manager: Manager, home: Path, monkeypatch
) -> None:
    ready("agent", "add", "1023")
    assert ready("agent", "home", "1023").out == "agent 1023 at home: no number\n"
    assert (
        ready("agent", "home", "1023", "--number", "13800001234").out == "agent 1023 at home: 138****1234\n"
    )
    assert b"13800001234" not in (home / "ivr.db").read_bytes()
    assert "IVR_TRUNK_OUT" in ready("agent", "login", "1023", "--seat", "home").err
    monkeypatch.setenv("IVR_TRUNK_OUT", "127.0.0.1:5070")
    assert ready("agent", "login", "1023", "--seat", "home").code == 0
    assert manager.asked[-1]["Interface"] == "Local/1023@home-agents/n"
    assert ready("agent", "home", "1023", "--clear", "--json").document == {"staff": "1023", "number": None}
    assert "ivr agent home 1023" in ready("agent", "login", "1023", "--seat", "home").err
    for words, code in (
        (("1023", "--number", "sip:x"), 2),
        (("1023", "--number", ""), 2),
        (("9", "--clear"), 1),
    ):
        fault = ready("agent", "home", *words)
        assert (fault.code, fault.err.count("\n")) == (code, 1)
    assert ready("agent", "home", "1023", "--number", "1", "--clear").code == 2


def test_an_agent_is_signed_in_where_the_skills_allow_paused_and_signed_out(ready, manager: Manager) -> None:
    ready("agent", "add", "1023")
    ready("agent", "add", "1024")
    ready("agent", "skill", "1024", "tickets:2")
    for words in (("pause", "--reason", "lunch"), ("unpause",), ("logout",)):
        assert ready("agent", words[0], "1023", "--seat", "1001", *words[1:]).code == 0
    assert (
        ready("agent", "login", "1023", "--seat", "1001").out
        == "agent 1023 is signed in already at seat 1001\n"
    )
    assert ready("agent", "login", "1024", "--seat", "1001").out == "agent 1024 is signed in at seat 1001\n"
    phone = {"Interface": "PJSIP/1001"}
    seat = {"Queue": "operator", **phone}
    assert manager.asked == [
        {"Action": "QueuePause", **phone, "Paused": "true", "Reason": "lunch"},
        {"Action": "QueuePause", **phone, "Paused": "false"},
        {"Action": "QueueRemove", **seat},
        # the manager's answers never change: 1023 sits there at penalty 0, and leaves for 1024
        {"Action": "QueuePenalty", **seat, "Penalty": "1"},
        {"Action": "QueueRemove", **seat},
        {"Action": "QueueAdd", **seat, "MemberName": "1024", "Penalty": "1"},
        {"Action": "QueueAdd", **seat, "Queue": "tickets", "MemberName": "1024", "Penalty": "2"},
    ]


def test_skills_are_shown_given_and_taken_away(ready) -> None:
    ready("agent", "add", "1023")
    assert ready("agent", "skill", "1023").out == "agent 1023: no skill, so the general queue only\n"
    assert (
        ready("agent", "skill", "1023", "tickets", "complaints:3").out
        == "agent 1023: complaints:3 tickets:1\n"
    )
    assert ready("agent", "skill", "1023", "--drop", "tickets", "--json").document == {
        "staff": "1023",
        "skills": {"complaints": 3},
    }
    assert ready("agent", "list").out.splitlines()[1].split()[-1] == "complaints:3"
    for words, code, says in (
        (("1023", "ticket:1"), 2, "no skill 'ticket'"),
        (("1023", "tickets:10"), 2, "from 1, the best, to 9"),
        (("1023", "--drop", "tickets"), 1, "does not have the skill tickets"),
        (("9", "tickets:1"), 1, "no agent"),
    ):
        fault = ready("agent", "skill", *words)
        assert (fault.code, fault.err.count("\n")) == (code, 1)
        assert says in fault.err


def test_a_staff_list_is_checked_as_a_whole(ready, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("工号,姓名,技能\n1023,甲班,tickets:2\n1024,乙班,ticket:2\n12x,,\n", "utf-8-sig")
    fault = ready("agent", "import", file)
    assert fault.code == 1
    assert fault.err.splitlines() == [
        f"ivr: {file}:3: there is no skill 'ticket'; known are: operator, tickets, complaints, lost_property, groups, english",
        f"{file}:4: staff number '12x' is wrong; 1 to 10 digits",
    ]
    assert "No agents yet" in ready("agent", "list").out
    file.write_text("工号,姓名,密码,技能\n1023,甲班,,tickets:2\n1024,乙班,4711,\n", "utf-8-sig")
    shown = ready("agent", "import", file, "--json").document
    assert [(row["staff"], row["what"], row["pin"] is not None) for row in shown] == [
        ("1023", "added", True),
        ("1024", "added", False),
    ]
    assert ready("agent", "import", file).out == "0 added, 1 changed, 1 as before\n"
    for path, says in ((tmp_path / "none.csv", "cannot be read"), (tmp_path, "")):
        fault = ready("agent", "import", path)
        assert fault.code == 2
        assert says in fault.err
    file.write_bytes("工号\n".encode("gb18030"))
    assert "is not UTF-8" in ready("agent", "import", file).err


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
