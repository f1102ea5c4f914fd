"""``ivr queue live``: one document, one screen, and a stream of what changes."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest

from ivr import roster
from ivr.acd.board import QueueCaller, QueueMember
from ivr.errors import IvrError
from ivr.telephony.ami import QueueStatus
from tests.commands.conftest import Ivr

ANSWERED = """\
{0}|c1|operator|NONE|ENTERQUEUE||13800001234|1
{1}|c1|operator|1023|CONNECT|4|x|1
{2}|c1|operator|1023|COMPLETECALLER|4|60|1
"""


class Manager:
    """Asterisk's side: one status after the other, then Ctrl-C."""

    def __init__(self, *answers: QueueStatus | IvrError) -> None:
        self.answers = list(answers)

    async def __aenter__(self) -> Manager:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def queue_status(self) -> QueueStatus:
        if not self.answers:
            raise KeyboardInterrupt
        answer = self.answers.pop(0)
        if isinstance(answer, IvrError):
            raise answer
        return answer


def status(wait_s: int = 75, paused: bool = False) -> QueueStatus:
    members = (
        QueueMember("operator", "PJSIP/1001", "1023", 1, False, paused, "小休" if paused else "", 3, 1),
        QueueMember("tickets", "PJSIP/1001", "1023", 1, False, paused, "小休" if paused else "", 1, 4),
    )
    return QueueStatus(
        ("of_the_site", "tickets", "operator"), members, (QueueCaller("tickets", "9.1", 1, wait_s),)
    )


@pytest.fixture
def asterisk(monkeypatch: pytest.MonkeyPatch):
    """Let Asterisk answer this."""

    def answers(*given: QueueStatus | IvrError) -> None:
        manager = Manager(*given)
        monkeypatch.setattr(roster, "manager", lambda _settings: manager)

    monkeypatch.setattr("ivr.commands.queue_live.EVERY_S", 0)
    return answers


@pytest.fixture
def ready(ivr: Ivr, tmp_path: Path, tables: None) -> Ivr:
    """A home with an agent, and one call answered today."""
    ivr("agent", "add", "1023", "--name", "甲班")
    second = int(time.time()) - 100
    log = tmp_path / "queue_log"
    log.write_text(ANSWERED.format(second, second + 4, second + 64))
    ivr("queue", "ingest", log)
    return ivr


def test_one_document(ready: Ivr, asterisk) -> None:
    asterisk(status())
    board = ready("queue", "live", "--once", "--json").document
    assert datetime.fromisoformat(board["at"]).utcoffset() is not None
    operator, tickets, own = board["queues"]
    assert (operator["queue"], operator["label"], tickets["queue"], own["queue"]) == (
        "operator", "咨询", "tickets", "of_the_site",
    )  # fmt: skip
    assert (tickets["waiting"], tickets["longest_wait_s"], tickets["agents"]["free"]) == (1, 75, 1)
    assert (operator["waiting"], operator["longest_wait_s"], own["agents"]["free"]) == (0, None, 0)
    assert (operator["offered"], operator["answer_rate"], operator["standard_met"]) == (1, 1.0, True)
    assert operator["standard"] in (0.85, 0.5)
    assert tickets["offered"] is None
    assert board["callers"] == [{"queue": "tickets", "position": 1, "wait_s": 75, "call": "9.1"}]
    assert board["agents"] == [
        {
            "staff": "1023", "name": "甲班", "seat": "1001", "state": "free", "reason": None, "since_s": None,
            "calls": 4, "queues": {"operator": 1, "tickets": 4},
        }
    ]  # fmt: skip


def test_the_screen(ready: Ivr, asterisk) -> None:
    asterisk(status(paused=True))
    shown = ready("queue", "live", "--once").out
    assert "tickets     票务" in shown
    assert "1:15" in shown
    assert "paused 小休" in shown
    assert "operator:1 tickets:4" in shown
    assert max(map(len, shown.splitlines())) <= 100
    asterisk(QueueStatus(("operator",), (), ()))
    assert "Nobody is signed in." in ready("queue", "live", "--once").out
    asterisk(status(), IvrError("no connection"), status())
    assert "no connection" in ready("queue", "live").out


def test_a_line_for_each_change(ready: Ivr, asterisk) -> None:
    asterisk(status(75), status(76), status(76, paused=True), status(77, paused=True))
    lines = ready("queue", "live", "--json").out.splitlines()
    assert ['"state": "paused"' in line for line in lines] == [False, True]


def test_asterisk_that_is_down(ready: Ivr, asterisk) -> None:
    asterisk(IvrError("Asterisk's manager does not answer"))
    fault = ready("queue", "live", "--once")
    assert (fault.code, fault.err.count("\n")) == (1, 1)
