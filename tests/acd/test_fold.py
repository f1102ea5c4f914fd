from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.acd.fold import Fold
from ivr.acd.lines import parse
from ivr.acd.needs import needs
from ivr.acd.record import (
    OUTCOMES,
    WAITING,
    AttemptRecord,
    CallRecord,
    EntryRecord,
    LegRecord,
    PauseRecord,
    SessionRecord,
)
from tests.queue_logs.made import ZERO, line, logs

LOG = Path(__file__).parent.parent / "queue_logs" / "hard_cases.log"
OPERATOR = "operator"


class Book:
    """A database in memory: hands a fold the rows that its batch needs, and keeps what it changes."""

    def __init__(self) -> None:
        self.calls: dict[str, CallRecord] = {}
        self.entries: dict[tuple[str, int], EntryRecord] = {}
        self.attempts: list[AttemptRecord] = []
        self.sessions: list[SessionRecord] = []
        self.pauses: list[PauseRecord] = []
        self.legs: dict[str, LegRecord] = {}

    def take(self, lines: Sequence[bytes], log: int = 1, **options: Any) -> Book:
        events = [parse(line) for line in lines]
        wanted = needs(events)

        def span_wanted(row: SessionRecord | PauseRecord) -> bool:
            if wanted.restart and row.ended_at is None:
                return True
            if isinstance(row, SessionRecord) and row.seat in wanted.seats and row.ended_at is None:
                return True
            told = row.log != log and wanted.since is not None and row.began_at >= wanted.since
            return row.agent in wanted.agents and (row.ended_at is None or told)

        fold = Fold(
            log,
            calls={
                key: copy(row)
                for key, row in self.calls.items()
                if key in wanted.calls or (wanted.restart and row.ended_at is None)
            },
            entries=[
                copy(row)
                for row in self.entries.values()
                if row.call in wanted.calls or (wanted.restart and (row.outcome == WAITING or row.talking))
            ],
            sessions=[copy(row) for row in self.sessions if span_wanted(row)],
            pauses=[copy(row) for row in self.pauses if span_wanted(row)],
            legs=[
                copy(row)
                for row in self.legs.values()
                if row.leg in wanted.legs or (wanted.restart and row.ended_at is None)
            ],
            **options,
        )
        for event in events:
            fold.take(event)
        for row in fold.changed:
            self._keep(row)
        return self

    def _keep(self, row: object) -> None:
        if isinstance(row, CallRecord):
            self.calls[row.uniqueid] = row
        elif isinstance(row, EntryRecord):
            self.entries[row.call, row.number] = row
        elif isinstance(row, LegRecord):
            self.legs[row.leg] = row
        elif isinstance(row, AttemptRecord):
            self.attempts.append(row)
        elif isinstance(row, SessionRecord):
            self._keep_span(self.sessions, row)
        elif isinstance(row, PauseRecord):
            self._keep_span(self.pauses, row)

    @staticmethod
    def _keep_span(rows: list[Any], row: Any) -> None:
        if row.id is None:
            row.id = len(rows)
            rows.append(row)
        else:
            rows[row.id] = row

    def dump(self) -> list[Any]:
        rows: list[Any] = [
            self.calls.values(),
            self.entries.values(),
            self.attempts,
            self.legs.values(),
            self.sessions,
            self.pauses,
        ]
        return [sorted((asdict(row) | {"id": None} for row in kind), key=repr) for kind in rows]


def second(at: int) -> datetime:
    return datetime.fromtimestamp(ZERO + at, timezone.utc)


def the_log() -> Book:
    return Book().take(LOG.read_bytes().splitlines())


def entry(book: Book, call: str, number: int = 1) -> dict[str, Any]:
    return asdict(book.entries[call, number])


def holds(row: dict[str, Any], **facts: Any) -> None:
    assert {name: row[name] for name in facts} == facts


