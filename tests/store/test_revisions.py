"""What is on air at any moment, whatever is published, rolled back, withdrawn, and by how many at once."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ivr.clock import Clock
from ivr.dialogue.call import CallInfo
from ivr.errors import IvrError
from ivr.store import audit, revisions
from ivr.store.database import open_engine
from ivr.store.journal import DirectJournal
from ivr.store.migrate import upgrade
from ivr.store.revisions import Published

T0 = datetime(2026, 2, 10, 9, 0, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def clock(seconds: float) -> Clock:
    return lambda: at(seconds)


def files(words: str) -> dict[str, str]:
    return {"hotline.yaml": f"parts: {{a: {{say: {words}}}}}", "connected.yaml": "您好"}


def publish(engine: Engine, words: str, seconds: float, later: float | None = None) -> revisions.Outcome:
    moment = None if later is None else at(later)
    return revisions.publish(
        engine, files(words), author="wang", message=words, at=moment, clock=clock(seconds)
    )


def back(engine: Engine, number: int, seconds: float) -> revisions.Outcome:
    return revisions.put_on_air(engine, number, by="li", clock=clock(seconds))


def test_a_revision_is_what_was_published(engine: Engine):
    assert revisions.on_air(engine, at(0)) is None
    assert publish(engine, "一", 1) == revisions.Outcome(1, at(1), changed=True)
    assert publish(engine, "二", 2) == revisions.Outcome(2, at(2), changed=True)
    known, switches = revisions.history(engine)
    assert [(r.number, r.author, r.message, r.created_at) for r in known] == [
        (1, "wang", "一", at(1)),
        (2, "wang", "二", at(2)),
    ]
    assert known[0].content_hash == revisions.content_hash(files("一")) == revisions.hash_of(engine, 1)
    assert [(s.revision, s.live_from, s.made_by, s.why, s.withdrawn) for s in switches] == [
        (1, at(1), "wang", "一", False),
        (2, at(2), "wang", "二", False),
    ]
    assert revisions.files_of(engine, 1) == files("一")
    assert [revisions.on_air(engine, at(s)) for s in (0.9, 1, 1.9, 2, 1e6)] == [None, 1, 1, 2, 2]


def test_what_is_on_air_already_changes_nothing(engine: Engine):
    publish(engine, "一", 1)
    assert publish(engine, "一", 2) == revisions.Outcome(1, at(1), changed=False)
    assert back(engine, 1, 3) == revisions.Outcome(1, at(1), changed=False)
    assert publish(engine, "一", 4, later=10) == revisions.Outcome(1, at(1), changed=False)
    known, switches = revisions.history(engine)
    assert len(known) == len(switches) == 1


def test_a_timed_switch_needs_nobody_at_its_moment(engine: Engine):
    publish(engine, "一", 1)
    assert publish(engine, "二", 2, later=100) == revisions.Outcome(2, at(100), changed=True)
    assert [s.revision for s in revisions.pending(engine, at(99))] == [2]
    assert [revisions.on_air(engine, at(s)) for s in (3, 99.9, 100, 5000)] == [1, 1, 2, 2]
    assert revisions.pending(engine, at(100)) == []
    with pytest.raises(IvrError, match="past"):
        publish(engine, "三", 200, later=200)


def test_what_is_withdrawn_in_time_never_was_on_air(engine: Engine):
    publish(engine, "一", 1)
    publish(engine, "二", 2, later=100)
    publish(engine, "三", 3, later=50)
    assert [s.revision for s in revisions.withdraw(engine, by="li", clock=clock(60))] == [2]
    assert revisions.withdraw(engine, by="li", clock=clock(61)) == []
    assert [revisions.on_air(engine, at(s)) for s in (49, 50, 100, 5000)] == [1, 3, 3, 3]
    assert [s.withdrawn for s in revisions.history(engine)[1]] == [False, True, False]


def test_a_clock_that_was_set_back_does_not_hide_what_is_published(engine: Engine):
    publish(engine, "一", 1000)
    assert publish(engine, "二", 10).live_from == at(1000)
    assert revisions.on_air(engine, at(1000)) == 2


def test_going_back_twice_leads_further_back(engine: Engine):
    for number in (1, 2, 3):
        publish(engine, str(number), number)
    assert revisions.before(engine, at(4)) == 2
    back(engine, 2, 4)
    assert revisions.before(engine, at(5)) == 1
    back(engine, 1, 5)
    with pytest.raises(IvrError, match="no revision was on air before"):
        revisions.before(engine, at(6))
    back(engine, 3, 6)
    assert revisions.before(engine, at(7)) == 1
    with pytest.raises(IvrError, match="there is no revision 9"):
        back(engine, 9, 8)
    assert revisions.on_air_and_before(engine, at(9)) == [3, 1, 2]


def test_nothing_published_can_be_changed(engine: Engine):
    publish(engine, "一", 1)
    for statement in (
        "UPDATE menu_revisions SET message = 'x'",
        "DELETE FROM menu_switches",
        "UPDATE menu_switches SET made_by = 'x'",
    ):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))


def test_a_damaged_revision_is_known(sqlite: Engine):
    publish(sqlite, "一", 1)
    with sqlite.begin() as connection:
        connection.execute(text("DROP TRIGGER menu_revisions_no_update"))
        connection.execute(text("""UPDATE menu_revisions SET files = '{"hotline.yaml": "x"}'"""))
    with pytest.raises(IvrError, match="revision 1 is damaged"):
        revisions.files_of(sqlite, 1)


def test_a_crash_in_the_middle_changes_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    publish(engine, "一", 1)
    before = revisions.history(engine)

    def crash(*_arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(revisions, "_switch", crash)  # the revision is stored by then
        with pytest.raises(MemoryError):
            publish(engine, "二", 2)
    assert revisions.history(engine) == before
    assert revisions.on_air(engine, at(3)) == 1
    assert publish(engine, "二", 4).revision == 2


def test_publishers_at_once_come_one_after_the_other(database_url: str):
    first = open_engine(database_url)
    upgrade(first)
    found: list[revisions.Outcome | Exception] = []
    gate = threading.Barrier(6)

    def run(number: int) -> None:
        engine = open_engine(database_url)
        try:
            gate.wait(10)
            found.append(revisions.publish(engine, files(f"版{number}"), author=str(number)))
        except Exception as fault:
            found.append(fault)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = [o for o in found if isinstance(o, revisions.Outcome)]
    assert len(outcomes) == 6, found
    assert sorted(o.revision for o in outcomes) == [1, 2, 3, 4, 5, 6]
    ordered = sorted(outcomes, key=lambda o: o.revision)
    assert [o.live_from for o in ordered] == sorted(o.live_from for o in outcomes)
    assert revisions.on_air(first, datetime.now(timezone.utc)) == 6
    first.dispose()


def test_the_record_knows_with_what_a_call_began(engine: Engine):
    journal = DirectJournal(engine)
    journal.begin(CallInfo("1.1"), "3", T0)
    journal.begin(CallInfo("1.1", entry="after_queue"), "4", T0)
    published = Published(engine, clock(5))
    assert (published.of_call("1.1"), published.of_call("1.2")) == ("3", "")
    assert published.on_air() == []
    publish(engine, "一", 1)
    publish(engine, "二", 2)
    assert published.on_air() == ["2", "1"]
    assert published.files("1") == files("一")
    for unknown in ("3", "abc", ""):
        with pytest.raises(IvrError, match="no revision"):
            published.files(unknown)


def test_the_hash_is_of_names_and_texts_only():
    one = revisions.content_hash({"a": "b", "c": "d"})
    assert one == revisions.content_hash({"c": "d", "a": "b"})
    assert one != revisions.content_hash({"a": "bc", "": "d"})
    assert one != revisions.content_hash({"a": "d", "c": "b"})


# --- the model ------------------------------------------------------------------------------------

_DELAY = st.integers(1, 8)
_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from("一二三")),
        st.tuples(st.just("timed"), st.sampled_from("一二三"), _DELAY),
        st.tuples(st.just("rollback"), st.integers(1, 6)),
        st.tuples(st.just("withdraw")),
        st.tuples(st.just("wait"), _DELAY),
    ),
    max_size=14,
)


class Model:
    """What a person would write down: a list of (moment, order, revision), all that is due being exact."""

    def __init__(self) -> None:
        self.contents: list[str] = []
        self.switches: list[tuple[int, int, int]] = []
        self.order = 0

    def on_air(self, now: int) -> int | None:
        due = [s for s in self.switches if s[0] <= now]
        return max(due)[2] if due else None

    def switch(self, moment: int, revision: int) -> None:
        self.order += 1
        self.switches.append((moment, self.order, revision))

    def publish(self, words: str, moment: int) -> None:
        there = self.on_air(moment)
        if there is None or self.contents[there - 1] != words:
            self.contents.append(words)
            self.switch(moment, len(self.contents))

    def rollback(self, number: int, now: int) -> None:
        if number <= len(self.contents) and self.on_air(now) != number:
            self.switch(now, number)

    def withdraw(self, now: int) -> None:
        self.switches = [s for s in self.switches if s[0] <= now]


@settings(max_examples=60)
@given(operations=_OPERATIONS)
def test_what_is_on_air_is_what_a_simple_model_says(
    tmp_path_factory: pytest.TempPathFactory, with_tables: Path, operations: list[tuple]
):
    file = shutil.copyfile(with_tables, tmp_path_factory.mktemp("menus") / "ivr.db")
    engine = open_engine(f"sqlite:///{file}")
    try:
        model, now = Model(), 0
        for operation, *values in operations:
            now += 1
            if operation == "publish":
                publish(engine, values[0], now)
                model.publish(values[0], now)
            elif operation == "timed":
                publish(engine, values[0], now, later=now + values[1])
                model.publish(values[0], now + values[1])
            elif operation == "rollback":
                if values[0] <= len(model.contents):
                    back(engine, values[0], now)
                model.rollback(values[0], now)
            elif operation == "withdraw":
                revisions.withdraw(engine, by="li", clock=clock(now))
                model.withdraw(now)
            else:
                now += values[0]
            assert revisions.on_air(engine, at(now)) == model.on_air(now)
        moments = range(now + 10)
        assert [revisions.on_air(engine, at(m)) for m in moments] == [model.on_air(m) for m in moments]
        assert [r.number for r in revisions.history(engine)[0]] == list(range(1, len(model.contents) + 1))
    finally:
        engine.dispose()


def test_who_did_what_is_in_the_audit_log(engine: Engine):
    publish(engine, "一", 1)
    publish(engine, "一", 2)  # changes nothing
    publish(engine, "二", 3, later=100)
    publish(engine, "三", 4)
    back(engine, 1, 5)
    revisions.withdraw(engine, by="zhao", clock=clock(6))
    assert [(e.at, e.who, e.action, e.subject, e.details) for e in reversed(audit.entries(engine))] == [
        (at(1), "wang", "menu publish", "1", {"live_from": at(1).isoformat(), "message": "一"}),
        (at(3), "wang", "menu publish", "2", {"live_from": at(100).isoformat(), "message": "二"}),
        (at(4), "wang", "menu publish", "3", {"live_from": at(4).isoformat(), "message": "三"}),
        (at(5), "li", "menu rollback", "1", {"live_from": at(5).isoformat(), "message": "rollback"}),
        (at(6), "zhao", "menu withdraw", "2", {"live_from": at(100).isoformat()}),
    ]
