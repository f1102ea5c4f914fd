"""Seats: agents sign in and out by feature codes; and what neither callers nor strangers can do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.e2e.calls import Story
from tests.e2e.hotline import Line
from tests.e2e.scenarios import add_to
from tests.e2e.sipp import register
from tests.e2e.waits import wait_for

SCENARIOS: list[Callable[[Line], None]] = []
scenario = partial(add_to, SCENARIOS)
STRANGER = "127.0.0.2"  #: a loopback address that is no trunk


def feature_code(
    line: Line,
    code: str,
    staff: str = "1023",
    pin: str = "4711",
    seat: str = "1001",
    before: Sequence[str] = (),
) -> Story:
    """Dial a feature code from a seat, key in ``before``, and to sign in staff number and PIN; listen to the end."""
    keys = [*before, f"{staff}#", f"{pin}#"] if code == "*51" else before
    call = line.dial_from_seat(seat, code, keys)
    call.press_all()
    assert call.ended(60).by == "hotline"
    uniqueid = line.rows("SELECT uniqueid FROM calls WHERE entry = 'agent' ORDER BY id DESC LIMIT 1")[0][0]
    closed = "SELECT 1 FROM calls WHERE uniqueid = ? AND ended_at IS NOT NULL AND dialogue <> ''"
    wait_for(lambda: line.rows(closed, uniqueid) or "CALLEND" not in str(line.queue_log()), "the end in SQL")
    return Story(line.read("call", "show", uniqueid))


def state(line: Line, staff: str = "1023") -> str:
    """What the record says of an agent."""
    return next(agent["state"] for agent in line.read("agent", "list") if agent["staff"] == staff)


def reason(line: Line, staff: str = "1023") -> str | None:
    """Why the agent is paused, by the record."""
    return next(agent["pause_reason"] for agent in line.read("agent", "list") if agent["staff"] == staff)


@scenario
def an_agent_signs_in_pauses_unpauses_and_signs_out(line: Line) -> None:
    line.agent("1023")
    seat = line.seat("1001", ring_s=0.1, talk_s=6, calls=2)
    story = feature_code(line, "*51")
    assert story.said[-1] == "工号幺零二三签入成功。"
    assert not re.search(r"\b4711\b", str(story.document))  # not of a moment's digits
    assert list(line.members()) == ["1023"]
    wait_for(lambda: state(line) not in ("signed_out", "paused"), "signed in, in SQL")
    call = line.call(["9"])
    call.press_all()
    assert call.ended(60).by == "hotline"
    assert call.story()["outcome"] == "answered"
    assert feature_code(line, "*53", before=["2"]).said[-1] == "用餐开始，暂停接听。"
    assert "paused:用餐" in line.members()["1023"]
    wait_for(lambda: state(line) == "paused", "paused, in SQL")
    assert feature_code(line, "*534").said == ["整理开始，暂停接听。"]  # at once, and for another reason
    assert "paused:整理" in line.members()["1023"]
    wait_for(lambda: reason(line) == "整理", "the reason in SQL")
    assert feature_code(line, "*54").said[-1] == "恢复接听。"
    assert "paused" not in line.members()["1023"]
    assert feature_code(line, "*52").said[-1] == "签出成功。"
    assert line.members() == {}
    wait_for(lambda: state(line) == "signed_out", "signed out, in SQL")
    seat.stop()


@scenario
def who_lets_the_phone_ring_is_paused_and_comes_back(line: Line) -> None:
    away = line.seat("1001", ring_s=None, calls=9)
    line.sign_in("1023", "1001")
    call = line.call(["9"])
    call.press_all()
    wait_for(lambda: "paused:未接" in line.members()["1023"], "three rings of 3 s")
    call.hang_up()
    assert [outcome for _, outcome in call.story().attempts][:3] == ["no_answer"] * 3
    wait_for(lambda: reason(line) == "未接", "the reason in SQL")
    away.stop()
    line.seat("1001", ring_s=0.1, talk_s=4)
    assert feature_code(line, "*54").said[-1] == "恢复接听。"
    call = line.call(["9"])
    call.press_all()
    assert call.ended(60).by == "hotline"
    assert call.story()["outcome"] == "answered"


@scenario
def wrong_pins_sign_nobody_in(line: Line) -> None:
    line.agent("1029")
    wrong = ["1029#", "4712#", "9999#", "4711#"]
    story = feature_code(line, "*51", "1029", "0000", before=[*wrong, "1029#", "0000#"])
    assert "".join(story.said).count("工号或密码不正确。") == 3
    assert story.said[-1] == "输入次数过多。 对不起，暂时不能办理，请联系值班长。"
    assert line.members() == {}
    story = feature_code(line, "*51", "1029", before=["9999#", "4711#"])
    assert "".join(story.said).count("工号或密码不正确。") == 1
    assert story.said[-1] == "工号幺零二九签入成功。"


@scenario
def who_is_not_signed_in_cannot_pause(line: Line) -> None:
    line.agent("1023")
    for code in ("*52", "*531", "*54"):
        assert feature_code(line, code).said[-1] == "本机没有坐席签入。"


@scenario
def a_seat_may_go_off_hook_and_on_again(line: Line) -> None:
    for keys in ([], ["1023#"]):
        call = line.dial_from_seat("1001", "*51", keys)
        call.press_all()
        call.ready()
        assert call.hang_up().by == "phone"
    wait_for(lambda: not line.channels(), "no channel left")
    assert line.members() == {}


@scenario
def a_caller_reaches_the_hotline_and_nothing_else(line: Line) -> None:
    before = len(line.queue_log())
    line.seat("1001")
    for number in ("1001", "*51", "*54", "95105105", "s", "operator", "12306x", "013800001234"):
        assert line.call(number=number).ended(10).status == 404, number
    for letter in "hT":  # the dialplan's own extensions
        assert line.call(number=letter).ended(10).status in (404, 603), letter
    assert len(line.queue_log()) == before
    assert line.call(caller="1001").ended(10).status == 401  # a seat's name asks for the seat's password
    assert len(line.queue_log()) == before


@scenario
def a_seat_reaches_seats_and_feature_codes_and_nothing_else(line: Line) -> None:
    for number in ("12306x", "95105105", "*50", "*5", "1006", "013800001234"):
        assert line.dial_from_seat("1001", number).ended(10).status == 404, number
    line.seat("1002", ring_s=0.1, talk_s=0.5)
    ended = line.dial_from_seat("1001", "1002").ended(20)
    assert (ended.status, ended.by) == (200, "hotline")


@scenario
def nobody_becomes_a_seat_without_its_password(line: Line) -> None:
    before = line.console("pjsip show contacts")
    folder = line.folder / f"strangers{time.monotonic_ns()}"
    for number, (user, secret) in enumerate(
        [("1001", "wrong"), ("1001", ""), ("trunk", "x"), ("1006", "x"), ("13800001234", "x")]
    ):
        mine = folder / str(number)
        mine.mkdir(parents=True)
        assert register(mine, line.at, user, secret or "1001") in (401, 403, 404), user
    assert line.console("pjsip show contacts") == before


@scenario
def a_stranger_s_address_is_refused(line: Line) -> None:
    before = len(line.queue_log())
    assert line.call(source=STRANGER).ended(10).status in (401, 403)
    assert line.call(source=STRANGER, number="1001").ended(10).status in (401, 403)
    assert len(line.queue_log()) == before


@pytest.mark.parametrize("scenario", [s.__name__ for s in SCENARIOS])
def test_seats(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