def test_an_answered_call_from_begin_to_end() -> None:
    book = the_log()
    call = book.calls["1770685210.10"]
    assert (call.caller, call.called, call.hangup_cause) == ("13812345678", "12306", 16)
    assert call.began_at.microsecond == 250_000
    assert call.ended_at is not None
    assert not call.lost
    holds(
        entry(book, "1770685210.10"),
        outcome="answered",
        queue="operator",
        wait_s=8,
        agent="1023",
        agent_uniqueid="1770685220.11",
        talk_s=60,
        ended_by="caller",
        caller="13812345678",
        position=1,
        attempts=2,
        hold_s=None,
    )
    rings = [(ring.number, ring.agent, ring.ring_ms, ring.outcome) for ring in book.attempts[:2]]
    assert rings == [(1, "1024", 5000, "no_answer"), (2, "1023", 3000, "answered")]


def test_a_caller_who_hangs_up_while_a_phone_rings() -> None:
    book = the_log()
    holds(entry(book, "1770685290.12"), outcome="abandoned", wait_s=4, agent="", attempts=1, ended_at=None)
    assert [ring.outcome for ring in book.attempts if ring.call == "1770685290.12"] == ["canceled"]


def test_refused_joins_are_entries_too() -> None:
    book = the_log()
    holds(entry(book, "1770685300.14"), outcome="refused_full", wait_s=0)
    holds(entry(book, "1770685310.15"), outcome="refused_empty", wait_s=0)
    assert book.calls["1770685310.15"].fallback
    assert not book.calls["1770685300.14"].fallback


def test_a_blind_transfer_into_another_queue_whose_line_comes_late() -> None:
    book = the_log()
    first, then = entry(book, "1770685320.16", 1), entry(book, "1770685320.16", 2)
    holds(first, queue="operator", agent="1023", talk_s=20, ended_by="blind", transfer_to="tickets@transfers")
    holds(then, queue="tickets", agent="1025", talk_s=40, ended_by="attended", transfer_to="b6e8", wait_s=10)
    rings = [ring.outcome for ring in book.attempts if ring.call == "1770685320.16" and ring.entry == 1]
    assert rings == ["refused", "dumped", "answered"]


def test_every_other_way_out_of_a_queue() -> None:
    book = the_log()
    holds(entry(book, "1770685430.20", 1), outcome="left_by_key", exit_key="0", wait_s=5)
    holds(entry(book, "1770685430.20", 2), outcome="left_empty", wait_s=5)
    holds(entry(book, "1770685430.20", 3), outcome="timed_out", wait_s=300)
    holds(entry(book, "1770685750.21"), outcome="withdrawn", wait_s=5)
    holds(entry(book, "1770685940.25"), outcome="waiting", left_at=None)


def test_a_restart_loses_what_is_open_and_nothing_else() -> None:
    book = the_log()
    holds(entry(book, "1770685900.22"), outcome="answered", ended_by="lost", talk_s=None)
    holds(entry(book, "1770685906.24"), outcome="lost", wait_s=None)
    assert {key for key, call in book.calls.items() if call.lost} == {"1770685900.22", "1770685906.24"}


def test_sessions_and_pauses_each_with_its_reason() -> None:
    book = the_log()
    sessions = [
        (row.agent, (row.ended_at or second(0)) - row.began_at, row.ended_by) for row in book.sessions
    ]
    assert sessions == [
        ("1023", second(0) - second(200), ""),
        ("1024", timedelta(seconds=690), "sign_out"),
    ]
    pauses = [
        (row.agent, row.reason, row.ended_at and (row.ended_at - row.began_at).seconds, row.ended_by)
        for row in book.pauses
    ]
    assert pauses == [
        ("1024", "", 1, "unpause"),
        ("1023", "lunch", 60, "next"),
        ("1023", "training", 60, "unpause"),
    ]


def test_a_restart_ends_sessions_when_asterisk_does_not_keep_members() -> None:
    lines = [
        line(0, "c", OPERATOR, "1", "ADDMEMBER"),
        line(5, "NONE", OPERATOR, "1", "PAUSE", "x"),
        line(9, "NONE", "NONE", "NONE", "QUEUESTART"),
    ]
    book = Book().take(lines[:2], members_persist=False).take(lines[2:], members_persist=False)
    assert [(row.ended_at, row.ended_by) for row in book.sessions] == [(second(9), "restart")]
    assert [(row.ended_at, row.ended_by) for row in book.pauses] == [(second(9), "restart")]


