"""The menus of a running hotline: which it starts with, when it changes them, what a call goes on with."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ivr import app, processes, sound_pack
from ivr.authoring import prompts
from ivr.authoring.folder import read_folder
from ivr.authoring.live import MENU_OF_CALL, LiveMenus
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Ask
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Answered, HungUp
from ivr.errors import IvrError
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.settings import PROJECT, Settings
from ivr.speech import Phrase
from ivr.store import revisions
from ivr.store.database import Engine
from ivr.store.journal import DirectJournal
from ivr.store.migrate import upgrade
from ivr.voice.voice import Voice

CLOCK = fixed_clock(datetime(2026, 2, 10, 9, 0, tzinfo=timezone.utc))
TIMEOUT = {"queue_status": "timeout", "part": "agent"}


@pytest.fixture
def settings(tmp_path: Path, home: Path) -> Settings:
    shutil.copytree(PROJECT / "menus", tmp_path / "menus")
    return Settings(home=home, menus=tmp_path / "menus")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = app.open_store(settings)
    upgrade(engine)
    yield engine
    engine.dispose()


def greet(settings: Settings, words: str) -> None:
    edit(settings, "您好，欢迎致电", words)


def edit(settings: Settings, old: str, new: str) -> None:
    path = settings.menus / "hotline.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def publish(settings: Settings, engine: Engine) -> int:
    return revisions.publish(engine, read_folder(settings.menus).files, author="wang").revision


def started(settings: Settings, engine: Engine) -> LiveMenus:
    menus = app.live_menus(settings, engine)
    menus.start()
    return menus


def at_start(settings: Settings, engine: Engine) -> tuple[str, list[str]]:
    said: list[str] = []
    return app.menus_at_start(settings, engine, said.append).revision, said


def test_the_first_start_publishes_the_folder(settings: Settings, engine: Engine):
    assert at_start(settings, engine) == ("1", [])
    assert at_start(settings, engine) == ("1", [])
    (revision,) = revisions.history(engine)[0]
    assert (revision.author, revision.message) == (app.os_user(), "the first start")


def test_a_start_answers_with_what_is_on_air_not_with_edited_or_broken_files(
    settings: Settings, engine: Engine
):
    at_start(settings, engine)
    greet(settings, "早上好，欢迎致电")
    assert at_start(settings, engine) == (
        "1",
        ["menus differ from revision 1 on air (ivr menu diff; ivr menu publish)"],
    )
    edit(settings, "start: greeting", "start: greting")
    revision, (said,) = at_start(settings, engine)
    assert revision == "1"
    assert said.startswith("menus are broken, revision 1 is on air: ")
    assert said.endswith("(ivr menu check)")


def test_a_first_start_with_broken_files_is_one_line(settings: Settings, engine: Engine):
    edit(settings, "go: agent", "go: agnet")
    for mode in ("published", "files"):
        with pytest.raises(IvrError) as fault:
            at_start(replace(settings, menus_live=mode), engine)
        assert "\n" not in str(fault.value)
        assert str(fault.value).startswith("no menus can go on air: ")
        assert "there is no part 'agnet'" in str(fault.value)
        assert "more" in str(fault.value)
    assert revisions.history(engine) == ([], [])


def test_when_no_revision_reads_any_more_the_folder_is_published(settings: Settings, engine: Engine):
    revisions.publish(engine, {"hotline.yaml": "start: [\n"}, author="another version")
    assert at_start(settings, engine) == ("2", [])


def test_with_live_files_the_folder_is_on_air_at_once(settings: Settings, engine: Engine):
    settings = replace(settings, menus_live="files")
    first, said = at_start(settings, engine)
    greet(settings, "早上好，欢迎致电")
    second, _ = at_start(settings, engine)
    assert first != second
    assert said == []
    assert revisions.history(engine) == ([], [])


def test_a_switch_is_on_air_within_a_second_and_the_loop_goes_on(settings: Settings, engine: Engine):
    publish(settings, engine)
    menus = started(settings, engine)

    async def scenario() -> tuple[float, float]:
        following = asyncio.ensure_future(processes.follow(menus))
        await asyncio.sleep(0.05)
        greet(settings, "早上好，欢迎致电")
        publish(settings, engine)
        began, longest = time.monotonic(), 0.0
        while menus.now.revision != "2" and time.monotonic() < began + 5:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - before)
        took = time.monotonic() - began
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        return took, longest

    took, longest = asyncio.run(scenario())
    assert menus.now.revision == "2"
    assert took < 1.0
    assert longest < 0.5


def said_first(conversation: object) -> str:
    action = next(conversation)  # type: ignore[call-overload]
    return " ".join(phrase.text for phrase in action.phrases)


def test_a_call_goes_on_with_the_menus_it_began_with(settings: Settings, engine: Engine):
    publish(settings, engine)
    menus = started(settings, engine)
    begin = app.live_conversations(menus, CLOCK)
    assert said_first(begin(CallInfo("1.1"))).startswith("您好")
    greet(settings, "早上好，欢迎致电")
    publish(settings, engine)
    found = menus.look()
    assert found is not None
    menus.take(found)
    assert said_first(begin(CallInfo("1.2"))).startswith("早上好")
    back = menus.of(CallInfo("1.1", entry="after_queue"))
    assert back is not None
    assert back.revision == "1"


def after_queue(call_id: str) -> CallInfo:
    return CallInfo(call_id, entry="after_queue", facts=TIMEOUT)


def test_a_call_of_before_a_restart_goes_on_with_what_the_record_says(settings: Settings, engine: Engine):
    publish(settings, engine)
    DirectJournal(engine).begin(CallInfo("1.1"), "1", CLOCK())
    greet(settings, "早上好，欢迎致电")
    publish(settings, engine)
    menus = started(settings, engine)
    answers = QueryService(engine, CLOCK, menus)
    for call_id, outcome, revision in (("1.1", "known", "1"), ("1.2", "unknown", "2")):
        conversation = app.live_conversations(menus, CLOCK)(after_queue(call_id))
        ask = next(conversation)
        assert ask == Ask(MENU_OF_CALL, {"call": call_id})
        answer = answers(ask)
        assert answer.outcome == outcome
        conversation.send(Answered(answer))
        found = menus.of(after_queue(call_id))
        assert found is not None
        assert found.revision == revision


def test_a_record_that_cannot_be_read_costs_no_call(settings: Settings, engine: Engine):
    publish(settings, engine)
    menus = started(settings, engine)
    conversation = app.live_conversations(menus, CLOCK)(after_queue("1.1"))
    next(conversation)
    assert conversation.send(Answered(Answer("error"))) is not None  # with what is on air
    conversation = app.live_conversations(menus, CLOCK)(after_queue("1.2"))
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.send(HungUp())
    assert end.value.value == "hung_up"


def test_menus_whose_sounds_are_gone_get_them_before_they_go_on_air(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    at_start(settings, engine)
    menus = started(settings, engine)
    greet(settings, "早上好，欢迎致电")
    publish(settings, engine)
    three = [Phrase(text) for text in ("早上好，欢迎致电。", "售票预售期请按二。", "人工服务请按九。")]
    monkeypatch.setattr(prompts, "phrases_of", lambda _trees: three)

    async def run(voice: Voice) -> bool:
        following = asyncio.ensure_future(
            processes.follow(menus, lambda found: sound_pack.make_sounds(found, voice, 30.0))
        )
        for _ in range(600):
            await asyncio.sleep(0.1)
            if menus.now.revision == "2":
                break
        following.cancel()
        return all(voice.store.ready(phrase) for phrase in three)

    with Voice(settings.home, 1) as voice:
        voice.make(three[0]).result(30)  # this one is there still
        assert asyncio.run(run(voice))
    assert menus.now.revision == "2"


def test_menus_go_on_air_whatever_hinders_their_preparation(
    settings: Settings, engine: Engine, caplog: pytest.LogCaptureFixture
):
    publish(settings, engine)
    menus = started(settings, engine)

    def fails(_found: object) -> None:
        raise PermissionError("no such folder for you")

    async def scenario() -> None:
        following = asyncio.ensure_future(processes.follow(menus, fails))
        greet(settings, "早上好，欢迎致电")
        publish(settings, engine)
        deadline = time.monotonic() + 30
        while menus.now.revision != "2" and not following.done() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        following.cancel()

    asyncio.run(scenario())
    assert menus.now.revision == "2"
    assert "revision 2 goes on air unprepared: PermissionError" in caplog.text


def test_a_voice_that_makes_nothing_does_not_keep_menus_off_the_air(
    settings: Settings, engine: Engine, caplog: pytest.LogCaptureFixture
):
    menus = read_folder(settings.menus, "7")
    voice = Voice(settings.home, 1, command=("false",))
    began = time.monotonic()
    with voice:
        sound_pack.make_sounds(menus, voice, 0.1)
    assert time.monotonic() - began < 5
    assert "sounds of revision 7 are missing and being made" in caplog.text
