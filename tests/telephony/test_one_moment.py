"""While a sound is made the caller is asked to wait, by whoever carries the lines; and only where it takes long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any

import pytest

from ivr.dialogue.actions import Action, Gather, Hangup, Say
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Event, HungUp
from ivr.speech.phrase import Phrase
from ivr.telephony import agi_dialogue, agi_process, fastagi
from tests.telephony import test_agi_process, test_fastagi
from tests.telephony.fake_agi import FakeChannel, MemoryJournal, phrases, sound

Player = Callable[..., MemoryJournal]
WAIT = ["/sounds/zh/please wait"]
MUSIC, SILENCE = ["StartMusicOnHold"], ["StopMusicOnHold"]


class Voice:
    """Takes ``seconds`` for what it says, and none for the sentence that asks to wait, unless ``lost`` has it."""

    def __init__(self, seconds: float, lost: bool = False) -> None:
        self.seconds, self.lost = seconds, lost
        self.asked: list[tuple[Phrase, ...]] = []

    def _takes(self, wanted: Sequence[Phrase]) -> float:
        self.asked.append(tuple(wanted))
        waits = wanted[0].text == "please wait"
        return self.seconds if not waits or self.lost else 0.0

    def make(self, wanted: Sequence[Phrase], slower: bool) -> list[str]:
        time.sleep(self._takes(wanted))
        return list(map(sound, wanted))

    async def make_async(self, wanted: Sequence[Phrase], slower: bool) -> list[str]:
        await asyncio.sleep(self._takes(wanted))
        return list(map(sound, wanted))


def one(action: Action) -> Callable[[CallInfo], Generator[Action, Event, str]]:
    def conversation(_call: CallInfo) -> Generator[Action, Event, str]:
        if isinstance((yield action), HungUp):
            return "hung_up"
        yield Hangup()
        return "completed"

    return conversation


def by_server(channel: FakeChannel, action: Action, voice: Voice) -> MemoryJournal:
    heard: list[MemoryJournal] = []

    async def test() -> None:
        async with test_fastagi.server(conversation=one(action), sounds=voice.make_async) as (port, journal):
            await channel.call(port)
            heard.append(journal)

    run: Callable[[Callable[[], Coroutine[Any, Any, None]]], None] = test_fastagi.run
    run(test)
    return heard[0]


def by_process(channel: FakeChannel, action: Action, voice: Voice) -> MemoryJournal:
    code, journal = test_agi_process.run(channel, conversation=one(action), sounds=voice.make)
    assert code == 0
    return journal


@pytest.fixture(params=[by_server, by_process])
def play(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Player:
    monkeypatch.setattr(agi_dialogue, "SOON_S", 0.1)
    player: Player = request.param
    return player


ANSWER = Gather(phrases("answer"), one_moment=phrases("please wait"))
SAID = Say(phrases("answer"), one_moment=phrases("please wait"))


@pytest.mark.parametrize("action", [ANSWER, SAID])
def test_who_gets_the_answer_soon_is_not_asked_to_wait(play: Player, action: Action) -> None:
    channel, voice = FakeChannel(keys=["1"]), Voice(0.02)
    play(channel, action, voice)
    assert channel.played == [["/sounds/zh/answer"]]
    assert voice.asked == [phrases("answer")]


@pytest.mark.parametrize("action", [ANSWER, SAID])
def test_who_has_to_wait_is_told_so_and_then_hears_music(play: Player, action: Action) -> None:
    channel, voice = FakeChannel(keys=["1"]), Voice(0.6)
    play(channel, action, voice)
    assert channel.played == [WAIT, MUSIC, SILENCE, ["/sounds/zh/answer"]]
    assert voice.asked == [phrases("answer"), phrases("please wait")]  # it is made once


def test_what_is_ready_behind_the_request_to_wait_comes_at_once(play: Player) -> None:
    channel = FakeChannel(keys=["1"])
    play(channel, ANSWER, Voice(0.15))
    assert channel.played == [WAIT, ["/sounds/zh/answer"]]


@pytest.mark.parametrize("action", [ANSWER, Gather(phrases("answer"))])
def test_without_a_sound_that_asks_to_wait_there_is_music(play: Player, action: Action) -> None:
    channel = FakeChannel(keys=["1"])
    play(channel, action, Voice(0.4, lost=True))
    assert channel.played == [MUSIC, SILENCE, ["/sounds/zh/answer"]]


def test_what_is_never_made_ends_the_wait(
    play: Player, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for driver in (fastagi, agi_process):
        monkeypatch.setattr(driver, "SOUNDS_S", 0.5)
    channel, began = FakeChannel(keys=["1"]), time.monotonic()
    play(channel, ANSWER, Voice(3))
    assert time.monotonic() - began < 2
    assert channel.played == [WAIT, MUSIC, SILENCE, [""]]
    assert "no answer within" in caplog.text


@pytest.mark.parametrize("during", ["Playback", "StartMusicOnHold"])
def test_a_hangup_meanwhile_ends_the_call(play: Player, during: str) -> None:
    class Leaves(FakeChannel):
        def answer(self, line: bytes) -> bytes:
            if f"EXEC {during} ".encode() in line:
                self.hangup_at = len(self.commands)
            return super().answer(line)

    channel, began = Leaves(), time.monotonic()
    journal = play(channel, ANSWER, Voice(1.5))
    assert time.monotonic() - began < 1.2
    assert journal.steps[-1].outcome == "hung_up"
    assert ["/sounds/zh/answer"] not in channel.played


def test_a_key_that_is_pressed_meanwhile_counts(play: Player) -> None:
    class Impatient(FakeChannel):
        def answer(self, line: bytes) -> bytes:
            if b"EXEC Playback " in line:
                self.press("7")
            return super().answer(line)

    channel = Impatient()
    journal = play(channel, ANSWER, Voice(0.4))
    assert channel.played == [WAIT, MUSIC, SILENCE]  # the key answers: nothing more is played
    assert journal.steps[0].keys == "7"