def test_an_agent_pool_signs_in_without_a_queue_and_pause_all_reaches_every_queue() -> None:
    book = Book().take(
        [
            line(0, "c", "NONE", "7", "AGENTLOGIN", "PJSIP/1001-1"),
            line(1, "c", "a", "7", "ADDMEMBER"),
            line(2, "c", "b", "7", "ADDMEMBER"),
            line(3, "c", "b", "8", "ADDMEMBER"),
            line(4, "NONE", "NONE", "7", "PAUSEALL", "tea"),
            line(6, "NONE", "NONE", "7", "UNPAUSEALL"),
            line(7, "c", "NONE", "7", "AGENTLOGOFF", "PJSIP/1001-1", 7),
        ]
    )
    assert sorted((row.queue, row.reason) for row in book.pauses) == [("", "tea"), ("a", "tea"), ("b", "tea")]
    assert all(row.ended_at == second(6) for row in book.pauses)
    assert [row.queue for row in book.sessions if row.ended_at] == [""]


def test_signing_in_twice_is_one_session() -> None:
    book = Book().take([line(0, "c", OPERATOR, "1", "ADDMEMBER"), line(3, "c", OPERATOR, "1", "ADDMEMBER")])
    assert len(book.sessions) == 1


def test_lines_without_anything_to_apply_to_change_nothing() -> None:
    names = ["CONNECT", "ABANDON", "COMPLETEAGENT", "RINGNOANSWER", "RINGCANCELED", "EXITEMPTY"]
    lines = [line(0, "c", OPERATOR, "1", name, 1, 2, 3) for name in names]
    lines += [
        line(1, "c", OPERATOR, "1", name) for name in ("REMOVEMEMBER", "UNPAUSE", "UNPAUSEALL", "PENALTY")
    ]
    lines += [line(1, "NONE", OPERATOR, "1", "ENTERQUEUE"), line(1, "c", OPERATOR, "NONE", "ADDMEMBER")]
    assert Book().take([*lines, b"", b"\xff"]).dump() == Book().dump()


def test_a_log_that_begins_in_mid_call_still_has_its_end() -> None:
    book = Book().take([line(5, "c", "NONE", "NONE", "CALLEND", 16, f"{ZERO + 5}.5")])
    assert book.calls["c"].began_at == second(5)
    assert book.calls["c"].ended_at is not None


def test_a_second_end_of_a_call_changes_nothing() -> None:
    lines = [line(at, "c", "NONE", "NONE", "CALLEND", at) for at in (5, 9)]
    assert Book().take(lines).calls["c"].hangup_cause == 5


def test_an_entry_that_waits_when_its_call_ends_is_lost() -> None:
    book = Book().take(
        [
            line(0, "c", OPERATOR, "NONE", "ENTERQUEUE", "", "1", 1),
            line(3, "c", "NONE", "NONE", "CALLEND", 16),
        ]
    )
    holds(entry(book, "c"), outcome="lost", left_at=second(3))


def test_the_order_of_the_lines_counts_and_not_the_clock() -> None:
    book = Book().take(
        [
            line(100, "c", OPERATOR, "NONE", "ENTERQUEUE", "", "1", 1),
            line(50, "c", OPERATOR, "1", "CONNECT", 3, "x", 1),
            line(20, "c", OPERATOR, "1", "COMPLETEAGENT", 3, 7, 1),
            line(90, "c", OPERATOR, "1", "ADDMEMBER"),
            line(80, "c", OPERATOR, "1", "REMOVEMEMBER"),
        ]
    )
    holds(entry(book, "c"), outcome="answered", wait_s=3, talk_s=7, ended_by="agent")
    assert book.sessions[0].ended_at == second(80)


def test_the_same_lines_from_another_file_change_nothing() -> None:
    lines = LOG.read_bytes().splitlines()
    book = Book().take(lines)
    before = book.dump()
    assert book.take(lines, log=2).dump() == before


