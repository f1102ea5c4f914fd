from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ivr.settings import load
from ivr.store import callbacks
from ivr.store.database import open_engine
from ivr.store.secrets import use_key
from tests.commands.conftest import Ivr

NUMBER = "13812345678"
NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)  # 12:00 in China


@pytest.fixture
def engine(ivr: Ivr, home: Path) -> Iterator[Engine]:
    """The database, in which one callback waits and another is done."""
    assert ivr("db", "upgrade").code == 0
    use_key(home)
    engine = open_engine(load().database)
    for number, call in ((NUMBER, "17.1"), ("13900000001", "17.2")):
        assert callbacks.request(engine, number, "operator", call, NOON, NOON, "") == "placed"
    assert callbacks.end(engine, 2, "done", NOON)
    yield engine
    engine.dispose()


def test_who_is_to_be_called_back(ivr: Ivr, engine: Engine):
    done = ivr("callback", "list")
    assert done.code == 0
    assert [line.split() for line in done.out.splitlines()[-1:]] == [
        ["1", "138****5678", "operator", "waiting", "0", "11-30", "12:00", "11-30", "12:00"]
    ]
    (row,) = ivr("callback", "list", "--json").document
    assert (row["callback"], row["state"], row["place_at"], row["call"]) == (
        1, "waiting", "2026-11-30T12:00:00+08:00", "17.1",
    )  # fmt: skip
    assert [row["callback"] for row in ivr("callback", "list", "--all", "--json").document] == [2, 1]
    assert len(ivr("callback", "list", "--all", "--limit", "1", "--json").document) == 1


def test_all_of_one(ivr: Ivr, engine: Engine):
    shown = ivr("callback", "show", "1")
    assert {"number       138****5678", "agent        -", "attempts     0"} <= {*shown.out.splitlines()}
    assert ivr("callback", "show", "2", "--json").document["state"] == "done"


def test_no_number_is_told(ivr: Ivr, engine: Engine):
    for words in (("list", "--all"), ("list", "--json"), ("show", "1"), ("show", "1", "--json")):
        assert NUMBER not in ivr("callback", *words).out


def test_a_callback_is_taken_back_once(ivr: Ivr, engine: Engine):
    assert ivr("callback", "cancel", "1").out == "callback 1 is cancelled\n"
    assert ivr("callback", "list").out == "No callback is open.\n"
    again = ivr("callback", "cancel", "1")
    assert (again.code, again.err) == (1, "ivr: callback 1 is cancelled (ivr callback list --all)\n")
    # who asks again then may
    assert callbacks.request(engine, NUMBER, "operator", "17.3", NOON, NOON, "") == "placed"


def test_who_is_being_called_is_not_taken_back(ivr: Ivr, engine: Engine):
    assert callbacks.place(engine, 1, "", NOON) == 1
    assert callbacks.claim(engine, 1, 1, NOON) == NUMBER
    done = ivr("callback", "cancel", "1")
    assert (done.code, done.err) == (1, "ivr: callback 1 is dialling (ivr callback list --all)\n")


@pytest.mark.parametrize("words", [("show", "9"), ("cancel", "9")])
def test_one_that_there_is_not_is_one_line(ivr: Ivr, engine: Engine, words: tuple[str, str]):
    done = ivr("callback", *words)
    assert (done.code, done.err) == (1, "ivr: there is no callback 9 (ivr callback list --all)\n")
