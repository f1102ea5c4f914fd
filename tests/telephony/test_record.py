"""A caller leaves a message: both drivers, the file, the record of it, and what the caller hears then."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import threading
from array import array
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import select

from ivr.app import message_box
from ivr.dialogue.actions import Action, Hangup, Record
from ivr.dialogue.call import CallInfo
from ivr.dialogue.events import Answered, Event, HungUp
from ivr.query_service import QueryService
from ivr.rail.answers import Answer
from ivr.settings import Settings
from ivr.store.database import Engine, reading
from ivr.store.messages import sound_s
from ivr.store.models.messages import Message
from ivr.telephony import agi_process, wire
from ivr.telephony.fastagi import FastAgiServer
from tests.telephony.fake_agi import CLOCK, NOW, FakeChannel, MemoryJournal

CALL_ID = "1795308086.1"


def leaves(*limits: int):
    """A dialogue that records as many messages and ends with the outcomes."""

    def conversation(_call: CallInfo) -> Generator[Action, Event, str]:
        outcomes = []
        for limit in limits:
            event = yield Record(limit, part="message")
            if isinstance(event, HungUp):
                return "hung_up"
            assert isinstance(event, Answered)
            outcomes.append(event.answer.outcome)
        yield Hangup("completed")
        return " ".join(outcomes)

    return conversation


def through_fastagi(channel: FakeChannel, conversation, answers) -> MemoryJournal:
    journal = MemoryJournal()

    async def answer(ask) -> Answer:
        return await asyncio.to_thread(answers, ask)

    async def sounds(_phrases):
        return []

    async def run() -> None:
        server = FastAgiServer("127.0.0.1", 0, conversation, sounds, answer, journal, CLOCK)
        await server.start()
        try:
            await channel.call(server.port)
        finally:
            await server.stop()

    asyncio.run(run())
    return journal


def through_process(channel: FakeChannel, conversation, answers) -> MemoryJournal:
    journal = MemoryJournal()
    commands, replies = os.pipe(), os.pipe()

    def asterisk() -> None:
        with os.fdopen(commands[0], "rb", 0) as from_us, os.fdopen(replies[1], "wb", 0) as to_us:
            to_us.write(channel.head())
            while line := from_us.readline():
                to_us.write(channel.answer(line))

    thread = threading.Thread(target=asterisk)
    thread.start()
    with os.fdopen(replies[0], "rb", 0) as stdin, os.fdopen(commands[1], "wb", 0) as stdout:
        agi_process.run(
            "hotline", conversation, lambda _: [], answers, journal, CLOCK, stdin=stdin, stdout=stdout
        )
    thread.join(10)
    return journal


@pytest.fixture(params=[through_fastagi, through_process], ids=["server", "process"])
def drive(request):
    return request.param


@pytest.fixture
def answers(sqlite: Engine, home: Path) -> QueryService:
    return QueryService(sqlite, CLOCK, messages=message_box(Settings(home=home), sqlite, CLOCK))


def stored(engine: Engine) -> list[tuple[str, str, str, float]]:
    with reading(engine) as session:
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        assert all(row.at == NOW for row in rows)
        return [(row.call_uniqueid, row.path, row.part, row.seconds) for row in rows]


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "messages").iterdir())


def test_two_messages_of_one_call(drive, answers, sqlite, home):
    channel = FakeChannel(messages=["3", "2.5 #"])
    journal = drive(channel, leaves(120, 60), answers)
    assert journal.ended == ["recorded recorded"]
    path = home / "messages" / f"{CALL_ID}-1"
    assert f'RECORD FILE "{path}" wav "#" 120000 BEEP s=4' in channel.commands
    assert stored(sqlite) == [
        (CALL_ID, f"messages/{CALL_ID}-1.wav", "message", 4.0),
        (CALL_ID, f"messages/{CALL_ID}-2.wav", "message", 2.5),
    ]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (home / "messages").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((home / "messages").stat().st_mode) == 0o700
    assert [(step.kind, step.outcome) for step in journal.steps][:2] == [("record", "recorded")] * 2


@pytest.mark.parametrize("says", ["0", "0.5", "0.9 #"])
def test_less_than_a_second_of_sound_is_no_message(says, drive, answers, sqlite, home):
    assert drive(FakeChannel(messages=[says]), leaves(60), answers).ended == ["empty"]
    assert stored(sqlite) == []
    assert files(home) == []


def test_a_caller_who_hangs_up_leaves_the_message_all_the_same(drive, answers, sqlite, home):
    channel = FakeChannel(messages=["3 hangup"])
    assert drive(channel, leaves(60), answers).ended == ["hung_up"]
    assert stored(sqlite) == [(CALL_ID, f"messages/{CALL_ID}-1.wav", "message", 3.0)]
    assert files(home) == [f"{CALL_ID}-1.wav"]


def test_a_disk_without_room_is_an_error(drive, answers, sqlite, home):
    assert drive(FakeChannel(messages=["full"]), leaves(60), answers).ended == ["error"]
    assert stored(sqlite) == []


def test_a_folder_that_cannot_be_made_is_an_error_and_nothing_is_recorded(drive, answers, home):
    (home / "messages").write_text("in the way")
    channel = FakeChannel(messages=["3"])
    assert drive(channel, leaves(60), answers).ended == ["error"]
    assert channel.messages == ["3"]


def test_a_database_that_is_away_keeps_the_file(drive, answers, sqlite, home, caplog):
    with sqlite.begin() as connection:
        connection.exec_driver_sql("DROP TABLE messages")
    with caplog.at_level(logging.ERROR):
        assert drive(FakeChannel(messages=["3"]), leaves(60), answers).ended == ["error"]
    assert files(home) == [f"{CALL_ID}-1.wav"]
    assert "message_keep" in caplog.text


def test_a_caller_gone_before_the_tone(drive, answers, home):
    channel = FakeChannel(messages=["3"], hangup_at=0)
    assert drive(channel, leaves(60), answers).ended in (["hung_up"], [])
    assert channel.messages == ["3"]


def test_without_a_place_for_messages_there_is_an_error(drive, sqlite):
    assert drive(FakeChannel(messages=["3"]), leaves(60), QueryService(sqlite, CLOCK)).ended == ["error"]


def test_a_file_that_asterisk_has_not_closed_yet_is_waited_for(answers, sqlite, home):
    import time

    box = message_box(Settings(home=home), sqlite, CLOCK)
    path = box.place("1.1")
    FakeChannel(messages=["3 hangup"])._record(str(path)[:-4], "wav", "#", "60000", "BEEP", "s=4")
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + bytes(4) + whole[44:2000])
    closing = threading.Timer(0.2, path.write_bytes, [whole])
    closing.start()
    began = time.monotonic()
    assert box.keep(path, "1.1", "message") == "recorded"
    assert time.monotonic() - began < 1.5
    closing.join()
    assert stored(sqlite)[0][3] == 3.0


def test_a_file_that_is_never_closed_is_taken_as_it_is(sqlite, home, monkeypatch):
    monkeypatch.setattr("ivr.store.messages._CLOSED_WITHIN_S", 0.1)
    box = message_box(Settings(home=home), sqlite, CLOCK)
    path = box.place("1/../1")
    assert path.parent == home / "messages"
    assert box.keep(path, "1/../1", "message") == "empty"


def test_a_hiss_is_no_sound_and_pauses_are():
    second = array("h", [100, -100] * 4000)
    word = array("h", [3000, -3000] * 1200)
    assert sound_s(second) == 0.0
    assert sound_s(word) == pytest.approx(0.3)
    assert sound_s(second + word + second + word + second) == pytest.approx(1.6)


def test_the_command_says_where_and_how_long():
    assert wire.record_file('/a "b"/1.1-1', 90, 5) == 'RECORD FILE "/a \\"b\\"/1.1-1" wav "#" 90000 BEEP s=5'