def test_an_old_log_taken_in_later_does_not_touch_what_began_after_it() -> None:
    now = [
        line(900, "n", OPERATOR, "1", "ADDMEMBER"),
        line(901, "NONE", OPERATOR, "1", "PAUSE", "now"),
        line(902, "n", "NONE", "NONE", "CALLBEGIN", "1", "2"),
        line(903, "n", OPERATOR, "NONE", "ENTERQUEUE", "", "1", 1),
    ]
    old = [
        line(0, "o", OPERATOR, "1", "ADDMEMBER"),
        line(1, "NONE", OPERATOR, "1", "PAUSE", "then"),
        line(2, "NONE", OPERATOR, "1", "UNPAUSE"),
        line(3, "o", OPERATOR, "1", "REMOVEMEMBER"),
        line(4, "NONE", "NONE", "NONE", "QUEUESTART"),
    ]
    book = Book().take(now).take(old, log=2, members_persist=False)
    assert [(row.began_at, row.ended_at) for row in book.sessions] == [
        (second(900), None),
        (second(0), second(3)),
    ]
    assert [(row.reason, row.ended_at) for row in book.pauses] == [("now", None), ("then", second(2))]
    assert book.calls["n"].ended_at is None
    holds(entry(book, "n"), outcome="waiting")


def test_a_call_that_the_journal_wrote_first_belongs_to_the_log_from_then_on() -> None:
    book = Book()
    book.calls["c"] = CallRecord("c", second(7), None)
    book.take([line(5, "c", "NONE", "NONE", "CALLBEGIN", "1", "2", f"{ZERO + 5}.100")])
    assert (book.calls["c"].log, book.calls["c"].began_at.microsecond) == (1, 100_000)


@given(logs(), st.lists(st.integers(0, 40), max_size=6), st.booleans())
@settings(max_examples=300)
def test_wherever_the_log_is_cut_the_rows_are_the_same(
    lines: list[bytes], cuts: list[int], persist: bool
) -> None:
    whole = Book().take(lines, members_persist=persist)
    pieces = Book()
    borders = [0, *sorted(cuts), len(lines)]
    for begin, end in zip(borders, borders[1:], strict=False):
        pieces.take(lines[begin:end], members_persist=persist)
    assert pieces.dump() == whole.dump()


@given(logs())
def test_every_entry_has_one_outcome_and_every_attempt_its_entry(lines: list[bytes]) -> None:
    book = Book().take(lines)
    begun = sum(name in ("ENTERQUEUE", "FULL", "JOINEMPTY") for name in _names(lines))
    # An entry may go on in another queue than ``again``, in which nobody is refused.
    assert len(book.entries) == begun or (
        len(book.entries) < begun and any(b"|again|" in one for one in lines)
    )
    for row in book.entries.values():
        assert row.outcome in (*OUTCOMES, WAITING)
        if row.outcome != WAITING:  # who waits may have been taken just now (AGENTANSWER)
            assert row.left_at is not None
            assert bool(row.agent) == (row.outcome == "answered")
        rings = [ring for ring in book.attempts if (ring.call, ring.entry) == (row.call, row.number)]
        assert [ring.number for ring in rings] == list(range(1, row.attempts + 1))
        assert sum(ring.outcome == "answered" for ring in rings) == (row.outcome == "answered")


def _names(lines: Iterable[bytes]) -> list[str]:
    return [parse(text).name for text in lines]


def answered(*after: tuple[int, str, str, tuple[object, ...]]) -> dict[str, Any]:
    """An entry at 0; the agent answers at 9, is announced until 12."""
    lines = [
        line(0, "7.1", OPERATOR, "NONE", "ENTERQUEUE", "", "13812345678", 1),
        line(9, "7.1", OPERATOR, "1023", "AGENTANSWER"),
        *(line(at, "7.1", OPERATOR, agent, name, *data) for at, agent, name, data in after),
    ]
    whole = Book().take(lines)
    bit_by_bit = Book()
    for each in lines:
        bit_by_bit.take([each])
    assert whole.dump() == bit_by_bit.dump()
    return entry(whole, "7.1")


def test_a_restart_of_one_node_ends_nothing_of_another() -> None:
    restart = [line(9, "NONE", "NONE", "NONE", "QUEUESTART")]
    for foreign, left_open in (((), set()), ((1,), {"north", "journal"})):
        book = Book().take([line(0, "north", "NONE", "NONE", "CALLBEGIN", "1", "2")])
        book.calls["journal"] = CallRecord("journal", second(1), None)  # nobody knows whose it is
        book.take([line(0, "south", "NONE", "NONE", "CALLBEGIN", "1", "2")], log=2)
        book.take(restart, log=2, foreign=foreign)
        assert {name for name, call in book.calls.items() if not call.lost} == left_open


