"""What the site's desk does while callers are on the line: notices, and messages that callers leave."""

from __future__ import annotations

import contextlib
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.settings import PROJECT
from ivr.speech.phrase import Phrase
from ivr.voice.sounds import SoundStore
from tests.e2e.hotline import Line, running
from tests.e2e.rtp import read_wav
from tests.e2e.scenarios import Own, by_name
from tests.e2e.waits import wait_for

MENU = """\
start: where
parts:
  where:
    branch: [{when: {number: 139*}, go: message}]
    then: main
  main: {menu: {1: {label: 二级菜单, go: second}, 2: {label: 人工服务, go: agent}}}
  second: {menu: {1: {label: 主菜单, go: main}}}
  message:
    record: 请在提示音后留言。
    limit: 4s
    answers:
      recorded: {say: 已经收到您的留言。, then: hangup}
      empty: {say: 没有听到您的留言。, then: hangup}
      error: {say: 现在不能留言。, then: hangup}
  agent:
    transfer: operator
    answers: {timeout: {then: hangup}, join_empty: {then: hangup}}
"""
NOTICE = "受台风影响，部分列车停运。"


@contextlib.contextmanager
def office(lonely: Line) -> Iterator[Line]:
    """A hotline with a menu of its own."""
    with tempfile.TemporaryDirectory() as folder:
        menus = Path(folder) / "menus"
        shutil.copytree(PROJECT / "menus", menus)
        (menus / "hotline.yaml").write_text(MENU, "utf-8")
        with running(like=lonely, IVR_MENUS=str(menus)) as line:
            yield line


def a_notice_is_on_air_for_a_call_in_progress_within_five_seconds(desk: Line) -> None:
    sound = SoundStore(desk.settings.home).path(Phrase(NOTICE)).with_suffix("")
    call = desk.call(["1"] * 40)
    call.press()
    call.ready()
    desk.cli("notice", "set", NOTICE, "--until", "+1h")
    put_on_air = time.monotonic()
    while not any(sound in prompt for prompt in call.prompts):
        assert time.monotonic() - put_on_air < 5
        call.press()
        call.ready()
    assert call.prompts[-1][0] == sound  # before the menu itself
    call.press()
    call.ready()
    assert sound not in call.prompts[-1]  # once
    desk.cli("notice", "clear", "--all")
    call.hang_up()
    assert sum(NOTICE in said for said in call.story().said) == 1
    cleared = time.monotonic()
    while True:
        late = desk.call([])
        late.ready()
        late.hang_up()
        if sound not in late.prompts[0]:
            break
        assert time.monotonic() - cleared < 5


def a_message_up_to_its_limit(desk: Line) -> None:
    call = desk.call(caller="13900000001", speaks=True)
    assert call.ended(30).by == "hotline"
    story = call.story()
    assert story.said[-1] == "已经收到您的留言。"
    (message,) = story["messages"]
    path = desk.settings.home / message["path"]
    assert message["part"] == "message"
    assert 3.5 <= message["seconds"] <= 4.5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_wav(path)) == pytest.approx(message["seconds"] * 8000, abs=800)
    assert abs(read_wav(path)).max() > 4000
    assert [step["outcome"] for step in story["steps"] if step["kind"] == "record"] == ["recorded"]


def silence_is_no_message(desk: Line) -> None:
    before = recordings(desk)
    call = desk.call(caller="13900000002", breathes=True)
    assert call.ended(30).by == "hotline"
    story = call.story()
    assert story.said[-1] == "没有听到您的留言。"
    assert story["messages"] == []
    assert recordings(desk) == before


def a_caller_who_hangs_up_has_left_the_message(desk: Line) -> None:
    before = recordings(desk)
    call = desk.call(caller="13900000003", speaks=True)

    wait_for(lambda: recordings(desk) - before, "the tone")
    time.sleep(2.5)  # so long does the caller speak
    call.hang_up()
    story = call.story()
    assert [step["outcome"] for step in story["steps"] if step["kind"] == "record"] == ["hung_up"]
    wait_for(lambda: desk.rows("SELECT 1 FROM messages WHERE call_uniqueid = ?", call.uniqueid()), "its row")
    (message,) = desk.read("call", "show", call.uniqueid())["messages"]
    assert 1 <= message["seconds"] < 3.5
    assert len(read_wav(desk.settings.home / message["path"])) == pytest.approx(
        message["seconds"] * 8000, abs=800
    )


def recordings(line: Line) -> set[Path]:
    return set((line.settings.home / "messages").glob("*.wav"))


SCENARIOS = by_name(
    a_notice_is_on_air_for_a_call_in_progress_within_five_seconds,
    a_message_up_to_its_limit,
    silence_is_no_message,
    a_caller_who_hangs_up_has_left_the_message,
)
OWN = [Own(office, SCENARIOS)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_desk(played: Callable[[str], None], scenario: str) -> None:
    played(scenario)
