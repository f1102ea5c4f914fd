"""Calls and their waits from the lines of the log, however it is cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.acd.fold import Fold
from ivr.acd.lines import parse
from ivr.acd.record import (
    OUTCOMES,
    WAITING,
    CallRecord,
    EntryRecord,
)
from tests.acd.book import CONNECT, LOG, OPERATOR, Book, answered, entry, holds, second, the_log
from tests.queue_logs.made import ZERO, line, logs


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


def test_a_restart_of_one_node_ends_nothing_of_another() -> None:
    restart = [line(9, "NONE", "NONE", "NONE", "QUEUESTART")]
    for foreign, left_open in (((), set()), ((1,), {"north", "journal"})):
        book = Book().take([line(0, "north", "NONE", "NONE", "CALLBEGIN", "1", "2")])
        book.calls["journal"] = CallRecord("journal", second(1), None)  # nobody knows whose it is
        book.take([line(0, "south", "NONE", "NONE", "CALLBEGIN", "1", "2")], log=2)
        book.take(restart, log=2, foreign=foreign)
        assert {name for name, call in book.calls.items() if not call.lost} == left_open


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
