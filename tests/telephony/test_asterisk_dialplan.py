"""The rendered dialplan on the real Asterisk: every way a call can go, seen in queue_log and by the phones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telephony.asterisk_bench import Bench, bench, wait_for

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("home"), IVR_QUEUE_TIMEOUT_S="4", IVR_CALL_LIMIT_S="3") as started:
        yield started
        # Whatever the calls did, the dialplan itself was never at fault.
        faults = [x for x in started.home.messages.read_text().splitlines() if "ERROR" in x or "pbx" in x]
        assert faults == []


@pytest.fixture
def line(running: Bench) -> Iterator[Bench]:
    running.forget()
    yield running
    running.forget()


def test_starts_without_a_warning(running: Bench) -> None:
    assert [x for x in running.home.messages.read_text().splitlines() if "WARNING" in x or "ERROR" in x] == []


def test_an_orderly_goodbye_is_a_begin_and_an_end(line: Bench) -> None:
    with line.agi_server(hotline={"IVR_NEXT": "hangup"}) as agi:
        assert line.call().wait(15) == 0
    assert len(agi.asked("hotline")) == 1
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    begin, end = line.events()
    assert begin[:5] == ["CALLBEGIN", "NONE", "NONE", "13800001234", "12306"]
    assert abs(float(begin[5]) - time.time()) < 15
    assert len(begin[5].split(".")[1]) == 3
    assert end[:4] == ["CALLEND", "NONE", "NONE", "16"]


def test_another_number_is_not_there(line: Bench) -> None:
    with line.agi_server() as agi:
        assert line.call(number="95105105").wait(15) != 0
        assert line.call(number="1001").wait(15) != 0
    assert agi.requests == []
    assert line.events() == []


def test_a_caller_cannot_be_a_seat(line: Bench) -> None:
    """The trunk's address is the seats' address: a seat's name in From asks for the seat's password."""
    with line.agi_server() as agi:
        assert line.call(caller="1001").wait(15) != 0
        assert line.call(caller="trunk").wait(15) == 0  # an endpoint's name that no From can claim: a caller
    assert line.register("1002", line.sip_ports[0], password="wrong") != 0
    assert line.register("trunk", line.sip_ports[0], password="wrong") != 0
    assert len(agi.requests) == 1


def test_server_down_queues_the_caller(line: Bench) -> None:
    seat = line.seat("1001", talk_ms=500)
    line.sign_in("1001", "1023")
    called = time.monotonic()
    caller = line.call()
    wait_for(lambda: "CONNECT" in line.names(), "an agent answers", 5)
    assert time.monotonic() - called < 3  # and no AGI is in the way of the bridge
    assert caller.wait(15) == 0
    assert seat.wait(5) == 0
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    wait_for(lambda: "COMPLETEAGENT" in line.names(), "COMPLETEAGENT")  # written a little after CALLEND
    assert line.names()[:4] == ["CALLBEGIN", "FALLBACK", "ENTERQUEUE", "CONNECT"]
    assert line.events()[1] == ["FALLBACK", "NONE", "NONE", "FAILURE"]
    assert line.events()[3][1:3] == ["operator", "1023"]


def test_server_killed_in_mid_call_queues_the_caller(line: Bench) -> None:
    line.sign_in("1001", "1023")
    line.register("1001", line.sip_ports[1])
    with line.agi_server(hotline="die"):
        line.call(hold_ms=1500)
        wait_for(lambda: "ABANDON" in line.names(), "ABANDON")
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert [n for n in line.names() if n != "RINGCANCELED"] == [
        "CALLBEGIN", "FALLBACK", "ENTERQUEUE", "ABANDON", "CALLEND",
    ]  # fmt: skip
    assert line.events()[1][3] == "SUCCESS"  # what Asterisk says of a killed server


def test_agent_answers_and_the_caller_is_told_who(line: Bench) -> None:
    seat = line.seat("1001", talk_ms=700)
    line.sign_in("1001", "1023")
    with line.agi_server(
        hotline={
            "IVR_NEXT": "queue",
            "IVR_QUEUE": "operator",
            "IVR_PART": "menu.agent",
            "IVR_SKILL": "tickets",
        },
        after_queue={"IVR_NEXT": "hangup"},
    ) as agi:
        assert line.call().wait(20) == 0
        assert seat.wait(5) == 0
    assert agi.asked("connected")[0]["MEMBERNAME"] == "1023"
    after = agi.asked("after_queue")[0]
    assert (after["agi_arg_1"], after["agi_arg_2"]) == ("CONTINUE", "menu.agent")
    assert "|operator|NONE|OPTION|menu.agent|tickets\n" in line.home.queue_log.read_text()
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    wait_for(lambda: "COMPLETEAGENT" in line.names(), "COMPLETEAGENT")
    assert line.names()[:3] == ["CALLBEGIN", "ENTERQUEUE", "CONNECT"]


def test_a_server_frozen_at_the_connect_bridges_once_it_is_killed(line: Bench) -> None:
    line.seat("1001", talk_ms=700)
    line.sign_in("1001", "1023")
    with line.agi_server(hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"}, connected="freeze") as agi:
        caller = line.call()
        wait_for(lambda: agi.asked("connected"), "the agent answers")
    assert caller.wait(15) == 0
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    wait_for(lambda: "COMPLETEAGENT" in line.names(), "COMPLETEAGENT")
    assert line.names()[:3] == ["CALLBEGIN", "ENTERQUEUE", "CONNECT"]


def test_nobody_signed_in_is_written_as_a_refused_join(line: Bench) -> None:
    with line.agi_server(
        hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"}, after_queue={"IVR_NEXT": "hangup"}
    ) as agi:
        assert line.call().wait(15) == 0
    assert agi.asked("after_queue")[0]["agi_arg_1"] == "JOINEMPTY"
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert line.names() == ["CALLBEGIN", "JOINEMPTY", "CALLEND"]
    assert line.events()[1] == ["JOINEMPTY", "operator", "NONE", ""]


def test_a_signed_in_agent_without_a_phone_is_nobody(line: Bench) -> None:
    line.sign_in("1005", "1023")
    try:
        with line.agi_server(hotline={"IVR_NEXT": "queue"}, after_queue={"IVR_NEXT": "hangup"}):
            assert line.call().wait(15) == 0
        wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
        assert line.names() == ["CALLBEGIN", "JOINEMPTY", "CALLEND"]
    finally:
        line.ask("queue remove member PJSIP/1005 from operator")


@pytest.mark.parametrize(
    ("ahead", "rung"),
    [({}, False), ({"IVR_PRIORITY": "2"}, True), ({"IVR_PLACE": "1796000000"}, True)],
    ids=["as others", "before others", "waited before"],
)
def test_who_is_ahead_may_ring_all_levels_at_once(line: Bench, ahead: dict[str, str], rung: bool) -> None:
    line.seat("1001", talk_ms=200)
    line.ask("queue add member PJSIP/1001 to operator penalty 5 as 1023")
    answers = {"IVR_NEXT": "queue", "IVR_QUEUE": "operator", "IVR_PRIORITY": "0", "IVR_LEVELS": "3"}
    with line.agi_server(hotline=answers | ahead, after_queue={"IVR_NEXT": "hangup"}):
        assert line.call().wait(20) == 0
    wait_for(lambda: "CALLEND" in line.names(), "the end")
    assert ("CONNECT" in line.names(), "EXITWITHTIMEOUT" in line.names()) == (rung, not rung)


def test_everybody_on_a_break_waits_until_the_time_is_over(line: Bench) -> None:
    line.register("1001", line.sip_ports[1])
    line.sign_in("1001", "1023")
    line.ask("queue pause member PJSIP/1001")
    with line.agi_server(
        hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"}, after_queue={"IVR_NEXT": "hangup"}
    ) as agi:
        assert line.call().wait(15) == 0
    assert agi.asked("after_queue")[0]["agi_arg_1"] == "TIMEOUT"
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert [n for n in line.names() if "PAUSE" not in n] == [
        "CALLBEGIN",
        "ENTERQUEUE",
        "EXITWITHTIMEOUT",
        "CALLEND",
    ]


def test_the_caller_can_be_queued_again_but_not_for_ever(line: Bench) -> None:
    with line.agi_server(
        hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "nowhere"},
        after_queue={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"},
    ) as agi:
        assert line.call().wait(20) == 0
    assert len(agi.asked("after_queue")) == 3
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert line.names() == ["CALLBEGIN", "JOINEMPTY", "JOINEMPTY", "JOINEMPTY", "CALLEND"]


def test_everything_down_says_sorry_and_hangs_up(line: Bench) -> None:
    called = time.monotonic()
    caller = line.call()
    channels = wait_for(
        lambda: "ivr-sorry" in (said := line.ask("core show channels concise")) and said, "ivr-sorry"
    )
    assert time.monotonic() - called < 3, channels
    assert caller.wait(15) == 0
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert line.names() == ["CALLBEGIN", "FALLBACK", "JOINEMPTY", "CALLEND"]


def test_the_menu_has_a_longest_time(line: Bench) -> None:
    with line.agi_server(hotline="idle"):
        called = time.monotonic()
        assert line.call().wait(15) == 0
        assert 2.5 < time.monotonic() - called < 6
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert line.names() == ["CALLBEGIN", "CALLEND"]


def test_the_talk_has_no_longest_time(line: Bench) -> None:
    line.seat("1001", talk_ms=4500)  # longer than the menu's limit of 3 s
    line.sign_in("1001", "1023")
    with line.agi_server(hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"}, after_queue={}):
        assert line.call().wait(20) == 0
    complete = wait_for(lambda: [e for e in line.events() if e[0] == "COMPLETEAGENT"], "COMPLETEAGENT")[0]
    assert int(complete[4]) >= 4


def test_caller_numbers_cannot_write_lines_of_their_own(line: Bench) -> None:
    with line.agi_server(hotline={}):
        assert line.call(caller="1%0A2%7C3").wait(15) == 0
    assert line.events()[0][:5] == ["CALLBEGIN", "NONE", "NONE", "123", "12306"]


@pytest.mark.parametrize("code", ["*51", "*52", "*53", "*54", "*534"])
def test_a_feature_code_asks_the_server_on_the_seats_channel(line: Bench, code: str) -> None:
    with line.agi_server(agent={}) as agi:
        assert line.seat_dials("1003", code) == 0
    asked = agi.asked("agent")[0]
    assert (asked["agi_arg_1"], asked["IVR_SEAT"]) == (code, "1003")


def test_a_seat_hears_when_the_server_is_down(line: Bench) -> None:
    assert line.seat_dials("1003", "*51", hold_ms=9000) == 0  # the congestion tone, then Asterisk hangs up


def test_a_seat_rings_a_seat_and_nothing_else(line: Bench) -> None:
    with line.agi_server() as agi:
        other = line.seat("1002", talk_ms=300)
        assert line.seat_dials("1001", "1002") == 0
        assert other.wait(5) == 0
        for number in ("12306", "95105105", "1006", "*50", "*530", "*5344", "013800001234"):
            assert line.seat_dials("1001", number) != 0, number
    assert agi.requests == []
    wait_for(lambda: "LEGEND" in line.names(), "LEGEND")
    assert line.names() == ["LEGBEGIN", "LEGEND"]


def test_an_agent_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    """A phone that is there but silent: its ring is given up, and the next agent is rung."""
    with bench(tmp_path, IVR_RING_S="2") as line:
        line.register("1001", line.sip_ports[5])  # registered, and then nobody listens there
        other = line.seat("1002", talk_ms=300)
        line.sign_in("1001", "1023")
        line.sign_in("1002", "1024")
        line.ask("queue set penalty 5 on PJSIP/1002 in operator")  # so that 1023 comes first
        with line.agi_server(hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"}, after_queue={}):
            caller = line.call()
            wait_for(lambda: "RINGNOANSWER" in line.names(), "RINGNOANSWER")
            line.ask("queue set penalty 0 on PJSIP/1002 in operator")
            assert caller.wait(15) == 0
            assert other.wait(5) == 0
        wait_for(lambda: "COMPLETEAGENT" in line.names(), "COMPLETEAGENT")
        assert [(e[0], e[2]) for e in line.events() if e[0] in {"RINGNOANSWER", "CONNECT"}][-1] == (
            "CONNECT",
            "1024",
        )
        assert ("RINGNOANSWER", "1023") in [(e[0], e[2]) for e in line.events()]


@pytest.mark.parametrize("way", ["event", "info", "tone"])
def test_keys_arrive_in_every_way(line: Bench, way: str) -> None:
    """As RTP events, as SIP INFO, and as tones in the sound when the phone offers nothing better."""
    with line.agi_server(hotline="keys") as agi:
        assert line.press("5", way).wait(20) == 0
    assert agi.keys == ["5"]


def test_agi_as_a_process(tmp_path: Path) -> None:
    with bench(tmp_path, IVR_AGI_MODE="process") as line:
        script = line.home.root / "agi-bin" / "hotline.py"
        script.write_text(
            '#!/bin/sh\nwhile read -r head && [ -n "$head" ]; do :; done\n'
            "for v in 'IVR_NEXT hangup' 'IVR_DONE 1'; do echo \"SET VARIABLE $v\"; read -r reply; done\n"
        )
        assert line.call().wait(15) == 0
        wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
        assert line.names() == ["CALLBEGIN", "CALLEND"]
        script.unlink()
        (script.parent / "after_queue.py").unlink()
        assert line.call().wait(15) == 0
        wait_for(lambda: line.names().count("CALLEND") == 2, "CALLEND")
        assert line.names()[2:] == ["CALLBEGIN", "FALLBACK", "JOINEMPTY", "CALLEND"]


def test_a_server_that_is_down_after_the_talk_says_goodbye_and_loses_no_answer(line: Bench) -> None:
    """What the caller keyed to the survey stands in the log, though the server was gone before it could write it."""
    line.seat("1001", talk_ms=700)
    line.sign_in("1001", "1023")
    with line.agi_server(
        hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator"},
        after_queue={"IVR_SURVEY": "asked", "IVR_KEYS": "4", "IVR_DONE": "no"},
    ):
        caller = line.call()
        said = wait_for(
            lambda: "vm-goodbye" in (channels := line.ask("core show channels concise")) and channels,
            "a goodbye",
        )
        assert "ivr-sorry" not in said
        assert caller.wait(15) == 0
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert ["SURVEYSCORE", "operator", "1023", "4"] in line.events()
    assert "FALLBACK" not in line.names()


def test_a_key_of_the_menu_is_no_answer_to_a_survey(line: Bench) -> None:
    line.seat("1001", talk_ms=700)
    line.sign_in("1001", "1023")
    with line.agi_server(
        hotline={"IVR_NEXT": "queue", "IVR_QUEUE": "operator", "IVR_KEYS": "4", "IVR_SURVEY": "asked"},
        after_queue={"IVR_NEXT": "hangup"},
    ):
        assert line.call().wait(15) == 0
    wait_for(lambda: "CALLEND" in line.names(), "CALLEND")
    assert "SURVEYSCORE" not in line.names()