CONNECT = (12, "1023", "CONNECT", (12, "7.2", 3))


def test_the_wait_ends_when_the_agent_answers_not_when_the_greeting_is_over() -> None:
    row = answered(CONNECT, (42, "1023", "COMPLETECALLER", (12, 30, 1)))
    holds(row, outcome="answered", wait_s=9, left_at=second(9), talk_s=33, ended_by="caller")
    holds(answered(), outcome=WAITING)
    row = answered(CONNECT, (42, "1023", "BLINDTRANSFER", ("1002", "transfers", 12, 30, 1)))
    holds(row, wait_s=9, talk_s=33, ended_by="blind")


def test_an_answer_that_came_to_nothing_is_forgotten() -> None:
    other = (30, "1024", "CONNECT", (30, "7.3", 4))
    holds(
        answered((12, "1023", "AGENTDUMP", ()), other),
        outcome="answered",
        wait_s=30,
        agent="1024",
        attempts=2,
    )
    holds(answered(other), wait_s=30, agent="1024", left_at=second(30))
    gone = answered((11, "NONE", "ABANDON", (1, 1, 11)))
    holds(gone, outcome="abandoned", wait_s=11, left_at=second(11), agent="")
    restarted = answered((11, "NONE", "QUEUESTART", ()))
    holds(restarted, outcome="lost", wait_s=None, left_at=second(11), agent="")


def test_a_clock_that_was_set_back_makes_no_wait_longer_than_asterisk_says() -> None:
    row = answered((5, "1023", "CONNECT", (5, "7.2", 3)), (9, "1023", "COMPLETEAGENT", ("", 4, 1)))
    holds(row, wait_s=5, talk_s=4, ended_by="agent")
    holds(answered((12, "1023", "CONNECT", ("", "7.2", 3))), wait_s=9)


def test_of_a_caller_who_comes_back_nobody_says_that_they_hung_up() -> None:
    stays = (13, "NONE", "CALLERSTAYS", ())
    ends = (13, "1023", "COMPLETECALLER", (12, 1, 1))
    holds(answered(CONNECT, stays, ends), ended_by="agent", talk_s=4, ended_at=second(13))
    holds(answered(CONNECT, ends, stays), ended_by="agent", talk_s=4, ended_at=second(13))
    holds(answered(CONNECT, (13, "1023", "COMPLETEAGENT", (12, 1, 1)), stays), ended_by="agent")
    holds(answered(CONNECT, stays), outcome="answered", ended_at=None)
    attended = (13, "1023", "ATTENDEDTRANSFER", ("BRIDGE", "x", 12, 1, 1))
    holds(answered(CONNECT, stays, attended), ended_by="attended")
    holds(answered(stays), outcome=WAITING, ended_by="")


def test_a_talk_whose_end_no_line_tells_ends_with_the_call() -> None:
    stays, ends = (13, "NONE", "CALLERSTAYS", ()), (40, "NONE", "CALLEND", (16, ""))
    untold = answered(CONNECT, stays, ends)
    holds(untold, outcome="answered", ended_at=second(40), ended_by="agent", talk_s=None)
    told_later = answered(CONNECT, stays, ends, (40, "1023", "COMPLETECALLER", (12, 1, 1)))
    holds(told_later, ended_at=second(40), ended_by="agent", talk_s=4)
    lost = answered(CONNECT, (14, "NONE", "QUEUESTART", ()), (15, "1023", "COMPLETECALLER", (12, 1, 1)))
    holds(lost, ended_by="lost", talk_s=None)


