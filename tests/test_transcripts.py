"""Every transcript passes all three drivers: simulator, FastAGI server, AGI process.

The menus are the shipped ones, or the small trees in ``transcripts/menus`` that have what those lack. The answers come
from the railway data in SQL, unless a transcript pins them; only the caller and Asterisk's side of the wire are played.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from ivr.app import make_home, open_store, tree_of_entry
from ivr.authoring.loader import load_tree, load_trees
from ivr.authoring.pieces import CONDITIONS, FACTS
from ivr.clock import fixed_clock
from ivr.dialogue.actions import Action, Ask, Member, Record
from ivr.dialogue.call import HUNG_UP, CallInfo
from ivr.dialogue.engine import converse
from ivr.dialogue.events import Answered, Event
from ivr.dialogue.session import Session
from ivr.dialogue.tree import BranchPart, Part
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.rehearsal import Pretended, notices_of
from ivr.settings import PROJECT, Settings
from ivr.simulator import HANGUP, TIMEOUT, Caller, Transcript, lines_after, play, query_lines
from ivr.store.agents import add_agent
from ivr.store.database import Engine
from ivr.telephony import agi_process
from ivr.telephony.agi_dialogue import AT_SEAT, MESSAGE_KEEP, MESSAGE_PLACE
from ivr.telephony.fastagi import FastAgiServer
from tests.telephony.fake_agi import FakeChannel, MemoryJournal, Seconds, sound

FILES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
ZONE = ZoneInfo("Asia/Shanghai")
TREES = load_trees(PROJECT / "menus")
#: The small trees, each read once for all drivers and transcripts.
small_tree = functools.cache(load_tree)
QUEUESTATUS = {"timeout": "TIMEOUT", "join_empty": "JOINEMPTY", "full": "FULL", "answered": "CONTINUE"}
FEATURE_CODE = {"sign_in": "*51", "sign_out": "*52", "pause": "*53", "unpause": "*54", "code": "*55"}


@pytest.fixture(autouse=True)
def key_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.telephony.key_reader.monotonic", Seconds(5.0))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, railway: Path) -> Iterator[Engine]:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    make_home(settings)
    shutil.copy(railway, settings.home / "ivr.db")
    engine = open_store(settings)
    add_agent(engine, "1023", "4711")
    yield engine
    engine.dispose()


class Scene:
    """A transcript about to be played: its caller, its clock, its answers, and the lines so far."""

    def __init__(self, transcript: Transcript, engine: Engine, folder: Path) -> None:
        self.transcript = transcript
        scene = transcript.scene
        self.tree = small_tree(scene.tree) if scene.tree else TREES[tree_of_entry(scene.call.entry)]
        self.clock = fixed_clock(scene.at.replace(tzinfo=ZONE))
        self.caller = Caller(iter(transcript.tokens))
        self.lines: list[str] = []
        self.pretended = Pretended(scene, QueryService(engine, self.clock))
        self._message = folder / "message.wav"
        self._recorded = ""

    def begin(
        self, call: CallInfo, watch: Callable[[Session], Session] = lambda session: session
    ) -> Generator[Action, Event, str]:
        notices = notices_of(self.transcript.scene, self.tree, self.clock())
        return converse(self.tree, call, self.clock, lambda: notices, watch)

    def answer(self, ask: Ask) -> Answer:
        if ask.query == MESSAGE_PLACE:
            self._recorded = self.pretended.do(Record(1))
            if self._recorded == "error":
                self.lines.append("! record error")
                return Answer("error")
            return Answer("ready", {"path": str(self._message)})
        if ask.query == MESSAGE_KEEP:
            self.lines.append(f"! record {self._recorded}")
            return Answer(self._recorded)
        if ask.query == AT_SEAT:
            member = Member(ask.args["operation"], ask.args["staff"], ask.args["reason"])
            outcome = self.pretended.do(member)
            self.lines += lines_after(member, Answered(Answer(outcome)), "")
            return Answer(outcome)
        answer = self.pretended.answer(ask)
        self.lines += query_lines(ask.query, answer.outcome)
        return answer


class Channel(FakeChannel):
    """Asterisk's side of a scene: what is played and keyed is written down as a transcript."""

    def __init__(self, scene: Scene) -> None:
        call = scene.transcript.scene.call
        facts = call.facts
        args: tuple[str, ...] = ()
        if call.entry == "after_queue":
            args = (QUEUESTATUS[facts["queue_status"]], facts["part"])
        elif call.entry == "agent":
            args = (FEATURE_CODE[facts["operation"]] + facts.get("key", ""),)
        seat = facts.get("seat", "trunk")
        super().__init__(channel=f"PJSIP/{seat}-00000007", callerid=call.caller, args=args)
        self.scene = scene
        self.messages = ["3 #"] * 3
        talked = facts.get("queue_status") == "answered"
        self.variables["MEMBERNAME"] = facts.get("staff", "1023" if talked else "")
        self.variables["IVR_LANGUAGE"] = call.language
        self.variables["IVR_SURVEY"] = facts.get("surveyed", "")

    def _execute(self, application: str, text: str) -> int:
        before = len(self.played)
        result = super()._execute(application, text)
        if application == "Playback":
            self._heard(before)
        if self.queue_log and application == "QueueLog" and self.queue_log[-1][3].startswith("SURVEY"):
            self.scene.lines.append(f"! survey {(*self.queue_log[-1], 'asked')[4]}")
        return result

    def _heard(self, since: int) -> None:
        for files in self.played[since:]:
            self.scene.lines += [f"{'<<' if '/slower/' in path else '<'} {Path(path).name}" for path in files]

    def does(self, wait: str) -> str:
        if wait:
            return ""
        self._heard(len(self.played) - 1)
        token = self.scene.caller.next()
        self.scene.lines.append(self.scene.caller.line)
        self.gone = token == HANGUP
        return "" if token in (HANGUP, TIMEOUT) else token


