"""Agents consult, hold and hand callers over: who then talks with whom, and whose time is whose."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.e2e.calls import Call
from tests.e2e.hotline import Line
from tests.e2e.rtp import Ear, alaw_decode, alaw_tone
from tests.e2e.scenarios import add_to
from tests.e2e.sipp import SeatPhone
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
TALK_S = 2.0  #: short, and longer than the whole seconds of queue_log


def lines(line: Line, name: str, agent: str = "") -> list[list[str]]:
    """The lines of queue_log for an event, of all agents or of one."""
    return [fields for fields in line.queue_log() if fields[4] == name and agent in ("", fields[3])]


def connected(line: Line, staff: str, seen: int = 0) -> None:
    """Wait until the agent talks with somebody, for the time after ``seen`` other calls."""
    wait_for(lambda: len(lines(line, "CONNECT", staff)) > seen, f"{staff} talks")


def in_a_talk(line: Line, staff: str = "1041", **how: Any) -> tuple[Call, SeatPhone]:
    """A caller who talks with the agent, at 1001."""
    line.sign_in(staff, "1001")
    phone = line.seat("1001")
    seen = len(lines(line, "CONNECT", staff))
    call = line.call(["9"], **how, **({} if "ear" in how else {"breathes": True}))
    call.press_all()
    connected(line, staff, seen)
    return call, phone


def consulting(line: Line, number: str) -> Call:
    """The seat 1001 has a second call, which is answered; where it is to a queue, it waits there."""
    before = len(lines(line, "ENTERQUEUE"))
    second = line.dial_from_seat("1001", number, breathes=True)
    wait_for(lambda: second.phone.status() == 200, "the consultation is answered")
    if number.startswith("*6"):
        wait_for(lambda: len(lines(line, "ENTERQUEUE")) > before, "the seat waits")
    return second


def expert(line: Line, staff: str, seat: str = "1002", **phone: Any) -> SeatPhone:
    """An agent for complaints, on a break."""
    line.agent(staff)
    line.cli("agent", "skill", staff, "complaints:2")
    found = line.seat(seat, **phone)
    line.sign_in(staff, seat)
    line.cli("agent", "pause", staff, "--seat", seat)
    return found


def consultation(line: Line, call: Call) -> dict[str, Any]:
    """The last entry of the queue of complaints, once it has ended and the caller is known."""
    done = "SELECT 1 FROM queue_entries WHERE queue = 'complaints' AND caller_masked = ? AND (ended_at IS NOT NULL OR outcome <> 'answered') AND outcome <> 'waiting'"  # fmt: skip
    wait_for(lambda: line.rows(done, call.masked), "the consultation in SQL")
    return next(row for row in line.read("queue", "list", "--limit", "9") if row["queue"] == "complaints")


@scenario
def a_held_caller_hears_music_and_is_handed_over_to_a_colleague_after_consulting(line: Line) -> None:
    moh = (
        line.asterisk.root / "moh" / "tone.alaw"
    )  # it stays there: the other calls of this hotline hear it, too
    moh.write_bytes(alaw_tone(440) * 20)
    line.console("moh reload")
    ear = Ear()
    try:
        call, phone = in_a_talk(line, ear=ear.port, keys_by="info")
        began = time.monotonic()
        phone.hold()
        wait_for(lambda: loud(ear), "music")
        colleague = expert(line, "1044")
        second = consulting(line, "1002")
        time.sleep(TALK_S)  # they consult
        phone.hand_over(second.phone)
        assert second.ended(10).by == "hotline"
        phone.hang_up()
        assert phone.ended(10).clean
        talked = time.monotonic() - began
        wait_for(lambda: not loud(ear), "no music any more: they are together")
        time.sleep(TALK_S)  # they talk
        colleague.hang_up()
        assert call.ended(60).by == "hotline"
    finally:
        ear.close()
    (entry,) = call.story().entries
    assert (entry["agent"], entry["outcome"], entry["ended_by"]) == ("1041", "answered", "attended")
    assert entry["hold_s"] >= 1
    whole = entry["talk_s"] + entry["hold_s"]
    assert 1 <= whole <= talked + 8  # the greeting belongs to it, the colleague's time does not
    (line_,) = [fields for fields in lines(line, "ATTENDEDTRANSFER") if fields[1] == call.uniqueid()]
    assert int(line_[-2]) <= talked + 1
    ended = "SELECT 1 FROM legs WHERE call_uniqueid = ? AND ended_at IS NOT NULL"
    wait_for(lambda: line.rows(ended, call.uniqueid()), "the colleague's leg has ended")
    (leg,) = call.story()["legs"]
    assert (leg["kind"], leg["from"], leg["seat"], leg["agent"]) == ("attended", "1001", "1002", "1044")
    assert leg["consult_s"] >= 1  # until the end of the first agent's talk, which is told in whole seconds
    assert TALK_S - 1 <= leg["talk_s"] <= TALK_S + 8  # with the caller, after the first agent's talk


def loud(ear: Ear) -> bool:
    """Whether the last half second had sound."""
    last = [payload for at, _, payload in list(ear.heard) if at > time.monotonic() - 0.5]
    return len(last) > 15 and float(np.abs(alaw_decode(b"".join(last))).mean()) > 300


@scenario
def a_caller_is_handed_over_to_whoever_the_queue_found(line: Line) -> None:
    other = expert(line, "1042")
    call, phone = in_a_talk(line)
    phone.hold()
    second = consulting(line, "*62")
    line.console("queue unpause member PJSIP/1002")
    connected(line, "1042")
    phone.hand_over(second.phone)
    assert second.ended(10).by == "hotline"
    handed_over = time.monotonic()
    time.sleep(TALK_S)
    other.hang_up()
    talked = time.monotonic() - handed_over
    assert call.ended(60).by == "hotline"
    entry = consultation(line, call)
    assert (entry["outcome"], entry["agent"], entry["ended_by"]) == ("answered", "1042", "agent")
    assert entry["talk_s"] >= TALK_S - 1  # with the caller, and before with the colleague
    (first,) = call.story().entries
    assert (first["agent"], first["ended_by"]) == ("1041", "attended")
    both = line.rows(
        "SELECT ended_at FROM queue_entries WHERE call_uniqueid IN (?, ?) ORDER BY queue DESC",
        call.uniqueid(), entry["call"],
    )  # fmt: skip
    assert len(both) == 2
    assert both[0][0] < both[1][0]  # the first agent's time was over before
    assert talked >= TALK_S


@scenario
def a_caller_takes_the_agent_s_place_in_the_queue(line: Line) -> None:
    other = expert(line, "1043")
    call, phone = in_a_talk(line)
    phone.hold()
    second = consulting(line, "*62")
    phone.hand_over(second.phone)
    assert second.ended(10).by == "hotline"
    phone.hang_up()
    assert phone.ended(10).clean
    line.console("queue unpause member PJSIP/1002")
    connected(line, "1043")
    other.hang_up()
    assert call.ended(60).by == "hotline"
    entry = consultation(line, call)
    assert (entry["outcome"], entry["agent"]) == ("answered", "1043")
    assert call.story().entries[0]["ended_by"] == "attended"
    assert "感谢您的来电" in call.story().said[-1]


@scenario
def who_asks_a_queue_and_goes_back_to_the_caller_abandons_nothing(line: Line) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    expert(line, "1044")
    call, phone = in_a_talk(line)
    phone.hold()
    second = consulting(line, "*62")
    second.hang_up()
    phone.resume()
    wait_for(lambda: any("CSeq: 3 ACK" in text for _, text in phone.log()), "the caller is held no more")
    phone.hang_up()
    assert call.ended(60).by == "hotline"
    (entry,) = call.story().entries
    assert (entry["outcome"], entry["ended_by"]) == ("answered", "agent")
    withdrawn = "SELECT 1 FROM queue_entries WHERE queue = 'complaints' AND outcome = 'withdrawn'"
    wait_for(lambda: line.rows(withdrawn), "withdrawn, in SQL")
    row = next(r for r in line.read("queue", "stats", "--from", since) if r["queue"] == "complaints")
    assert (row["offered"], row["withdrawn"], row["abandoned"]) == (1, 1, 0)


@scenario
def a_caller_who_was_handed_over_and_gives_up_has_abandoned(line: Line) -> None:
    expert(line, "1045")
    call, phone = in_a_talk(line)
    phone.hold()
    second = consulting(line, "*62")
    phone.hand_over(second.phone)
    assert second.ended(10).by == "hotline"
    call.hang_up()
    assert consultation(line, call)["outcome"] == "abandoned"


@scenario
def an_agent_is_reached_by_staff_number_wherever_they_sit(line: Line) -> None:
    other = line.seat("1004", calls=2)
    line.sign_in("1046", "1004")
    line.cli("agent", "pause", "1046", "--seat", "1004")
    call, phone = in_a_talk(line)
    second = consulting(line, "*71046")
    second.hang_up()
    phone.hand_over("*71046")
    wait_for(lambda: sum("INVITE sip" in text for _, text in other.log()) >= 2, "the agent's phone rings")
    wait_for(lambda: len(line.channels()) == 2 and call.is_in("Dial"), "they talk")
    other.hang_up()
    assert call.ended(30).by == "hotline"
    (entry,) = call.story().entries
    assert (entry["agent"], entry["ended_by"]) == ("1041", "blind")
    assert line.dial_from_seat("1001", "*79999").ended(20).status in (404, 480, 503, 603)


@scenario
def a_caller_whom_nobody_takes_at_the_other_phone_comes_back_to_the_queue(line: Line) -> None:
    line.seat("1003", reject=True)
    call, phone = in_a_talk(line)
    line.seat("1002", ring_s=0.1, talk_s=2)
    line.console("queue add member PJSIP/1002 to operator penalty 1 as 1047")
    phone.hand_over("1003")
    assert call.ended(60).by == "hotline"
    first, second = call.story().entries
    assert (first["agent"], first["ended_by"]) == ("1041", "blind")
    assert (second["queue"], second["agent"], second["outcome"]) == ("operator", "1047", "answered")


@scenario
def no_way_leads_out(line: Line) -> None:
    for number in ("*62", "*71041", "home1041", "complaints", "1001"):
        assert line.call(number=number).ended(10).status == 404, number
    for number in ("*69", "*7", "home1041", "13800001234", "*713800001234"):
        assert line.dial_from_seat("1001", number).ended(20).status in (404, 480, 603), number
    call, phone = in_a_talk(line)
    for tries, number in enumerate(("13800001234", "home1041", "*51"), 1):
        phone.hand_over(number)
        wait_for(lambda tries=tries: refusals(phone) == tries, f"{number} is refused")
    phone.hang_up()  # the caller is still there
    assert call.ended(60).by == "hotline"
    assert call.story().entries[0]["ended_by"] == "agent"


def refusals(phone: SeatPhone) -> int:
    """How many times the phone was told that there is no such number."""
    told = [text for way, text in phone.log() if way == "received" and text.startswith("NOTIFY ")]
    return sum("SIP/2.0 404" in text for text in told)


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_handing_over(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
