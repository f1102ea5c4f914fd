"""Callbacks in SQL: each change is made once, whoever is killed or comes twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text

from ivr.acd.callbacks import Rules
from ivr.acd.lines import parse
from ivr.store import callbacks
from ivr.store.database import reading, writing
from ivr.store.models.callbacks import Callback

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=timezone.utc)
SECOND = 1770685200  # NOW
NUMBER = "13800138000"


def asked(engine: Engine, number: str = NUMBER, call: str = "17.1", minutes: int = 0) -> str:
    at = NOW - timedelta(minutes=minutes)
    return callbacks.request(engine, number, "operator", call, at, NOW, "")


def told(engine: Engine, *lines: str, rules: Rules = Rules(), after: int = 60) -> None:  # noqa: B008
    with writing(engine) as session:
        callbacks.take(session, [parse(f"{SECOND + after}|{line}".encode()) for line in lines], "", rules)


def state(engine: Engine, number: int = 1) -> tuple[str, str, int]:
    row = callbacks.found(engine, number)
    assert row is not None
    return row.state, row.reason, row.attempts


def test_one_callback_for_a_number(engine: Engine):
    assert asked(engine) == "placed"
    assert asked(engine) == "placed"  # the same call again
    assert asked(engine, call="17.2") == "pending"
    assert asked(engine, "13900139000", "17.3", minutes=5) == "placed"
    assert [row.call_uniqueid for row in callbacks.open_callbacks(engine)] == ["17.3", "17.1"]  # by place
    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(lambda n: asked(engine, "13700137000", f"18.{n}"), range(8)))
    assert sorted(outcomes) == ["pending"] * 7 + ["placed"]
    assert callbacks.end(engine, 1, "cancelled", NOW)
    assert not callbacks.end(engine, 1, "cancelled", NOW)
    assert asked(engine, call="17.4") == "placed"


def test_the_number_is_not_to_be_read(engine: Engine):
    asked(engine)
    with reading(engine) as session:
        (row,) = session.execute(text("SELECT number, number_masked, number_hash FROM callbacks"))
        assert NUMBER not in str(row)
        assert session.get(Callback, 1).number == NUMBER  # type: ignore[union-attr]


def test_a_number_is_called_once_for_each_try(engine: Engine):
    asked(engine)
    assert callbacks.claim(engine, 1, 1, NOW) == ""  # not placed yet
    assert callbacks.place(engine, 1, "", NOW) == 1
    assert callbacks.place(engine, 1, "", NOW) is None
    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda _: callbacks.claim(engine, 1, 1, NOW), range(8)))
    assert sorted(claims) == [""] * 7 + [NUMBER]
    assert state(engine) == ("dialling", "", 1)
    told(engine, "callback-1-1.1|operator|NONE|CALLBACKEND|1|1|BUSY|")
    assert state(engine) == ("waiting", "busy", 1)
    assert callbacks.claim(engine, 1, 1, NOW) == ""
    assert callbacks.place(engine, 1, "", NOW) == 2
    assert callbacks.claim(engine, 1, 1, NOW) == ""  # a holder of before
    told(engine, "callback-1-1.1|operator|NONE|CALLBACKEND|1|1|ANSWER")  # a line of before
    assert state(engine) == ("placed", "busy", 1)
    assert callbacks.claim(engine, 1, 2, NOW) == NUMBER
    told(engine, "callback-1-2.1|operator|NONE|CALLBACKANSWER|1|2")
    assert state(engine)[0] == "connected"
    told(engine, "c|operator|NONE|CALLBACKEND|1|2|ANSWER", "x|q|NONE|CALLBACKLEFT|1|2", after=70)
    row = callbacks.found(engine, 1)
    assert row is not None
    assert row.talk_s == 10
    assert state(engine) == ("done", "", 2)
    assert callbacks.open_callbacks(engine) == []


def test_a_holder_that_goes_keeps_the_place_for_the_next(engine: Engine):
    asked(engine, minutes=7)
    callbacks.place(engine, 1, "", NOW)
    told(engine, "callback-1-1.2|operator|NONE|CALLBACKLEFT|1|1")
    assert state(engine) == ("waiting", "not_dialled", 0)
    row = callbacks.found(engine, 1)
    assert row is not None
    assert row.place_at == NOW - timedelta(minutes=7)
    callbacks.place(engine, 1, "", NOW)
    callbacks.withdraw(engine, 1, NOW, NOW)
    assert state(engine)[0] == "waiting"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ("waiting", "restart", 0)),
        (("claim",), ("waiting", "restart", 1)),
        (("claim", "answer"), ("done", "restart", 1)),
    ],
)
def test_asterisk_is_restarted(engine: Engine, before: tuple[str, ...], after: tuple[str, str, int]):
    asked(engine)
    callbacks.place(engine, 1, "", NOW)
    if "claim" in before:
        callbacks.claim(engine, 1, 1, NOW)
    if "answer" in before:
        told(engine, "callback-1-1.1|operator|NONE|CALLBACKANSWER|1|1")
    told(engine, "NONE|NONE|NONE|QUEUESTART|")
    assert state(engine) == after


def test_an_old_restart_and_strange_lines_change_nothing(engine: Engine):
    asked(engine)
    callbacks.place(engine, 1, "", NOW + timedelta(hours=1))
    told(
        engine,
        "NONE|NONE|NONE|QUEUESTART|",
        "a|q|NONE|CALLBACKEND|9|9|BUSY|",
        "a|q|NONE|CALLBACKEND|x||",
        "a|q|NONE|CALLBACKLEFT",
    )
    assert state(engine) == ("placed", "", 0)


def test_too_often_is_enough(engine: Engine):
    asked(engine)
    for turn in (1, 2):
        callbacks.place(engine, 1, "", NOW)
        callbacks.claim(engine, 1, turn, NOW)
        told(engine, f"c|operator|NONE|CALLBACKEND|1|{turn}|NOANSWER|", rules=Rules(attempts=2))
    assert state(engine) == ("failed", "no_answer", 2)
    assert asked(engine, call="17.9") == "placed"


def test_the_record_is_told_once(engine: Engine):
    asked(engine)
    assert [row.id for row in callbacks.untold(engine)] == [1]
    callbacks.set_told(engine, 1)
    assert callbacks.untold(engine) == []
    assert callbacks.counted(callbacks.open_callbacks(engine)) == {"operator": 1}
    assert callbacks.agent_of(engine, callbacks.open_callbacks(engine)[0]) == ""
    assert [row.id for row in callbacks.listed(engine, True, 10)] == [1]