def ended(scene: Scene, channel: Channel, journal: MemoryJournal) -> list[str]:
    outcome = journal.ended[-1]
    assert (channel.variables.get("IVR_DONE") == "1") == (outcome not in HUNG_UP)
    if outcome == "transferred":
        variables = channel.variables
        outcome = f"transferred {variables['IVR_QUEUE']}"
        if variables["IVR_PRIORITY"] != "0":
            outcome += f" priority {variables['IVR_PRIORITY']}"
    return [*scene.lines, "= hung_up" if outcome in HUNG_UP else f"= {outcome}"]


def through_simulator(scene: Scene) -> list[str]:
    call = scene.transcript.scene.call
    return list(play(scene.begin(call), scene.caller, scene.pretended.answer, scene.pretended.do))


def through_json(scene: Scene) -> list[str]:
    """The simulator once more, with the session written as JSON and read again between any two steps."""
    begin = scene.begin(scene.transcript.scene.call, lambda session: Session.from_json(session.to_json()))
    return list(play(begin, scene.caller, scene.pretended.answer, scene.pretended.do))


def through_fastagi(scene: Scene) -> list[str]:
    journal, channel = MemoryJournal(), Channel(scene)

    async def answer(ask: Ask) -> Answer:
        return await asyncio.to_thread(scene.answer, ask)

    async def sounds(phrases, slower):
        return [sound(phrase, slower) for phrase in phrases]

    async def run() -> None:
        server = FastAgiServer("127.0.0.1", 0, scene.begin, sounds, answer, journal, scene.clock)
        await server.start()
        try:
            await channel.call(server.port, scene.transcript.scene.call.entry)
        finally:
            await server.stop()

    asyncio.run(run())
    return ended(scene, channel, journal)


def through_process(scene: Scene) -> list[str]:
    journal, channel = MemoryJournal(), Channel(scene)
    entry = scene.transcript.scene.call.entry
    commands, replies = os.pipe(), os.pipe()

    def asterisk() -> None:
        with os.fdopen(commands[0], "rb", 0) as from_us, os.fdopen(replies[1], "wb", 0) as to_us:
            to_us.write(channel.head(f"/agi_scripts/{entry}.py"))
            while line := from_us.readline():
                to_us.write(channel.answer(line))

    thread = threading.Thread(target=asterisk)
    thread.start()
    with os.fdopen(replies[0], "rb", 0) as stdin, os.fdopen(commands[1], "wb", 0) as stdout:
        code = agi_process.run(
            entry,
            scene.begin,
            lambda phrases, slower: [sound(phrase, slower) for phrase in phrases],
            scene.answer,
            journal,
            scene.clock,
            stdin=stdin,
            stdout=stdout,
        )
    thread.join(10)
    assert code == 0
    return ended(scene, channel, journal)


@pytest.mark.parametrize("driver", [through_simulator, through_json, through_fastagi, through_process])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path, driver: Callable[[Scene], list[str]], engine: Engine, tmp_path: Path):
    transcript = Transcript.read(path)
    scene = transcript.scene
    scene = replace(scene, call=replace(scene.call, call_id="1795308086.1"))
    transcript = replace(transcript, scene=scene)
    assert driver(Scene(transcript, engine, tmp_path)) == list(transcript.lines)


def test_all_nine_options_have_transcripts():
    for option in "123456789":
        assert any(path.stem.startswith(f"option_{option}_") for path in FILES), option


def test_every_verb_and_condition_has_a_transcript():
    shown: set[str] = set()
    trees = [
        small_tree(path)
        for path in sorted((FILES[0].parent / "menus").glob("*.yaml"))
        if path.stem not in ("calendar", "queues")
    ]
    for tree in [*TREES.values(), *trees]:
        shown |= {type(part).__name__ for part in tree.parts.values()}
        for part in tree.parts.values():
            if isinstance(part, BranchPart):
                shown |= {condition.kind for case in part.cases for condition in case.conditions}
    verbs = {verb.__name__ for verb in get_args(Part)}
    assert verbs | (set(CONDITIONS) - set(FACTS) | {"fact"}) <= shown


def test_a_line_that_is_none_is_named(tmp_path: Path):
    from ivr.errors import IvrError

    path = tmp_path / "bad.txt"
    path.write_text("at: 2026-11-22T09:00\n\n< 您好\nsomething\n", "utf-8")
    with pytest.raises(IvrError, match=r"bad.txt:4: 'something' is not a line of a transcript"):
        Transcript.read(path)
    for head, told in [
        ("queue: operator", "'operator' is not the state of a queue"),
        ("queue: operator wait long", "'operator wait long' is not the state of a queue"),
        ("returning: soon", "'soon' is no number of days"),
        ("answer: presale", "'presale' is not an answer"),
        ("answer: presale told {", "is not an answer"),
        ("answer: presale told []", "is not an answer"),
        ("notice:", "the notice has no text"),
    ]:
        path.write_text(f"at: 2026-11-22T09:00\n{head}\n", "utf-8")
        with pytest.raises(IvrError, match=f"bad.txt:2: .*{re.escape(told)}"):
            Transcript.read(path)
    path.write_text("at: noon\n", "utf-8")
    with pytest.raises(IvrError, match="'noon' is not a moment"):
        Transcript.read(path)
    path.write_text("< 您好\n", "utf-8")
    with pytest.raises(IvrError, match="has no 'at:' line"):
        Transcript.read(path)