def test_a_survey_belongs_to_the_last_talk_in_its_queue_and_its_first_answer_counts() -> None:
    lines = [
        line(0, "c", "a", "NONE", "ENTERQUEUE", "", "1", 1),
        line(1, "c", "a", "1", "SURVEYASKED"),  # nobody has answered yet
        line(2, "c", "a", "1", "CONNECT", 2, "x", 1),
        line(3, "c", "a", "1", "COMPLETEAGENT", 2, 1, 1),
        line(4, "c", "a", "1", "SURVEYASKED"),
        line(5, "c", "a", "1", "SURVEYSCORE", 6),
        line(5, "c", "a", "1", "SURVEYSCORE", 2),
        line(5, "c", "a", "1", "SURVEYSCORE", 5),
        line(6, "c", "b", "NONE", "ENTERQUEUE", "", "1", 1),
        line(7, "c", "b", "2", "CONNECT", 1, "y", 1),
        line(8, "c", "b", "2", "COMPLETECALLER", 1, 1, 1),
        line(9, "c", "a", "1", "SURVEYSCORE", 4),
        line(9, "c", "b", "2", "SURVEYSCORE", 4),  # asked, though the line is missing
    ]
    for cut in range(len(lines)):
        book = Book().take(lines[:cut]).take(lines[cut:])
        told = [(entry.survey_asked, entry.survey_score) for entry in book.entries.values()]
        assert told == [(True, 2), (True, 4)]


def test_a_caller_who_waits_for_the_agent_of_the_last_call_first_is_one_entry() -> None:
    first = [
        line(0, "NONE", "again", "1", "ADDMEMBER"),
        line(1, "c", "again", "NONE", "ENTERQUEUE", "tickets:1", "13800000001", 1),
        line(9, "c", "again", "1", "RINGNOANSWER", 8000),
    ]
    taken = [
        *first[:2],
        line(5, "c", "again", "1", "AGENTANSWER"),
        line(7, "c", "again", "1", "CONNECT", 6, "x", 1),
        line(20, "c", "again", "1", "COMPLETEAGENT", 6, 13, 1),
        line(21, "c", "again", "1", "SURVEYSCORE", 5),
    ]
    in_vain = [
        *first,
        line(16, "c", "again", "NONE", "EXITWITHTIMEOUT", 1, 1, 15),
        line(16, "c", "tickets", "NONE", "ENTERQUEUE", "", "13800000001", 1),
        line(20, "c", "tickets", "2", "CONNECT", 4, "x", 1),
        line(30, "c", "tickets", "2", "COMPLETECALLER", 4, 10, 1),
    ]
    refused = [*in_vain[:4], line(16, "c", "tickets", "NONE", "JOINEMPTY")]
    gone = [*first[:2], line(6, "c", "again", "NONE", "ABANDON", 1, 1, 5)]
    known = {"queue": "tickets", "first_agent": "1"}
    for lines, facts in (
        (
            taken,
            {
                "outcome": "answered",
                "agent": "1",
                "wait_s": 4,
                "talk_s": 15,
                "first_s": None,
                "survey_score": 5,
            },
        ),
        (
            in_vain,
            {"outcome": "answered", "agent": "2", "wait_s": 19, "talk_s": 10, "first_s": 15, "attempts": 2},
        ),
        (refused, {"outcome": "refused_empty", "wait_s": 15, "first_s": 15}),
        (gone, {"outcome": "abandoned", "wait_s": 5, "first_s": None}),
    ):
        for cut in range(len(lines)):
            book = Book().take(lines[:cut]).take(lines[cut:])
            assert list(book.entries) == [("c", 1)]
            assert book.sessions == []
            holds(entry(book, "c"), **known, **facts)
        again = Book().take(lines, log=1).take(lines, log=2)  # a copy of the log
        assert list(again.entries) == [("c", 1)]


def test_who_asks_a_queue_for_a_colleague_is_no_caller_until_one_is_handed_over() -> None:
    enters = line(1, "9", OPERATOR, "NONE", "ENTERQUEUE", "", "1001", 1)
    gives_up = line(5, "9", OPERATOR, "NONE", "ABANDON", 1, 1, 4)
    nobody = line(5, "9", OPERATOR, "NONE", "CONSULTATION", "", "")
    somebody = line(5, "9", OPERATOR, "NONE", "CONSULTATION", "1", "13800001234")
    connects = line(3, "9", OPERATOR, "1024", "CONNECT", 2, "9.1", 1)

    def row(*lines: bytes) -> dict[str, Any]:
        book = Book()
        for one in lines:  # each a batch of its own
            book.take([one])
        return entry(book, "9")

    holds(row(enters, gives_up, nobody), outcome="withdrawn", wait_s=4, caller="1001")
    holds(row(enters, gives_up, somebody), outcome="abandoned", caller="13800001234")
    holds(row(enters, connects, nobody), outcome="answered", caller="1001")
    holds(row(enters, connects, somebody), outcome="answered", caller="13800001234")


