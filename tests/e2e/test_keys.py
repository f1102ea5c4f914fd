"""Bad input on the line: whatever a caller does with keys and hook, the call has a recorded end."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.e2e.calls import Call, Story
from tests.e2e.hotline import Line
from tests.e2e.sipp import LOOPBACK
from tests.e2e.waits import wait_for

FORM = ["5", "1", "010#", "1", "021#", "1", "2", "1"]
MAIN = "您好，欢迎致电铁路客户服务中心。"
NO_DATE = "对不起，没有这个日期。 星期几也可以输入，先按九，再按星期几的数字。"
NO_AGENT = "对不起，现在没有坐席在线。"


def hang_up_after(line: Line, keys: list[str], **how: str) -> Story:
    """Press ``keys`` and hang up as soon as the next prompt begins."""
    call = line.call(keys, **how)
    call.press_all()
    call.ready()
    assert call.hang_up().by == "phone"
    return call.story()


def stay(line: Line, keys: list[str]) -> Story:
    """Press ``keys`` and stay on the line until the hotline hangs up."""
    call = line.call(keys)
    call.press_all()
    ended = call.ended(90)
    assert (ended.by, ended.clean) == ("hotline", True)
    return call.story()


def twice_at_once(line: Line, keys: list[str]) -> Story:
    """Press everything in one go, over all prompts, faster than the hotline can ask."""
    call = line.call(["".join(keys) * 2])
    call.press_all()
    call.ready()
    call.hang_up()
    return call.story()


def during_an_answer(line: Line, keys: list[str]) -> Story:
    """Hang up while the hotline looks something up or makes the sound: in the moment after the last key."""
    call = line.call(keys)
    call.press_all()
    call.hang_up()
    return call.story()


CASES: dict[str, tuple[Callable[[Line, list[str]], Story], list[str]]] = {
    "star repeats": (hang_up_after, ["8", "*", "*", "#", "2"]),
    "hash goes back": (hang_up_after, ["4", "1", "#", "#", "2"]),
    "hash goes one field back": (hang_up_after, ["4", "1", "7447#", "#", "010#"]),
    "zero asks for an agent": (hang_up_after, ["5", "2", "0"]),
    "wrong keys": (hang_up_after, ["0", "9"]),
    "lone hash": (hang_up_after, ["#", "#", "#"]),
    "unknown train": (hang_up_after, ["5", "2", "999#", "1#"]),
    "wrong date": (hang_up_after, ["5", "2", "1#", "1399", "1#"]),
    "hash after the last possible key": (hang_up_after, ["8", "2", "0512#", "1"]),
    "forty digits": (hang_up_after, ["5", "2", "1234567890" * 4]),
    "forty digits in the menu": (twice_at_once, ["12345678901234567890"]),
    "stars and hashes": (twice_at_once, ["*#*#*#*#"]),
    "a form in one go": (twice_at_once, FORM),
    "no match to the end": (stay, ["5", "2", "999#", "998#", "997#", "996#"]),
    "cancelled at once": (lambda line, keys: cancelled(line), []),
    **{f"hang up at step {n}": (hang_up_after, FORM[:n]) for n in range(len(FORM) + 1)},
    "keys as SIP INFO": (partial(hang_up_after, keys_by="info"), FORM),
    "keys as tones": (partial(hang_up_after, keys_by="tones"), FORM),
    "mu-law": (partial(hang_up_after, codec="ulaw"), FORM),
    "G.722": (partial(hang_up_after, codec="g722"), FORM),
    **{f"hang up after key {n}": (during_an_answer, FORM[:n]) for n in (1, 3, 5, 8)},
}


CALLS = {case: partial(do, keys=keys) for case, (do, keys) in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_end_is_recorded(calls: Callable[[str], Story], case: str) -> None:
    story = calls(case)
    if case == "cancelled at once" and not story.document:
        return
    assert story["ended_at"] >= story["began_at"]
    assert story["fallback"] is False
    # transferred: the keys asked for an agent, and the caller hung up before the queue gave them back
    assert (
        story["dialogue"] in ("hung_up", "served", "completed", "transferred") or case == "cancelled at once"
    )
    if not story.entries:
        served = story["dialogue"] == "served"
        assert story["outcome"] == ("self_service" if served else "hung_up"), story.document
    if not story.entries and story["steps"]:
        assert story["steps"][-1]["outcome"] in ("hung_up", "digits", "many", "one", "told", "none")


@pytest.mark.parametrize("steps", range(len(FORM) + 1))
def test_hanging_up_at_a_step_records_the_steps_before_it(calls: Callable[[str], Story], steps: int) -> None:
    story = calls(f"hang up at step {steps}")
    assert story.keys == [keys.rstrip("#") for keys in FORM[:steps]]
    last = story["steps"][-1]
    assert (last["kind"], last["outcome"]) == ("gather", "hung_up")


@pytest.mark.parametrize("kind", ["keys as SIP INFO", "keys as tones", "mu-law", "G.722"])
def test_keys_and_sounds_of_other_kinds(calls: Callable[[str], Story], kind: str) -> None:
    story = calls(kind)
    assert story.keys == [keys.rstrip("#") for keys in FORM]
    assert "从北京南到上海虹桥，共有" in story.said[-1]


def test_star_repeats_the_whole_prompt(calls: Callable[[str], Story]) -> None:
    said = calls("star repeats").said
    assert said[0].startswith(MAIN)
    assert said[1] == said[2] == said[3]
    assert said[1].startswith("按城市查询区号请按一。")
    assert "预售期" in said[5]


def test_hash_goes_back_to_the_menu_before(calls: Callable[[str], Story]) -> None:
    said = calls("hash goes back").said
    assert said[3] == said[1]  # the menu of option 4 again
    assert said[4].startswith("互联网购票请按一。")
    assert "预售期" in said[5]


def test_hash_goes_one_field_back(calls: Callable[[str], Story]) -> None:
    said = calls("hash goes one field back").said
    assert said[2].startswith("请输入出发站")
    assert said[3].startswith("请输入到达站")
    assert said[4] == said[2]
    assert said[5].startswith("请选择出发站。")


def test_zero_leads_to_an_agent_and_nobody_there_is_told(calls: Callable[[str], Story]) -> None:
    story = calls("zero asks for an agent")
    assert [e["outcome"] for e in story.entries] == ["refused_empty"]
    assert story["outcome"] == "refused_empty"
    assert any(text.startswith(NO_AGENT) for text in story.said)
    assert story.said[-1].endswith("预约回电请按三。")


def test_a_wrong_input_is_asked_again_for_itself_only(calls: Callable[[str], Story]) -> None:
    unknown = calls("unknown train").said
    assert unknown[3] == f"对不起，没有找到您输入的车次。 {unknown[2]}"
    assert unknown[4].startswith("请选择乘车日期。")
    dates = calls("wrong date").said
    assert dates[4] == f"{NO_DATE} {dates[3]}"
    assert dates[5].startswith("G 一次列车，")


def test_a_hash_after_the_last_possible_key_is_no_step_back(calls: Callable[[str], Story]) -> None:
    """All 3 to 4 digits of an area code are keyed, and then the # that the prompt asks for."""
    assert "江苏苏州的区号" in calls("hash after the last possible key").said[-1]


