"""Agents with two phones, behind a NAT, and at home."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from ivr.errors import IvrError
from tests.e2e.calls import Call
from tests.e2e.conftest import QUICK
from tests.e2e.hotline import Line, read_apart, running
from tests.e2e.scenarios import Own, by_name
from tests.e2e.sipp import SeatPhone, free_port
from tests.e2e.waits import wait_for

BEHIND_NAT = "10.9.9.9:5066"  #: what a softphone behind a NAT says of itself; nobody is there
MOBILE = "13800009999"
RING_S = 8


@contextlib.contextmanager
def centre(lonely: Line) -> Iterator[Line]:
    """A hotline whose seats may have two phones, and with a line out."""
    settings = QUICK | {
        "IVR_RING_S": str(RING_S),
        "IVR_SEATS": "1001-1003,1006",
        "IVR_SEAT_PHONES": "2",
        "IVR_TRUNK_OUT": f"127.0.0.1:{free_port()}",
    }
    with running("", lonely, **settings) as line:
        yield line


def calling(line: Line) -> Call:
    call = line.call(["9"], breathes=True)
    call.press_all()
    return call


def rings(phone: SeatPhone) -> int:
    """How many calls have come to the phone."""
    return len(
        {re.findall(r"(?m)^Call-ID: *(\S+)", text)[0] for _, text in phone.log() if "INVITE sip" in text}
    )


def talks(line: Line, call: Call) -> bool:
    """Whether the record has the caller talking."""
    talking = (
        "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND outcome = 'answered' AND ended_at IS NULL"
    )
    return bool(line.rows(talking, call.uniqueid()))


def home_phone(line: Line, **how: object) -> SeatPhone:
    """The agent's own phone, out there: the trunk brings calls to it."""
    folder = line.folder / f"home{len(line.phones)}"
    port = int(line.settings.trunk_out.rpartition(":")[2])
    phone = SeatPhone(folder, line.at, "", "", port=port, **how)  # type: ignore[arg-type]
    line.phones.append(phone)
    return phone


def sign_in_at_home(line: Line, staff: str) -> None:
    line.agent(staff)
    line.cli("agent", "home", staff, "--number", MOBILE)
    line.cli("agent", "login", staff, "--seat", "home")


def an_agent_with_two_phones_is_rung_at_both_and_has_one_call(line: Line) -> None:
    desk = line.seat("1006", ring_s=None, calls=9)
    softphone = line.seat("1006", ring_s=0.5, contact=BEHIND_NAT, calls=9)
    line.sign_in("1051", "1006")
    shown = line.console("queue show operator")
    assert len(re.findall(r"(?m)^ +1051 \(Local/1006@phones from PJSIP/1006\)", shown)) == 1
    first = calling(line)
    wait_for(lambda: talks(line, first), "the softphone has the call")
    assert (rings(desk), rings(softphone)) == (1, 1)
    assert any("CANCEL sip" in text for _, text in desk.log())
    second = calling(line)
    wait_for(lambda: second.is_in("Queue"), "the second caller waits")
    (agent,) = line.read("queue", "live", "--once")["agents"]
    assert (agent["staff"], agent["seat"], agent["state"]) == ("1051", "1006", "talking")
    softphone.hand_over("*60")
    wait_for(lambda: len(first.line.rows("SELECT 1 FROM queue_entries WHERE call_uniqueid = ?", first.uniqueid())) == 2, "handed over")  # fmt: skip
    softphone.stop()
    desk.stop()
    for call in (first, second):
        call.hang_up()
    story = first.story()
    assert story.attempts[0] == ("1051", "answered")
    assert [outcome for _, outcome in story.attempts].count("answered") <= 2
    assert (story.entries[0]["agent"], story.entries[0]["ended_by"]) == ("1051", "blind")