# ---- holds and legs


def talk(*more: bytes) -> Book:
    return Book().take(
        [
            line(0, "c", "a", "NONE", "ENTERQUEUE", "", "1", 1),
            line(5, "c", "a", "1", "CONNECT", 5, "chan", 2),
            *more,
        ]
    )


def hold(at: float, name: str = "HOLD", channel: str = "chan", call: str = "c") -> bytes:
    return line(int(at), call, "NONE", "NONE", name, channel, f"{ZERO + at:.3f}")


def test_hold_is_no_talk() -> None:
    book = talk(
        hold(10),
        hold(12.25, "UNHOLD"),
        hold(20),
        hold(23.5, "UNHOLD"),
        line(65, "c", "a", "1", "COMPLETEAGENT", 5, 60, 1),
    )
    holds(entry(book, "c"), hold_s=6, talk_s=54)


def test_a_hold_that_nothing_ends_ends_with_the_talk() -> None:
    book = talk(hold(10), hold(11), line(25, "c", "a", "1", "ATTENDEDTRANSFER", "BRIDGE", "b", 5, 20, 1))
    holds(entry(book, "c"), hold_s=15, talk_s=5, ended_by="attended")
    backwards = talk(hold(-900), line(25, "c", "a", "1", "COMPLETEAGENT", 5, 20, 1))
    holds(entry(backwards, "c"), hold_s=20, talk_s=0)


def test_what_others_hold_changes_nothing() -> None:
    over = line(25, "c", "a", "1", "COMPLETEAGENT", 5, 20, 1)
    for nothing in (
        hold(9, channel="caller"),
        hold(9, call="d"),
        hold(9, "UNHOLD"),
        line(9, "c", "NONE", "NONE", "HOLD"),
    ):
        holds(entry(talk(nothing, over), "c"), hold_s=None, talk_s=20)
    holds(entry(talk(over, hold(30), hold(31, "UNHOLD")), "c"), hold_s=None, talk_s=20)


def test_asterisk_is_restarted_in_a_hold() -> None:
    book = talk(hold(10), line(20, "NONE", "NONE", "NONE", "QUEUESTART"))
    holds(entry(book, "c"), hold_s=None, talk_s=None, ended_by="lost", held_since=None)


def leg_begins(at: float, call: str = "c", kind: str = "blind", leg: str = "leg") -> bytes:
    return line(
        int(at), call, "NONE", "NONE", "LEGBEGIN", leg, kind, "PJSIP/1001", "PJSIP/1002", f"{ZERO + at:.3f}"
    )


def leg_ends(at: float, call: str = "c", leg: str = "leg") -> bytes:
    return line(int(at), call, "NONE", "NONE", "LEGEND", leg, f"{ZERO + at:.3f}")


def leg_of(book: Book) -> dict[str, Any]:
    (leg,) = book.legs.values()
    return asdict(leg)


def test_a_blind_transfer_to_a_colleague_is_a_leg_of_the_colleague() -> None:
    signed_in = [line(0, "NONE", "a", "2", "ADDMEMBER"), line(0, "NONE", "NONE", "2", "SEAT", "PJSIP/1002")]
    book = Book().take(signed_in)
    book.take([leg_begins(30.5)]).take([leg_ends(42.75)])
    holds(
        leg_of(book),
        call="c",
        kind="blind",
        from_seat="PJSIP/1001",
        seat="PJSIP/1002",
        agent="2",
        talk_s=12,
        consult_s=None,
        lost=False,
    )