def test_a_lone_hash_in_the_first_menu_says_it_again(calls: Callable[[str], Story]) -> None:
    story = calls("lone hash")
    assert story.keys == ["", "", ""]
    assert all("人工服务请按九。" in text for text in story.said)


def test_forty_digits_are_one_wrong_input(calls: Callable[[str], Story]) -> None:
    story = calls("forty digits")
    assert story["steps"][-1]["outcome"] == "hung_up"
    assert all(len(keys) <= 24 for keys in story.keys)
    assert "对不起，没有找到您输入的车次。" in " ".join(story.said)


def test_too_many_wrong_inputs_lead_to_an_agent_and_to_a_goodbye(calls: Callable[[str], Story]) -> None:
    story = calls("no match to the end")
    assert story.parts[-3:] == ["agent", "busy", "call_later"] or "agent" in story.parts
    assert story.said[-1].endswith("请您稍后再拨。再见。")
    assert (story["dialogue"], story["outcome"]) == ("completed", "refused_empty")
    assert story["hangup_cause"] == 16


def test_keys_while_the_hotline_does_not_listen_harm_nothing(calls: Callable[[str], Story]) -> None:
    for case in ("forty digits in the menu", "stars and hashes", "a form in one go"):
        assert calls(case)["steps"], case


@pytest.mark.timeout(240)
def test_silence_ends_well(silent_call: Call) -> None:
    """No key at all: asked again, sent to an agent, nobody there, goodbye."""
    assert silent_call.ended(200).by == "hotline"
    story = silent_call.story()
    assert story.keys == []
    assert [step["outcome"] for step in story["steps"][:3]] == ["no_input"] * 3
    assert [entry["outcome"] for entry in story.entries] == ["refused_empty"]
    assert story.said[-1] == "请您稍后再拨。再见。"
    assert (story["dialogue"], story["hangup_cause"]) == ("completed", 16)