def an_agent_at_home_takes_a_call_with_a_key_and_a_voicemail_does_not(line: Line) -> None:
    phone = home_phone(line, ring_s=0.2, calls=2)
    sign_in_at_home(line, "1052")
    assert line.read("agent", "home", "1052") == {"staff": "1052", "number": "138****9999"}
    call = calling(line)
    wait_for(lambda: asked(line), "who answers is asked for a key")
    wait_for(lambda: rings(phone) == 2 and asked(line), "nobody pressed one, so it rings again", 40)
    assert not talks(line, call)
    phone.press()
    wait_for(lambda: talks(line, call), "they talk")
    (agent,) = line.read("queue", "live", "--once")["agents"]
    assert (agent["seat"], agent["state"]) == ("home", "talking")
    phone.hang_up()
    assert call.ended(60).by == "hotline"
    story = call.story()
    assert story.attempts == [("1052", "no_answer"), ("1052", "answered")]
    assert {re.findall(r"INVITE sip:(\S+?)@", text)[0] for _, text in phone.log() if text.startswith("INVITE")} == {MOBILE}  # fmt: skip
    for log in (line.settings.home / "log" / "serve.log", line.asterisk.messages, line.asterisk.queue_log):
        assert MOBILE not in log.read_text()
    assert MOBILE.encode() not in read_apart(line.settings.home / "ivr.db")
    line.cli("agent", "logout", "1052", "--seat", "home")
    assert "1052" not in line.console("queue show operator")


def asked(line: Line) -> bool:
    """Whether who answered outside is asked for a key now."""
    return any(c.name.startswith("PJSIP/trunk") and c.context == "home-confirm" for c in line.channels())


def agents_and_figures_outlive_asterisk_and_our_programs(line: Line) -> None:
    line.seat("1001", ring_s=0.1)
    line.seat("1006", ring_s=0.1, talk_s=2)
    line.sign_in("1053", "1001")
    line.sign_in("1054", "1006")
    line.cli("agent", "pause", "1054", "--seat", "1006", "--reason", "用餐")
    sign_in_at_home(line, "1055")
    line.cli("agent", "pause", "1055", "--seat", "home", "--reason", "小休")
    wait_for(lambda: states(line)["1055"] == ("paused", "小休"), "all in the record")
    talking = calling(line)
    wait_for(lambda: talks(line, talking), "one talks")
    waiting = calling(line)
    wait_for(lambda: waiting.is_in("Queue") and waiting.uniqueid(), "one waits")
    before, members = states(line), board(line)
    assert {members[staff][1:] for staff in ("1054", "1055")} == {("paused", "用餐"), ("paused", "小休")}
    for pid in (
        *line.processes(f"-C {line.asterisk.conf}"),
        *line.processes("serve agi"),
        *line.processes("serve recorder"),
    ):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: {**board(line), "1053": 0} == {**members, "1053": 0}, "the same agents as before", 60)
    line.stop_phones()
    assert states(line) == before
    for call, outcome in ((talking, "answered"), (waiting, "lost")):
        assert wait_for(partial(lost, line, call), f"{outcome} in SQL") == outcome
    line.seat("1006", ring_s=0.1, talk_s=2)
    line.cli("agent", "logout", "1053", "--seat", "1001")
    line.cli("agent", "unpause", "1054", "--seat", "1006")
    call = calling(line)
    assert call.ended(60).by == "hotline"
    assert call.story().attempts[-1] == ("1054", "answered")


def lost(line: Line, call: Call) -> str:
    """The outcome of the entry that a restart has ended; "" while it has not."""
    query = "SELECT outcome FROM queue_entries WHERE call_uniqueid = ? AND 'lost' IN (outcome, ended_by)"
    return next((row[0] for row in line.rows(query, call.uniqueid())), "")


def states(line: Line) -> dict[str, tuple[str, str | None]]:
    """Staff number → state and reason, by the record."""
    return {row["staff"]: (row["state"], row["pause_reason"]) for row in line.read("agent", "list")}


def board(line: Line) -> dict[str, tuple[str, str, str]]:
    """Staff number → seat, whether paused, and why, by Asterisk; nothing while it is down."""
    with contextlib.suppress(IvrError, AssertionError):
        agents = line.read("queue", "live", "--once")["agents"]
        return {
            one["staff"]: (one["seat"], "paused" if one["state"] == "paused" else "", one["reason"] or "")
            for one in agents
        }
    return {}


SCENARIOS = by_name(
    an_agent_with_two_phones_is_rung_at_both_and_has_one_call,
    an_agent_at_home_takes_a_call_with_a_key_and_a_voicemail_does_not,
    agents_and_figures_outlive_asterisk_and_our_programs,
)
OWN = [Own(centre, SCENARIOS)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_phones(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