def test_a_consultation_that_becomes_a_transfer() -> None:
    book = talk(
        leg_begins(10, "own", "direct"), line(20, "c", "a", "1", "ATTENDEDTRANSFER", "BRIDGE", "b", 5, 15, 1)
    )
    assert leg_of(book)["call"] == "own"
    book.take([leg_ends(50)])
    holds(leg_of(book), call="c", kind="attended", consult_s=10, talk_s=30)
    holds(entry(book, "c"), talk_s=15, ended_by="attended")


def test_a_call_between_seats_stays_one() -> None:
    book = Book().take(
        [leg_begins(0, "own", "direct"), hold(5, channel="leg", call="own"), leg_ends(20, "own")]
    )
    holds(leg_of(book), call="own", kind="direct", agent="", talk_s=5, hold_s=15, consult_s=None)
    assert leg_of(book.take([leg_begins(60), leg_ends(70)]))["talk_s"] == 5  # a line that comes twice


def test_asterisk_is_restarted_in_a_leg() -> None:
    book = Book().take(
        [leg_begins(0), hold(3, channel="leg"), line(9, "NONE", "NONE", "NONE", "QUEUESTART"), leg_ends(20)]
    )
    holds(leg_of(book), lost=True, talk_s=None, hold_s=None, ended_at=second(9))


def test_legs_of_no_kind_and_ends_of_none_are_passed_over() -> None:
    assert not Book().take([leg_begins(0, kind="x"), leg_begins(0, leg=""), leg_ends(3), hold(4)]).legs


def test_of_two_at_a_seat_who_came_last_has_the_leg() -> None:
    lines = [
        line(0, "NONE", "a", "1", "ADDMEMBER"), line(0, "NONE", "NONE", "1", "SEAT", "PJSIP/1002"),
        line(5, "NONE", "a", "2", "ADDMEMBER"), line(5, "NONE", "NONE", "2", "SEAT", "PJSIP/1002"),
        line(6, "NONE", "b", "3", "ADDMEMBER"), line(7, "NONE", "b", "2", "REMOVEMEMBER"),
    ]  # fmt: skip
    assert leg_of(Book().take(lines).take([leg_begins(9)]))["agent"] == "2"
    gone = [line(8, "NONE", "a", agent, "REMOVEMEMBER") for agent in "12"]
    assert leg_of(Book().take([*lines, *gone, leg_begins(9)]))["agent"] == ""


def test_an_entry_has_what_the_menu_asked_for_last() -> None:
    book = Book().take([line(0, "c", "a", "NONE", "OPTION", "tickets", "sold_out")])
    book.take(
        [
            line(0, "c", "a", "NONE", "ENTERQUEUE", "", "02112345678", 1),
            line(1, "c", "a", "NONE", "EXITWITHTIMEOUT", 1, 1, 1),
        ]
    )
    book.take([line(2, "c", "b", "NONE", "OPTION", "agent", ""), line(2, "c", "b", "NONE", "FULL")])
    holds(entry(book, "c"), option="tickets", skill="sold_out", area="021")
    holds(entry(book, "c", 2), option="agent", skill="")


CALLBACK_LOG = """\
1770685200|1.1|operator|NONE|ENTERQUEUE||13800001234|1
1770685230|1.1|operator|NONE|EXITWITHKEY|1|1|1|30
1770685240|1.1|operator|NONE|CALLBACK|17
1770685241|1.1|operator|NONE|CALLBACK|17
1770685250|2.1|operator|NONE|CALLBACK|18
"""


def test_who_asks_for_a_callback_has_not_abandoned():
    fold = Fold(1)
    for told in CALLBACK_LOG.encode().splitlines():
        fold.take(parse(told))
    entries = [row for row in fold.changed if isinstance(row, EntryRecord)]
    assert [(e.call, e.outcome, e.wait_s, e.exit_key) for e in entries] == [
        ("1.1", "callback", 30, "1"),
        ("2.1", "callback", 0, ""),
    ]


def test_another_log_that_told_of_a_callback_is_not_counted_again():
    told = EntryRecord(
        "2.1", 1, "operator", parse(b"1770685250|2.1|operator|NONE|ENTERQUEUE").at, 9, outcome="answered"
    )
    fold = Fold(1, entries=[told])
    fold.take(parse(b"1770685250|2.1|operator|NONE|CALLBACK|18"))
    assert fold.changed == []