def cancelled(line: Line) -> Story:
    """A caller who hangs up while it rings: CANCEL in the same breath as INVITE. The hotline may have answered
    already; then the BYE follows."""
    caller = f"139{time.monotonic_ns() % 10**8:08d}"
    with socket.socket(type=socket.SOCK_DGRAM) as phone:
        phone.bind((LOOPBACK, 0))
        phone.settimeout(5)
        own, at = phone.getsockname()[1], (line.at.address, line.at.port)

        def send(method: str, cseq: int, to: str = "", body: str = "") -> None:
            branch = "z9hG4bKone" if method in ("INVITE", "CANCEL") else f"z9hG4bK{method}"
            kind = "Content-Type: application/sdp\r\n" if body else ""
            phone.sendto(
                f"{method} sip:12306@{at[0]}:{at[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {LOOPBACK}:{own};branch={branch}\r\n"
                f"From: <sip:{caller}@{LOOPBACK}:{own}>;tag=1\r\nTo: {to or f'<sip:12306@{at[0]}>'}\r\n"
                f"Call-ID: {caller}@{LOOPBACK}\r\nCSeq: {cseq} {method}\r\nContact: <sip:c@{LOOPBACK}:{own}>\r\n"
                f"Max-Forwards: 70\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
                at,
            )

        sdp = f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
        send("INVITE", 1, body=sdp)
        while "100 Trying" not in phone.recv(4096).decode():
            pass
        send("CANCEL", 1)
        final = 0
        while final < 200:
            answer = phone.recv(4096).decode()
            if "INVITE" in answer.partition("CSeq:")[2].partition("\r\n")[0]:
                final = int(answer[8:11])
                to = re.findall(r"(?m)^To: (.*)\r$", answer)[0]
        send("ACK", 1, to)
        if final == 200:
            send("BYE", 2, to)
            while " BYE" not in phone.recv(4096).decode():
                pass
    wait_for(lambda: all(c.caller != caller for c in line.channels()), f"the channel of {caller} is gone")
    masked = f"{caller[:3]}****{caller[-4:]}"
    query = "SELECT uniqueid FROM calls WHERE caller_masked = ? AND ended_at IS NOT NULL"
    if not any(fields[-3:-2] == [caller] for fields in line.queue_log()):
        return Story({})  # gone before the dialplan's first line: no call ever was
    return Story(
        line.read("call", "show", wait_for(lambda: line.rows(query, masked), f"{masked} ended")[0][0])
    )
