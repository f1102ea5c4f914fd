"""Notices in SQL, their audit log, and what is on air while the database comes and goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, text, update
from sqlalchemy.exc import DBAPIError

from ivr.dialogue.notices import Notice
from ivr.errors import IvrError
from ivr.store.audit import entries
from ivr.store.models.notices import AuditRow
from ivr.store.notices import LiveNotices, clear_notices, list_notices, set_notice

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
TEXT = {"zh": "因台风停运。", "en": "Trains stop."}


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def put(engine: Engine, **how) -> int:
    return set_notice(engine, TEXT, how.pop("until", NOW + HOUR), by="wang", now=NOW, **how)


def test_what_is_set_is_what_is_told(engine: Engine):
    number = put(engine, before="main", queue="operator")
    (found,) = list_notices(engine, NOW)
    assert (found.id, found.text, found.until, found.before, found.queue) == (
        number,
        TEXT,
        NOW + HOUR,
        "main",
        "operator",
    )
    assert (found.set_at, found.set_by, found.state) == (NOW, "wang", "on_air")


def test_it_ends_by_itself(engine: Engine):
    put(engine)
    assert list_notices(engine, NOW + HOUR) == []
    assert [one.state for one in list_notices(engine, NOW + HOUR, everything=True)] == ["expired"]


def test_one_that_is_over_cannot_be_set_or_cleared(engine: Engine):
    with pytest.raises(IvrError, match="the end is past"):
        put(engine, until=NOW)
    number = put(engine)
    with pytest.raises(IvrError, match=f"notice {number} is expired already"):
        clear_notices(engine, number, by="li", now=NOW + HOUR)
    assert [entry.action for entry in entries(engine)] == ["notice set"]


def test_numbers_are_never_used_again(engine: Engine):
    first = put(engine)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM notices"))
    assert put(engine) > first  # else a call that heard the first would not hear the second


def test_all_are_cleared_at_once(engine: Engine):
    numbers = [put(engine), put(engine)]
    assert clear_notices(engine, None, by="li", now=NOW) == numbers
    assert clear_notices(engine, None, by="li", now=NOW) == []
    assert [(entry.who, entry.action, entry.subject) for entry in entries(engine, action="notice clear")] == [
        ("li", "notice clear", str(number)) for number in reversed(numbers)
    ]


@pytest.mark.parametrize("change", [update(AuditRow).values(who="nobody"), delete(AuditRow)])
def test_the_audit_log_only_grows(engine: Engine, change):
    put(engine)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(change)
    (entry,) = entries(engine)
    assert (entry.at, entry.who, entry.action, entry.details["text"]) == (NOW, "wang", "notice set", TEXT)


def test_a_notice_is_on_air_by_itself_and_goes_so(sqlite: Engine):
    moment = [NOW]
    with LiveNotices(sqlite, lambda: moment[0], every_s=0.02) as live:
        assert live() == ()
        first, second = put(sqlite), put(sqlite, until=NOW + 2 * HOUR, before="main")
        wait_for(lambda: len(live()) == 2)
        assert live()[0] == Notice(first, TEXT, NOW + HOUR)
        moment[0] = NOW + HOUR
        assert [notice.id for notice in live()] == [second]  # by its time: nobody had to look
        clear_notices(sqlite, second, by="li", now=NOW)
        wait_for(lambda: live() == ())


def test_standing_notices_follow_those_in_sql(sqlite: Engine):
    standing = Notice(-5, TEXT, NOW + HOUR)
    number = put(sqlite)
    with LiveNotices(sqlite, lambda: NOW, lambda now: [standing] if now == NOW else []) as live:
        assert [notice.id for notice in live()] == [number, -5]


def test_while_the_database_is_away_what_was_known_stays(sqlite: Engine, caplog):
    moment = [NOW]
    number = put(sqlite)
    with LiveNotices(sqlite, lambda: moment[0], every_s=60) as live, caplog.at_level(logging.WARNING):
        with sqlite.begin() as connection:
            connection.execute(text("ALTER TABLE notices RENAME TO elsewhere"))
        live.look()
        live.look()
        assert [notice.id for notice in live()] == [number]
        assert caplog.text.count("notices stay as they were: ") == 1
        moment[0] = NOW + HOUR
        assert live() == ()
        with sqlite.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO notices"))
        live.look()
        assert "notices are read again" in caplog.text


def test_it_begins_without_a_database_too(tmp_path):
    from ivr.store.database import open_engine

    engine = open_engine(f"sqlite:///{tmp_path}/none/ivr.db")
    with LiveNotices(engine, lambda: NOW, every_s=60) as live:
        assert live() == ()
    engine.dispose()
